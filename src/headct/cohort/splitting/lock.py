"""An independent test set under lock: every opening needs a purpose, and is written down.

A test set that is looked at again and again becomes a validation set. The lock does not hinder
anyone who holds the cohort; it sees to it that nobody opens the set by accident, and that every
result on it can say how often it had been opened. Its file holds hashes, no identifiers.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from headct.cohort.splitting.rounds import Locked
from headct.cohort.splitting.strata import patients_sha256
from headct.cohort.strict_json import (
    check_format,
    load,
    object_of,
    read_text,
    text_of,
    texts_of,
    whole_of,
    write_new,
)
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError, OutputError

FORMAT, VERSION = "headct test lock", 1
_KEYS = ("format", "version", "cohort", "patients", "sha256", "salt", "hashes")
_ENTRY = ("time", "purpose", "command", "count")
_LEAST_PURPOSE = 10  # characters: "final test" is one, "x" is none


@dataclass(frozen=True)
class Lock:
    """Which patients are kept apart, as hashes.

    Args:
        cohort: name of the cohort.
        sha256: of all its patients, which a split repeats.
        salt: goes before an identifier when it is hashed: numbers are few and could be tried.
        hashes: of each patient.
    """

    cohort: str
    sha256: str
    salt: str
    hashes: frozenset[str]

    def holds(self, patient: str) -> bool:
        """Whether a patient is kept apart."""
        return _hash(self.salt, patient) in self.hashes

    def as_locked(self, file: str) -> Locked:
        """What a split says of it."""
        return Locked(file, self.sha256, len(self.hashes))


@dataclass(frozen=True)
class OpenedTest:
    """A test set that was opened.

    Args:
        cases: of its patients.
        told: how often it was opened, this time among them: goes into every output.
    """

    cases: tuple[Case, ...]
    told: str


def make_lock(cohort: str, patients: Iterable[str]) -> Lock:
    """A lock on the test patients of a cohort."""
    patients, salt = set(patients), secrets.token_hex(16)
    hashes = frozenset(_hash(salt, patient) for patient in patients)
    return Lock(cohort, patients_sha256(patients), salt, hashes)


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock, and an empty log beside it.

    Raises:
        OutputError: one of them is there already, or cannot be written.
    """
    log = log_of(path)
    if log.exists():
        raise OutputError(
            f"{log.name} is there already: it tells how often a test set was opened, and is not "
            "begun again; give the lock another name"
        )
    write_new(
        path,
        {
            "format": FORMAT,
            "version": VERSION,
            "cohort": lock.cohort,
            "patients": len(lock.hashes),
            "sha256": lock.sha256,
            "salt": lock.salt,
            "hashes": sorted(lock.hashes),
        },
    )
    try:
        log.touch(exist_ok=False)
    except OSError as error:
        raise OutputError(f"cannot write {log.name}: {error.strerror or error}") from error


def read_lock(path: Path) -> Lock:
    """Read a lock; this opens nothing.

    Raises:
        CohortError: it cannot be read, or is not what it must be.
    """
    where = path.name
    content = load(read_text(path, "make one with headct cohort split --test-share"), where)
    check_format(content, (FORMAT, VERSION), _KEYS, where)
    hashes = texts_of(content["hashes"], f"{where}: hashes")
    lock = Lock(
        cohort=text_of(content["cohort"], f"{where}: cohort"),
        sha256=text_of(content["sha256"], f"{where}: sha256"),
        salt=text_of(content["salt"], f"{where}: salt"),
        hashes=frozenset(hashes),
    )
    if not hashes or not len(lock.hashes) == len(hashes) == content["patients"]:
        raise CohortError(f"{where}: patients and hashes differ in number: take it from a backup")
    return lock


def log_of(path: Path) -> Path:
    """The file beside a lock that holds a line for each time it was opened."""
    return path.with_name(path.name + ".log")


def times_opened(path: Path) -> int:
    """How often a test set was opened.

    Raises:
        CohortError: the log is gone, or a line of it is not what was written.
    """
    log = log_of(path)
    lines = read_text(
        log, "restore it: without its log nobody can say how often the test set was opened"
    ).splitlines()
    for number, line in enumerate(lines, start=1):
        where = f"{log.name}, line {number}"
        entry = object_of(load(line, where), _ENTRY, where)
        if whole_of(entry["count"], f"{where}: count") > number:
            raise CohortError(f"{where}: lines before it were taken out; restore the log")
    return len(lines)


def told_of(path: Path) -> str:
    """How often a test set was opened, for people: to go into every output.

    Raises:
        CohortError: lock or log cannot be read.
    """
    lock, times = read_lock(path), times_opened(path)
    often = {0: "never opened", 1: "opened once"}.get(times, f"opened {times} times")
    return f"independent test set of {len(lock.hashes)} patients: {often}"


def open_test(path: Path, cohort: Cohort, *, purpose: str, command: str) -> OpenedTest:
    """Open a locked test set, and write down that and why it was.

    Args:
        path: of the lock.
        cohort: the whole cohort.
        purpose: why, in words, for whoever reads the log.
        command: what opens it.

    Raises:
        ValueError: no purpose.
        CohortError: the cohort does not hold the test patients, or lock or log is damaged; nothing
            was opened then.
        OutputError: the log cannot be written; nothing was opened then.
    """
    purpose = " ".join(purpose.split())
    if len(purpose) < _LEAST_PURPOSE:
        raise ValueError(
            "a locked test set is opened for a purpose that is written down: say it in some words"
        )
    lock = read_lock(path)
    cases = tuple(case for case in cohort.cases if lock.holds(case.patient))
    found = {case.patient for case in cases}
    if patients_sha256(found) != lock.sha256:
        raise CohortError(
            f"cohort {cohort.name} holds {len(found)} of the {len(lock.hashes)} patients of "
            f"{path.name}: give the cohort it was made from, with the same decisions"
        )
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
        "command": command,
        "count": times_opened(path) + 1,
    }
    _append(log_of(path), json.dumps(entry, ensure_ascii=False) + "\n")
    return OpenedTest(cases, told_of(path))


def _append(log: Path, line: str) -> None:
    """One write, so that two who open at once do not mix their lines."""
    try:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise OutputError(
            f"cannot write {log.name} ({error.strerror or error}), so the test set stays closed"
        ) from error


def _hash(salt: str, patient: str) -> str:
    return hashlib.sha256(f"{salt} {patient}".encode()).hexdigest()

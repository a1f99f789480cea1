"""CQ500: a folder a study with several series, and what three readers say in ``reads.csv``."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration
from headct.cohort.tables import Row, read_header, read_rows
from headct.core.case import UNKNOWN, Case
from headct.core.errors import CohortError
from headct.core.finding import Progress
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
    Truth,
)
from headct.core.text import lines

TABLE = "reads.csv"
LABEL_OF = {
    "ICH": ANY_HEMORRHAGE,
    "IPH": INTRAPARENCHYMAL,
    "IVH": INTRAVENTRICULAR,
    "SDH": SUBDURAL,
    "EDH": EPIDURAL,
    "SAH": SUBARACHNOID,
}
"""The findings that are labels here."""

_NAME, _BATCH = "name", "Category"
# A column of a reader's votes: R1:ICH.
_VOTE = re.compile(r"R(\d+):(\S+)")
# CQ500-CT-7 in the table is CQ500CT7 CQ500CT7 on the disk.
_STUDY = re.compile(r"CQ500[- ]?CT[- ]?(\d+)\b")


@dataclass(frozen=True, eq=False)
class Votes:
    """What readers say of studies.

    Args:
        names: studies, as the table names them.
        findings: as the table names them.
        votes: (readers, studies, findings) int8: 1 yes, 0 no, ``UNKNOWN`` where one did not say.
    """

    names: tuple[str, ...]
    findings: tuple[str, ...]
    votes: NDArray[np.int8]

    def ratings(self, finding: str) -> NDArray[np.float64]:
        """(studies, readers) of one finding, NaN where one did not say: as kappa wants them.

        Raises:
            ValueError: no such finding.
        """
        if finding not in self.findings:
            raise ValueError(f"no finding {finding!r}: expected one of {', '.join(self.findings)}")
        said = self.votes[:, :, self.findings.index(finding)].T.astype(np.float64)
        said[said == UNKNOWN] = np.nan
        return said

    def majority(self) -> NDArray[np.int8]:
        """(studies, findings) what more readers say than not; ``UNKNOWN`` where as many do."""
        balance = (self.votes == 1).sum(axis=0) - (self.votes == 0).sum(axis=0)
        return np.where(balance == 0, UNKNOWN, balance > 0).astype(np.int8)

    def is_split(self) -> NDArray[np.bool_]:
        """(studies, findings) whether some readers say it and some deny it."""
        return np.asarray((self.votes == 1).any(axis=0) & (self.votes == 0).any(axis=0))


def recognizes(path: Path) -> bool:
    """Whether ``reads.csv`` is there with votes in it."""
    header = read_header(path / TABLE)
    return _NAME in header and any(_VOTE.fullmatch(name) for name in header)


def read_votes(path: Path) -> Votes:
    """Every reader's votes, of the table or of the folder that holds it.

    Raises:
        CohortError: the table is broken: a column is missing or unknown, a vote is not 0, 1 or
            empty, or a study is there twice and differs; with file and line.
    """
    return _read_table(path / TABLE if path.is_dir() else path)[0]


def _read_table(path: Path) -> tuple[Votes, dict[str, list[int]]]:
    """The votes, and the lines of each study."""
    header = read_header(path)
    columns = [name for name in header if _VOTE.fullmatch(name)]
    parts = [name.removeprefix("R").split(":", 1) for name in columns]
    readers = list(dict.fromkeys(reader for reader, _ in parts))
    findings = tuple(dict.fromkeys(finding for _, finding in parts))
    expected = [f"R{reader}:{finding}" for reader in readers for finding in findings]
    if not expected or any(finding not in findings for finding in LABEL_OF):
        raise CohortError(
            f"{path.name}, line 1: expected columns R1:{', R1:'.join(LABEL_OF)} and the same for "
            "each other reader"
        )
    rows: dict[str, Row] = {}
    where: dict[str, list[int]] = defaultdict(list)
    for row in read_rows(path, [_NAME, *expected], [_BATCH]):
        name = row.cells[_NAME]
        if not name:
            raise row.error("the study has no name")
        if name in rows and rows[name].cells != row.cells:
            raise row.error(
                f"the same study as in line {rows[name].line}, with other votes: find out which "
                "are right, and take the other row out"
            )
        rows.setdefault(name, row)
        where[name].append(row.line)
    said = [[_vote(row, column) for column in expected] for row in rows.values()]
    votes = np.array(said, np.int8).reshape(len(rows), len(readers), len(findings))
    return Votes(tuple(rows), findings, votes.transpose(1, 0, 2)), where


def _vote(row: Row, column: str) -> int:
    said = row.flag(column)
    return UNKNOWN if said is None else int(said)


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each study with what most readers say of it; where they differ, a doubt beside it.

    Raises:
        CohortError: the table is broken (with file and line), or a study's folder is there twice.
    """
    del declared
    votes, where = _read_table(path / TABLE)
    again = sorted(chain.from_iterable(numbers[1:] for numbers in where.values()))
    if again:
        told = f"{TABLE} has {len(again)} rows twice ({lines(again)}); they agree, and count once"
        yield Doubt(Kind.REPEATED_ROW, told, count=len(again), blocks=False)
    folders = _folders(path)
    absent = []
    majority, is_split = votes.majority(), votes.is_split()
    for row, name in enumerate(votes.names):
        folder = folders.pop(_key(name), None)
        if folder is None:
            absent.append(where[name][0])
            continue
        labels = {label: _truth(votes, majority, row, said) for said, label in LABEL_OF.items()}
        yield Case(name, name, folder, labels)
        for said in LABEL_OF:
            if is_split[row, votes.findings.index(said)]:
                yield _conflict(votes, row, said, labels)
        if progress is not None:
            progress(row + 1, len(votes.names))
    if absent:
        told = f"{len(absent)} studies of {TABLE} have no folder ({lines(absent)})"
        yield Doubt(Kind.NO_IMAGES, told, count=len(absent), blocks=False)
    if folders:
        told = f"{len(folders)} folders of studies have no row in {TABLE}; left out"
        yield Doubt(Kind.NOT_LISTED, told, count=len(folders), blocks=False)


def _truth(votes: Votes, majority: NDArray[np.int8], row: int, finding: str) -> bool | None:
    value = majority[row, votes.findings.index(finding)]
    return None if value == UNKNOWN else bool(value)


def _conflict(votes: Votes, row: int, finding: str, labels: Truth) -> Doubt:
    ratings = votes.ratings(finding)[row]
    yes, no = int((ratings == 1).sum()), int((ratings == 0).sum())
    label = LABEL_OF[finding]
    taken = "not known" if labels[label] is None else "there" if labels[label] else "not there"
    told = f"{yes} of {yes + no} readers say {label}: taken as {taken}"
    name = votes.names[row]
    return Doubt(Kind.CONFLICT, told, name, name, label, blocks=False)


def _key(name: str) -> str:
    found = _STUDY.match(name)
    return found[1] if found else name


def _folders(path: Path) -> dict[str, Path]:
    """The folder of each study, by its number; they may lie in folders of batches.

    Raises:
        CohortError: a study has two.
    """
    found: dict[str, Path] = {}
    for folder in sorted(chain(path.glob("*/"), path.glob("*/*/"))):
        if _STUDY.match(folder.name) is None or _STUDY.match(folder.parent.name) is not None:
            continue
        number = _key(folder.name)
        if number in found:
            raise CohortError(
                "a study of CQ500 lies in two folders (the "
                f"{len(found) + 1}th met): leave one of them"
            )
        found[number] = folder
    return found

"""Many studies to a work list: each answered on its own, none stops the rest, resumable."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import cv2

from headct.analyze.studies import JOURNAL, Found, Studies, holds_list
from headct.analyze.study import Trained, analyze
from headct.batch import Lost, Outlasting
from headct.batch.journal import Journal
from headct.core.errors import BundleError, HeadctError, NothingUsable, OutputError
from headct.core.finding import Progress
from headct.core.output import check_free
from headct.core.record import installed_versions
from headct.core.unexpected import unexpected
from headct.image.formats.offer import Reading
from headct.report.save import save
from headct.report.worklist import Line, Listed, line_of
from headct.report.worklist_page import write_worklist

if TYPE_CHECKING:  # who asks no bundle pays for none
    from headct.analyze.bundled import BundleFile

ANSWERS = "studies"
LIMIT_S = 600.0
"""A study takes seconds; what takes so long on any machine does not end."""
# The page is written anew that often at most: of 5000 studies that takes half a second.
_PAGE_S = 5.0


@dataclass(frozen=True)
class Plan:
    """How studies are answered.

    Args:
        out: folder of the list.
        reading: how to read.
        bundle: what answers; None leaves it to the classical finder.
        workers: processes, of 0.4 to 0.8 GB each.
        limit_s: how long a study may take.
    """

    out: Path
    reading: Reading
    bundle: "BundleFile | None" = None
    workers: int = 1
    limit_s: float = LIMIT_S

    @property
    def threads(self) -> int:
        """Of each process: together they have as many as there are cores."""
        return max(1, (os.cpu_count() or 1) // self.workers)

    def as_dict(self) -> dict[str, Any]:
        """What must be the same for answers that stand in one list."""
        reading = self.reading
        return {
            "window": None if reading.window is None else list(reading.window),
            "spacing_mm": None if reading.spacing_mm is None else list(reading.spacing_mm),
            "allow_gaps": reading.allow_gaps,
            "bundle": None if self.bundle is None else self.bundle.sha256,
            "backend": None if self.bundle is None else self.bundle.backend.name,
            "versions": dict(installed_versions()),
        }


@dataclass(frozen=True)
class WorkList:
    """What came of it.

    Args:
        listed: what the list says, the most urgent first.
        answered: studies that this run gave an answer to.
        wall_s: seconds that it took, from the first study on.
    """

    listed: Listed
    answered: int
    wall_s: float

    @property
    def lines(self) -> tuple[Line, ...]:
        """Of every study, the most urgent first."""
        return self.listed.lines


def answer_all(studies: Studies, plan: Plan, progress: Progress | None = None) -> WorkList:
    """Answer studies that have no answer yet, and write the list of all.

    The list is written anew as studies are answered, so that what is urgent is seen before the
    rest is done. What was refused before is tried again; what was changed since is answered again.

    Raises:
        OutputError: ``plan.out`` holds a list that was made in another way, or something else, or
            there is no room.
        BundleError: the bundle does not fit.
        NeverStarted: worker processes cannot be started.
        ValueError: no workers, or no time for a study.
    """
    team = Outlasting(plan.workers, plan.limit_s)
    start, written_s, answered = perf_counter(), 0.0, 0
    with _book(studies, plan) as book, closing(team(partial(_answer, plan), book.open)) as results:
        for place, result in results:
            line = book.take(place, result)
            answered += not line.refused
            if perf_counter() - written_s > _PAGE_S:
                write_worklist(book.listed, plan.out)
                written_s = perf_counter()
            if progress is not None:
                progress(len(studies.found) - book.to_come, len(studies.found))
        write_worklist(book.listed, plan.out)
        return WorkList(book.listed, answered, perf_counter() - start)


class _Book:
    """What is answered, and what is to come."""

    def __init__(self, studies: Studies, plan: Plan, journal: Journal) -> None:
        before = {entry["key"]: entry for entry in journal.entries[1:]}
        self._studies, self._plan, self._journal = studies, plan, journal
        here = {study.key: study for study in studies.found}
        self._said = {key: entry for key, entry in before.items() if key in here}
        self._gone = len(before) - len(self._said)
        taken = {entry["number"] for entry in before.values()}
        _sweep(plan.out / ANSWERS, taken)
        fresh = (number for number in count(1) if number not in taken)
        self.open: list[tuple[int, Found]] = []
        for study in here.values():
            entry = self._said.get(study.key)
            if entry is None:
                self.open.append((next(fresh), study))
            elif entry["line"]["refused"]:
                self.open.append((entry["number"], study))
        self.to_come = len(self.open)

    def take(self, place: int, result: Line | Lost) -> Line:
        """Note the line of a study, on the disk at once."""
        number, study = self.open[place]
        line = result
        if isinstance(line, Lost):
            line = Line(study.name, number, uid=study.uid, refused=line.reason)
        entry = {"key": study.key, "number": number, "line": line.as_dict()}
        self._journal.append(entry)
        self._said[study.key] = entry
        self.to_come -= 1
        return line

    @property
    def listed(self) -> Listed:
        """The list as it stands."""
        return Listed(
            lines=tuple(Line.of(entry["line"]) for entry in self._said.values()),
            to_come=self.to_come,
            gone=self._gone,
            left_aside=self._studies.left_aside,
        )


@contextmanager
def _book(studies: Studies, plan: Plan) -> Iterator[_Book]:
    """Begin a list in a new or empty folder, or go on with one that was begun."""
    out = plan.out
    check_out(out)
    try:
        (out / ANSWERS).mkdir(parents=True, exist_ok=True)
        with closing(Journal(out / JOURNAL)) as journal:
            how = plan.as_dict()
            if not journal.entries:
                journal.append(how)
            elif apart := _apart(journal.entries[0], how):
                raise OutputError(
                    f"{out.name} holds a list that was made with other {', '.join(apart)}: what "
                    "stands in one list must compare; give a new folder as --out"
                )
            yield _Book(studies, plan, journal)
    except OSError as error:
        raise OutputError(
            f"{out.name} cannot be written ({error.strerror or error}): make room, and run the "
            "same command again: it goes on where it was"
        ) from error


def check_out(out: Path) -> None:
    """Refuse a folder that holds something but a work list, before any work is done.

    Raises:
        OutputError: it does.
    """
    if not holds_list(out):
        check_free(out)


def _apart(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In what two ways to answer differ; of versions, which."""
    there, here = ({**how, **how.get("versions", {}), "versions": None} for how in (before, now))
    return [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]


def _sweep(answers: Path, kept: set[int]) -> None:
    """Remove what a run left that was ended between an answer and its line."""
    for folder in answers.iterdir():
        is_partial = folder.name.startswith(".") and folder.name.endswith(".partial")
        if is_partial or (folder.name.isdecimal() and int(folder.name) not in kept):
            shutil.rmtree(folder)


def _answer(plan: Plan, numbered: tuple[int, Found]) -> Line:
    """One study's answer in its folder, and its line; whatever is wrong with it is the reason.

    Raises:
        OutputError: there is no room; the next study would find none either.
        BundleError: the bundle does not fit, no study better than another.
        MemoryError: there was not enough; alone the study may have it.
    """
    number, study = numbered
    trained = _settled(plan)
    start = perf_counter()

    def refused(reason: str, *, is_head: bool = True) -> Line:
        return Line(study.name, number, uid=study.uid, refused=reason, is_head=is_head)

    if study.refused:
        return refused(study.refused)
    folder = plan.out / ANSWERS / f"{number:04d}"
    try:
        answer = analyze(study.path, plan.reading, trained=trained, files=study.files)
        save(answer, folder)
    except (OutputError, BundleError, MemoryError):
        raise
    except NothingUsable as error:
        return refused(error.told, is_head=bool(error.tried))
    except HeadctError as error:
        return refused(str(error))
    except Exception as error:  # noqa: BLE001 - of a thousand studies one may break anything
        return refused(unexpected(error))
    line = line_of(study.name, number, answer, f"{ANSWERS}/{number:04d}")
    return replace(line, uid=study.uid, wall_s=perf_counter() - start)


@lru_cache(maxsize=1)
def _settled(plan: Plan) -> Trained | None:
    """What a process has to do once: take its share of the cores, and open the bundle."""
    cv2.setNumThreads(plan.threads)
    return None if plan.bundle is None else plan.bundle.open(plan.threads)

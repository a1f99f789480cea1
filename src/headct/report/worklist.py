"""Many answers in one list, the most urgent first, and as a table: worklist.csv."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from headct.cohort.store.header import write_whole
from headct.core.errors import Refusal
from headct.core.labels import ANY_HEMORRHAGE
from headct.core.text import no_formula
from headct.report import words
from headct.report.answer import Answer
from headct.report.page import PAGE_NAME
from headct.report.pictures import key_indices
from headct.report.save import KEY_SLICES_NAME, picture_name

WORKLIST_CSV = "worklist.csv"
# Scores that print alike do not tell two studies apart; their millilitres may.
_SCORE_DIGITS = 2
_COLUMNS = (
    *("place", "number", "standing", "label", "present", "score", "threshold", "probability"),
    *("volume_ml", "cross_check", "cross_check_ml", "found", "warnings", "refused", "report"),
    *("study", "study_instance_uid", "seconds"),
)


class Standing(IntEnum):
    """How urgent a study is, the most urgent first."""

    FOUND = 0
    LOOK = 1
    UNREAD = 2
    CLEAR = 3
    NO_HEAD = 4

    @property
    def said(self) -> str:
        """For people."""
        return ("found", "look", "not read", "none found", "no head CT")[self]


@dataclass(frozen=True)
class Line:
    """What is said of one study.

    Args:
        study: where it was found, as seen from the folder that was asked about.
        number: of the study in the list, the same in every run.
        folder: of its answer, as seen from the list; empty where there is none.
        label: the finding that it is ranked by: hemorrhage, where that was asked for.
        present: whether that was found; None where it was not decided.
        score: of it.
        threshold: the score from which on it is present.
        probability: of it, where calibrated.
        volume_ml: of it.
        cross_check: whether the method set beside it sees hemorrhage; None where none did.
        cross_check_ml: how much.
        found: every label that was found.
        warnings: what to read before trusting the answer.
        picture: a slice that shows it, as seen from the list.
        uid: StudyInstanceUID, for the table alone.
        refused: why there is no answer; empty where there is one.
        is_head: False where nothing in the study claims to be a plain axial head CT.
        wall_s: seconds that the answer took.
    """

    study: str
    number: int = 0
    folder: str = ""
    label: str = ""
    present: bool | None = None
    score: float | None = None
    threshold: float | None = None
    probability: float | None = None
    volume_ml: float | None = None
    cross_check: bool | None = None
    cross_check_ml: float | None = None
    found: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    picture: str = ""
    uid: str = ""
    refused: str = ""
    is_head: bool = True
    wall_s: float | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Line":
        """The line that ``as_dict`` was made of."""
        lists = {name: tuple(entry[name]) for name in ("found", "warnings")}
        return cls(**{**entry, **lists})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @property
    def standing(self) -> Standing:
        """How urgent it is; what the methods disagree on is for a person to look at."""
        if self.refused:
            return Standing.UNREAD if self.is_head else Standing.NO_HEAD
        if self.present:
            return Standing.FOUND
        is_open = self.present is None or self.cross_check is True
        return Standing.LOOK if is_open else Standing.CLEAR

    @property
    def urgency(self) -> tuple[int, float, float, int]:
        """What the list is sorted by: standing, then score, then mL, then number.

        What could not be read stands before what shows nothing: nobody knows yet.
        """
        score = self.probability if self.probability is not None else self.score
        ml = self.volume_ml if self.volume_ml is not None else self.cross_check_ml
        score = -1.0 if score is None else round(score, _SCORE_DIGITS)
        return self.standing, -score, -(ml or 0.0), self.number


@dataclass(frozen=True)
class Listed:
    """A work list.

    Args:
        lines: of every study that is answered or refused.
        to_come: how many are not answered yet.
        gone: how many were answered before and are no longer in the folder, or were changed.
        left_aside: files that are no study.
    """

    lines: tuple[Line, ...]
    to_come: int = 0
    gone: int = 0
    left_aside: tuple[Refusal, ...] = field(default=())

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.lines, key=lambda line: line.urgency))
        object.__setattr__(self, "lines", ordered)

    @cached_property
    def counts(self) -> dict[Standing, int]:
        """How many studies have each standing; those that occur."""
        standings = [line.standing for line in self.lines]
        return {one: standings.count(one) for one in Standing if one in standings}


def line_of(study: str, number: int, answer: Answer, folder: str) -> Line:
    """The line of an answer, ranked by hemorrhage where that was asked for."""
    findings = answer.prediction.findings
    leading = words.leading(answer)
    line = Line(
        study=study,
        number=number,
        folder=folder,
        found=tuple(finding.label for finding in findings if finding.present),
        warnings=answer.warnings,
        picture=f"{folder}/{KEY_SLICES_NAME}/{picture_name(_shown(answer))}",
    )
    if answer.cross_check is not None:
        checked = answer.cross_check.finding(ANY_HEMORRHAGE)
        line = replace(line, cross_check=checked.present, cross_check_ml=checked.volume_ml)
    if not leading:
        return line
    first = max(leading, key=lambda one: (one.present is True, one.label == ANY_HEMORRHAGE))
    return replace(
        line,
        label=first.label,
        present=first.present,
        score=first.score,
        threshold=first.threshold,
        probability=first.probability,
        volume_ml=first.volume_ml,
    )


def _shown(answer: Answer) -> int:
    """Index of the slice to show: of those in the answer's folder the fullest, or a middle one."""
    indices = key_indices(answer)
    if answer.amount.any():
        return max(indices, key=lambda index: answer.amount[index])
    return indices[len(indices) // 2]


def write_list_table(listed: Listed, path: Path) -> None:
    """Write a row for each study, the most urgent first; OSError where that cannot be done.

    Columns: ``place`` in the list and ``number`` of the study; ``standing`` (found, look, not
    read, none found, no head CT); the leading ``label`` with what is said of it; what the
    cross-check says; every label ``found``; how many ``warnings``; why
    it was ``refused``; its ``report``; where the study lies, its UID; ``seconds``. Empty is not
    known.
    """

    def fill(file: TextIO) -> None:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows(_cells(place, line) for place, line in enumerate(listed.lines, start=1))

    write_whole(path, fill)


def _cells(place: int, line: Line) -> list[str]:
    values = (
        *(place, line.number, line.standing.said, line.label, line.present),
        *(line.score, line.threshold, line.probability, line.volume_ml),
        *(line.cross_check, line.cross_check_ml, line.found, len(line.warnings), line.refused),
        *(f"{line.folder}/{PAGE_NAME}" if line.folder else "", line.study, line.uid, line.wall_s),
    )
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = "; ".join(value) if isinstance(value, tuple) else str(value)
    return no_formula(text)

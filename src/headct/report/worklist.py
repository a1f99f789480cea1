"""Many answers in one table, the most urgent first: worklist.csv and worklist.html."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import TextIO

import jinja2

import headct
from headct.cohort.store.header import write_whole
from headct.report.answer import RESEARCH_ONLY, Answer
from headct.report.page import PAGE_NAME

WORKLIST_CSV, WORKLIST_PAGE = "worklist.csv", "worklist.html"


@dataclass(frozen=True)
class Line:
    """What is said of one study.

    Args:
        study: where it was found, as seen from the folder that was asked about.
        folder: of its answer, as seen from the list; empty where there is none.
        label: the finding that it is ranked by.
        present: whether that was found; None where it was not decided.
        score: of it.
        probability: of it, where calibrated.
        volume_ml: of it, by the method that answers or else by the cross-check.
        found: every label that was found.
        warnings: how many there are to read before trusting the answer.
        refused: why there is no answer; empty where there is one.
    """

    study: str
    folder: str = ""
    label: str = ""
    present: bool | None = None
    score: float | None = None
    probability: float | None = None
    volume_ml: float | None = None
    found: tuple[str, ...] = ()
    warnings: int = 0
    refused: str = ""

    @property
    def urgency(self) -> tuple[int, float, float, str]:
        """What the list is sorted by: found, not decided, refused, not found; then by score, mL.

        A study that could not be read stands before those without a finding: nobody knows yet.
        """
        rank = 2 if self.refused else {True: 0, None: 1, False: 3}[self.present]
        score = -inf if self.score is None else self.score
        return rank, -score, -(self.volume_ml or 0.0), self.study


def line_of(study: str, folder: str, answer: Answer) -> Line:
    """The line of an answer: its first finding ranks it."""
    first = answer.prediction.findings[0]
    volume_ml = first.volume_ml
    if volume_ml is None and answer.cross_check is not None:
        checked = {finding.label: finding for finding in answer.cross_check.findings}
        volume_ml = checked[first.label].volume_ml if first.label in checked else None
    return Line(
        study=study,
        folder=folder,
        label=first.label,
        present=first.present,
        score=first.score,
        probability=first.probability,
        volume_ml=volume_ml,
        found=tuple(one.label for one in answer.prediction.findings if one.present),
        warnings=len(answer.warnings),
    )


def write_worklist(lines: Sequence[Line], out: Path) -> None:
    """Write both tables; OSError where they cannot be written."""
    ordered = sorted(lines, key=lambda line: line.urgency)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    package = files("headct.report")
    template = package.joinpath("worklist.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(template).render(
        lines=ordered,
        page=PAGE_NAME,
        style=package.joinpath("page.css").read_text(encoding="utf-8"),
        research=RESEARCH_ONLY,
        version=headct.__version__,
    )
    write_whole(out / WORKLIST_PAGE, lambda file: file.write(page))

    def fill(file: TextIO) -> None:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("rank", *(one.name for one in fields(Line))))
        for rank, line in enumerate(ordered, start=1):
            rows.writerow((rank, *map(_cell, asdict(line).values())))

    write_whole(out / WORKLIST_CSV, fill)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(value) if isinstance(value, tuple) else str(value)

"""What a person decides about doubts: out as questions.csv, back in filled, and applied."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from headct.cohort.checking.contradictions import check_labels
from headct.cohort.doubt import Doubt, Kind
from headct.cohort.tables import Row, read_header, read_rows
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LABELS
from headct.core.text import no_formula

QUESTIONS_NAME = "questions.csv"
COLUMNS = ("patient", "study", "label", "kind", "blocks", "told", "quoted", "decision")
NO, YES, EXCLUDE, KEEP = "0", "1", "exclude", "keep"
OPEN = ""
_BLOCKS, _GOES_ON = "yes", "no"

# Found in images, by check alone: who only reads labels learns of these from the file.
IMAGE_KINDS = frozenset({Kind.UNREADABLE, Kind.SAME_SCAN, Kind.QUALITY, Kind.SUSPECT})
# Without a scan there is nothing to keep, whatever the label.
_NO_SCAN = frozenset({Kind.UNREADABLE, Kind.NO_IMAGES})

Key = tuple[str, str]


@dataclass(frozen=True)
class Decided:
    """One row of a filled file: the doubt as it was told, and what was decided, if it was."""

    doubt: Doubt
    decision: str

    @property
    def about(self) -> tuple[str, str, str, Kind]:
        """Which doubt it answers."""
        return _about(self.doubt)


@dataclass(frozen=True)
class Decisions:
    """A filled file, every row checked."""

    rows: tuple[Decided, ...] = ()

    def relabel(self, cohort: Cohort) -> Cohort:
        """The cohort with the labels that were decided, in studies and in what slices say of them.

        0 for ``any_hemorrhage`` takes the subtypes back, 1 for a subtype implies
        ``any_hemorrhage``. Slices that deny what a person has seen are no longer known.
        """
        rows: dict[Key, list[Decided]] = {}
        for row in self.rows:
            if row.decision in {YES, NO}:
                rows.setdefault((row.doubt.patient, row.doubt.study), []).append(row)
        if not rows:
            return cohort
        cases = []
        for case in cohort.cases:
            decided = [*rows.get((case.patient, ""), ()), *(rows.get(case.key, ()))]
            for row in decided:
                case = _relabel(case, row.doubt.label, row.decision == YES)  # noqa: PLW2901
            cases.append(case)
        return replace(cohort, cases=tuple(cases))

    def still_open(self, doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
        """The doubts that no row settles."""
        kept = {row.about for row in self.rows if row.decision == KEEP}
        labelled = {row.about[:3] for row in self.rows if row.decision in {YES, NO}}
        out = {row.about[:2] for row in self.rows if row.decision == EXCLUDE}
        return tuple(
            doubt
            for doubt in doubts
            if not (
                _about(doubt) in kept
                or _about(doubt)[:3] in labelled
                or _about(doubt)[:2] in out
                or (doubt.patient, "") in out
            )
        )

    def excluded(self, cohort: Cohort) -> frozenset[Key]:
        """Keys of the cases that a person took out."""
        out = {row.about[:2] for row in self.rows if row.decision == EXCLUDE}
        return frozenset(
            case.key for case in cohort.cases if case.key in out or (case.patient, "") in out
        )

    @property
    def unseen(self) -> tuple[Doubt, ...]:
        """What the file says of images and nobody has decided: it holds until someone does."""
        return tuple(
            row.doubt for row in self.rows if row.decision == OPEN and row.doubt.kind in IMAGE_KINDS
        )


@dataclass(frozen=True)
class Settled:
    """A cohort after a person's decisions.

    Args:
        cohort: all cases, with the labels that were decided.
        doubts: what is still open.
        excluded: keys of the cases that a person took out.
    """

    cohort: Cohort
    doubts: tuple[Doubt, ...]
    excluded: frozenset[Key]

    @property
    def usable(self) -> tuple[Case, ...]:
        """Cases that nobody took out and no open doubt keeps out."""
        waiting = blocked(self.doubts)
        return tuple(
            case
            for case in self.cohort.cases
            if case.key not in self.excluded
            and case.key not in waiting
            and (case.patient, "") not in waiting
        )


def blocked(doubts: Sequence[Doubt]) -> frozenset[Key]:
    """Which cases stay out; a key without a study speaks of all that the patient has."""
    return frozenset((doubt.patient, doubt.study) for doubt in doubts if doubt.blocks)


def ask_by_label(cohort: Cohort, doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """The same doubts, with a case that has no label asked about label by label.

    Only a row that names a label can be answered with 0 or 1.
    """
    by_key = {case.key: case for case in cohort.cases}
    asked: list[Doubt] = []
    for doubt in doubts:
        case = by_key.get((doubt.patient, doubt.study))
        unknown = [name for name, value in case.labels.items() if value is None] if case else []
        is_open = doubt.kind is Kind.NO_LABEL and not doubt.label and unknown
        asked += [replace(doubt, label=name) for name in unknown] if is_open else [doubt]
    return tuple(asked)


def apply_decisions(cohort: Cohort, doubts: Sequence[Doubt], path: Path | None) -> Settled:
    """Settle the doubts of a cohort by a filled questions.csv, without looking at images.

    Labels that contradict each other are doubts too (see ``check_labels``). What the file holds
    of images and leaves open stays a doubt, so that a scan filed twice does not come back in
    because nobody looked again.

    Raises:
        CohortError: the file is not a filled questions.csv of this cohort; with file and line.
    """
    doubts = ask_by_label(cohort, doubts)
    decisions = Decisions() if path is None else read_decisions(path, cohort, doubts)
    whole, contradictions = check_labels(decisions.relabel(cohort))
    here = {_about(doubt) for doubt in doubts if doubt.patient}
    more = [doubt for doubt in contradictions if _about(doubt) not in here]
    here |= {_about(doubt) for doubt in more}
    more += [doubt for doubt in decisions.unseen if _about(doubt) not in here]
    return Settled(whole, decisions.still_open([*doubts, *more]), decisions.excluded(whole))


def write_questions(doubts: Sequence[Doubt], decisions: Decisions, path: Path) -> None:
    """Write the doubts that speak of a case, with room for a decision, and what was decided.

    So the file stands for all decisions so far, and can be filled further and given again. Open
    doubts that block come first, decided ones last.
    """
    decided = [row for row in decisions.rows if row.decision != OPEN]
    rows = [Decided(doubt, OPEN) for doubt in doubts if doubt.patient]
    rows.sort(key=lambda row: not row.doubt.blocks)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        written = csv.writer(file)
        written.writerow(COLUMNS)
        for row in (*rows, *decided):
            doubt = row.doubt
            about = (doubt.patient, doubt.study, doubt.label, doubt.kind.value)
            blocks = _BLOCKS if doubt.blocks else _GOES_ON
            told = (no_formula(doubt.told), no_formula(doubt.quoted))
            written.writerow((*about, blocks, *told, row.decision))


def read_decisions(path: Path, cohort: Cohort, doubts: Sequence[Doubt] = ()) -> Decisions:
    """Read a filled questions.csv.

    Args:
        path: as ``write_questions`` wrote it, with ``decision`` filled: 0 or 1 for the label,
            exclude, keep, or nothing where it is still open.
        cohort: the cases that rows may speak of.
        doubts: what else they may speak of, such as patients that have labels and no scan.

    Raises:
        CohortError: a row does not fit; with file and line.
    """
    if read_header(path) == COLUMNS and len(path.read_bytes().splitlines()) == 1:
        return Decisions()  # there was nothing to ask
    known = {key for case in cohort.cases for key in (case.key, (case.patient, ""))}
    known |= {(doubt.patient, doubt.study) for doubt in doubts}
    rows: list[Decided] = []
    given: dict[tuple[str, ...], tuple[str, int]] = {}
    for row in read_rows(path, COLUMNS):
        decided = _parse(row)
        if (decided.doubt.patient, decided.doubt.study) not in known:
            raise row.error(
                "no such patient and study in this cohort; give the file that check wrote for it "
                "(a spreadsheet may have taken zeros from the front of a number)"
            )
        if decided.decision in {YES, NO}:
            _agree(given, decided.about[:3], decided.decision, row)
        if decided.decision != OPEN:
            _agree(given, decided.about, decided.decision, row)
        rows.append(decided)
    return Decisions(tuple(rows))


def _agree(
    given: dict[tuple[str, ...], tuple[str, int]], about: tuple[str, ...], decision: str, row: Row
) -> None:
    before, line = given.setdefault(about, (decision, row.line))
    if before != decision:
        raise row.error(f"{decision!r}, and line {line} says {before!r} of the same: leave one")


def _parse(row: Row) -> Decided:
    values = row.cells
    if values["kind"] not in {kind.value for kind in Kind}:
        raise row.error(f"unknown kind; expected one of {', '.join(kind.value for kind in Kind)}")
    if values["label"] not in {"", *LABELS}:
        raise row.error(f"unknown label; expected one of {', '.join(LABELS)}, or nothing")
    doubt = Doubt(
        Kind(values["kind"]),
        values["told"],
        values["patient"],
        values["study"],
        values["label"],
        values["quoted"],
        blocks=values["blocks"] != _GOES_ON,
    )
    decision = values["decision"].lower()
    allowed = [EXCLUDE] if doubt.kind in _NO_SCAN else [EXCLUDE, KEEP]
    allowed += [NO, YES] if doubt.label else []
    if decision != OPEN and decision not in allowed:
        # What stands there is not shown: in a table with shifted columns it may be anything.
        raise row.error(
            f"the decision is none of {', '.join(allowed)}; leave it empty while it is open"
        )
    return Decided(doubt, decision)


def _about(doubt: Doubt) -> tuple[str, str, str, Kind]:
    return doubt.patient, doubt.study, doubt.label, doubt.kind


def _relabel(case: Case, name: str, value: bool) -> Case:
    if value:
        implied = [name, ANY_HEMORRHAGE] if name in HEMORRHAGE_SUBTYPES else [name]
    else:
        implied = [name, *HEMORRHAGE_SUBTYPES] if name == ANY_HEMORRHAGE else [name]
    for each in implied:
        if each == name or each in case.labels:
            case = case.with_label(each, value)
    if case.slice_labels is None:
        return case
    return replace(case, slice_labels=_relabel_slices(case.slice_labels, implied, value))


def _relabel_slices(known: SliceLabels, names: Sequence[str], value: bool) -> SliceLabels:
    values = known.values.copy()
    for column in (known.labels.index(name) for name in names if name in known.labels):
        if not value:
            values[:, column] = 0
        elif not (values[:, column] == 1).any():
            values[:, column] = UNKNOWN
    return replace(known, values=values)

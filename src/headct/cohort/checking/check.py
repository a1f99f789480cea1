"""A cohort checked: labels against each other and the images, copies, and image quality."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from headct.batch import map_items
from headct.cohort.checking.contradictions import check_labels
from headct.cohort.checking.decisions import Decisions, Key, ask_by_label, blocked, read_decisions
from headct.cohort.checking.duplicates import SameSlices, doubts_of_same, find_same
from headct.cohort.checking.inspected import Inspected, count_refused, inspect_case
from headct.cohort.checking.suspects import suspects
from headct.cohort.doubt import Doubt, Kind
from headct.core.case import Case, Cohort
from headct.core.errors import Refusal, printable
from headct.core.finding import Progress
from headct.core.labels import LABELS


class Standing(StrEnum):
    """Whether a case may be used; the value is how people are told."""

    IN = "in"
    OPEN = "open"
    OUT = "excluded"


# What keeps a case out by what the image is; all else waits for a person who knows better.
_IMAGE_IS_UNFIT = frozenset({Kind.QUALITY, Kind.UNREADABLE})


@dataclass(frozen=True, eq=False)
class Checked:
    """A cohort after a check.

    Args:
        cohort: every case, with the labels that were decided or derived.
        inspected: what was seen of each case, in the same order.
        doubts: what is open.
        decisions: what a person had decided.
        excluded: keys of the cases that a person took out.
        same: cases that share slices, less those taken out.
    """

    cohort: Cohort
    inspected: tuple[Inspected, ...]
    doubts: tuple[Doubt, ...]
    decisions: Decisions = field(default_factory=Decisions)
    excluded: frozenset[Key] = frozenset()
    same: tuple[SameSlices, ...] = ()

    @cached_property
    def by_case(self) -> tuple[tuple[Doubt, ...], ...]:
        """The open doubts of each case."""
        found: dict[Key, list[Doubt]] = {}
        for doubt in self.doubts:
            found.setdefault((doubt.patient, doubt.study), []).append(doubt)
        return tuple(
            tuple(doubt for key in _keys(case) for doubt in found.get(key, ()))
            for case in self.cohort.cases
        )

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """Whether each case may be used."""
        waiting = blocked(self.doubts)
        unfit = blocked([doubt for doubt in self.doubts if doubt.kind in _IMAGE_IS_UNFIT])
        return tuple(
            Standing.OUT
            if _is_among(case, self.excluded) or _is_among(case, unfit)
            else Standing.OPEN
            if _is_among(case, waiting)
            else Standing.IN
            for case in self.cohort.cases
        )

    @cached_property
    def counts(self) -> dict[Kind, tuple[int, int]]:
        """For each kind of doubt how many there are, and how many keep a case out."""
        counts: dict[Kind, tuple[int, int]] = {}
        for doubt in self.doubts:
            number = 1 if doubt.patient else doubt.count
            if doubt.kind is Kind.SUSPECT and not doubt.patient:
                number = 0  # labels that could not be weighed are not for that in doubt
            told, blocking = counts.get(doubt.kind, (0, 0))
            counts[doubt.kind] = (told + number, blocking + (number if doubt.blocks else 0))
        return {kind: counts[kind] for kind in Kind if kind in counts}

    @cached_property
    def remarks(self) -> dict[Kind, dict[str, int]]:
        """What is said of no case in particular: how often, by what is told, by kind."""
        remarks: dict[Kind, dict[str, int]] = {}
        here = {key for case in self.cohort.cases for key in _keys(case)}
        for doubt in self.doubts:
            if (doubt.patient, doubt.study) not in here:
                told = remarks.setdefault(doubt.kind, {})
                told[doubt.told] = told.get(doubt.told, 0) + doubt.count
        return remarks

    @cached_property
    def labels(self) -> dict[str, tuple[int, int, int]]:
        """For each label the cases that are not excluded: yes, no, not known."""
        kept = [
            case
            for case, standing in zip(self.cohort.cases, self.standings, strict=True)
            if standing is not Standing.OUT
        ]
        return count_labels(kept)

    @cached_property
    def faults(self) -> dict[str, int]:
        """Why cases are excluded, the most frequent reason first; one may have several."""
        counts: dict[str, int] = {}
        for case, seen, doubts in zip(self.cohort.cases, self.inspected, self.by_case, strict=True):
            if _is_among(case, self.excluded):
                counts = count_refused(counts, (Refusal("the case", "excluded by a person"),))
            kinds = {doubt.kind for doubt in doubts}
            if Kind.UNREADABLE in kinds:
                counts = count_refused(counts, seen.failures)
            if Kind.QUALITY in kinds and seen.quality is not None:
                counts = count_refused(counts, seen.quality.reasons)
        return dict(Counter(counts).most_common())

    @cached_property
    def others(self) -> dict[str, int]:
        """What else lies beside the scans, by kind, the most frequent first."""
        counts: dict[str, int] = {}
        for seen in self.inspected:
            if seen.shape is not None:
                counts = count_refused(counts, seen.refused)
        return dict(Counter(counts).most_common())


def count_labels(cases: Sequence[Case]) -> dict[str, tuple[int, int, int]]:
    """For each label: how many cases say yes, no, and nothing."""
    used = {name for case in cases for name in case.labels}
    names = [name for name in LABELS if name in used]
    said = {name: Counter(case.labels.get(name) for case in cases) for name in names}
    return {name: (count[True], count[False], count[None]) for name, count in said.items()}


def check(
    cohort: Cohort,
    doubts: Sequence[Doubt] = (),
    *,
    decided: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Checked:
    """Check a cohort: one pass over its images, and every label.

    Args:
        cohort: as its reader gives it.
        doubts: what the reader has found.
        decided: a filled questions.csv of an earlier check.
        workers: processes that read images, of about 0.4 GB each.
        progress: told after each case.

    Raises:
        ValueError: fewer than one worker.
        CohortError: ``decided`` does not fit the cohort; with file and line.
    """
    doubts = ask_by_label(cohort, doubts)
    decisions = Decisions() if decided is None else read_decisions(decided, cohort, doubts)
    # What a person decided comes first: the rest is weighed with it.
    whole, contradictions = check_labels(decisions.relabel(cohort))
    excluded = decisions.excluded(whole)
    # Labels by slice are of no use to who reads images, and large.
    bare = [replace(case, slice_labels=None) for case in whole.cases]
    inspected = tuple(map_items(inspect_case, bare, workers=workers, progress=progress))
    same = _copies(whole, inspected, excluded)
    found = [
        *doubts,
        *contradictions,
        *_doubts_of_images(whole, inspected),
        *doubts_of_same(whole, same, [len(seen.hashes) for seen in inspected]),
        *_suspects(whole, inspected, excluded),
    ]
    return Checked(whole, inspected, decisions.still_open(found), decisions, excluded, same)


def _doubts_of_images(cohort: Cohort, inspected: Sequence[Inspected]) -> list[Doubt]:
    doubts = []
    for case, seen in zip(cohort.cases, inspected, strict=True):
        if seen.failures:
            told = "; ".join(map(str, seen.failures))
            doubts.append(Doubt(Kind.UNREADABLE, told, case.patient, case.study))
        if seen.quality is not None and seen.quality.reasons:
            told = "; ".join(printable(refusal.reason) for refusal in seen.quality.reasons)
            doubts.append(Doubt(Kind.QUALITY, told, case.patient, case.study))
    return doubts


def _copies(
    cohort: Cohort, inspected: Sequence[Inspected], excluded: frozenset[Key]
) -> tuple[SameSlices, ...]:
    """Copies among the cases that are still there: once one is taken out, the other stands."""
    hashes = [
        seen.hashes[:0] if _is_among(case, excluded) else seen.hashes
        for case, seen in zip(cohort.cases, inspected, strict=True)
    ]
    return find_same(hashes)


def _suspects(
    cohort: Cohort, inspected: Sequence[Inspected], excluded: frozenset[Key]
) -> list[Doubt]:
    """Labels that the image speaks against, weighed with what is fit to be weighed with."""
    fit = {
        case.key: seen.features
        for case, seen in zip(cohort.cases, inspected, strict=True)
        if seen.features is not None
        and seen.quality is not None
        and not seen.quality.reasons
        and not _is_among(case, excluded)
    }
    return list(suspects(cohort.cases, fit))


def _keys(case: Case) -> tuple[Key, ...]:
    """The case's own key, and that of all its patient has; one where the study has no name."""
    return tuple(dict.fromkeys((case.key, (case.patient, ""))))


def _is_among(case: Case, keys: frozenset[Key]) -> bool:
    return any(key in keys for key in _keys(case))

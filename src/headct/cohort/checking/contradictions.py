"""Labels that cannot all be true, by study, by slice, and between the two."""

from collections import Counter
from dataclasses import replace

import numpy as np

from headct.cohort.doubt import Doubt, Kind
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES

_DECIDE = "decide 0 or 1"


def check_labels(cohort: Cohort) -> tuple[Cohort, tuple[Doubt, ...]]:
    """Find labels that contradict each other; say what follows from others and was left out.

    A subtype of hemorrhage without ``any_hemorrhage`` gives that label, and a doubt that does not
    block tells how often. Nothing else is filled in: five subtypes that are not there do not make
    a head free of blood, and a label that is missing stays missing.

    Returns:
        The cohort with what was derived, and the doubts.
    """
    doubts: list[Doubt] = []
    derived: Counter[str] = Counter()
    cases = []
    for case in cohort.cases:
        whole = _derive(case)
        derived["studies"] += whole.labels != case.labels
        derived["slices"] += _derived_slices(case, whole)
        cases.append(whole)
        doubts += (*_within_study(whole), *_within_slices(whole), *_between(whole))
    doubts += [
        Doubt(
            Kind.CONTRADICTION,
            f"{count} {what} named a subtype and left any_hemorrhage out: it was taken as yes",
            count=count,
            blocks=False,
        )
        for what, count in derived.items()
        if count
    ]
    return replace(cohort, cases=tuple(cases)), tuple(doubts)


def _subtypes(case: Case) -> list[str]:
    return [name for name in HEMORRHAGE_SUBTYPES if case.labels.get(name)]


def _derive(case: Case) -> Case:
    """What a subtype implies, where it was left out."""
    if _subtypes(case) and case.labels.get(ANY_HEMORRHAGE) is None:
        case = case.with_label(ANY_HEMORRHAGE, True)
    known = case.slice_labels
    if known is None or ANY_HEMORRHAGE not in known.labels:
        return case
    column = known.labels.index(ANY_HEMORRHAGE)
    left_out = (known.values[:, column] == UNKNOWN) & _names_subtype(known)
    if not left_out.any():
        return case
    values = known.values.copy()
    values[left_out, column] = 1
    return replace(case, slice_labels=replace(known, values=values))


def _derived_slices(case: Case, whole: Case) -> int:
    if case.slice_labels is None or whole.slice_labels is None:
        return 0
    return int((case.slice_labels.values != whole.slice_labels.values).sum())


def _names_subtype(known: SliceLabels) -> np.ndarray:
    """(files,) whether a slice is said to show a subtype of hemorrhage."""
    columns = [known.labels.index(name) for name in HEMORRHAGE_SUBTYPES if name in known.labels]
    return np.asarray((known.values[:, columns] == 1).any(axis=1))


def _doubt(case: Case, told: str, label: str = "", *, count: int = 1, blocks: bool = True) -> Doubt:
    return Doubt(
        Kind.CONTRADICTION, told, case.patient, case.study, label, count=count, blocks=blocks
    )


def _within_study(case: Case) -> list[Doubt]:
    said, subtypes = case.labels.get(ANY_HEMORRHAGE), _subtypes(case)
    if said is False and subtypes:
        told = f"no hemorrhage, and {' and '.join(subtypes)}: {_DECIDE}; 0 takes the subtypes back"
        return [_doubt(case, told, ANY_HEMORRHAGE)]
    if said and all(case.labels.get(name) is False for name in HEMORRHAGE_SUBTYPES):
        told = "a hemorrhage, and none of its five subtypes: decide which, exclude it, or keep it"
        return [_doubt(case, told, ANY_HEMORRHAGE, blocks=False)]
    return []


def _within_slices(case: Case) -> list[Doubt]:
    known = case.slice_labels
    if known is None or ANY_HEMORRHAGE not in known.labels:
        return []
    denied = known.values[:, known.labels.index(ANY_HEMORRHAGE)] == 0
    count = int((denied & _names_subtype(known)).sum())
    if not count:
        return []
    told = (
        f"{count} of {len(known.files)} slices are labelled without hemorrhage and with a subtype: "
        "correct the labels, exclude the case, or keep it"
    )
    return [_doubt(case, told, count=count)]


def _between(case: Case) -> list[Doubt]:
    """Where a study and its slices disagree about a label."""
    known, doubts = case.slice_labels, []
    if known is None:
        return []
    for column, name in enumerate(known.labels):
        said, slices = case.labels.get(name), known.values[:, column]
        shown = int((slices == 1).sum())
        if said is False and shown:
            told = f"the study says no, {shown} of {len(slices)} slices say yes: {_DECIDE}"
            doubts.append(_doubt(case, told, name))
        elif said and len(slices) and bool((slices == 0).all()):
            told = f"the study says yes, all of its {len(slices)} slices say no: {_DECIDE}"
            doubts.append(_doubt(case, told, name))
    return doubts

"""How alike the parts of a split are: patients by label and site, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headct.cohort.splitting.rounds import TEST, VALIDATION, Split
from headct.cohort.splitting.strata import Patients, patients_of
from headct.core.case import Cohort

APART = "kept apart"


@dataclass(frozen=True)
class Count:
    """The patients of one part.

    Args:
        part: "train", "fold 2", "kept apart".
        patients: how many.
        yes: by label, how many have it.
        unknown: by label, of how many it is not known.
        sites: how many come from each; empty where none is known.
    """

    part: str
    patients: int
    yes: Mapping[str, int]
    unknown: Mapping[str, int]
    sites: Mapping[str, int]


def balance(split: Split, cohort: Cohort) -> tuple[Count, ...]:
    """Count each part: of a hold-out its parts, of folds the outer ones.

    Args:
        split: of the cohort.
        cohort: the whole one; who is in no part was kept apart.
    """
    whole = patients_of(cohort)
    parts: dict[str, Iterable[str]] = {}
    for one in split.rounds:
        if split.scheme.shares:
            parts |= one.parts
        elif split.scheme.inner:
            parts.setdefault(one.name.partition(".")[0], one.parts[TEST])
        else:
            parts[one.name] = one.parts[VALIDATION]
    if split.locked:
        parts[APART] = whole.known.keys() - split.patients
    return tuple(_count(name, patients, whole) for name, patients in parts.items())


def _count(part: str, patients: Iterable[str], whole: Patients) -> Count:
    names = list(patients)
    yes, unknown = Counter[str](), Counter[str]()
    for patient in names:
        for label, is_so in zip(whole.labels, whole.known[patient], strict=True):
            yes[label] += is_so is True
            unknown[label] += is_so is None
    sites = Counter(whole.sites[patient] for patient in names)
    return Count(part, len(names), yes, unknown, sites if any(sites) else {})

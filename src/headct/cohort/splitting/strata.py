"""Patients of a cohort as a split sees them: what each has, where from, and who goes with whom."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.splitting.deal import Margin
from headct.core.case import UNKNOWN, Case, Cohort
from headct.core.errors import CohortError
from headct.core.labels import LABELS

Known = tuple[bool | None, ...]


# All patients, a label combination and a combination at a site are nested, so that all can be met
# at once; single labels and sites lie across them, and choose among what is equal otherwise.
_NESTED, _ACROSS = 100.0, 1.0


@dataclass(frozen=True)
class Patients:
    """The patients of a cohort.

    Args:
        labels: those that anybody's truth names, in their fixed order.
        known: by patient, in order of their names: truth over all studies, by label.
        sites: by patient; those of several studies are joined by " + ".
    """

    labels: tuple[str, ...]
    known: Mapping[str, Known]
    sites: Mapping[str, str]

    def margins(self, patient: str) -> tuple[Margin, ...]:
        """What the patient counts in: all, label combination, site, and what lies across."""
        truth, site = self.known[patient], self.sites[patient]
        combination = " ".join(map(str, truth))
        across = [
            f"{name} {is_so}"
            for name, is_so in zip(self.labels, truth, strict=True)
            if is_so is not False  # it is the rest
        ]
        nested = ("", combination, f"{combination} at {site}")
        return (
            *(Margin(_NESTED, name) for name in nested),
            *(Margin(_ACROSS, name) for name in (*across, f"at {site}")),
        )


def patients_of(cohort: Cohort) -> Patients:
    """Every patient's truth over all studies: yes if any says so, no if all do, else not known."""
    by_patient: dict[str, list[Case]] = {}
    for case in cohort.cases:
        by_patient.setdefault(case.patient, []).append(case)
    truths = {case.key: _study_truth(case) for case in cohort.cases}
    named = {name for truth in truths.values() for name in truth}
    labels = tuple(name for name in LABELS if name in named)
    known, sites = {}, {}
    for patient in sorted(by_patient):
        cases = by_patient[patient]
        known[patient] = tuple(
            _any([truths[case.key].get(name) for case in cases]) for name in labels
        )
        sites[patient] = " + ".join(sorted({case.site for case in cases if case.site}))
    return Patients(labels, known, sites)


def cohort_sha256(cohort: Cohort) -> str:
    """Hash of which patients and studies a cohort holds, in any order; labels may be corrected."""
    text = json.dumps(sorted(case.key for case in cohort.cases), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def patients_sha256(patients: Iterable[str]) -> str:
    """Hash of a set of patients."""
    text = json.dumps(sorted(patients), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def same_scan(doubts: Iterable[Doubt], cohort: Cohort) -> tuple[tuple[str, str], ...]:
    """Patients under whom one scan is filed, as check has found: pairs for ``together``.

    Args:
        doubts: all there are, settled ones too: kept both, two patients share a scan for good.
        cohort: every case that they may speak of, excluded ones too.

    Raises:
        CohortError: a doubt names no case of the cohort.
    """
    named = {_named(case): case.patient for case in cohort.cases}
    pairs = set()
    for doubt in doubts:
        if doubt.kind is not Kind.SAME_SCAN:
            continue
        if doubt.quoted.strip() not in named:
            raise CohortError(
                f"a case is filed twice ({doubt.kind.value}), but its twin is not in the cohort: "
                "run headct cohort check on this cohort again"
            )
        pairs.add((doubt.patient, named[doubt.quoted.strip()]))
    return tuple(sorted(pairs))


def bind(patients: Iterable[str], together: Iterable[Iterable[str]]) -> list[tuple[str, ...]]:
    """Patients in groups that must not part: each alone, but those bound, also through others.

    Args:
        patients: whose; the order does not matter.
        together: groups such as the patients of one scan; names that are not of ``patients`` still
            bind those that are.

    Returns:
        Groups in the order of their first patient, each in order.
    """
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for group in together:
        first, *others = group
        for other in others:
            above[root(other)] = root(first)
    groups: dict[str, list[str]] = {}
    for patient in sorted(set(patients)):
        groups.setdefault(root(patient), []).append(patient)
    return sorted(tuple(group) for group in groups.values())


def _study_truth(case: Case) -> dict[str, bool | None]:
    """The study's labels; one that is not known there comes from its slices, where they say."""
    truth = dict(case.labels)
    if case.slice_labels is not None:
        for name, column in zip(case.slice_labels.labels, case.slice_labels.values.T, strict=True):
            if truth.get(name) is None:
                values = [None if value == UNKNOWN else bool(value) for value in column]
                truth[name] = _any(values)
    return truth


def _any(values: list[bool | None]) -> bool | None:
    if True in values:
        return True
    return None if None in values or not values else False


def _named(case: Case) -> str:
    """How a doubt quotes a case; of a study without a name the table's reader takes the blank."""
    return f"patient {case.patient} study {case.study}".strip()

"""Splits by patient: hold-out, folds, and folds within folds.

Patients are dealt so that every part is like the whole in label combinations and sites, within a
patient (``deal``). No patient is ever on two sides, and none of those that share a scan.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from headct.cohort.splitting.deal import deal
from headct.cohort.splitting.rounds import (
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Locked,
    Round,
    Scheme,
    Split,
    Together,
)
from headct.cohort.splitting.strata import Patients, bind, cohort_sha256, patients_of
from headct.core.case import Cohort

SHARES = (70.0, 15.0, 15.0)
"""Of training, validation and test patients, as the leukoencephalopathy paper has them."""


def holdout(
    cohort: Cohort, shares: Sequence[float] = SHARES, *, seed: int, together: Together = ()
) -> Split:
    """Split into training, validation and test patients; by two shares into training and test.

    Args:
        cohort: whose patients.
        shares: of patients, in any unit.
        seed: the same one gives the same split, in whatever order cases come.
        together: groups of patients that share a scan, and so must be on one side.

    Raises:
        ValueError: shares that are none.
        CohortError: fewer patients than parts.
    """
    scheme = Scheme(shares=tuple(map(float, shares)))
    of = _Dealer(cohort, together, seed)
    parts = of.deal(of.patients.known, scheme.shares)
    names = PARTS if len(scheme.shares) == len(PARTS) else (TRAIN, TEST)
    return of.split(scheme, [Round("holdout", dict(zip(names, parts, strict=True)))])


def folds(cohort: Cohort, k: int, *, seed: int, together: Together = ()) -> Split:
    """Split into k folds; in round i fold i is for validation and the rest for training.

    Args:
        cohort: whose patients.
        k: how many folds.
        seed: the same one gives the same split, in whatever order cases come.
        together: groups of patients that share a scan, and so must be on one side.

    Raises:
        ValueError: fewer than two folds.
        CohortError: fewer patients than folds.
    """
    scheme = Scheme(folds=k)
    of = _Dealer(cohort, together, seed)
    dealt = of.deal(of.patients.known, (1.0,) * k)
    return of.split(
        scheme,
        [
            Round(f"fold {i + 1}", {TRAIN: _others(dealt, i), VALIDATION: dealt[i]})
            for i in range(k)
        ],
    )


def nested(cohort: Cohort, outer: int, inner: int, *, seed: int, together: Together = ()) -> Split:
    """Folds to test on, and within the rest of each, folds to validate on.

    Round "fold 2.3" tests on outer fold 2 and validates on inner fold 3 of what is left.

    Raises:
        ValueError: fewer than two folds of either kind.
        CohortError: fewer patients than folds.
    """
    scheme = Scheme(folds=outer, inner=inner)
    of = _Dealer(cohort, together, seed)
    dealt = of.deal(of.patients.known, (1.0,) * outer)
    rounds = []
    for i, test in enumerate(dealt):
        within = of.deal(_others(dealt, i), (1.0,) * inner)
        rounds += [
            Round(
                f"fold {i + 1}.{j + 1}",
                {TRAIN: _others(within, j), VALIDATION: within[j], TEST: test},
            )
            for j in range(inner)
        ]
    return of.split(scheme, rounds)


def keep_apart(
    cohort: Cohort, share: float, *, seed: int, together: Together = ()
) -> tuple[str, ...]:
    """Choose the patients of an independent test set, like the whole in labels and sites.

    Args:
        cohort: whose patients.
        share: of the patients, above 0 and below 1.
        seed: the same one gives the same set.
        together: groups of patients that share a scan.

    Raises:
        ValueError: a share that is none.
        CohortError: too few patients.
    """
    if not 0 < share < 1:
        raise ValueError(f"expected a share of patients above 0 and below 1, got {share}")
    of = _Dealer(cohort, together, seed)
    _, test = of.deal(of.patients.known, (1 - share, share))
    return test


def without(cohort: Cohort, patients: Iterable[str]) -> Cohort:
    """The cohort less some patients."""
    out = set(patients)
    return replace(cohort, cases=tuple(case for case in cohort.cases if case.patient not in out))


def with_lock(split: Split, cohort: Cohort, locked: Locked) -> Split:
    """A split of what ``locked`` leaves of a cohort, which says so."""
    return replace(split, sha256=cohort_sha256(cohort), locked=locked)


class _Dealer:
    """Deals a cohort's patients, in draws that follow from one seed."""

    def __init__(self, cohort: Cohort, together: Together, seed: int) -> None:
        self.cohort, self.seed = cohort, seed
        self.patients: Patients = patients_of(cohort)
        self._groups = bind(self.patients.known, together)
        self._chance = np.random.default_rng(seed)

    def deal(self, patients: Iterable[str], shares: Sequence[float]) -> list[tuple[str, ...]]:
        """Parts of these patients, who hold groups whole."""
        these = set(patients)
        groups = [group for group in self._groups if group[0] in these]
        margins = {patient: self.patients.margins(patient) for patient in these}
        total = sum(shares)
        dealt = deal(groups, margins, [share / total for share in shares], self._chance)
        return [tuple(part) for part in dealt]

    def split(self, scheme: Scheme, rounds: Sequence[Round]) -> Split:
        """The split, with what it was made of."""
        return Split(
            cohort=self.cohort.name,
            sha256=cohort_sha256(self.cohort),
            scheme=scheme,
            seed=self.seed,
            labels=self.patients.labels,
            rounds=tuple(rounds),
            together=tuple(group for group in self._groups if len(group) > 1),
        )


def _others(dealt: Sequence[tuple[str, ...]], left_out: int) -> tuple[str, ...]:
    return tuple(sorted(p for i, part in enumerate(dealt) if i != left_out for p in part))

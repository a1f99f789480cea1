"""Labels that the image contradicts: for a person to look at, never changed by a program.

A linear rule is fitted on the labels as given, on other patients than those it then speaks of; a
case whose label it contradicts is a suspect. Hemorrhage is not weighed: what finds blood stands
behind this stage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.cohort.checking.look import Look
from headct.cohort.doubt import Doubt, Kind
from headct.core.case import Case
from headct.core.errors import Refusal
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.image.white_matter import describe_white_matter

Numbers = NDArray[np.float64]

FOLDS = 10
# A row of features for each number in the rule, in each class, and some to spare: with fewer a
# rule follows single patients.
LEAST_OF_EACH = 40
# Of the squared weights of standardized features; chosen by folds on digital patients.
PENALTY = 1.0
# How sure the rule must be of the other class. The limit of the source (the mean probability of
# that class, here 0.97) finds fewer wrong labels: see docs/concepts/quality.md.
SURE = 0.7
STEPS = 50  # of Newton's method; it needs some ten


@dataclass(frozen=True)
class Features:
    """What is kept of a scan to weigh its labels: a few numbers.

    Args:
        white_matter: ``WhiteMatter.numbers``; None where no ventricle is seen.
    """

    white_matter: tuple[float, ...] | None


def features(seen: Look) -> Features:
    """The numbers of one scan; small, and fit to be sent between processes."""
    if isinstance(seen.skull, Refusal):
        return Features(None)
    found = describe_white_matter(seen.slabs, seen.skull)
    return Features(None if found is None else found.numbers)


def suspects(cases: Sequence[Case], by_key: Mapping[tuple[str, str], Features]) -> list[Doubt]:
    """Doubts about labels that other patients' images and labels speak against, worst first.

    Args:
        cases: with their labels; those without a label for leukoencephalopathy are passed over.
        by_key: the features of cases, by ``Case.key``; a case that is not there is passed over.

    Returns:
        One doubt a suspect, and one for all labelled cases that could not be weighed.

    Source:
        Northcutt et al., Confident learning, J Artif Intell Res 2021;70:1373-411: probabilities
        from rules that did not see the case; ``SURE`` in place of the limit by class.
    """
    label = LEUKOENCEPHALOPATHY
    labelled = [case for case in cases if case.key in by_key and case.labels.get(label) is not None]
    rows = [by_key[case.key].white_matter for case in labelled]
    weighed = [i for i, row in enumerate(rows) if row is not None]
    given = np.array([bool(labelled[i].labels[label]) for i in weighed], np.bool_)
    if min(np.count_nonzero(given), np.count_nonzero(~given)) < LEAST_OF_EACH:
        return _not_weighed(
            len(labelled),
            f"expected {LEAST_OF_EACH} or more readable scans with and without it, got "
            f"{np.count_nonzero(given)} and {np.count_nonzero(~given)}",
        )
    values = np.array([rows[i] for i in weighed], np.float64)
    patients = [labelled[i].patient for i in weighed]
    probabilities = out_of_fold(values, given, patients)
    doubts = [
        _doubt(labelled[weighed[i]], float(probabilities[i]), probabilities)
        for i in contradicted(probabilities, given)
    ]
    unseen = len(labelled) - len(weighed)
    return [*doubts, *_not_weighed(unseen, "no ventricles are seen in the scan")]


def _doubt(case: Case, probability: float, among: Numbers) -> Doubt:
    says = "present" if case.labels[LEUKOENCEPHALOPATHY] else "absent"
    strength = probability if says == "absent" else 1 - probability
    return Doubt(
        Kind.SUSPECT,
        f"the label says {says}; the image looks like those of the other class (score "
        f"{strength:.3f} of 1, from {among.size} cases): read the scan again",
        patient=case.patient,
        study=case.study,
        label=LEUKOENCEPHALOPATHY,
        blocks=False,
    )


def _not_weighed(count: int, why: str) -> list[Doubt]:
    if not count:
        return []
    told = f"the label was not weighed against the image: {why}"
    return [Doubt(Kind.SUSPECT, told, label=LEUKOENCEPHALOPATHY, count=count, blocks=False)]


def contradicted(probabilities: Numbers, given: NDArray[np.bool_]) -> list[int]:
    """Indices of cases whose given label is suspect, the surest first.

    Args:
        probabilities: (cases,) of the label being true, from a rule that did not see the case.
        given: (cases,) the label.
    """
    against = np.where(given, 1 - probabilities, probabilities)
    found = np.flatnonzero(against >= SURE)
    return [int(i) for i in found[np.argsort(-against[found], kind="stable")]]


def out_of_fold(values: Numbers, given: NDArray[np.bool_], patients: Sequence[str]) -> Numbers:
    """(cases,) probability of the label, by a rule fitted on other patients' labels.

    Args:
        values: (cases, features); NaN where a feature is not known.
        given: (cases,) the label.
        patients: of each case; all cases of a patient are in one fold.
    """
    fold = _folds(given, patients)
    probabilities = np.empty(given.size)
    for number in range(FOLDS):
        held = fold == number
        middle = np.nanmedian(values[~held], axis=0)
        known = np.where(np.isnan(values), middle, values)
        mean, spread = known[~held].mean(axis=0), known[~held].std(axis=0)
        scaled = (known - mean) / np.where(spread > 0, spread, 1.0)
        weights = fit_logistic(scaled[~held], given[~held], PENALTY)
        probabilities[held] = _probability(scaled[held], weights)
    return probabilities


def _folds(given: NDArray[np.bool_], patients: Sequence[str]) -> NDArray[np.intp]:
    """(cases,) which fold each is in: patients with and without the label dealt out in turn."""
    has_label: dict[str, bool] = {}
    for patient, label in zip(patients, given, strict=True):
        has_label[patient] = has_label.get(patient, False) or bool(label)
    # The order of patients may be that of dates or sites: it is shuffled, always alike.
    order = np.random.default_rng(0).permutation(sorted(has_label))
    dealt = sorted(map(str, order), key=lambda patient: has_label[patient])
    place = {patient: number % FOLDS for number, patient in enumerate(dealt)}
    return np.array([place[patient] for patient in patients], np.intp)


def fit_logistic(values: Numbers, given: NDArray[np.bool_], penalty: float) -> Numbers:
    """(1 + features,) intercept and weights of a logistic rule, by Newton's method.

    Args:
        values: (cases, features), standardized.
        given: (cases,).
        penalty: half of it times the squared weights is added to the loss; the intercept is free.
    """
    design = np.column_stack([np.ones(len(values)), values])
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = _probability(values, weights)
        slope = design.T @ (chance - given) + ridge * weights
        curve = (design.T * (chance * (1 - chance))) @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _probability(values: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(weights[0] + values @ weights[1:], -40, 40))))

"""Log odds fitted to what came true, with errors by patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit

from headct.measure.outcomes import Flags, Scores
from headct.measure.resampling.draws import numbered

# Newton's steps double the digits: where 50 do not do, there is no end to reach.
_STEPS = 50
# A step as small as this leaves an error of about its square.
_NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of the columns, and how sure they are.

    Args:
        coefficients: (columns,).
        errors: (columns,) standard errors by patient; None with one patient.
        patients: how many there are.
    """

    coefficients: Scores
    errors: Scores | None
    patients: int


def fit_log_odds(
    columns: Scores, truth: Flags, *, offset: Scores, patients: ArrayLike | None
) -> Fit:
    """The likeliest coefficients of log odds = offset + columns @ coefficients, by Newton's method.

    Standard errors are sums of what each patient pulls (the sandwich), so they hold where rows of
    a patient are alike, and where the form of the model is not quite true.

    Args:
        columns: (rows, columns), none of which the others give. The caller sees to it that an
            answer exists: that no coefficients separate positives from negatives.
        truth: (rows,) bool.
        offset: (rows,) log odds that are taken as given.
        patients: (rows,) whose each row is; None where every row is another's.

    Raises:
        ValueError: patients that do not fit, or no answer is reached.

    Source:
        Liang and Zeger, Biometrika 1986;73:13-22, independence working correlation, times
        patients / (patients - 1).
    """
    whose, people = numbered(patients, len(truth))
    by_column = np.ascontiguousarray(columns.T)
    coefficients = np.zeros(len(by_column))
    odds, likelihood = offset, _likelihood(offset, truth)
    for _ in range(_STEPS):
        chance = expit(odds)
        pulls = by_column * (truth - chance)
        bread = (by_column * (chance * (1 - chance))) @ by_column.T
        step = np.linalg.solve(bread, pulls.sum(axis=1))
        before = likelihood - 1e-9  # and its rounding
        # A whole step may leap over the top where the start is far off.
        while True:
            odds = offset + columns @ (coefficients + step)
            likelihood = _likelihood(odds, truth)
            if not likelihood < before:
                break
            step /= 2
        coefficients = coefficients + step
        if np.all(abs(step) <= _NEAR * np.maximum(abs(coefficients), 1)):
            break
    else:
        raise ValueError("no coefficients fit best: positives and negatives may be separated")
    if people < 2:
        return Fit(coefficients, None, people)
    by_patient = np.stack([np.bincount(whose, weights=pull) for pull in pulls], axis=1)
    meat = by_patient.T @ by_patient * people / (people - 1)
    covariance = np.linalg.solve(bread, np.linalg.solve(bread, meat).T)
    return Fit(coefficients, np.sqrt(np.diag(covariance)), people)


def fit_intercept(truth: Flags, *, offset: Scores, patients: ArrayLike | None) -> Fit:
    """The likeliest number to add to log odds, found between bounds: offsets may lie far off.

    Args:
        truth: (rows,) bool, of both kinds.
        offset: (rows,) log odds that are taken as given.
        patients: (rows,) whose each row is; None where every row is another's.

    Raises:
        ValueError: patients that do not fit.
    """
    whose, people = numbered(patients, len(truth))
    # As if all rows had the highest log odds, or all the lowest.
    usual = float(logit(truth.mean()))
    low, high = usual - float(offset.max()), usual - float(offset.min())
    positives = int(np.count_nonzero(truth))

    def surplus(intercept: float) -> float:
        return float(expit(offset + intercept).sum()) - positives

    # Rounding may put the root a hair outside.
    intercept = brentq(surplus, low - 1, high + 1, xtol=_NEAR**2)
    if people < 2:
        return Fit(np.array([intercept]), None, people)
    chance = expit(offset + intercept)
    pulls = np.bincount(whose, weights=truth - chance)
    error = np.sqrt(people / (people - 1) * (pulls @ pulls)) / (chance * (1 - chance)).sum()
    return Fit(np.array([intercept]), np.array([error]), people)


def _likelihood(odds: Scores, truth: Flags) -> float:
    """The logarithm of how likely truth is at these log odds."""
    return -float(np.logaddexp(0, np.where(truth, -odds, odds)).sum())

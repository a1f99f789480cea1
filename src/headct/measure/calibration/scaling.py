"""Scores made into probabilities, by what came true of others.

Fitted on validation, never on the rows that are then measured, and stored with the network that
made the scores: fields are plain numbers.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from headct.measure.calibration.logistic import fit_log_odds
from headct.measure.calibration.probabilities import checked_probabilities, log_odds
from headct.measure.calibration.stored import (
    Isotonic as Isotonic,  # noqa: PLC0414 - given on from here
)
from headct.measure.calibration.stored import (
    Logistic as Logistic,  # noqa: PLC0414 - given on from here
)
from headct.measure.calibration.stored import (
    Scaling as Scaling,  # noqa: PLC0414 - given on from here
)
from headct.measure.calibration.stored import (
    Temperature as Temperature,  # noqa: PLC0414 - given on from here
)
from headct.measure.outcomes import Scores


def fit_temperature(truth: ArrayLike, probabilities: ArrayLike) -> Temperature | None:
    """The temperature with the least cross-entropy.

    Rows of one patient may be alike: that makes it less sure, not wrong.

    Args:
        truth: (rows,) bool, of validation.
        probabilities: (rows,) from 0 to 1.

    Returns:
        None where none is best: without rows, where 0.5 separates positives from negatives (colder
        is always better), or where the scores are no better than a coin (hotter is).

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.
    """
    flags, values = checked_probabilities(truth, probabilities)
    odds = log_odds(values)
    agrees = np.where(flags, odds, -odds)
    # The likelihood rises from infinite heat on, and falls again, if these two hold.
    if not agrees.sum() > 0 or not (agrees < 0).any():
        return None
    fit = fit_log_odds(odds[:, None], flags, offset=np.zeros(len(odds)), patients=None)
    return Temperature(1 / float(fit.coefficients[0]))


def fit_logistic(truth: ArrayLike, probabilities: ArrayLike) -> Logistic | None:
    """The slope and intercept of log odds with the least cross-entropy.

    Positives count as (positives + 1) / (positives + 2) and negatives as 1 / (negatives + 2), as
    if one more of either kind had been seen: so that there is an answer where a score separates
    them, and it is less than certain.

    Args:
        truth: (rows,) bool, of validation.
        probabilities: (rows,) from 0 to 1.

    Returns:
        None without positives or without negatives, or where the best slope is not above 0: the
        scores are no better than a coin.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.

    Source:
        Platt, in Advances in Large Margin Classifiers, MIT Press 2000:61-74; by Newton's method
        as Lin, Lin and Weng, Mach Learn 2007;68:267-276.
    """
    flags, values = checked_probabilities(truth, probabilities)
    positives, negatives = int(flags.sum()), int((~flags).sum())
    if not positives or not negatives:
        return None
    meant = np.where(flags, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    columns = np.stack([log_odds(values), np.ones(len(values))], axis=1)
    found = minimize(
        _cross_entropy,
        np.array([1.0, 0.0]),
        args=(columns, meant),
        jac=True,
        hess=_curvature,
        method="trust-exact",
        options={"gtol": 1e-9},
    )
    slope, intercept = (float(value) for value in found.x)
    return Logistic(slope, intercept) if slope > 0 else None


def fit_isotonic(truth: ArrayLike, probabilities: ArrayLike) -> Isotonic | None:
    """The rising function with the least Brier score.

    No answer is nearer to 0 or 1 than 1 / (rows + 2): so many rows cannot tell it from there, and
    a certainty that then comes out wrong has no finite cross-entropy.

    Args:
        truth: (rows,) bool, of validation.
        probabilities: (rows,) from 0 to 1.

    Returns:
        None without positives or without negatives.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.

    Source:
        Pool adjacent violators: Barlow, Bartholomew, Bremner and Brunk, Statistical Inference
        under Order Restrictions, 1972. The bound is Laplace's rule of succession.
    """
    flags, values = checked_probabilities(truth, probabilities)
    if flags.all() or not flags.any():
        return None
    x, index, count = np.unique(values, return_inverse=True, return_counts=True)
    shares = np.bincount(index, weights=flags) / count
    edge = 1 / (len(flags) + 2)
    y = np.clip(isotonic_regression(shares, weights=count).x, edge, 1 - edge)
    # The ends of each step tell it all; what lies between them lies on it.
    changes = np.flatnonzero(np.diff(y)) + 1
    kept = np.unique(np.concatenate([[0, len(y) - 1], changes, changes - 1]))
    return Isotonic(tuple(x[kept].tolist()), tuple(y[kept].tolist()))


def _cross_entropy(at: Scores, columns: Scores, meant: Scores) -> tuple[float, Scores]:
    """Of shares that are meant, a row, and how it changes with slope and intercept."""
    odds = columns @ at
    value = (np.logaddexp(0, odds) - meant * odds).mean()
    return float(value), columns.T @ (expit(odds) - meant) / len(odds)


def _curvature(at: Scores, columns: Scores, meant: Scores) -> Scores:
    """(2, 2) how the change changes."""
    del meant
    chance = expit(columns @ at)
    return np.asarray((columns.T * (chance * (1 - chance))) @ columns / len(columns))

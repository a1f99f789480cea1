"""Scores made into probabilities, by what came true of others.

Fitted on validation, never on the rows that are then measured, and stored with the network that
made the scores: fields are plain numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import expit

from headct.measure.calibration.logistic import fit_log_odds
from headct.measure.calibration.probabilities import checked_probabilities, log_odds
from headct.measure.outcomes import Scores


@dataclass(frozen=True)
class Temperature:
    """Log odds divided by one number: all less sure, or all more, in the same order.

    It moves no probability across 0.5, and does not mend a wrong prevalence.

    Args:
        temperature: above 1 makes less sure, below 1 more.

    Source:
        Guo, Pleiss, Sun and Weinberger, ICML 2017:1321-1330.
    """

    temperature: float

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and np.isfinite(self.temperature)):
            raise ValueError(f"expected a temperature above 0, got {self.temperature}")

    def __call__(self, probabilities: ArrayLike) -> Scores:
        """The probabilities of others, scaled; NaN where there is none.

        Raises:
            ValueError: a probability outside 0 to 1.
        """
        scaled = expit(log_odds(_checked(probabilities)) / self.temperature)
        return np.asarray(scaled, dtype=np.float64)


@dataclass(frozen=True)
class Isotonic:
    """The rising steps that fit best, straight between them.

    It mends any distortion that keeps the order, and makes scores equal that it cannot tell apart.
    It needs more cases than a temperature: hundreds of positives, or it learns their chance.

    Args:
        x: scores, rising.
        y: the probability of each, never falling; beyond the ends it stays as there.

    Source:
        Zadrozny and Elkan, KDD 2002:694-699.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.x or len(self.x) != len(self.y):
            raise ValueError(f"expected as many y as x, got {len(self.y)} and {len(self.x)}")
        if not all(0 <= value <= 1 for value in (*self.x, *self.y)):
            raise ValueError("expected x and y from 0 to 1")
        if np.any(np.diff(self.x) <= 0) or np.any(np.diff(self.y) < 0):
            raise ValueError("expected x that rises and y that never falls")

    def __call__(self, probabilities: ArrayLike) -> Scores:
        """The probabilities of others, scaled; NaN where there is none.

        Raises:
            ValueError: a probability outside 0 to 1.
        """
        return np.asarray(np.interp(_checked(probabilities), self.x, self.y), dtype=np.float64)


Scaling = Temperature | Isotonic


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


def _checked(probabilities: ArrayLike) -> Scores:
    values = np.asarray(probabilities, dtype=np.float64)
    if ((values < 0) | (values > 1)).any():
        raise ValueError("expected probabilities from 0 to 1")
    return values

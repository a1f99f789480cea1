"""The interval of an AUC, and the test of two AUCs on the same cases, by DeLong's method.

Both take rows as independent: they belong to rows that are patients. Where a patient has many
rows, as with slices, the interval is too narrow; ``resampling`` has the ones for those.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata

from headct.measure.estimate import Comparison, Estimate
from headct.measure.outcomes import Scores
from headct.measure.resampling.rows import checked

METHOD = "DeLong"


def delong(truth: ArrayLike, scores: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The area under the ROC curve with its interval, for rows that are independent.

    The interval is the plain one, as R's pROC gives it: to each side the normal quantile times the
    standard error, cut at 0 and 1. It is too short with few cases and an area close to 1. There is
    none with one positive or one negative, nor where the standard error is 0: positives and
    negatives fully apart, or all scores the same.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite.
        level: how much the interval covers.

    Raises:
        ValueError: lengths differ, truth that is not known, a score that is not a number, or a
            level that is not between 0 and 1.

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837-845. By ranks, in the time of
        sorting: Sun and Xu, IEEE Signal Process Lett 2014;21:1389-1393.
    """
    return _wins(truth, scores).estimate(level, lowest=0.0)


def delong_test(
    truth: ArrayLike, first: ArrayLike, second: ArrayLike, *, level: float = 0.95
) -> Comparison:
    """Whether two models differ in the area under the ROC curve on the same, independent, cases.

    Two models that order the cases alike differ by 0, with z = 0 and p = 1. Where the standard
    error is 0 and the difference is not, there is no test. Nor is it one for a model against
    itself with a variable more, both fitted on these cases: z is not normal there (Demler, Pencina
    and D'Agostino, Stat Med 2012;31:2577-2587).

    Args:
        truth: (rows,) bool.
        first: (rows,) finite, scores of one model.
        second: (rows,) likewise of the other, on the same rows.
        level: how much the intervals cover.

    Raises:
        ValueError: as ``delong``.

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837-845.
    """
    one, other = _wins(truth, first), _wins(truth, second)
    apart = _Wins(one.of_positives - other.of_positives, one.of_negatives - other.of_negatives)
    difference, error = apart.estimate(level, lowest=-1.0), apart.error
    z = None
    if difference.value == 0 and error is not None:
        z = 0.0
    elif difference.value is not None and error:
        z = difference.value / error
    return Comparison(
        first=one.estimate(level, lowest=0.0),
        second=other.estimate(level, lowest=0.0),
        difference=difference,
        z=z,
        p=None if z is None else float(2 * norm.sf(abs(z))),
    )


@dataclass(frozen=True, eq=False)
class _Wins:
    """Pairs of a positive and a negative in which the positive scored higher, a tie being half.

    Halves of whole numbers, whose sums are exact: models that order alike differ by 0 exactly.

    Args:
        of_positives: (positives,) negatives that each scored above.
        of_negatives: (negatives,) positives that scored above each.
    """

    of_positives: Scores
    of_negatives: Scores

    @property
    def error(self) -> float | None:
        """Standard error of the area; None with fewer than two positives or negatives."""
        positives, negatives = len(self.of_positives), len(self.of_negatives)
        if min(positives, negatives) < 2:
            return None
        by_positive = np.var(self.of_positives / negatives, ddof=1) / positives
        by_negative = np.var(self.of_negatives / positives, ddof=1) / negatives
        return float(np.sqrt(by_positive + by_negative))

    def estimate(self, level: float, lowest: float) -> Estimate:
        """The share of pairs won, with its interval cut at ``lowest`` and 1."""
        if not 0 < level < 1:
            raise ValueError(f"expected a level between 0 and 1, got {level}")
        pairs = len(self.of_positives) * len(self.of_negatives)
        if not pairs:
            return Estimate(None, note="no area without positives and negatives")
        value, error = float(self.of_positives.sum() / pairs), self.error
        if error is None:
            return Estimate(value, note="no interval with one positive or one negative")
        if error == 0:
            return Estimate(value, note="no interval: no case pulls, so the method sees no error")
        reach = float(norm.ppf(0.5 + level / 2)) * error
        return Estimate(value, max(value - reach, lowest), min(value + reach, 1.0), METHOD)


def _wins(truth: ArrayLike, scores: ArrayLike) -> _Wins:
    """By ranks among all less ranks among their own kind."""
    flags, values = checked(truth, scores)
    ranks = rankdata(values)
    positives = ranks[flags] - rankdata(values[flags])
    # A negative's rank less that among negatives counts the positives below it.
    below = ranks[~flags] - rankdata(values[~flags])
    return _Wins(of_positives=positives, of_negatives=np.count_nonzero(flags) - below)

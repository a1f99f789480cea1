"""Thresholds: stated beforehand, or chosen by a rule on one set of data to be used on another.

A threshold chosen on the data that it is then measured on looks better than it is. So a point
says on which data it was chosen, and a report can tell.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from headct.measure.curves.steps import steps
from headct.measure.outcomes import Flags, Scores

STATED = "stated beforehand"


@dataclass(frozen=True)
class OperatingPoint:
    """From which score on a case is called positive.

    Args:
        threshold: called positive where the score is at least this; None where the rule finds no
            such threshold.
        rule: what the threshold is to do, for people: "sensitivity of at least 0.95".
        chosen_on: on which data, such as "validation"; or ``STATED``.
        note: why there is no threshold, or what a reader must know of it.
    """

    threshold: float | None
    rule: str
    chosen_on: str = STATED
    note: str = ""

    def __post_init__(self) -> None:
        if self.threshold is None and not self.note:
            raise ValueError("a point without a threshold says why")
        if self.threshold is not None and not np.isfinite(self.threshold):
            raise ValueError(f"expected a finite threshold, got {self.threshold}")

    def calls(self, scores: Scores) -> Flags:
        """Which scores are called positive.

        Raises:
            ValueError: there is no threshold.
        """
        if self.threshold is None:
            raise ValueError(f"no threshold to call by: {self.note}")
        return np.asarray(scores >= self.threshold, dtype=np.bool_)


def at_threshold(threshold: float) -> OperatingPoint:
    """A threshold that was stated before these data were seen.

    Raises:
        ValueError: not a finite number.
    """
    return OperatingPoint(float(threshold), f"threshold {threshold:g}", STATED)


def at_youden(truth: ArrayLike, scores: ArrayLike, *, chosen_on: str) -> OperatingPoint:
    """The threshold with the highest sensitivity + specificity; of equals the most sensitive.

    It weighs a miss like a false alarm at equal shares, whatever the prevalence. The threshold is
    a score that occurs.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite.
        chosen_on: which data these are.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.

    Source:
        Youden, Cancer 1950;3:32-35.
    """
    rule, counted = "highest sensitivity + specificity", steps(truth, scores)
    if not counted.positives or not counted.negatives:
        return OperatingPoint(None, rule, chosen_on, "no positives or no negatives")
    # In whole numbers, so that equals are equal: sensitivity - false positive rate, times both.
    index = counted.true_positives * counted.negatives - counted.false_positives * counted.positives
    best = len(index) - 1 - int(np.argmax(index[::-1]))
    note = "" if index[best] > 0 else "no threshold is better than chance"
    return OperatingPoint(float(counted.thresholds[best]), rule, chosen_on, note)


def at_sensitivity(
    truth: ArrayLike,
    scores: ArrayLike,
    floor: float,
    *,
    chosen_on: str,
    guard_level: float | None = None,
) -> OperatingPoint:
    """The largest threshold that still finds a share of the positives: few misses, come what may.

    A floor that is just met on these data is missed on about half of others. ``guard_level`` asks
    for more: that the lower end of the exact interval of that level reaches the floor, so that the
    data vouch for it. The interval takes rows as independent, and does not count that the threshold
    was searched for. With too few positives no threshold can have it: finding all of 72
    positives vouches for 0.95, all of 71 does not.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite; the threshold is one that occurs.
        floor: sensitivity, above 0 and up to 1.
        chosen_on: which data these are.
        guard_level: None, or the level of the two-sided Clopper-Pearson interval, as 0.95.

    Raises:
        ValueError: as ``at_youden``, or a floor or level out of range.

    Source:
        Clopper and Pearson, Biometrika 1934;26:404-413.
    """
    if not 0 < floor <= 1:
        raise ValueError(f"expected a sensitivity above 0 up to 1, got {floor}")
    if guard_level is not None and not (0 < guard_level < 1 and floor < 1):
        raise ValueError(
            f"expected a level between 0 and 1 and a floor below 1, got {guard_level} and {floor}"
        )
    rule, counted = f"sensitivity of at least {floor:g}", steps(truth, scores)
    if guard_level is not None:
        rule += f" by the lower end of the exact {100 * guard_level:g} % interval"
    if not counted.positives:
        return OperatingPoint(None, rule, chosen_on, "no positives")
    # What each number of positives found, from 1 to all, vouches for: it rises with the number.
    vouched = _vouched(counted.positives, guard_level)
    needed = 1 + int(np.searchsorted(vouched, floor))
    if needed > counted.positives:
        note = f"all of {counted.positives} positives vouch for no more than {vouched[-1]:.3f}"
        return OperatingPoint(None, rule, chosen_on, note)
    first = int(np.searchsorted(counted.true_positives, needed))
    return OperatingPoint(float(counted.thresholds[first]), rule, chosen_on)


def _vouched(positives: int, guard_level: float | None) -> Scores:
    """(positives,) sensitivity, or the lower end of its exact interval, at 1 found, 2, to all."""
    found = np.arange(1, positives + 1)
    if guard_level is None:
        return np.asarray(found / positives, dtype=np.float64)
    # Imported when first asked for, by SciPy itself: who only reads a threshold does not wait.
    return np.asarray(scipy.special.betaincinv(found, positives - found + 1, (1 - guard_level) / 2))

"""Intervals of scores that are no plain proportions, where rows are independent.

F1 is a proportion in disguise, balanced accuracy a mean of two, a likelihood ratio one divided by
another, and the correlation (MCC) has a large-sample variance of its own.
"""

from dataclasses import replace
from math import inf, sqrt

import numpy as np
from scipy.special import ndtri

from headct.measure.counts.confusion import Confusion
from headct.measure.counts.proportions import Interval, proportion
from headct.measure.estimate import Estimate

A_COUNT_IS_0 = "a count is 0: by the intervals of the two proportions"

# Below this the share of what calls do not explain is the rounding of zero.
_NO_SPREAD = 1e-12


def f1(
    confusion: Confusion, *, level: float = 0.95, interval: Interval = "clopper-pearson"
) -> Estimate:
    """The harmonic mean of PPV and sensitivity; not defined if nothing is positive or called so.

    F1 = 2F/(1 + F), where F is the share of true positives among what is positive, called so, or
    both. How many rows these are says nothing of F, so F has the interval of a proportion, and F1
    the same carried over: exact where that is.

    Source:
        F: Hand, Christen and Kirielle, Mach Learn 2021;110:451-456. Intervals by it: Lam, Gopal
        and Qian, arXiv 2309.14621, 2023.
    """
    return f1_of(
        proportion(
            confusion.tp,
            confusion.tp + confusion.fp + confusion.fn,
            level=level,
            interval=interval,
        )
    )


def f1_of(share: Estimate) -> Estimate:
    """F1 of the share of true positives among what is positive, called so, or both."""
    if share.value is None or share.low is None or share.high is None:
        return share
    value, low, high = (2 * one / (1 + one) for one in (share.value, share.low, share.high))
    return Estimate(value, low, high, share.method, share.note)


def balanced_accuracy(sensitivity: Estimate, specificity: Estimate) -> Estimate:
    """The mean of sensitivity and specificity, of which no row enters both.

    How far each end lies from the mean is recovered from the intervals of the two (MOVER), which
    keeps it right where one of them is 0 or 1.

    Source:
        Zou and Donner, Stat Med 2008;27:1693-1702; Newcombe, Stat Med 1998;17:873-890, method 10.
    """
    parts = [(one.value, one.low, one.high) for one in (sensitivity, specificity)]
    (first, first_low, first_high), (second, second_low, second_high) = parts
    if first is None or second is None:
        return Estimate(None, note=sensitivity.note or specificity.note)
    value = (first + second) / 2
    if first_low is None or first_high is None or second_low is None or second_high is None:
        return Estimate(value, note=sensitivity.note or specificity.note)
    below = sqrt((first - first_low) ** 2 + (second - second_low) ** 2) / 2
    above = sqrt((first_high - first) ** 2 + (second_high - second) ** 2) / 2
    # Rounding alone may carry an end past 0 or 1.
    low, high = max(value - below, 0.0), min(value + above, 1.0)
    return Estimate(value, low, high, _method(sensitivity, specificity))


def mcc(confusion: Confusion, *, level: float = 0.95) -> Estimate:
    """Matthews' correlation of calls with truth, by Fisher's z of its large-sample variance.

    Not defined where all is positive or negative, or all is called so. No interval at 1 and -1,
    where the sample has no spread.

    Source:
        Interval: Itaya, Tamura, Hayashi and Yamamoto, Stat Med 2025;44:e10303. Variance: Bishop,
        Fienberg and Holland, Discrete Multivariate Analysis, 1975, section 11.3 (phi).
    """
    rows = confusion.rows
    called = confusion.tp + confusion.fp
    margins = (confusion.positives, confusion.negatives, called, rows - called)
    if min(margins) == 0:
        return Estimate(None)
    has, lacks, yes, no = (one / rows for one in margins)
    value = (confusion.tp / rows - has * yes) / sqrt(has * lacks * yes * no)
    uneven = ((has - lacks) ** 2 / (has * lacks), (yes - no) ** 2 / (yes * no))
    both = (has - lacks) * (yes - no) / sqrt(has * lacks * yes * no)
    squared = value**2
    variance = 1 - squared + value * (1 + squared / 2) * both - 0.75 * squared * sum(uneven)
    if 1 - squared < _NO_SPREAD:
        return Estimate(float(round(value)), note="all right, or all wrong: no interval")
    reach = float(ndtri(0.5 + level / 2)) * sqrt(variance / rows) / (1 - squared)
    low, high = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    return Estimate(value, float(low), float(high), "Fisher's z")


def likelihood_ratio(
    confusion: Confusion,
    name: str,
    *,
    level: float = 0.95,
    interval: Interval = "clopper-pearson",
) -> Estimate:
    """How a call (or no call) changes the odds of the finding, by the log method.

    Where one of the four counts is 0 the log method has no error to go by: the interval then
    comes from those of the two proportions, as in ``ratio_of``. The ratio is infinite without
    false positives (or true negatives), and not defined where there is nothing to divide.

    Args:
        confusion: the four counts.
        name: "lr_positive", sensitivity / (1 - specificity), or "lr_negative",
            (1 - sensitivity) / specificity.
        level: how much the interval covers.
        interval: of the two proportions, where a count is 0.

    Source:
        Simel, Samsa and Matchar, J Clin Epidemiol 1991;44:763-770.
    """
    if name == "lr_positive":
        ill, well = confusion.tp, confusion.fp
    else:
        ill, well = confusion.fn, confusion.tn
    positives, negatives = confusion.positives, confusion.negatives
    if min(confusion.as_counts) == 0:
        among = [
            proportion(part, of, level=level, interval=interval)
            for part, of in ((ill, positives), (well, negatives))
        ]
        made = ratio_of(among[0], among[1])
        return made if made.value is None else replace(made, note=A_COUNT_IS_0)
    value = (ill / positives) / (well / negatives)
    error = sqrt(1 / ill - 1 / positives + 1 / well - 1 / negatives)
    reach = float(np.exp(float(ndtri(0.5 + level / 2)) * error))
    return Estimate(value, value / reach, value * reach, "log method")


def ratio_of(over: Estimate, under: Estimate) -> Estimate:
    """One proportion divided by another, its interval recovered from theirs (MOVER).

    Infinite, with an infinite upper end, where ``under`` is 0; not defined where both are.

    Source:
        Donner and Zou, Stat Methods Med Res 2012;21:347-359.
    """
    if over.value is None or under.value is None:
        return Estimate(None, note=over.note or under.note)
    if over.value == under.value == 0:
        return Estimate(None)
    value = over.value / under.value if under.value else inf
    if over.low is None or under.low is None:
        return Estimate(value, note=over.note or under.note)
    # The upper end is 1 over the lower end of the ratio turned round.
    low, turned = _lower_end(over, under), _lower_end(under, over)
    high = 1 / turned if turned > 0 else inf
    return Estimate(value, min(low, value), max(high, value), _method(over, under))


def _lower_end(over: Estimate, under: Estimate) -> float:
    """The ratio at which over - ratio * under has 0 as the lower end of its own interval."""
    first, low, second, high = (
        end or 0.0 for end in (over.value, over.low, under.value, under.high)
    )
    pull = low * (2 * first - low)
    if pull <= 0:
        return 0.0
    # The smaller root of a quadratic, in the form that holds where its first term vanishes.
    product = first * second
    return pull / (product + sqrt(product**2 - pull * high * (2 * second - high)))


def _method(first: Estimate, second: Estimate) -> str:
    methods = dict.fromkeys((first.method, second.method))
    return f"MOVER of {' and '.join(methods)}"

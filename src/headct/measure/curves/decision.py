"""What acting on a model is worth, beside acting on everybody and on nobody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.outcomes import Scores
from headct.measure.resampling.rows import checked

THRESHOLDS: tuple[float, ...] = tuple(percent / 100 for percent in range(1, 100))
"""Every whole percent at which a decision can be made: all of them, as none is the right one."""


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit over the probability from which one would act; acting on nobody is worth 0.

    In true positives for each case: 0.08 is worth finding 8 ill in 100 without a false alarm.

    Args:
        thresholds: (points,) probabilities.
        model: (points,) net benefit of acting where the model says at least the threshold.
        treat_all: (points,) of acting on everybody.
        prevalence: the share of positives that the figures are for.
    """

    thresholds: Scores
    model: Scores
    treat_all: Scores
    prevalence: float


def net_benefit(
    truth: ArrayLike,
    probabilities: ArrayLike,
    thresholds: ArrayLike = THRESHOLDS,
    prevalence: float | None = None,
) -> DecisionCurve | None:
    """True positives less false positives, these weighted by the odds of the threshold.

    Someone who acts from a probability of 10 % on takes nine false alarms for one case found, so
    that a false alarm costs a ninth. It holds for calibrated probabilities: with others it shows
    the harm of taking them at their word.

    Args:
        truth: (rows,) bool.
        probabilities: (rows,) from 0 to 1.
        thresholds: (points,) from 0 below 1.
        prevalence: for a population with this share of positives, in which sensitivity and
            specificity are as here; None takes the share among the rows.

    Returns:
        None without rows; with ``prevalence``, also without positives or without negatives.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability, threshold or
            prevalence out of range.

    Source:
        Vickers and Elkin, Med Decis Making 2006;26:565-574; at a stated prevalence: Pfeiffer and
        Gail, Biom J 2020;62:764-776.
    """
    flags, values = checked(truth, probabilities)
    points = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    _check_range(values, points, prevalence)
    positives, negatives = np.sort(values[flags]), np.sort(values[~flags])
    found = len(positives) - np.searchsorted(positives, points)
    alarms = len(negatives) - np.searchsorted(negatives, points)
    if not len(flags):
        return None
    share = len(positives) / len(flags)
    if prevalence is None:
        right, wrong = found / len(flags), alarms / len(flags)
    elif share in {0.0, 1.0}:
        return None
    else:
        share = prevalence
        right = share * found / len(positives)
        wrong = (1 - share) * alarms / len(negatives)
    odds = points / (1 - points)
    return DecisionCurve(
        thresholds=points,
        model=np.asarray(right - wrong * odds, dtype=np.float64),
        treat_all=np.asarray(share - (1 - share) * odds, dtype=np.float64),
        prevalence=share,
    )


def _check_range(probabilities: Scores, thresholds: Scores, prevalence: float | None) -> None:
    if ((probabilities < 0) | (probabilities > 1)).any():
        raise ValueError("expected probabilities from 0 to 1")
    if not ((thresholds >= 0) & (thresholds < 1)).all():
        raise ValueError("expected thresholds from 0 below 1")
    if prevalence is not None and not 0 <= prevalence <= 1:
        raise ValueError(f"expected a prevalence from 0 to 1, got {prevalence}")

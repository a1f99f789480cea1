"""Sensitivity against the false positive rate over every threshold, and the areas under it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.curves.steps import Counts, Steps, steps
from headct.measure.outcomes import Flags, Scores


@dataclass(frozen=True, eq=False)
class Roc:
    """The receiver operating characteristic, from calling nothing to calling everything.

    Args:
        thresholds: (points,) falling, infinity first.
        sensitivity: (points,) rising from 0 to 1.
        false_positive_rate: (points,) likewise; 1 - specificity.
    """

    thresholds: Scores
    sensitivity: Scores
    false_positive_rate: Scores


def roc(truth: ArrayLike, scores: ArrayLike, *, drop_collinear: bool = False) -> Roc | None:
    """The curve through every threshold; None without positives or without negatives.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite; called positive from a threshold up.
        drop_collinear: leave out points that lie on the straight line between their neighbours:
            the same curve in fewer points, but not every threshold.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.

    Source:
        Fawcett, Pattern Recognit Lett 2006;27:861-874, algorithm 1.
    """
    counted = steps(truth, scores)
    if not _is_defined(counted):
        return None
    thresholds, true_positives, false_positives = counted.from_none
    if drop_collinear:
        kept = _corners(true_positives, false_positives)
        thresholds, true_positives = thresholds[kept], true_positives[kept]
        false_positives = false_positives[kept]
    return Roc(
        thresholds=thresholds,
        sensitivity=true_positives / counted.positives,
        false_positive_rate=false_positives / counted.negatives,
    )


def auc(truth: ArrayLike, scores: ArrayLike) -> float | None:
    """The area under the curve: how often a positive scores above a negative, a tie being half.

    Whole numbers until the last division, so that ties and order cannot change a digit. None
    without positives or without negatives.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.

    Source:
        Bamber, J Math Psychol 1975;12:387-415: the area is the Mann-Whitney statistic.
    """
    counted = steps(truth, scores)
    if not _is_defined(counted):
        return None
    _, true_positives, false_positives = counted.from_none
    won_twice = int(np.diff(false_positives) @ (true_positives[1:] + true_positives[:-1]))
    return won_twice / (2 * counted.positives * counted.negatives)


def partial_auc(
    truth: ArrayLike,
    scores: ArrayLike,
    *,
    max_false_positive_rate: float | None = None,
    min_sensitivity: float | None = None,
    standardized: bool = True,
) -> float | None:
    """The area under the part of the curve that matters: few false alarms, or few misses.

    Name one of the two limits. Between two points the curve is a straight line.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite.
        max_false_positive_rate: the area left of this rate, above 0 and up to 1.
        min_sensitivity: the area of specificity over sensitivities from here to 1; from 0, below 1.
        standardized: scaled so that the diagonal is 0.5 and a perfect curve 1 (below 0.5 the part
            lies under the diagonal, where pROC gives none); else the plain area.

    Returns:
        None without positives or without negatives.

    Raises:
        ValueError: not one limit, or one out of range; or as ``roc``.

    Source:
        McClish, Med Decis Making 1989;9:190-195, as scikit-learn's roc_auc_score; by sensitivity:
        Jiang, Metz and Nishikawa, Radiology 1996;201:745-750, scaled alike, as R's pROC.
    """
    if (max_false_positive_rate is None) == (min_sensitivity is None):
        raise ValueError("expected one limit: a false positive rate, or a sensitivity")
    width = 1 - min_sensitivity if min_sensitivity is not None else max_false_positive_rate
    if width is None or not 0 < width <= 1:
        raise ValueError(
            f"expected a rate above 0 up to 1, or a sensitivity from 0 below 1, got "
            f"{max_false_positive_rate if min_sensitivity is None else min_sensitivity}"
        )
    curve = roc(truth, scores)
    if curve is None:
        return None
    if min_sensitivity is None:
        area = _area(curve.false_positive_rate, curve.sensitivity, width)
    else:
        # The curve seen from its other corner: misses to the right, specificity upwards.
        area = _area(1 - curve.sensitivity[::-1], 1 - curve.false_positive_rate[::-1], width)
    if not standardized:
        return area
    by_chance = width**2 / 2
    return 0.5 * (1 + (area - by_chance) / (width - by_chance))


def _is_defined(counted: Steps) -> bool:
    return counted.positives > 0 and counted.negatives > 0


def _corners(true_positives: Counts, false_positives: Counts) -> Flags:
    """(points,) whether the line bends there; the ends are always kept."""
    up, along = np.diff(true_positives), np.diff(false_positives)
    bends = up[:-1] * along[1:] != up[1:] * along[:-1]
    return np.concatenate(([True], bends, [True]))


def _area(along: Scores, up: Scores, limit: float) -> float:
    """The area under straight lines from ``along`` = 0 to ``limit``."""
    inside = int(np.searchsorted(along, limit, side="right"))
    if inside == len(along):
        return float(np.trapezoid(up, along))
    at_limit = np.interp(limit, along[inside - 1 : inside + 1], up[inside - 1 : inside + 1])
    return float(np.trapezoid(np.append(up[:inside], at_limit), np.append(along[:inside], limit)))

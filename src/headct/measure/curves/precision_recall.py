"""Precision against recall (sensitivity) over every threshold, and average precision.

Precision depends on how many rows are positive: figures of cohorts with other shares of positives
do not compare.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.curves.steps import Steps, steps
from headct.measure.estimate import Estimate
from headct.measure.outcomes import UNKNOWN, Scores


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall, from calling nothing to calling everything.

    Args:
        thresholds: (points,) falling, infinity first.
        precision: (points,) share of the calls that are right; 1 where nothing is called, by
            convention; the last is the share of positives.
        recall: (points,) rising from 0 to 1; the same as sensitivity.
    """

    thresholds: Scores
    precision: Scores
    recall: Scores


def precision_recall(truth: ArrayLike, scores: ArrayLike) -> PrecisionRecall | None:
    """The curve through every threshold; None without positives.

    Points are not to be joined by straight lines: precision between two is not in proportion.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite; called positive from a threshold up.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.

    Source:
        Davis and Goadrich, ICML 2006:233-240.
    """
    counted = steps(truth, scores)
    if not counted.positives:
        return None
    return PrecisionRecall(
        thresholds=counted.from_none[0],
        precision=np.concatenate(([1.0], _precision(counted))),
        recall=counted.from_none[1] / counted.positives,
    )


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float | None:
    """Precision at each threshold, weighted by the recall it adds; None without positives.

    The sum of steps, not the area under straight lines, which is too good. Chance gives about the
    share of positives, not 0.5.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.

    Source:
        Buckley and Voorhees, SIGIR 2000:33-40; ties together, as scikit-learn.
    """
    counted = steps(truth, scores)
    if not counted.positives:
        return None
    gained = np.diff(counted.from_none[1])
    return float(gained @ _precision(counted)) / counted.positives


def mean_average_precision(
    truth: ArrayLike, scores: ArrayLike, average: Literal["micro", "macro"] = "macro"
) -> Estimate:
    """Average precision over labels, from what is known of each.

    A label without positives has none: "macro" leaves it out and its note counts it. Not defined
    where no label has positives.

    Args:
        truth: (rows, labels) 1 yes, 0 no, ``UNKNOWN``.
        scores: (rows, labels) finite, or NaN where none was given: such a cell is left out.
        average: "macro", the mean over labels, each counting alike; or "micro", all cells as one
            list, in which common labels count more and scores of labels are compared.

    Raises:
        ValueError: shapes differ, another truth or average.
    """
    given, values = np.asarray(truth), np.asarray(scores, dtype=np.float64)
    if given.ndim != 2 or given.shape != values.shape:
        raise ValueError(
            f"expected truth and scores as (rows, labels), got {given.shape} and {values.shape}"
        )
    if average not in {"micro", "macro"}:
        raise ValueError(f'expected "micro" or "macro", got "{average}"')
    known = (given != UNKNOWN) & ~np.isnan(values)
    if average == "micro":
        value = average_precision(given[known], values[known])
        return Estimate(value, note="" if value is not None else "no positives")
    columns = zip(given.T, values.T, known.T, strict=True)
    each = [average_precision(true[rows], score[rows]) for true, score, rows in columns]
    defined = [one for one in each if one is not None]
    if not defined:
        return Estimate(None, note="no label has positives")
    missing = len(each) - len(defined)
    note = f"without {missing} of {len(each)} labels, which have no positives" if missing else ""
    return Estimate(float(np.mean(defined)), note=note)


def _precision(counted: Steps) -> Scores:
    """(steps,) share of the calls that are right."""
    calls = counted.true_positives + counted.false_positives
    return np.asarray(counted.true_positives / calls, dtype=np.float64)

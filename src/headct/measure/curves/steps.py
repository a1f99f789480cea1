"""Cases called positive as the threshold falls: what every curve is made of.

A case is called positive where its score is at least the threshold. Cases of one score are called
together, so that ties are exact: a step is a score that occurs, however many cases have it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.outcomes import Scores
from headct.measure.resampling.rows import checked

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Steps:
    """Counts of positive calls at every score that occurs.

    Args:
        thresholds: (steps,) the scores that occur, falling.
        true_positives: (steps,) positives whose score is at least the threshold.
        false_positives: (steps,) negatives likewise.
        positives: all of them; ``negatives``: likewise.
    """

    thresholds: Scores
    true_positives: Counts
    false_positives: Counts
    positives: int
    negatives: int

    @property
    def from_none(self) -> tuple[Scores, Counts, Counts]:
        """Thresholds, true and false positives from no call at all, at a threshold of infinity."""
        return (
            np.concatenate(([np.inf], self.thresholds)),
            np.concatenate(([0], self.true_positives)),
            np.concatenate(([0], self.false_positives)),
        )


def steps(truth: ArrayLike, scores: ArrayLike) -> Steps:
    """Counts of positive calls at every score that occurs.

    Args:
        truth: (rows,) bool, or 0 and 1.
        scores: (rows,) finite; higher is more likely positive.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.
    """
    flags, values = checked(truth, scores)
    order = np.argsort(values)[::-1]
    falling = values[order]
    # The last case of each score: calls change there alone.
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], [True][: len(falling)]))
    true_positives = np.cumsum(flags[order], dtype=np.int64)[last]
    positives = int(np.count_nonzero(flags))
    return Steps(
        thresholds=falling[last],
        true_positives=true_positives,
        false_positives=last + 1 - true_positives,
        positives=positives,
        negatives=len(flags) - positives,
    )

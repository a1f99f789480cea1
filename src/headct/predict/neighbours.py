"""A slice beside its neighbours: a bleed seldom shows on one slice alone, a false alarm often does.

What a network says of a slice is averaged, in log odds, with what it says of the slices next to it.
What that is worth on CT-ICH is in docs/model-log.md.
"""

import numpy as np

from headct.measure.outcomes import Scores

MOST = 1 / 3
"""Share of each neighbour at which all three slices count alike."""


def check_share(share: float) -> None:
    """Refuse a share that there cannot be.

    Raises:
        ValueError: it lies outside of 0 to a third.
    """
    if not 0 <= share <= MOST:
        raise ValueError(f"neighbours: expected a share of 0 to {MOST:.2f} for each, got {share:g}")


def with_neighbours(odds: Scores, share: float) -> Scores:
    """Log odds of slices, each with a share of those below and above it.

    The lowest and the highest keep the share of the one that they lack.

    Args:
        odds: (slices, labels) of one scan, lowest slice first.
        share: of each neighbour, 0 to a third; the slice itself has the rest.
    """
    padded = np.concatenate([odds[:1], odds, odds[-1:]])
    return np.asarray((1 - 2 * share) * odds + share * (padded[:-2] + padded[2:]), np.float64)

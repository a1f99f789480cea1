"""The scores of many studies at once, those of each study in order."""

from dataclasses import dataclass

import numpy as np

from headct.measure.outcomes import Indices, Scores


@dataclass(frozen=True, eq=False)
class Ranked:
    """The slice scores of studies, one study after the other, the highest of each first.

    Args:
        scores: (slices,) from 0 to 1.
        starts: (studies,) where each begins; each has at least one slice.
    """

    scores: Scores
    starts: Indices

    @property
    def counts(self) -> Indices:
        """(studies,) how many slices each has."""
        return np.diff(self.starts, append=len(self.scores))

    def nth(self, rank: int) -> Scores:
        """(studies,) the rank-th highest score; 0 where a study has fewer slices."""
        is_there = self.counts >= rank
        at = np.where(is_there, self.starts + rank - 1, 0)
        return np.where(is_there, self.scores[at], 0.0)

    def sums(self, values: Scores) -> Scores:
        """(studies,) of values by slice."""
        return np.asarray(np.add.reduceat(values, self.starts), dtype=np.float64)

    def below(self, rank: int) -> Scores:
        """(slices,) 1 for the so many highest of each study, 0 for the others."""
        place = np.arange(len(self.scores)) - np.repeat(self.starts, self.counts)
        return (place < rank).astype(np.float64)


def ranked(scores: Scores, studies: Indices) -> Ranked:
    """Slice scores in order.

    Args:
        scores: (slices,) from 0 to 1.
        studies: (slices,) of which study each is, counted from 0 without gaps.
    """
    falling = np.lexsort((-scores, studies))
    starts = np.flatnonzero(np.diff(studies[falling], prepend=-1))
    return Ranked(scores[falling], starts)

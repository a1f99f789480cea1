"""Whether any of many models differs from the others, and which: Friedman's and Nemenyi's tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc
from scipy.stats import rankdata, studentized_range

from headct.measure.runs.summary import Better


@dataclass(frozen=True)
class RankedPair:
    """Two models' average ranks compared.

    Args:
        difference: rank of the first less that of the second: below 0 where the first is better.
        p: Nemenyi's, for all pairs of this comparison already.
    """

    first: str
    second: str
    difference: float
    p: float


@dataclass(frozen=True)
class Friedman:
    """Models ranked in every block, and whether the ranks are more than chance.

    Args:
        names: of the models.
        ranks: average rank of each, 1 the best; None, like the next, where there is no test.
        chi_square: Friedman's statistic, corrected for ties.
        f: Iman and Davenport's, less conservative; None too where all blocks rank alike.
        p: of ``f``; where that is None, of ``chi_square``.
        critical_difference: average ranks further apart than this differ, at the level asked for.
        pairs: every two models; empty where there is no test.
        blocks: with a score of every model.
        left_out: blocks without.
        note: why there is no test.
    """

    names: tuple[str, ...]
    ranks: tuple[float, ...] | None
    chi_square: float | None
    f: float | None
    p: float | None
    critical_difference: float | None
    pairs: tuple[RankedPair, ...]
    blocks: int
    left_out: int
    note: str = ""


def friedman(
    scores: ArrayLike, names: Sequence[str], *, better: Better = "higher", level: float = 0.95
) -> Friedman:
    """Rank models within each block: a fold, a seed, a data set, a pipeline.

    Blocks are taken as independent: for folds of one cohort that is not quite so.

    Args:
        scores: (blocks, models), NaN or None where not defined: that block is left out.
        names: of the models.
        better: which end of a score is the better one.
        level: at which ``critical_difference`` holds.

    Raises:
        ValueError: not a table with a column for each name, or an infinite score.

    Source:
        Friedman, J Am Stat Assoc 1937;32:675-701. Ties: Conover, Practical Nonparametric
        Statistics, 1999, section 5.8. F: Iman and Davenport, Commun Stat A 1980;9:571-595. Pairs:
        Nemenyi 1963, as in Demsar, J Mach Learn Res 2006;7:1-30.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != len(names) or np.isinf(given).any():
        raise ValueError(f"expected finite scores (blocks, {len(names)} models), got {given.shape}")
    whole = ~np.isnan(given).any(axis=1)
    blocks, models = int(whole.sum()), len(names)
    counted = (tuple(names), blocks, len(given) - blocks)
    if blocks < 2 or models < 2:
        return _untested(counted, "fewer than two blocks or models")
    sign = -1 if better == "higher" else 1
    ranks = rankdata(sign * given[whole], axis=1)
    means = ranks.mean(axis=0)
    middle = (models + 1) / 2
    spread = float(np.square(ranks - middle).sum())
    if spread == 0:
        return _untested(counted, "no block tells any model from another")
    chi_square = (models - 1) * blocks**2 * float(np.square(means - middle).sum()) / spread
    room = blocks * (models - 1) - chi_square
    f = (blocks - 1) * chi_square / room if room > 1e-9 else None
    degrees = (models - 1, (models - 1) * (blocks - 1))
    error = float(np.sqrt(models * (models + 1) / (6 * blocks)))
    return Friedman(
        names=tuple(names),
        ranks=tuple(means.tolist()),
        chi_square=chi_square,
        f=f,
        p=float(chdtrc(models - 1, chi_square) if f is None else fdtrc(*degrees, f)),
        critical_difference=_range_at(level, models) * error,
        pairs=_pairs(names, means, error),
        blocks=blocks,
        left_out=counted[2],
    )


def _untested(counted: tuple[tuple[str, ...], int, int], why: str) -> Friedman:
    names, blocks, left_out = counted
    return Friedman(names, None, None, None, None, None, (), blocks, left_out, why)


def _range_at(level: float, models: int) -> float:
    """Demsar's q: the studentized range over the square root of two."""
    return float(studentized_range.ppf(level, models, np.inf) / np.sqrt(2))


def _pairs(
    names: Sequence[str], means: NDArray[np.float64], error: float
) -> tuple[RankedPair, ...]:
    found = []
    for first, second in combinations(range(len(names)), 2):
        apart = float(means[first] - means[second])
        # All models differ by chance: the range of as many draws, not the distance of two.
        p = studentized_range.sf(abs(apart) / error * np.sqrt(2), len(names), np.inf)
        found.append(RankedPair(names[first], names[second], apart, min(float(p), 1.0)))
    return tuple(found)

"""Intervals of a proportion, exact or Wilson's, for any number of them at once."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainccinv, betaincinv, ndtri

from headct.measure.estimate import Estimate

Interval = Literal["clopper-pearson", "wilson"]
Numbers = NDArray[np.float64]

NAMES: dict[Interval, str] = {"clopper-pearson": "Clopper-Pearson", "wilson": "Wilson"}


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """The exact interval: it covers at least at its level, whatever the proportion.

    Args:
        successes: counts of any shape. They need not be whole: an effective sample size is not.
        trials: of a shape that goes with it. Without trials the interval is all of [0, 1].
        level: how much the interval covers.

    Returns:
        Lower and upper ends. 0 successes begin at exactly 0, as many as trials end at exactly 1.

    Raises:
        ValueError: counts below 0, more successes than trials, or a level outside (0, 1).

    Source:
        Clopper and Pearson, Biometrika 1934;26:404-413, by quantiles of the beta distribution.
    """
    found, of = _checked(successes, trials, level)
    tail = (1 - level) / 2
    missed = of - found
    # Where an end is 0 or 1 by rule the beta distribution has no such parameters: ask for others.
    low = betaincinv(np.where(found > 0, found, 1.0), missed + 1, tail)
    high = betainccinv(found + 1, np.where(missed > 0, missed, 1.0), tail)
    return np.where(found > 0, low, 0.0), np.where(missed > 0, high, 1.0)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """The score interval without continuity correction: it covers at its level on average.

    Arguments, edges and errors are those of ``clopper_pearson``.

    Source:
        Wilson, J Am Stat Assoc 1927;22:209-212.
    """
    found, of = _checked(successes, trials, level)
    squared = float(ndtri(0.5 + level / 2)) ** 2
    missed = of - found
    reach = np.sqrt(squared * (found * missed / np.maximum(of, 1.0) + squared / 4))
    middle = found + squared / 2
    low, high = ((middle + side * reach) / (of + squared) for side in (-1, 1))
    return np.where(found > 0, low, 0.0), np.where(missed > 0, high, 1.0)


def limits(
    successes: ArrayLike, trials: ArrayLike, level: float, interval: Interval
) -> tuple[Numbers, Numbers]:
    """The ends of the interval of this name."""
    if interval not in NAMES:
        raise ValueError(f"expected an interval of {', '.join(NAMES)}, got {interval!r}")
    makes = wilson if interval == "wilson" else clopper_pearson
    return makes(successes, trials, level)


def proportion(
    successes: float, trials: float, *, level: float = 0.95, interval: Interval = "clopper-pearson"
) -> Estimate:
    """A proportion of independent trials; not defined without trials."""
    low, high = limits(successes, trials, level, interval)
    if trials == 0:
        return Estimate(None, note="of no rows")
    return Estimate(float(successes / trials), float(low), float(high), NAMES[interval])


def _checked(successes: ArrayLike, trials: ArrayLike, level: float) -> tuple[Numbers, Numbers]:
    found, of = (np.asarray(counts, dtype=np.float64) for counts in (successes, trials))
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, got {level}")
    if not ((found >= 0) & (found <= of) & np.isfinite(of)).all():
        raise ValueError("expected counts with 0 <= successes <= trials")
    return found, of

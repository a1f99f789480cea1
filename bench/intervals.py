"""Time of exact intervals of proportions, beside other ways to the same."""

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binomtest
from statsmodels.stats.proportion import proportion_confint

from headct.measure.counts.proportions import clopper_pearson, wilson

INTERVALS = 1_000_000
MOST_TRIALS = 5000
REPEATS = 5
# A way that takes one at a time is timed on fewer, and told for as many as the others.
ONE_BY_ONE = 2000
BINOMTESTS = 200

Numbers = NDArray[np.float64]
Way = Callable[[Numbers, Numbers], object]


def main() -> None:
    """Seconds for a million intervals of 0 to 5000 successes, each way; all agree to 1e-9."""
    chance = np.random.default_rng(6)
    trials = chance.integers(1, MOST_TRIALS + 1, INTERVALS)
    successes = chance.binomial(trials, chance.random(INTERVALS))
    columns = (successes.astype(np.float64), trials.astype(np.float64))
    agree(columns)
    print(f"{INTERVALS:,} intervals of 1 to {MOST_TRIALS} trials, median of {REPEATS}, seconds.")
    print(f"{'way':<56}{'s':>9}{'timed on':>12}")
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(REPEATS):
        for name, (way, timed) in WAYS.items():
            start = time.perf_counter()
            way(*(column[:timed] for column in columns))
            taken[name].append((time.perf_counter() - start) * INTERVALS / timed)
    for name, (_, timed) in WAYS.items():
        print(f"{name:<56}{statistics.median(taken[name]):>9.2f}{timed:>12,}")


def agree(columns: tuple[Numbers, Numbers]) -> None:
    """Stop where the ways do not give the same."""
    few = [column[:ONE_BY_ONE] for column in columns]
    ours = np.array(clopper_pearson(*few))
    for other in (np.array(by_statsmodels(*few)), np.array(one_by_one(*few)).T):
        np.testing.assert_allclose(ours, other, atol=1e-9)


def one_by_one(successes: Numbers, trials: Numbers) -> list[tuple[float, float]]:
    """As in most scripts: two quantiles of the beta distribution for each."""
    return [
        (
            float(beta.ppf(0.025, found, of - found + 1)) if found else 0.0,
            float(beta.ppf(0.975, found + 1, of - found)) if found < of else 1.0,
        )
        for found, of in zip(successes, trials, strict=True)
    ]


def by_statsmodels(successes: Numbers, trials: Numbers) -> object:
    """Of whole columns."""
    return proportion_confint(successes, trials, method="beta")


def by_binomtest(successes: Numbers, trials: Numbers) -> object:
    """SciPy's test, one by one, which finds each end as a root."""
    return [
        binomtest(int(found), int(of)).proportion_ci()
        for found, of in zip(successes, trials, strict=True)
    ]


WAYS: dict[str, tuple[Way, int]] = {
    "headct clopper_pearson": (clopper_pearson, INTERVALS),
    "statsmodels proportion_confint, method beta": (by_statsmodels, INTERVALS),
    "scipy beta.ppf, one by one": (one_by_one, ONE_BY_ONE),
    "scipy binomtest.proportion_ci, one by one": (by_binomtest, BINOMTESTS),
    "headct wilson (not exact)": (wilson, INTERVALS),
}

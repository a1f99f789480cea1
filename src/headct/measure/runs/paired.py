"""Whether two models differ over runs, folds or resamples that both went through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit
from scipy.stats import rankdata

from headct.measure.estimate import Estimate
from headct.measure.runs.flips import flip_p, subset_sums

Given = Sequence[float | None]
Numbers = NDArray[np.float64]

# Up to so many pairs the interval of the signed ranks is exact, as R's wilcox.test has it by
# default from fewer than 50 on; the exact one costs nothing up to here.
_MOST_EXACT_PAIRS = 300
# 0.768 - 0.763 and 0.936 - 0.931 are the same difference, but for their last binary digits.
_DECIMALS = 12


@dataclass(frozen=True)
class PairedTest:
    """Whether two models differ.

    Args:
        test: its name.
        difference: first less second, with its interval.
        statistic: what p is taken from; None where there is no test.
        p: two-sided; None likewise.
        pairs: what was compared: folds, rows, or patients.
        note: what a reader must know of p.
    """

    test: str
    difference: Estimate
    statistic: float | None
    p: float | None
    pairs: int
    note: str = ""


def corrected_t(
    first: Given, second: Given, *, test_to_train: float, level: float = 0.95
) -> PairedTest:
    """Compare two models over resamples of one cohort: folds, or repeated random splits.

    Training sets of such resamples share most of their cases, so that a plain t test finds too
    much. The variance of the mean difference is taken as (1/n + test/train) times that of the
    differences. With 0 it is the plain paired t test: for runs that differ in their seed alone,
    where it speaks of these training and test cases and of no others.

    Args:
        first: one score a resample, None where not defined.
        second: of the other model, on the same resamples. A pair that lacks one is left out and
            told.
        test_to_train: cases of one test set over those of its training set: 1/(k - 1) for k folds.
        level: how much the interval covers.

    Raises:
        ValueError: lengths differ, a score is not finite, or the ratio is negative.

    Source:
        Nadeau and Bengio, Machine Learning 2003;52:239-281; for repeated cross-validation Bouckaert
        and Frank, PAKDD 2004, LNCS 3056:3-12.
    """
    if not test_to_train >= 0:
        raise ValueError(f"expected test_to_train of 0 or more, got {test_to_train}")
    name = "corrected resampled t" if test_to_train else "paired t"
    differences, note = _differences(first, second)
    pairs = len(differences)
    if pairs == 0:
        return PairedTest(name, Estimate(None, note="no pairs"), None, None, 0, note)
    mean = float(differences.mean())
    if pairs == 1:
        return PairedTest(name, Estimate(mean, note="one pair"), None, None, 1, note)
    if differences.min() == differences.max():
        told = Estimate(mean, note="all differences are the same")
        same = mean == 0
        return PairedTest(name, told, 0.0 if same else None, 1.0 if same else None, pairs, note)
    error = float(differences.std(ddof=1)) * (1 / pairs + test_to_train) ** 0.5
    reach = float(stdtrit(pairs - 1, 0.5 + level / 2)) * error
    statistic = mean / error
    told = Estimate(mean, mean - reach, mean + reach, f"{name}, {pairs} pairs")
    p = 2 * float(stdtr(pairs - 1, -abs(statistic)))
    return PairedTest(name, told, statistic, p, pairs, note)


def signed_rank(first: Given, second: Given, *, level: float = 0.95) -> PairedTest:
    """Compare two models over pairs by Wilcoxon's signed ranks: no normal distribution assumed.

    Pairs are taken as independent, and the differences as symmetric about their median. p is
    exact, with ties too; pairs without a difference do not count for it. The difference is the
    median of all means of two differences (Hodges and Lehmann), with the interval that belongs to
    the test.

    Args:
        first: one score a pair, None where not defined.
        second: of the other model. A pair that lacks one is left out and told.
        level: how much the interval covers at least.

    Raises:
        ValueError: lengths differ, or a score is not finite.

    Source:
        Wilcoxon, Biometrics Bulletin 1945;1:80-83; for models Demsar, J Mach Learn Res 2006;7:1-30.
        Interval: Hollander and Wolfe, Nonparametric Statistical Methods, 1999, section 3.3.
    """
    name = "Wilcoxon signed rank"
    differences, note = _differences(first, second)
    pairs = len(differences)
    if pairs == 0:
        return PairedTest(name, Estimate(None, note="no pairs"), None, None, 0, note)
    moved = differences[differences != 0]
    # Twice the mid-ranks are whole numbers.
    ranks = np.rint(2 * rankdata(np.abs(moved))).astype(np.int64)
    p = flip_p(np.where(moved > 0, ranks, -ranks))
    least = 2.0 ** (1 - len(moved)) if len(moved) else 1.0
    if least > 1 - level:
        few = f"with {len(moved)} differing pairs p is {least:.3g} or more, whatever they show"
        note = "; ".join(part for part in (note, few) if part)
    statistic = float(ranks[moved > 0].sum() / 2)
    return PairedTest(name, _middle(differences, level), statistic, p, pairs, note)


def _differences(first: Given, second: Given) -> tuple[Numbers, str]:
    if len(first) != len(second):
        raise ValueError(f"expected scores of one length, got {len(first)} and {len(second)}")
    both = [
        (one, other)
        for one, other in zip(first, second, strict=True)
        if one is not None and other is not None
    ]
    scores = np.array(both, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(scores).all():
        raise ValueError("a score is finite, or None where it is not defined")
    left_out = len(first) - len(both)
    note = f"{left_out} of {len(first)} pairs left out for a score not defined" if left_out else ""
    return np.round(scores[:, 0] - scores[:, 1], _DECIMALS), note


def _middle(differences: Numbers, level: float) -> Estimate:
    """Hodges and Lehmann's estimate; its interval counts means of two from either end."""
    pairs = len(differences)
    upper = np.triu_indices(pairs)
    means = np.sort((differences[upper[0]] + differences[upper[1]]) / 2)
    value, tail = float(np.median(means)), (1 - level) / 2
    if pairs <= _MOST_EXACT_PAIRS:
        below = subset_sums(np.arange(1, pairs + 1)).cumsum()
        skipped = int(np.searchsorted(below, tail, side="right"))
    else:
        middle, variance = len(means) / 2, pairs * (pairs + 1) * (2 * pairs + 1) / 24
        skipped = int(middle + float(ndtri(tail)) * variance**0.5)
    if skipped == 0:
        return Estimate(value, note=f"{pairs} pairs are too few for an interval at {level:g}")
    low, high = float(means[skipped - 1]), float(means[len(means) - skipped])
    return Estimate(value, low, high, f"Wilcoxon signed rank, {pairs} pairs")

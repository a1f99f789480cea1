"""Intraclass correlation: how much of what differs between measurements differs between scans."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from headct.measure.estimate import Estimate

Numbers = NDArray[np.float64]

INTRACLASS = ("icc_1_1", "icc_2_1", "icc_3_1", "icc_1_k", "icc_2_k", "icc_3_k")
"""ICC(1,1) to ICC(3,k) of Shrout and Fleiss; McGraw and Wong write A for 2 and C for 3."""


def intraclass(ratings: ArrayLike, *, level: float = 0.95) -> dict[str, Estimate]:
    """The six intraclass correlations of measurements of the same subjects, with F intervals.

    The first figure says who measured: 1, others for each subject; 2, the same, a sample of all
    who might (absolute agreement: a bias between them counts); 3, the same, none but these
    (consistency: a bias does not count). The second says what is used: one measurement, or the
    mean of all k. Subjects are independent, and measurements normal.

    Args:
        ratings: (subjects, raters) numbers, NaN or None where missing: such a subject is left out.
        level: how much each interval covers.

    Returns:
        One for each of ``INTRACLASS``. Not defined with fewer than two subjects, or where nothing
        varies; no interval where nothing varies but the subjects.

    Raises:
        ValueError: not a table, or fewer than two raters.

    Source:
        Shrout and Fleiss, Psychol Bull 1979;86:420-428. McGraw and Wong, Psychol Methods
        1996;1:30-46 (intervals, table 7).
    """
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(f"expected (subjects, 2 raters or more), got {given.shape}")
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, got {level}")
    whole = ~np.isnan(given).any(axis=1)
    left = int(np.count_nonzero(~whole))
    note = f"{left} of {len(given)} subjects left out for a missing measurement" if left else ""
    squares = _Squares.of(given[whole])
    if squares is None:
        told = "; ".join(part for part in ("subjects do not vary, or fewer than two", note) if part)
        return {name: Estimate(None, note=told) for name in INTRACLASS}
    return _estimates(squares, level, note)


@dataclass(frozen=True)
class _Squares:
    """Mean squares of the two-way layout.

    Args:
        between: of subjects; ``inside``: within subjects; ``raters``: of raters; ``rest``: left.
        subjects: how many; ``k``: how many raters.
    """

    between: float
    inside: float
    raters: float
    rest: float
    subjects: int
    k: int

    @classmethod
    def of(cls, given: Numbers) -> "_Squares | None":
        """None where nothing varies, or there is no second subject."""
        subjects, k = given.shape
        if subjects < 2 or np.ptp(given) == 0:
            return None
        # Less the middle and over the range: what cancels in a ratio must not spoil it by rounding.
        scaled = (given - given.mean()) / np.ptp(given)
        by_subject, by_rater = scaled.mean(axis=1), scaled.mean(axis=0)
        rest = scaled - by_subject[:, None] - by_rater
        within = np.square(scaled - by_subject[:, None]).sum() / (subjects * (k - 1))
        return cls(
            between=float(k * np.square(by_subject).sum() / (subjects - 1)),
            inside=_unless_rounding(within),
            raters=_unless_rounding(subjects * np.square(by_rater).sum() / (k - 1)),
            rest=_unless_rounding(np.square(rest).sum() / ((subjects - 1) * (k - 1))),
            subjects=subjects,
            k=k,
        )

    @property
    def agreement(self) -> float:
        """ICC(2,1); NaN where it is not defined."""
        bias = self.k * (self.raters - self.rest) / self.subjects
        return _over(self.between - self.rest, self.between + (self.k - 1) * self.rest + bias)


def _over(one: float, other: float) -> float:
    """A share of a variance; NaN where the variance is estimated as none, or as negative."""
    return one / other if other > 0 else float("nan")


def _unless_rounding(square: float) -> float:
    return float(square) if square > np.finfo(np.float64).eps ** 2 * 1e4 else 0.0


def _estimates(squares: _Squares, level: float, note: str) -> dict[str, Estimate]:
    subjects, k = squares.subjects, squares.k
    freedom = subjects - 1
    one = _by_f(squares.between, squares.inside, (freedom, subjects * (k - 1)), level)
    three = _by_f(squares.between, squares.rest, (freedom, freedom * (k - 1)), level)
    two = _agreement(squares, level)
    single = {"icc_1_1": _single(one, k), "icc_2_1": two[0], "icc_3_1": _single(three, k)}
    mean = {"icc_1_k": one, "icc_2_k": two[1], "icc_3_k": three}
    return {name: _estimate(ends, note) for name, ends in {**single, **mean}.items()}


Ends = tuple[float, float, float]
_NAN = float("nan")


def _by_f(between: float, error: float, freedom: tuple[int, int], level: float) -> Ends:
    """ICC of the mean of all, 1 - error / between, with its ends by the F distribution."""
    if between == 0:
        return _NAN, _NAN, _NAN
    if error == 0:
        return 1.0, _NAN, _NAN
    ratio, upper = between / error, 0.5 + level / 2
    above, below = fdtri(*freedom, upper), fdtri(*freedom[::-1], upper)
    return 1 - 1 / ratio, float(1 - above / ratio), float(1 - 1 / (ratio * below))


def _single(mean: Ends, k: int) -> Ends:
    """From the mean of k to one of them: Spearman and Brown, backwards."""
    value, low, high = (end / (k - (k - 1) * end) for end in mean)
    return value, low, high


def _agreement(squares: _Squares, level: float) -> tuple[Ends, Ends]:
    """ICC(2,1) and ICC(2,k), whose degrees of freedom are estimated (Satterthwaite)."""
    n, k, freedom = squares.subjects, squares.k, squares.subjects - 1
    between, raters, rest = squares.between, squares.raters, squares.rest
    value = squares.agreement
    all_of_them = _over(n * (between - rest), n * between + raters - rest)
    of_raters = k * value * raters
    of_rest = (n * (1 - value) + k * value * (n - 1)) * rest
    spread = of_raters**2 / (k - 1) + of_rest**2 / (freedom * (k - 1))
    if not spread > 0:
        return (value, _NAN, _NAN), (all_of_them, _NAN, _NAN)
    estimated, upper = (of_raters + of_rest) ** 2 / spread, 0.5 + level / 2
    above, below = float(fdtri(freedom, estimated, upper)), float(fdtri(estimated, freedom, upper))
    across = k * raters + (k * n - k - n) * rest
    low_over, high_over = n * (between - above * rest), n * (below * between - rest)
    single = (
        value,
        _over(low_over, above * across + n * between),
        _over(high_over, across + n * below * between),
    )
    mean = (
        all_of_them,
        _over(low_over, above * (raters - rest) + n * between),
        _over(high_over, raters - rest + n * below * between),
    )
    return single, mean


def _estimate(ends: Ends, note: str) -> Estimate:
    value, low, high = ends
    if not np.isfinite(value):
        return Estimate(None, note="subjects vary by less than chance")
    if not low <= value <= high:
        why = "no interval: nothing else varies, or too few subjects"
        return Estimate(value, note="; ".join(part for part in (why, note) if part))
    return Estimate(value, low, high, "F distribution", note)

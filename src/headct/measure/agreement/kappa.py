"""How far readers agree beyond chance: Cohen's kappa for two of them, Fleiss' for any number.

Ratings are categories, one row a subject and one column a rater. A rating that is missing is NaN
(None becomes it). A row in which one is missing is left out and counted, for both measures: Fleiss'
kappa is defined for the same number of ratings of each subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

Numbers = NDArray[np.float64]
Patients = Sequence[str] | NDArray[np.int64]
Weights = Literal["none", "linear", "quadratic"]

# Below this a standard error is the rounding of zero: no subject pulls.
_NO_SPREAD = 1e-10


@dataclass(frozen=True)
class Agreement:
    """A kappa, and how sure it is.

    Args:
        kappa: 1 where all agree, 0 as by chance; None where it is not defined: no subject, or
            every rating in one category, so that chance alone agrees fully.
        error: standard error over subjects; None with one subject, or where subjects do not
            differ in agreement (all agree on all of them): a sample without spread cannot say.
        low: lower end of the interval, cut at -1; None where ``error`` is.
        high: upper end, cut at 1; likewise.
        subjects: rows used.
        left_out: rows with a missing rating.
        raters: columns.
    """

    kappa: float | None
    error: float | None
    low: float | None
    high: float | None
    subjects: int
    left_out: int
    raters: int

    def __str__(self) -> str:
        left = f", {self.left_out} left out for a missing rating" if self.left_out else ""
        of = f"{self.raters} raters, {self.subjects} subjects{left}"
        if self.kappa is None:
            return f"not defined ({of})"
        if self.low is None or self.high is None:
            return f"{self.kappa:.3f} (no interval; {of})"
        return f"{self.kappa:.3f} ({self.low:.3f} to {self.high:.3f}; {of})"


def fleiss_kappa(ratings: ArrayLike, *, patients: Patients = (), level: float = 0.95) -> Agreement:
    """Agreement of any number of raters, who need not be the same for each subject.

    The standard error is the large-sample one by linearization, valid at any kappa (that of
    Fleiss, Nee and Landis 1979 holds at kappa = 0 alone and makes no interval); the interval takes
    the t distribution. With ``patients`` rows of one patient are summed first, as they are not
    independent.

    Args:
        ratings: (subjects, raters) categories as numbers, NaN or None where missing.
        patients: whose each row is; empty where every row is another's.
        level: how much the interval covers.

    Raises:
        ValueError: not a table, fewer than two raters, or patients that do not fit.

    Source:
        Fleiss, Psychol Bull 1971;76:378-382. Standard error: Gwet, Large-sample variance of
        Fleiss generalized kappa, Educ Psychol Meas 2021;81:781-790.
    """
    given = _table(ratings)
    if len(patients) not in (0, len(given)):
        raise ValueError(f"expected a patient for each of {len(given)} rows, got {len(patients)}")
    whole = ~np.isnan(given).any(axis=1)
    rated = given[whole]
    whose = np.array(patients)[whole] if len(patients) else np.arange(len(rated))
    raters, left_out = given.shape[1], int(np.count_nonzero(~whole))
    counts = _counts(rated)
    if counts.shape[1] < 2:
        return Agreement(None, None, None, None, len(rated), left_out, raters)
    shares = counts.sum(axis=0) / counts.sum()
    by_chance = float(shares @ shares)
    pairs = (np.square(counts).sum(axis=1) - raters) / (raters * (raters - 1))
    kappa = float((pairs.mean() - by_chance) / (1 - by_chance))
    # What each subject pulls kappa by: through the agreement seen, and through that of chance.
    pulls = (pairs - pairs.mean()) - 2 * (1 - kappa) * (counts @ shares / raters - by_chance)
    error = _clustered(pulls / (1 - by_chance), whose)
    groups = len(np.unique(whose))
    reach = float(t.ppf(0.5 + level / 2, groups - 1)) if groups > 1 else 0.0
    return _with_interval(kappa, error, reach, (len(rated), left_out, raters))


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    weights: Weights = "none",
    patients: Patients = (),
    level: float = 0.95,
) -> Agreement:
    """Agreement of two raters, each with a habit of their own.

    With weights, ratings that are close agree in part: by the distance of their numbers, or by its
    square (which makes of it about an intraclass correlation). Weights are for grades alone.

    Args:
        first: (subjects,) categories as numbers, NaN or None where missing.
        second: likewise, of the other rater.
        weights: "none", "linear" or "quadratic".
        patients: whose each row is; empty where every row is another's. The rows of one patient
            are then summed first, and the interval takes the t distribution.
        level: how much the interval covers, by the normal distribution.

    Raises:
        ValueError: not two columns of one length, patients that do not fit, or unknown weights.

    Source:
        Cohen, Educ Psychol Meas 1960;20:37-46, with weights Psychol Bull 1968;70:213-220. Standard
        error: Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323-327, here as the sum of each
        subject's squared pull.
    """
    columns = [np.asarray(one, dtype=np.float64) for one in (first, second)]
    if columns[0].ndim != 1 or columns[0].shape != columns[1].shape:
        raise ValueError(f"expected two columns of one length, got {[c.shape for c in columns]}")
    if len(patients) not in (0, len(columns[0])):
        raise ValueError(
            f"expected a patient for each of {len(columns[0])} rows, got {len(patients)}"
        )
    given = np.stack(columns, axis=1)
    whole = ~np.isnan(given).any(axis=1)
    rated, left_out = given[whole], int(np.count_nonzero(~whole))
    kinds, index = np.unique(rated, return_inverse=True)
    if len(kinds) < 2:
        return Agreement(None, None, None, None, len(rated), left_out, 2)
    one, other = index.reshape(rated.shape).T
    rows, cols = (np.bincount(i, minlength=len(kinds)) / len(rated) for i in (one, other))
    close = _closeness(kinds, weights)
    agree = close[one, other]
    by_chance = float(rows @ close @ cols)
    kappa = float((agree.mean() - by_chance) / (1 - by_chance))
    expected = (close @ cols)[one] + (rows @ close)[other]
    pulls = ((agree - agree.mean()) - (1 - kappa) * (expected - 2 * by_chance)) / (1 - by_chance)
    counted = (len(rated), left_out, 2)
    whose = np.array(patients)[whole] if len(patients) else np.arange(len(rated))
    groups = len(np.unique(whose))
    if groups < len(rated):
        reach = float(t.ppf(0.5 + level / 2, groups - 1)) if groups > 1 else 0.0
        return _with_interval(kappa, _clustered(pulls, whose), reach, counted)
    error, reach = float(np.sqrt(pulls @ pulls)) / len(rated), float(norm.ppf(0.5 + level / 2))
    return _with_interval(kappa, error, reach, counted)


def _closeness(kinds: Numbers, weights: Weights) -> Numbers:
    """(kinds, kinds) 1 where both are the same, 0 where they are as far apart as any."""
    apart = np.abs(kinds[:, None] - kinds) / np.ptp(kinds)
    if weights == "none":
        return np.eye(len(kinds))
    if weights not in ("linear", "quadratic"):
        raise ValueError(f"expected weights of none, linear or quadratic, got {weights!r}")
    near: Numbers = 1 - apart ** (2 if weights == "quadratic" else 1)
    return near


def _table(ratings: ArrayLike) -> Numbers:
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(f"expected (subjects, 2 raters or more), got {given.shape}")
    return given


def _counts(rated: Numbers) -> Numbers:
    """(subjects, categories) how many raters chose each category."""
    kinds, index = np.unique(rated, return_inverse=True)
    counts = np.zeros((len(rated), len(kinds)))
    np.add.at(counts, (np.arange(len(rated))[:, None], index.reshape(rated.shape)), 1)
    return counts


def _clustered(pulls: Numbers, whose: NDArray[np.generic]) -> float:
    """Standard error of a mean of pulls about zero, whose rows belong together by patient."""
    groups, index = np.unique(whose, return_inverse=True)
    if len(groups) < 2:
        return 0.0
    sums = np.bincount(index, weights=pulls)
    return float(np.sqrt(len(groups) / (len(groups) - 1) * (sums @ sums)) / len(pulls))


def _with_interval(
    kappa: float, error: float, reach: float, counted: tuple[int, int, int]
) -> Agreement:
    if error < _NO_SPREAD:
        return Agreement(kappa, None, None, None, *counted)
    low, high = max(kappa - reach * error, -1.0), min(kappa + reach * error, 1.0)
    return Agreement(kappa, error, low, high, *counted)

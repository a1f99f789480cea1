"""How two volumes of the same scans go together: correlation, and concordance with the identity."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from headct.measure.estimate import Estimate
from headct.measure.outcomes import Scores
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.interval import interval_of
from headct.measure.volume.intraclass import intraclass
from headct.measure.volume.pairs import VolumePairs

Numbers = NDArray[np.float64]

CONCORDANCE = ("pearson", "spearman", "lin", "icc")

# Closer to 1 than rounding can tell.
_ONE = 1 - 1e-12


def concordance(
    pairs: VolumePairs, *, rng: np.random.Generator, samples: int = SAMPLES, level: float = 0.95
) -> dict[str, Estimate]:
    """Every coefficient of predicted beside true volumes.

    Closed intervals where no patient repeats; otherwise patients are drawn anew.

    Args:
        pairs: true and predicted volumes.
        rng: draws the patients, where they repeat.
        samples: how many times.
        level: how much each interval covers.

    Returns:
        One for each of ``CONCORDANCE``; "icc" is ICC(2,1), absolute agreement of one measurement.
    """
    true, predicted = pairs.true_ml, pairs.predicted_ml
    if pairs.rows_are_patients:
        both = np.stack([true, predicted], axis=1)
        return {
            "pearson": pearson(true, predicted, level=level),
            "spearman": spearman(true, predicted, level=level),
            "lin": lin(true, predicted, level=level),
            "icc": intraclass(both, level=level)["icc_2_1"],
        }
    own = _values(true, predicted, np.ones((1, len(pairs)), dtype=np.int32))[0]
    drawn = np.concatenate([_values(true, predicted, times) for times in pairs.drawn(samples, rng)])
    return {
        name: interval_of(value, drawn[:, i], level=level, patients=pairs.worth)
        for i, (name, value) in enumerate(zip(CONCORDANCE, own.tolist(), strict=True))
    }


def pearson(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Linear correlation of independent rows, both normal; not agreement: twice as much has r = 1.

    Not defined where either does not vary. No interval with fewer than 4 rows, or at 1 or -1.

    Source:
        Interval: Fisher, Metron 1921;1:3-32.
    """
    one, other = _columns(first, second)
    return _by_z(_r(one, other), len(one), lambda _: 1.0, level, "Fisher z")


def spearman(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Correlation of ranks of independent rows, ties by their mean rank; edges as ``pearson``.

    Source:
        Interval: Bonett and Wright, Psychometrika 2000;65:23-28.
    """
    one, other = _columns(first, second)
    value = _r(rankdata(one), rankdata(other))
    return _by_z(value, len(one), lambda r: 1 + r**2 / 2, level, "Bonett-Wright")


def lin(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Lin's concordance: 1 where both are equal row by row, less for bias, scale and scatter.

    Not defined where neither varies and both are the same. No interval with fewer than 3 rows, at
    1 or -1, or where one does not vary.

    Source:
        Lin, Biometrics 1989;45:255-268, with variances over n; interval by the z transformation,
        as corrected in Biometrics 2000;56:324-325.
    """
    one, other = _columns(first, second)
    value, r, rows = _lin(one, other), _r(one, other), len(one)
    if value is None:
        return Estimate(None, note=_why(rows))
    if r is None or rows < 3 or abs(value) >= _ONE:
        return Estimate(value, note=_no_interval(value, rows, 3))
    scale = one.std() / other.std()
    shift = (one.mean() - other.mean()) ** 2 / (one.std() * other.std())
    # Concordance over correlation, the share lost by bias and scale: defined at r = 0 too.
    kept = 2 / (scale + 1 / scale + shift)
    variance = (1 - r**2) * kept**2 * (1 - value**2) + 2 * value**2 * kept * (1 - value) * shift
    variance -= value**2 * kept**2 * shift**2 / 2
    if variance <= 0:
        return Estimate(value, note="no interval: no scatter about a line")
    error = (variance / (rows - 2)) ** 0.5 / (1 - value**2)
    return _back(value, error, level, "Lin z")


def _columns(first: ArrayLike, second: ArrayLike) -> tuple[Scores, Scores]:
    one, other = (np.asarray(column, dtype=np.float64) for column in (first, second))
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"expected two columns of one length, got {one.shape}, {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("expected finite numbers; leave out rows that lack one")
    return one, other


def _r(one: Scores, other: Scores) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    # By their ranges first, so that no square is too large or too small for a number.
    aside, across = ((column - column.mean()) / np.ptp(column) for column in (one, other))
    r = float(aside @ across / np.sqrt((aside @ aside) * (across @ across)))
    return min(max(r, -1.0), 1.0)


def _lin(one: Scores, other: Scores) -> float | None:
    if not len(one):
        return None
    together = float(np.mean((one - one.mean()) * (other - other.mean())))
    apart = float(one.var() + other.var() + (one.mean() - other.mean()) ** 2)
    return None if apart == 0 else min(max(2 * together / apart, -1.0), 1.0)


def _values(true: Scores, predicted: Scores, times: NDArray[np.int32]) -> Numbers:
    """(samples, coefficients) in the order of ``CONCORDANCE``, each row as often as it comes.

    NaN where one does not vary. Of two raters the mean squares of ICC(2,1) are sums of the
    variances and of the covariance.
    """
    # Less the mean and over the range of all: what cancels must not spoil the rest by rounding.
    middle, size = true.mean(), np.ptp(np.concatenate([true, predicted])) or 1.0
    x, y = (true - middle) / size, (predicted - middle) / size
    sums = times @ np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
    rows = sums[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y, of_xx, of_yy, of_xy = sums[:, 1:].T / rows
        of_x, of_y = (_unless_rounding(of_xx - mean_x**2), _unless_rounding(of_yy - mean_y**2))
        both, shift = of_xy - mean_x * mean_y, (mean_x - mean_y) ** 2
        lins = 2 * both / (of_x + of_y + shift)
        # Mean squares: of subjects less what is left, over their sum with the bias of raters.
        scale = rows / (rows - 1)
        left = scale * (of_x + of_y - 2 * both) / 2
        icc = 2 * scale * both / (scale * (of_x + of_y) + shift - 2 * left / rows)
        pearsons, spearmans = both / np.sqrt(of_x * of_y), _ranked(true, predicted, times)
    return np.stack([pearsons, spearmans, lins, icc], axis=1)


def _unless_rounding(variances: Numbers) -> Numbers:
    return np.where(variances > _NO_SPREAD, variances, 0.0)


# Of volumes over their range.
_NO_SPREAD = 1e-15


def _ranked(true: Scores, predicted: Scores, times: NDArray[np.int32]) -> Numbers:
    """(samples,) Spearman's correlation, ties by their mean rank."""
    rows = times.sum(axis=1, keepdims=True)
    # The mean rank is the same of both, however often each row comes.
    one, other = (_ranks(column, times) - (rows + 1) / 2 for column in (true, predicted))
    together, of_one, of_other = (
        np.einsum("ij,ij,ij->i", times, a, b) for a, b in ((one, other), (one, one), (other, other))
    )
    return np.asarray(together / np.sqrt(of_one * of_other))


def _ranks(values: Scores, times: NDArray[np.int32]) -> Numbers:
    """(samples, rows) the rank of each row's value among all that come."""
    kinds, index = np.unique(values, return_inverse=True)
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(kinds)))
    tied = np.add.reduceat(np.take(times, order, axis=1), starts, axis=1)
    ranks = np.cumsum(tied, axis=1) - (tied - 1) / 2
    return np.take(ranks, index, axis=1)


def _by_z(
    r: float | None, rows: int, spread: Callable[[float], float], level: float, method: str
) -> Estimate:
    if r is None:
        return Estimate(None, note=_why(rows))
    if rows < 4 or abs(r) >= _ONE:
        return Estimate(r, note=_no_interval(r, rows, 4))
    return _back(r, (spread(r) / (rows - 3)) ** 0.5, level, method)


def _back(value: float, error: float, level: float, method: str) -> Estimate:
    reach = float(ndtri(0.5 + level / 2)) * error
    low, high = np.tanh([np.arctanh(value) - reach, np.arctanh(value) + reach])
    return Estimate(value, float(low), float(high), method)


def _why(rows: int) -> str:
    return "no rows" if not rows else "one row" if rows == 1 else "volumes do not vary"


def _no_interval(value: float, rows: int, least: int) -> str:
    if rows < least:
        return f"no interval with fewer than {least} rows"
    return (
        f"no interval: at {value:.0f}" if abs(value) >= _ONE else "no interval: one does not vary"
    )

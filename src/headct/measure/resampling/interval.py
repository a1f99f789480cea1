"""From samples of a figure to its interval."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

from headct.measure.estimate import Estimate
from headct.measure.outcomes import Indices
from headct.measure.resampling.draws import SAMPLES, blocks, numbered
from headct.measure.resampling.sums import effective_patients

Kind = Literal["percentile", "expanded", "corrected"]

DEFAULT_KIND: Kind = "corrected"
"""The one that covers as it says, by ``python -m bench coverage``: of AUC and average precision in
200 patients with 5 to 60 slices the plain quantiles hold the truth in 93.5 and 94.2 % of
repetitions, these in 94.7 and 95.4 %."""

METHOD = "bootstrap by patient, {samples} samples"

# With fewer samples than this share of all, those left are no fair picture of the figure.
_ENOUGH = 0.5


def interval_of(
    value: float | None,
    samples: ArrayLike,
    *,
    level: float = 0.95,
    kind: Kind = DEFAULT_KIND,
    patients: float | None = None,
) -> Estimate:
    """A figure with the interval that its samples give.

    The ends are samples, never values between two, so that infinite ones (a ratio over 0) may be
    among them. Samples in which the figure is not defined are NaN; they are left out and the note
    counts them; where they are half or more, there is no interval. Nor is there one where all
    samples are the same, as with a sensitivity of 1: the bootstrap then sees no error.

    Args:
        value: the figure of the data itself; None or NaN where it is not defined.
        samples: (samples,) of it.
        level: how much the interval covers.
        kind: "percentile", the quantiles of the samples; "expanded", those further out, by as
            much as ``patients`` are few; "corrected", these shifted besides, by the share of
            samples that lie below the value.
        patients: how many patients the figure rests on, at worth (``sums.effective_patients``):
            of positive rows for sensitivity, of the scarcer rows for an area. None widens nothing.

    Raises:
        ValueError: level outside 0 to 1, or samples that are not a row.

    Source:
        Percentile and bias-corrected: Efron, The Jackknife, the Bootstrap and Other Resampling
        Plans, SIAM 1982, sections 10.4 and 10.7. Expanded: Hesterberg, Am Stat 2015;69:371-386,
        here with the effective number of patients.
    """
    given = np.asarray(samples, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"expected samples in a row, got {given.shape}")
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, got {level}")
    if value is None or np.isnan(value):
        return Estimate(None, note="not defined")
    known = np.sort(given[~np.isnan(given)])
    missing = len(given) - len(known)
    note = f"not defined in {missing} of {len(given)} samples, left out" if missing else ""
    if len(known) <= _ENOUGH * len(given):
        return Estimate(value, note=f"no interval: {note or 'no samples'}")
    if known[0] == known[-1]:
        return Estimate(value, note="no interval: every sample gives the same figure")
    low, high = _quantiles(known, _tails(value, known, (1 - level) / 2, kind, patients))
    return Estimate(value, low, high, METHOD.format(samples=len(given)), note)


def bootstrap(
    statistic: Callable[[Indices], float | None],
    patients: ArrayLike,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
    kind: Kind = DEFAULT_KIND,
) -> Estimate:
    """Any figure with its interval, patients drawn anew: one call for each sample, so it is slow.

    Args:
        statistic: of the rows given, whose indices come again where a patient does; None or NaN
            where it is not defined.
        patients: (rows,) whose each row is.
        rng: see ``draws.draw``.
        samples: how many.
        level: how much the interval covers.
        kind: see ``interval_of``; widened for the number of patients.
    """
    index, count = numbered(patients, len(np.asarray(patients)))
    order = np.argsort(index, kind="stable")
    drawn = (row for block in blocks(count, samples, rng) for row in block)
    found = [statistic(order[_repeated(row[index[order]])]) for row in drawn]
    told = np.array([np.nan if one is None else one for one in found])
    value = statistic(np.arange(len(index)))
    return interval_of(
        value, told, level=level, kind=kind, patients=effective_patients(np.bincount(index))
    )


def _repeated(times: NDArray[np.int32]) -> Indices:
    """Positions, each as often as it says."""
    return np.repeat(np.arange(len(times)), times)


def _tails(
    value: float, known: NDArray[np.float64], tail: float, kind: Kind, patients: float | None
) -> tuple[float, float]:
    """Shares of samples below the low end and above the high one."""
    reach, shift = float(ndtri(tail)), 0.0
    if kind != "percentile" and patients is not None:
        # The t quantile for the normal one, and the variance of a sample for that of a population.
        free = patients - 1
        reach = float(np.sqrt(patients / free) * stdtrit(free, tail)) if free > 0 else -np.inf
    if kind == "corrected":
        below = np.mean(known < value) + np.mean(known == value) / 2
        shift = float(ndtri(np.clip(below, 1 / len(known), 1 - 1 / len(known))))
    return float(ndtr(reach + 2 * shift)), float(ndtr(reach - 2 * shift))


def _quantiles(known: NDArray[np.float64], tails: tuple[float, float]) -> tuple[float, float]:
    """The (n + 1)q-th of the ordered samples at either end, rounded outwards."""
    last = len(known) - 1
    low = int(np.floor(tails[0] * (len(known) + 1))) - 1
    high = int(np.ceil((1 - tails[1]) * (len(known) + 1))) - 1
    return float(known[min(max(low, 0), last)]), float(known[min(max(high, 0), last)])

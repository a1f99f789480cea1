"""Models compared, and the best of several corrected, by drawing patients anew for all at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.estimate import Estimate
from headct.measure.resampling.draws import SAMPLES, Counts, blocks
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import per_patient
from headct.measure.runs.paired import PairedTest
from headct.measure.runs.summary import Better

Measure = Callable[[Counts], NDArray[np.float64]]
"""(samples, patients) how often each patient counts → (samples, models) one score of each model;
NaN where it is not defined."""


@dataclass(frozen=True)
class CorrectedBest:
    """What the best of several runs is worth on patients that did not choose it.

    Args:
        best: the highest score as it stands; None, like the next, where none is defined.
        corrected: what to expect of a run chosen so.
        optimism: by how much ``best`` is too good: above 0, whichever way is better.
        chosen: (runs,) in which share of the samples each run was the best.
    """

    best: float | None
    corrected: Estimate
    optimism: float | None
    chosen: tuple[float, ...]


def shares(right: ArrayLike, patients: ArrayLike | None = None) -> tuple[Measure, int]:
    """A measure of how often each model is right, and of how many patients it is.

    Of all rows it measures accuracy, of the positive rows alone sensitivity, and so on.

    Args:
        right: (rows, models) bool; or a number, as the share of a model's runs that are right.
        patients: (rows,) whose each row is; None where every row is another's.

    Raises:
        ValueError: not a table, or patients that do not fit.
    """
    given = np.asarray(right, dtype=np.float64)
    sums = per_patient(given, patients)
    rows = per_patient(np.ones((len(given), 1)), patients)

    def measure(counts: Counts) -> NDArray[np.float64]:
        weights = counts.astype(np.float64)
        of = weights @ rows
        found = np.full((len(counts), sums.shape[1]), np.nan)
        np.divide(weights @ sums, of, out=found, where=of > 0)
        return found

    return measure, len(sums)


def paired_bootstrap(
    measure: Measure,
    patients: int,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> PairedTest:
    """Compare two models in any score, both on the same patients in every sample.

    Args:
        measure: of two models.
        patients: how many they are measured on.
        rng: see ``resampling.draws.draw``.
        samples: how many.
        level: how much the interval of the difference covers.

    Raises:
        ValueError: the measure is not of two models.
    """
    whole = measure(np.ones((1, patients), dtype=np.int32))
    drawn = [measure(block) for block in blocks(patients, samples, rng)]
    return compare_samples(whole[0], np.concatenate(drawn), patients=patients, level=level)


def compare_samples(
    scores: ArrayLike, samples: ArrayLike, *, patients: int, level: float = 0.95
) -> PairedTest:
    """Compare two models by samples that were drawn for both alike.

    p is twice the share of samples on the far side of no difference, with one sample added on
    either side, so that it is never 0. It takes it that the samples' spread about the difference is
    what it would be without one: with few patients prefer an exact test.

    Args:
        scores: (2,) of the data itself, NaN where not defined.
        samples: (samples, 2) of the same draws of patients, NaN likewise: such as two times
            ``resampling.areas.auc_samples`` from generators of one state.
        patients: how many independent ones there are, the scarcer kind of them for an area.
        level: how much the interval of the difference covers.

    Raises:
        ValueError: not of two models.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, sections 8.3 and 15.4; the
        share: Davison and Hinkley, Bootstrap Methods and Their Application, 1997, section 4.2.
    """
    name = "bootstrap by patient"
    whole, drawn = np.asarray(scores, dtype=np.float64), np.asarray(samples, dtype=np.float64)
    if whole.shape != (2,) or drawn.ndim != 2 or drawn.shape[1] != 2:
        raise ValueError(f"expected scores of two models, got {whole.shape} and {drawn.shape}")
    value = float(whole[0] - whole[1])
    if not np.isfinite(value):
        return PairedTest(name, Estimate(None, note="not defined"), None, None, patients)
    differences = drawn[:, 0] - drawn[:, 1]
    told = interval_of(value, differences, level=level, patients=patients)
    known = differences[~np.isnan(differences)]
    same = len(known) > 0 and value == 0 and not known.any()
    if told.low is None:
        return PairedTest(name, told, value if same else None, 1.0 if same else None, patients)
    beyond = min(np.sum(known <= 0), np.sum(known >= 0)) + 1
    return PairedTest(name, told, value, min(2 * float(beyond) / (len(known) + 1), 1.0), patients)


def corrected_best(
    measure: Measure,
    patients: int,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    better: Better = "higher",
    level: float = 0.95,
) -> CorrectedBest:
    """What the best of several runs is worth, where the data that chose it also measure it.

    In each sample the best run is chosen on the patients drawn, and measured on those that were
    not. The interval covers the choice, too, and is rather too wide.

    Args:
        measure: of every run.
        patients: how many they are measured on.
        rng: see ``resampling.draws.draw``.
        samples: how many.
        better: which end of the score is the better one.
        level: how much the interval covers.

    Source:
        Tsamardinos, Greasidou and Borboudakis, Machine Learning 2018;107:1895-1922 (BBC-CV).
    """
    sign = 1.0 if better == "higher" else -1.0
    whole = sign * measure(np.ones((1, patients), dtype=np.int32))[0]
    if np.isnan(whole).all():
        none = Estimate(None, note="no run has a score")
        return CorrectedBest(None, none, None, (0.0,) * len(whole))
    inside, outside = [], []
    for block in blocks(patients, samples, rng):
        inside.append(sign * measure(block))
        outside.append(measure((block == 0).astype(np.int32)))
    merits = np.nan_to_num(np.concatenate(inside), nan=-np.inf)
    picked = merits.argmax(axis=1)
    left = np.take_along_axis(np.concatenate(outside), picked[:, None], axis=1)[:, 0]
    left[np.isneginf(merits.max(axis=1))] = np.nan
    best = float(sign * np.nanmax(whole))
    chosen = np.bincount(picked, minlength=len(whole)) / samples
    if np.isnan(left).all():
        none = Estimate(None, note="no sample leaves patients to measure on")
        return CorrectedBest(best, none, None, tuple(chosen.tolist()))
    mean = float(np.nanmean(left))
    told = interval_of(mean, left, level=level, kind="percentile")
    told = replace(told, method=told.method and f"out-of-bag {told.method}")
    return CorrectedBest(best, told, sign * (best - mean), tuple(chosen.tolist()))

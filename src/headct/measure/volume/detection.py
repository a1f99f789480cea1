"""How well a volume tells bleed from none, over the least volume that counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.counts.clustered import scores_of_sets
from headct.measure.counts.confusion import Confusion, Counts
from headct.measure.counts.scores import scores
from headct.measure.estimate import Estimate
from headct.measure.outcomes import Flags, Indices, Scores
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.sums import per_patient
from headct.measure.volume.pairs import VolumePairs

MINIMA_ML = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
"""About twice as much at each step, from a few voxels up to the edges of ``errors.SIZES_ML``."""


@dataclass(frozen=True, eq=False)
class DetectionCurve:
    """Sensitivity and specificity over a least volume.

    Args:
        of: "predicted" where the volume that must be predicted grows, "true" where that which must
            be there does.
        minimum_ml: (points,) rising.
        sensitivity: one a point, with its interval; ``specificity``: likewise.
        positives: (points,) rows with bleed (for "true", with as much of it).
        negatives: (points,) rows without.
        between: (points,) rows that are neither: with bleed, but less than the least.
    """

    of: str
    minimum_ml: Scores
    sensitivity: tuple[Estimate, ...]
    specificity: tuple[Estimate, ...]
    positives: Indices
    negatives: Indices
    between: Indices


def detection_by_predicted(
    pairs: VolumePairs,
    minima_ml: Sequence[float] = MINIMA_ML,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> DetectionCurve:
    """Bleed is called where at least so much of it is predicted; any true bleed is one.

    Exact intervals where no patient repeats; otherwise patients are drawn anew.

    Args:
        pairs: true and predicted volumes.
        minima_ml: above 0 and rising.
        rng: draws the patients, where they repeat.
        samples: how many times.
        level: how much each interval covers.

    Raises:
        ValueError: minima that are not above 0 and rising.
    """
    least = _rising(minima_ml)
    called = pairs.predicted_ml[:, None] >= least
    positive = np.broadcast_to((pairs.true_ml > 0)[:, None], called.shape)
    counts = _counts(positive, ~positive, called, pairs.patients)
    return _curve("predicted", least, counts, pairs, (rng, samples, level))


def detection_by_true(
    pairs: VolumePairs,
    minima_ml: Sequence[float] = MINIMA_ML,
    *,
    called: ArrayLike | None = None,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> DetectionCurve:
    """How many bleeds of at least so much are found; smaller ones count neither way.

    Specificity is that of rows without any bleed, and so the same at every point.

    Args:
        pairs: true and predicted volumes.
        minima_ml: above 0 and rising.
        called: (rows,) of ``pairs``, whether bleed was called; None where any predicted volume is
            a call.
        rng: draws the patients, where they repeat.
        samples: how many times.
        level: how much each interval covers.

    Raises:
        ValueError: minima that are not above 0 and rising, or calls of other rows.
    """
    least = _rising(minima_ml)
    calls = pairs.predicted_ml > 0 if called is None else np.asarray(called, dtype=np.bool_)
    if calls.shape != (len(pairs),):
        raise ValueError(f"expected a call for each of {len(pairs)} rows, got {calls.shape}")
    positive = pairs.true_ml[:, None] >= least
    negative = np.broadcast_to((pairs.true_ml == 0)[:, None], positive.shape)
    found = np.broadcast_to(calls[:, None], positive.shape)
    counts = _counts(positive, negative, found, pairs.patients)
    return _curve("true", least, counts, pairs, (rng, samples, level))


def _rising(minima_ml: Sequence[float]) -> Scores:
    least = np.asarray(minima_ml, dtype=np.float64)
    if least.ndim != 1 or not len(least) or not (np.diff(least, prepend=0.0) > 0).all():
        raise ValueError(f"expected least volumes above 0 mL that rise, got {list(minima_ml)}")
    return least


def _counts(positive: Flags, negative: Flags, called: Flags, whose: Indices) -> Counts:
    """(patients, points, 4) of each patient at each point."""
    kinds = (positive & called, negative & called, positive & ~called, negative & ~called)
    flat = np.stack(kinds, axis=-1).reshape(len(called), 4 * called.shape[1])
    counts: Counts = np.rint(per_patient(flat, whose)).astype(np.int64)
    return counts.reshape(len(counts), called.shape[1], 4)


def _curve(
    of: str,
    least: Scores,
    counts: Counts,
    pairs: VolumePairs,
    drawing: tuple[np.random.Generator, int, float],
) -> DetectionCurve:
    rng, samples, level = drawing
    summed: NDArray[np.int64] = counts.sum(axis=0)
    if pairs.rows_are_patients:
        confusions = [Confusion(*(int(n) for n in point)) for point in summed]
        found = tuple(scores(one, level=level) for one in confusions)
    else:
        found = scores_of_sets(counts, rng=rng, samples=samples, level=level)
    positives, negatives = summed[:, 0] + summed[:, 2], summed[:, 1] + summed[:, 3]
    return DetectionCurve(
        of=of,
        minimum_ml=least,
        sensitivity=tuple(point["sensitivity"] for point in found),
        specificity=tuple(point["specificity"] for point in found),
        positives=positives,
        negatives=negatives,
        between=len(pairs) - positives - negatives,
    )

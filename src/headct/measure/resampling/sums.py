"""Sums over patients in each sample: what scores from counts, and means, are made of."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.resampling.draws import blocks, numbered

Numbers = NDArray[np.float64]


def per_patient(columns: ArrayLike, patients: ArrayLike | None) -> Numbers:
    """(patients, columns) each column summed over the rows of each patient.

    Args:
        columns: (rows, columns) numbers or bool, such as true positive, false positive and so on.
        patients: (rows,) whose each row is; None where every row is another's.

    Raises:
        ValueError: not a table, or patients that do not fit.
    """
    given = np.asarray(columns, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"expected (rows, columns), got {given.shape}")
    index, count = numbered(patients, len(given))
    summed = [np.bincount(index, weights=column, minlength=count) for column in given.T]
    return np.stack(summed, axis=1) if summed else np.zeros((count, 0))


def effective_patients(rows: ArrayLike) -> float:
    """How many patients of equal size these are worth, as one with many rows weighs more.

    Args:
        rows: (patients,) how many rows of the kind that a figure rests on each patient has, such
            as positive rows for sensitivity; those without any do not count.

    Returns:
        As many as there are where all have alike, fewer where they do not; 0 without any row.

    Source:
        Kish, Survey Sampling, 1965, section 11.7: the square of the sum over the sum of squares.
    """
    given = np.asarray(rows, dtype=np.float64)
    squares = float(given @ given)
    return float(given.sum()) ** 2 / squares if squares else 0.0


def count_samples(
    counts: ArrayLike,
    samples: int,
    rng: np.random.Generator,
    *,
    strata: ArrayLike | None = None,
) -> Numbers:
    """(samples, columns) what each column sums to, patients drawn anew in each sample.

    A score is then computed from the sums as from counts: sensitivity is the first column over
    the sum of two, in every sample at once. A mean of values has two columns: the values' sum and
    how many there are.

    Args:
        counts: (patients, columns) of each patient, as ``per_patient`` gives.
        samples: how many.
        rng: the same state draws the same patients as other functions here do from as many.
        strata: (patients,) as for ``draws.draw``.

    Raises:
        ValueError: not a table, or fewer than one sample.
    """
    given = np.asarray(counts, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"expected (patients, columns), got {given.shape}")
    summed = [drawn @ given for drawn in blocks(len(given), samples, rng, strata=strata)]
    return np.concatenate(summed)

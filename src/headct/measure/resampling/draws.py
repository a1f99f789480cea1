"""Patients drawn anew, with replacement: how often each of them comes in each sample.

A sample of the bootstrap draws as many patients as there are, and takes all rows of each that
comes, as often as it comes. Rows of one patient stay together, since they are not independent:
drawing rows alone gives intervals that are far too narrow (docs/concepts/intervals.md).

Draws are counts, not lists of rows: a figure that is a sum over patients is then one product.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.outcomes import Indices

Counts = NDArray[np.int32]

SAMPLES = 1000
"""As many as a report draws. The ends of a 95 % interval then move by up to a tenth of half its
width from seed to seed: two standard errors of a 2.5 % quantile, 2 sqrt(0.025 0.975 / 1000) over
phi(1.96), are 0.17 standard errors of the figure."""

# So many counts at once: 24 MB, however many samples are asked for.
_BLOCK = 6_000_000

# So many single draws at once: those of a few samples stay in the processor's cache.
_CACHED = 1 << 17


def draw(
    patients: int, samples: int, rng: np.random.Generator, *, strata: ArrayLike | None = None
) -> Counts:
    """(samples, patients) how often each patient comes; each row sums to ``patients``.

    Holds all samples at once: ``blocks`` is for those who need not.

    Args:
        patients: how many there are.
        samples: how many to draw.
        rng: the same state gives the same draws, in blocks or at once.
        strata: (patients,) a kind of each, as whether it has a positive row: each sample then has
            as many of each kind as there are.

    Raises:
        ValueError: fewer than one sample, or strata that do not fit.

    Source:
        Field and Welsh, J R Stat Soc B 2007;69:369-390, the cluster bootstrap.
    """
    drawn = list(blocks(patients, samples, rng, strata=strata))
    return np.concatenate(drawn)


def blocks(
    patients: int, samples: int, rng: np.random.Generator, *, strata: ArrayLike | None = None
) -> Iterator[Counts]:
    """The draws of ``draw`` piece by piece, in memory that does not grow with the samples."""
    if samples < 1 or patients < 0:
        raise ValueError(f"expected a sample or more of patients, got {samples} of {patients}")
    kinds = np.zeros(patients, dtype=np.int64) if strata is None else np.asarray(strata)
    if kinds.shape != (patients,):
        raise ValueError(f"expected a stratum for each of {patients} patients, got {kinds.shape}")
    members = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    at_once = max(1, _BLOCK // max(patients, 1))
    for start in range(0, samples, at_once):
        block = np.zeros((min(at_once, samples - start), patients), dtype=np.int32)
        for among in members:
            block[:, among] = _drawn(len(among), len(block), rng)
        yield block


def numbered(patients: ArrayLike | None, rows: int) -> tuple[Indices, int]:
    """(rows,) patients counted from 0 without gaps, and how many there are.

    Args:
        patients: (rows,) whose each row is; None where every row is another's.
        rows: how many rows there are.

    Raises:
        ValueError: not one for each row.
    """
    if patients is None:
        return np.arange(rows), rows
    given = np.asarray(patients)
    if given.shape != (rows,):
        raise ValueError(f"expected a patient for each of {rows} rows, got {given.shape}")
    found, index = np.unique(given, return_inverse=True)
    return index.astype(np.int64), len(found)


def _drawn(patients: int, samples: int, rng: np.random.Generator) -> Counts:
    """(samples, patients) counts; a multinomial of equal chances, by counting single draws.

    numpy's multinomial goes from patient to patient, a binomial each, which is slower.
    """
    counted = np.empty((samples, patients), dtype=np.int32)
    at_once = max(1, _CACHED // patients)
    for start in range(0, samples, at_once):
        some = counted[start : start + at_once]
        index = rng.integers(0, patients, some.shape)
        index += np.arange(len(some))[:, None] * patients
        some[:] = np.bincount(index.ravel(), minlength=some.size).reshape(some.shape)
    return counted

"""The areas under the ROC and the precision-recall curve in samples of patients, exactly.

Rows are ordered by score once. What a sample changes is how often each row counts, so that an area
is sums along that order, of all samples at once. Ties are exact.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from headct.measure.outcomes import Flags, Indices
from headct.measure.resampling.draws import SAMPLES, Counts, blocks, numbered
from headct.measure.resampling.rows import checked

Numbers = NDArray[np.float64]

# Counts at once in a stretch of the order: they stay in the processor's cache.
_CACHED = 1 << 18


@dataclass(frozen=True, eq=False)
class Areas:
    """Both areas in each sample; NaN in those without positives (or, for the AUC, negatives).

    Args:
        auc: (samples,) area under the ROC curve.
        average_precision: (samples,) precision at each threshold, weighted by the recall it adds.
    """

    auc: Numbers
    average_precision: Numbers


def area_samples(
    truth: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> Areas:
    """Both areas in samples of patients drawn anew, in about the time of one.

    A generator of the same state draws the same patients: of two systems on the same rows, samples
    from two such generators are pairs, and their differences are samples of the difference.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite.
        patients: (rows,) whose each row is; None where every row is another's.
        rng: draws the patients.
        samples: how many.

    Raises:
        ValueError: lengths differ, or a score that is not finite.
    """
    order = _Order.of(truth, scores, patients)
    drawn = [order.areas(block) for block in blocks(order.patients, samples, rng)]
    auc, precision = (np.concatenate(each) for each in zip(*drawn, strict=True))
    return Areas(auc=auc, average_precision=precision)


def auc_samples(
    truth: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> Numbers:
    """(samples,) the area under the ROC curve alone; as ``area_samples``, but faster."""
    order = _Order.of(truth, scores, patients)
    drawn = blocks(order.patients, samples, rng)
    return np.concatenate([order.areas(block, precision=False)[0] for block in drawn])


def average_precision_samples(
    truth: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> Numbers:
    """(samples,) average precision; as ``area_samples``."""
    return area_samples(truth, scores, patients, rng=rng, samples=samples).average_precision


@dataclass(frozen=True, eq=False)
class _Order:
    """Rows in the order of falling scores, as counts of each patient's at every step.

    A step is a score that a positive has, as both areas change at such scores alone; the last
    step holds the negatives below them all.

    Args:
        patients: how many.
        positives: (steps, patients) rows of this score that are positive.
        negatives: (steps, patients) rows that are negative, of this score or up to the step before.
        tied: (steps, patients) those of this score among them.
    """

    patients: int
    positives: csr_matrix
    negatives: csr_matrix
    tied: csr_matrix

    @classmethod
    def of(cls, truth: ArrayLike, scores: ArrayLike, patients: ArrayLike | None) -> "_Order":
        flags, values = checked(truth, scores)
        whose, count = numbered(patients, len(flags))
        falling = np.unique(-values[flags])
        step = np.searchsorted(falling, -values)
        at = np.append(falling, np.nan)[step] == -values
        shape = (len(falling) + 1, count)
        return cls(
            patients=count,
            positives=_table(step, whose, flags, shape),
            negatives=_table(step, whose, ~flags, shape),
            tied=_table(step, whose, ~flags & at, shape),
        )

    def areas(self, drawn: Counts, *, precision: bool = True) -> tuple[Numbers, Numbers]:
        """(samples,) AUC and average precision, from (samples, patients) draws."""
        by_patient = np.ascontiguousarray(drawn.T)
        samples = len(drawn)
        lost, gained, positives = np.zeros((3, samples))
        called, found = np.zeros((2, samples), dtype=np.int32)
        at_once = max(1, _CACHED // samples)
        for start in range(0, self.positives.shape[0], at_once):
            here = slice(start, start + at_once)
            added = self.positives[here] @ by_patient
            hits = added.astype(np.float64)
            positives += hits.sum(axis=0)
            above, called = _running(self.negatives[here] @ by_patient, called)
            lost += _by_sample(hits, above)
            ties = self.tied[here]
            if ties.nnz:
                lost -= _by_sample(hits, (ties @ by_patient).astype(np.float64)) / 2
            if precision:
                right, found = _running(added, found)
                # Where nothing is called yet, nothing is hit either: 0 over 1.
                gained += _by_sample(hits, right / np.maximum(right + above, 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - lost / (positives * called), gained / positives


def _table(step: Indices, whose: Indices, rows: Flags, shape: tuple[int, int]) -> csr_matrix:
    """(steps, patients) how many of these rows there are."""
    ones = np.ones(np.count_nonzero(rows), dtype=np.int32)
    return csr_matrix((ones, (step[rows], whose[rows])), shape=shape)


def _running(added: Counts, before: Counts) -> tuple[Numbers, Counts]:
    """Counts summed down the steps, after those of the steps before; and the last of them.

    Row by row in place: numpy's cumsum goes down each column, several times slower.
    """
    added[0] += before
    for above, here in pairwise(added):
        np.add(above, here, out=here)
    return added.astype(np.float64), added[-1].copy()


def _by_sample(first: Numbers, second: Numbers) -> Numbers:
    return np.asarray(np.einsum("us,us->s", first, second))

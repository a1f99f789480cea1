"""Means, medians and shares over cases, with intervals by drawing patients anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.measure.estimate import Estimate
from headct.measure.masks.lesions import harmonic_mean
from headct.measure.resampling.draws import SAMPLES, Counts, blocks, numbered
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import count_samples, effective_patients, per_patient

Numbers = NDArray[np.float64]
Patients = NDArray[np.int64] | NDArray[np.str_]


@dataclass(frozen=True)
class Drawing:
    """How intervals are made: one seed, so that figures of the same patients draw the same.

    Args:
        seed: of the draws.
        samples: how many.
        level: how much an interval covers.
    """

    seed: int
    samples: int = SAMPLES
    level: float = 0.95

    @property
    def rng(self) -> np.random.Generator:
        """A generator at its beginning."""
        return np.random.default_rng(self.seed)


def mean(values: Numbers, patients: Patients, drawing: Drawing) -> Estimate:
    """Mean over the cases in which a value is defined (not NaN) and finite; the note counts these.

    Args:
        values: (cases,).
        patients: (cases,) whose each is.
        drawing: how the interval is made.
    """
    known = np.isfinite(values)
    if not known.any():
        return Estimate(None, note=_why_none(values))
    told = f"over {int(known.sum())} of {len(known)} cases, in which it is defined and finite"
    table = np.stack([values[known], np.ones(int(known.sum()))], axis=1)
    return _over(table, patients[known], drawing, "" if known.all() else told)


def share(parts: Numbers, wholes: Numbers, patients: Patients, drawing: Drawing) -> Estimate:
    """The sum of parts over the sum of wholes, such as lesions found over all lesions.

    Args:
        parts: (cases,).
        wholes: (cases,); where all are 0 the share is not defined.
        patients: (cases,) whose each is.
        drawing: how the interval is made.
    """
    counts = wholes > 0
    if not counts.any():
        return Estimate(None, note="there are none")
    return _over(np.stack([parts, wholes], axis=1)[counts], patients[counts], drawing, "")


def pooled_f1(
    found: tuple[Numbers, Numbers],
    true: tuple[Numbers, Numbers],
    patients: Patients,
    drawing: Drawing,
) -> Estimate:
    """F1 of lesions over all cases.

    Args:
        found: (cases,) true lesions that were found, and all of them.
        true: (cases,) predicted lesions that are true, and all of them.
        patients: (cases,) whose each is.
        drawing: how the interval is made.
    """
    counts = (found[1] > 0) | (true[1] > 0)
    table = per_patient(np.stack([*found, *true], axis=1)[counts], patients[counts])
    if not len(table):
        return Estimate(None, note="there are none")
    sums = np.concatenate(
        [table.sum(axis=0)[None], count_samples(table, drawing.samples, drawing.rng)]
    )
    ratios = _ratio(sums[:, [0, 2]], sums[:, [1, 3]])
    told = [
        harmonic_mean(*(None if np.isnan(one) else float(one) for one in row)) for row in ratios
    ]
    values = np.array(told, dtype=np.float64)  # None becomes NaN
    scarcer = min(effective_patients(table[:, column]) for column in (1, 3))
    return interval_of(values[0], values[1:], level=drawing.level, patients=scarcer)


def median(values: Numbers, patients: Patients, drawing: Drawing) -> Estimate:
    """Median over the cases in which a value is defined (not NaN); infinite ones count as such.

    Args:
        values: (cases,).
        patients: (cases,) whose each is.
        drawing: how the interval is made.
    """
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(None, note=_why_none(values))
    order = np.argsort(values[known], kind="stable")
    rising = values[known][order]
    index, count = numbered(patients[known][order], len(rising))
    value = float(np.median(rising))
    if np.isinf(value):
        return Estimate(None, note="infinite: half of the cases or more were missed")
    drawn = blocks(count, drawing.samples, drawing.rng)
    found = np.concatenate([_medians(rising, block[:, index]) for block in drawn])
    return interval_of(
        value, found, level=drawing.level, patients=effective_patients(np.bincount(index))
    )


def _over(table: Numbers, patients: Patients, drawing: Drawing, note: str) -> Estimate:
    """The first column's sum over the second's, by patient."""
    by_patient = per_patient(table, patients)
    sums = count_samples(by_patient, drawing.samples, drawing.rng)
    whole = by_patient.sum(axis=0)
    told = interval_of(
        float(whole[0] / whole[1]),
        _ratio(sums[:, 0], sums[:, 1]),
        level=drawing.level,
        patients=effective_patients(by_patient[:, 1]),
    )
    notes = "; ".join(one for one in (note, told.note) if one)
    return Estimate(told.value, told.low, told.high, told.method, notes)


def _ratio(parts: Numbers, wholes: Numbers) -> Numbers:
    """NaN where a whole is 0."""
    return np.asarray(np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0))


def _medians(rising: Numbers, times: Counts) -> Numbers:
    """(samples,) median of values that come so many times each; the mean of the middle two."""
    come = np.cumsum(times, axis=1, dtype=np.int64)
    total = come[:, -1]
    # Rows of counts that rise, each from where the one before it ends: one row to search in.
    begin = np.cumsum(total) - total
    flat = (come + begin[:, None]).ravel()
    lower = np.searchsorted(flat, begin + (total + 1) // 2) % times.shape[1]
    upper = np.searchsorted(flat, begin + total // 2 + 1) % times.shape[1]
    return np.asarray((rising[lower] + rising[upper]) / 2)


def _why_none(values: Numbers) -> str:
    if not len(values):
        return "there are no such cases"
    return f"in none of {len(values)} cases is it defined and finite"

"""The scores where rows belong together by patient, mostly by drawing patients anew."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headct.measure.counts.combined import balanced_accuracy, f1_of, ratio_of
from headct.measure.counts.confusion import Confusion, Counts, count_by_patient
from headct.measure.counts.effective import clustered_limits
from headct.measure.counts.scores import SCORES, score_values, why
from headct.measure.estimate import Estimate
from headct.measure.outcomes import Flags, Indices
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import count_samples, effective_patients

Numbers = NDArray[np.float64]

FEW = 10
"""Patients who go against a share, below which drawing them anew covers too little.

Of 60 patients with 5 to 60 slices and a sensitivity of 0.97 some 8 have a missed slice: intervals
at 95 % by drawing them covered 92.5 %, those of effective rows 95.6 % (2000 repetitions)."""

EFFECTIVE = "Clopper-Pearson of effective rows (Korn and Graubard)"

# Places in the four counts of what succeeds, and of what it is tried on.
_SHARES = {
    "accuracy": ((0, 3), (0, 1, 2, 3)),
    "sensitivity": ((0,), (0, 2)),
    "specificity": ((3,), (1, 3)),
    "ppv": ((0,), (0, 1)),
    "npv": ((3,), (2, 3)),
    "f1": ((0,), (0, 1, 2)),
}


def clustered_scores(
    truth: Flags,
    called: Flags,
    patients: Indices | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Every score with its interval, where patients have several rows.

    Values are those of ``scores.scores``; intervals come from patients drawn anew, each with all
    rows. Where fewer than ``FEW`` patients have a row that is wrong (or right), as near a
    sensitivity of 1, samples show too little of the error: the interval is then the exact one of
    the effective number of rows (``effective.clustered_limits``), and by it those of the scores
    made of such a share.

    Args:
        truth: (rows,) bool.
        called: (rows,) bool, score >= threshold.
        patients: (rows,) whose each row is; None where every row is another's.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.

    Returns:
        One for each of ``SCORES``, in that order; ``scores.predictive_values`` takes them to
        another prevalence.

    Raises:
        ValueError: columns that do not fit.
    """
    counts = count_by_patient(truth, called, patients)
    return scores_of_sets(counts[:, None], rng=rng, samples=samples, level=level)[0]


def scores_of_sets(
    counts: Counts, *, rng: np.random.Generator, samples: int = SAMPLES, level: float = 0.95
) -> tuple[dict[str, Estimate], ...]:
    """The scores of many sets of calls on the same patients, who are drawn once for all of them.

    Args:
        counts: (patients, sets, 4) of each patient in each set, as of labels or of thresholds;
            zeros where a patient has no rows in a set.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.
    """
    drawn = sums_of_samples(counts, samples, rng)
    return tuple(
        scores_of_samples(counts[:, i], score_values(drawn[:, i]), level=level)
        for i in range(counts.shape[1])
    )


def sums_of_samples(counts: Counts, samples: int, rng: np.random.Generator) -> Numbers:
    """(samples, sets, 4) the counts of (patients, sets, 4), patients drawn anew."""
    patients, sets, _ = counts.shape
    return count_samples(counts.reshape(patients, 4 * sets), samples, rng).reshape(samples, sets, 4)


def scores_of_samples(own: Counts, drawn: Numbers, *, level: float = 0.95) -> dict[str, Estimate]:
    """Every score of the patients themselves, with the interval that samples of it give.

    Args:
        own: (patients, 4) counts.
        drawn: (samples, scores) values in each sample, as of ``score_values``.
        level: how much each interval covers.
    """
    confusion = Confusion(*(int(n) for n in own.sum(axis=0)))
    values = score_values(confusion.as_counts)
    rests = rests_on(own)
    found: dict[str, Estimate] = {}
    for i, name in enumerate(SCORES):
        value = float(values[i])
        if np.isnan(value):
            found[name] = Estimate(None, note=why(name, confusion))
            continue
        few = share_of_few(own, *_SHARES[name], level=level) if name in _SHARES else None
        if few is None:
            found[name] = interval_of(value, drawn[:, i], level=level, patients=rests[name])
        else:
            found[name] = f1_of(few) if name == "f1" else few
    return {**found, **_of_few(found)}


def share_of_few(
    own: Counts, right: tuple[int, ...], of: tuple[int, ...], *, level: float
) -> Estimate | None:
    """A share that too few patients go against, or go along with, to draw patients anew.

    Args:
        own: (patients, 4) counts.
        right: places of the counts that succeed.
        of: of the counts tried.
        level: how much the interval covers.

    Returns:
        It with the interval of ``effective.clustered_limits``; None where patients are enough.
    """
    rows, found = (own[:, list(places)].sum(axis=1) for places in (of, right))
    going = {"wrong": int((found < rows).sum()), "right": int((found > 0).sum())}
    kind = min(going, key=lambda one: going[one])
    if going[kind] >= FEW:
        return None
    low, high = clustered_limits(found[:, None], rows[:, None], level)
    people = (
        "no patient" if not going[kind] else f"{going[kind]} of {int((rows > 0).sum())} patients"
    )
    note = (
        f"rows of {people} are {kind}, too few to draw anew: exact, of the effective number of rows"
    )
    return Estimate(float(found.sum() / rows.sum()), float(low[0]), float(high[0]), EFFECTIVE, note)


def rests_on(own: Counts) -> dict[str, float]:
    """How many patients each score rests on, at worth: by rows of the scarcer kind it needs."""
    with_rows = {
        name: effective_patients(own[:, list(of)].sum(axis=1)) for name, (_, of) in _SHARES.items()
    }
    both = min(with_rows["sensitivity"], with_rows["specificity"])
    return {name: with_rows.get(name, both) for name in SCORES}


def _of_few(found: dict[str, Estimate]) -> dict[str, Estimate]:
    """Scores made of two shares, where patients are too few to draw for one of them."""
    ill, well = found["sensitivity"], found["specificity"]
    if ill.value is None or well.value is None or EFFECTIVE not in (ill.method, well.method):
        return {}
    made = {
        "balanced_accuracy": balanced_accuracy(ill, well),
        "lr_positive": ratio_of(ill, _rest(well)),
        "lr_negative": ratio_of(_rest(ill), well),
    }
    return {name: one for name, one in made.items() if found[name].value is not None}


def _rest(share: Estimate) -> Estimate:
    """What is missing to 1."""
    if share.value is None or share.low is None or share.high is None:
        return share
    return replace(share, value=1 - share.value, low=1 - share.high, high=1 - share.low)

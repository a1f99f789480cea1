"""Scores of several labels as one: micro, of all calls together, and macro, the mean of labels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headct.measure.counts.clustered import rests_on, scores_of_samples, sums_of_samples
from headct.measure.counts.confusion import Counts, kinds_of
from headct.measure.counts.scores import SCORES, score_values
from headct.measure.estimate import Estimate
from headct.measure.outcomes import UNKNOWN, Indices
from headct.measure.resampling.draws import SAMPLES, numbered
from headct.measure.resampling.interval import interval_of

Numbers = NDArray[np.float64]


def averages(
    truth: NDArray[np.int8],
    called: NDArray[np.bool_],
    patients: Indices | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Every score over all labels, with an interval by drawing patients anew.

    Micro counts each label of a row as a call of its own, so frequent labels weigh most. Macro is
    the plain mean of the labels' scores, so rare ones weigh as much as frequent ones; a label for
    which a score is not defined has no part in it, and the note says so. Labels of one patient
    are no more independent than rows: that is why patients are drawn even where rows are patients.

    Args:
        truth: (rows, labels) 1, 0 or ``UNKNOWN``; also ``UNKNOWN`` where no score was given.
        called: (rows, labels) bool, score >= threshold.
        patients: (rows,) whose each row is; None where every row is another's.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.

    Returns:
        "micro accuracy" and so on for each of ``SCORES``, then "macro accuracy" and so on.

    Raises:
        ValueError: tables that do not fit.

    Source:
        Sokolova and Lapalme, Inf Process Manag 2009;45:427-437.
    """
    counts = counts_of_labels(truth, called, patients)
    drawn = sums_of_samples(counts, samples, rng)
    micro = scores_of_samples(counts.sum(axis=1), score_values(drawn.sum(axis=1)), level=level)
    macro = _macro(counts, score_values(drawn), level)
    return {
        **{f"micro {name}": estimate for name, estimate in micro.items()},
        **{f"macro {name}": estimate for name, estimate in macro.items()},
    }


def counts_of_labels(
    truth: NDArray[np.int8], called: NDArray[np.bool_], patients: Indices | None
) -> Counts:
    """(patients, labels, 4) calls against truth of each patient, of rows whose truth is known.

    Raises:
        ValueError: tables that do not fit.
    """
    if truth.ndim != 2 or truth.shape != called.shape:
        raise ValueError(f"expected two tables of one shape, got {truth.shape}, {called.shape}")
    rows, labels = truth.shape
    index, among = numbered(patients, rows)
    counts = np.zeros((among, labels, 4), dtype=np.int64)
    for i in range(labels):
        known = truth[:, i] != UNKNOWN
        kinds = kinds_of(truth[known, i] == 1, called[known, i])
        flat = np.bincount(index[known] * 4 + kinds, minlength=4 * among)
        counts[:, i] = flat.reshape(among, 4)
    return counts


def _macro(counts: Counts, drawn: Numbers, level: float) -> dict[str, Estimate]:
    """The mean over labels; the interval widens by the label that fewest patients have."""
    labels = counts.shape[1]
    values = score_values(counts.sum(axis=0))
    rests = [rests_on(counts[:, i]) for i in range(labels)]
    found = {}
    for i, name in enumerate(SCORES):
        defined = ~np.isnan(values[:, i])
        if not defined.any():
            found[name] = Estimate(None, note="not defined for any label")
            continue
        means = drawn[:, defined, i].mean(axis=1)
        fewest = min(
            one[name] for one, is_defined in zip(rests, defined, strict=True) if is_defined
        )
        estimate = interval_of(
            float(values[defined, i].mean()), means, level=level, patients=max(fewest, 2.0)
        )
        found[name] = estimate if defined.all() else _of_some(estimate, int(defined.sum()), labels)
    return found


def _of_some(estimate: Estimate, defined: int, labels: int) -> Estimate:
    part = f"mean of the {defined} of {labels} labels for which it is defined"
    note = "; ".join(told for told in (part, estimate.note) if told)
    return replace(estimate, note=note)

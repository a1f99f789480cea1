"""How long resampled areas take: beside scikit-learn in a loop, and on a set of RSNA's size."""

import resource
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from headct.measure.resampling.areas import area_samples, auc_samples
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.obuchowski import obuchowski

CASES = 20_000
DRAWN = 10_000
# scikit-learn takes a minute or more for all of them: the time of some stands for it.
LOOPED = 300

# Rows and patients of the RSNA 2019 training set.
SLICES = 752_803
PATIENTS = 18_938
POSITIVE = 0.14


def main() -> None:
    """Print both."""
    rng = np.random.default_rng(6)
    truth, scores = _cases(CASES, 0.5, rng)
    ours = _seconds(lambda: auc_samples(truth, scores, None, rng=rng, samples=DRAWN))
    loop = _seconds(lambda: _looped(truth, scores, rng)) * DRAWN / LOOPED
    print(f"{DRAWN:,} AUCs of {CASES:,} cases, each with its own draw of them:")
    print(f"  headct        {ours:6.2f} s")
    print(
        f"  scikit-learn  {loop:6.1f} s in a loop ({LOOPED} of them timed): {loop / ours:.0f} times"
    )
    truth, scores = _cases(SLICES, POSITIVE, rng)
    patients = np.sort(rng.integers(0, PATIENTS, SLICES))
    print(f"{SLICES:,} slices of {PATIENTS:,} patients, {SAMPLES} samples by patient, one label:")
    for name, call in (
        ("AUC", lambda: auc_samples(truth, scores, patients, rng=rng)),
        ("AUC and average precision", lambda: area_samples(truth, scores, patients, rng=rng)),
        ("AUC by Obuchowski's formula", lambda: obuchowski(truth, scores, patients)),
    ):
        print(f"  {name:28} {_seconds(call):6.2f} s")
    print(f"  at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB in all")


def _cases(
    rows: int, positive: float, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth = rng.random(rows) < positive
    return truth, rng.normal(size=rows) + 1.8 * truth


def _looped(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], rng: np.random.Generator
) -> None:
    for _ in range(LOOPED):
        drawn = rng.integers(0, len(truth), len(truth))
        roc_auc_score(truth[drawn], scores[drawn])


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun

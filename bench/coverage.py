"""How often 95 % intervals hold the truth, on cohorts whose true figures are known exactly.

A slice scores its patient's own habit plus its own noise, both normal, plus a step where it bleeds:
sensitivity, specificity, AUC and average precision of all slices then follow from the normal
distribution.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from headct.measure.counts.proportions import proportion
from headct.measure.curves.delong import delong
from headct.measure.curves.precision_recall import average_precision
from headct.measure.curves.roc import auc
from headct.measure.estimate import Estimate
from headct.measure.resampling.areas import area_samples
from headct.measure.resampling.interval import DEFAULT_KIND, Kind, interval_of
from headct.measure.resampling.obuchowski import obuchowski
from headct.measure.resampling.sums import count_samples, effective_patients, per_patient

REPETITIONS, SEED = 7_500, 6
# One repetition of so many also draws slices in place of patients, which is slow and fails plainly.
NAIVE_EACH = 25
PARTS = 50


@dataclass(frozen=True)
class Design:
    """A cohort to draw again and again.

    Args:
        told: what it is, for the table.
        patients: in each repetition.
        sizes: fewest and most slices of a patient.
        long_tailed: sizes come as often as 1 over them, rather than all alike.
        ill: share of patients with a bleed, which is in 1 to half of their slices.
        step: how far bleeding raises a score; habit and noise have a variance of 1 each.
        threshold: from which a slice is called.
    """

    told: str
    patients: int
    sizes: tuple[int, int] = (5, 60)
    long_tailed: bool = False
    ill: float = 0.4
    step: float = 2.56
    threshold: float = 1.4

    def chances(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Sizes, and how often each comes."""
        sizes = np.arange(self.sizes[0], self.sizes[1] + 1)
        often = 1 / sizes if self.long_tailed else np.ones(len(sizes))
        return sizes, often / often.sum()

    def truth(self) -> dict[str, float]:
        """The figures of a cohort without end; slices by the first names, patients by the last."""
        sizes, often = self.chances()
        bleeding = self.ill * float(often @ (1 + np.ceil(sizes / 2)) / 2) / float(often @ sizes)
        spread = np.sqrt(2)

        def precision(score: float) -> float:
            right = bleeding * ndtr((self.step - score) / spread)
            return float(right / (right + (1 - bleeding) * ndtr(-score / spread)))

        reached = partial(norm.pdf, loc=self.step, scale=spread)
        ends = (-10.0, self.step + 10)
        called = quad(lambda s: float(reached(s)) * precision(s), *ends, limit=500)[0]
        caught = float(ndtr((self.step - self.threshold) / spread))
        area = float(ndtr(self.step / 2))
        return {
            "sensitivity": caught,
            "specificity": float(ndtr(self.threshold / spread)),
            "AUC": area,
            "average precision": float(called),
            "patient sensitivity": caught,
            "patient AUC": area,
        }


DESIGNS = (
    Design("200 patients, 5 to 60 slices", 200),
    Design("200 patients, few with many slices, nearer to 1", 200, (5, 60), True, 0.4, 3.6, 1.8),
    Design("20 patients, 5 to 60 slices", 20),
)


def main() -> None:
    """Print the table of every design."""
    for design in DESIGNS:
        begun = time.perf_counter()
        repetitions = REPETITIONS if design == DESIGNS[0] else REPETITIONS // 3
        table(design, repetitions)
        print(f"  ({repetitions:,} repetitions, {time.perf_counter() - begun:.0f} s)\n", flush=True)


def table(design: Design, repetitions: int) -> None:
    """Print how often each interval of one design held the truth."""
    truth, found = design.truth(), simulated(design, repetitions)
    print(f"{design.told}:")
    print(f"  {'':20}{'interval':34}{'truth':>7}{'holds':>8}{'below':>8}{'above':>8}{'width':>8}")
    for (figure, how), rows in found.items():
        held, below, above, width = rows[~np.isnan(rows[:, 3])].mean(axis=0)
        none = int(np.isnan(rows[:, 3]).sum())
        shown = f"{held:8.1%}{below:8.1%}{above:8.1%}{width:8.3f}"
        left = f"  none in {none} of {len(rows)}" if none else ""
        print(f"  {figure:20}{how:34}{truth[figure]:7.3f}{shown}{left}")


def simulated(
    design: Design, repetitions: int, *, naive_each: int = NAIVE_EACH
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """(repetitions, 4) whether each interval held the truth, lay above, below, and its width.

    Width is NaN where there was no interval. In two processes, the same whatever their number.
    """
    parts = min(PARTS, repetitions)
    shares = [len(part) for part in np.array_split(np.arange(repetitions), parts)]
    seeds = np.random.SeedSequence(SEED).spawn(parts)
    work = partial(_part, design, naive_each)
    # Read where numpy is loaded: processes beside one another need no threads of their own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Started afresh rather than copied: threads of this process would not be.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        told = list(pool.map(work, shares, seeds))
    names = {name: None for part in told for name in part}
    return {name: np.concatenate([part[name] for part in told if name in part]) for name in names}


def _part(
    design: Design, naive_each: int, repetitions: int, seed: np.random.SeedSequence
) -> dict[tuple[str, str], NDArray[np.float64]]:
    rng, truth = np.random.default_rng(seed), design.truth()
    found: dict[tuple[str, str], list[tuple[float, float, float, float]]] = defaultdict(list)
    for i in range(repetitions):
        for (figure, how), estimate in _intervals(design, rng, naive=i % naive_each == 0):
            true = truth[figure]
            if estimate.low is None or estimate.high is None:
                found[figure, how].append((np.nan, np.nan, np.nan, np.nan))
                continue
            low, high = estimate.low, estimate.high
            found[figure, how].append((low <= true <= high, true < low, true > high, high - low))
    return {name: np.array(rows, dtype=np.float64) for name, rows in found.items()}


def _intervals(
    design: Design, rng: np.random.Generator, *, naive: bool
) -> Iterator[tuple[tuple[str, str], Estimate]]:
    """Every figure of a cohort with each of its intervals."""
    truth, scores, patients, ill = cohort(design, rng)
    for (figure, kind), estimate in _drawn(design, (truth, scores, patients), rng).items():
        yield (figure, f"bootstrap by patient{kind}"), estimate
    yield ("AUC", "Obuchowski, logit"), obuchowski(truth, scores, patients)
    yield ("AUC", "Obuchowski, plain"), obuchowski(truth, scores, patients, scale="plain")
    alone = rng.normal(scale=np.sqrt(2), size=len(ill)) + design.step * ill
    hits = int(np.count_nonzero(alone[ill] >= design.threshold))
    yield ("patient sensitivity", "Clopper-Pearson"), proportion(hits, int(ill.sum()))
    yield ("patient AUC", "DeLong"), delong(ill, alone)
    if naive:
        for (figure, kind), estimate in _drawn(design, (truth, scores, None), rng).items():
            if not kind:
                yield (figure, "bootstrap by slice (naive)"), estimate


def cohort(
    design: Design, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Truth, scores and patients of slices, and which patients are ill."""
    sizes = rng.choice(design.chances()[0], design.patients, p=design.chances()[1])
    ill = rng.random(design.patients) < design.ill
    # At least one patient of each kind: figures are not defined in a cohort without.
    ill[:2] = True, False
    bleeding = np.where(ill, rng.integers(1, np.ceil(sizes / 2).astype(np.int64) + 1), 0)
    patients = np.repeat(np.arange(design.patients), sizes)
    place = np.arange(len(patients)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    truth = place < bleeding[patients]
    habit = rng.normal(size=design.patients)
    return truth, habit[patients] + rng.normal(size=len(truth)) + design.step * truth, patients, ill


def _drawn(
    design: Design,
    slices: tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64] | None],
    rng: np.random.Generator,
) -> dict[tuple[str, str], Estimate]:
    """Intervals by the bootstrap: those that the package gives, and plain quantiles."""
    truth, scores, patients = slices
    right = (scores >= design.threshold) == truth
    counts = per_patient(np.stack([truth & right, truth, ~truth & right, ~truth], 1), patients)
    sums, whole = count_samples(counts, 1000, rng), counts.sum(axis=0)
    areas = area_samples(truth, scores, patients, rng=rng, samples=1000)
    ill, well = effective_patients(counts[:, 1]), effective_patients(counts[:, 3])
    figures = {
        "sensitivity": (whole[0] / whole[1], sums[:, 0] / np.maximum(sums[:, 1], 1), ill),
        "specificity": (whole[2] / whole[3], sums[:, 2] / np.maximum(sums[:, 3], 1), well),
        "AUC": (auc(truth, scores), areas.auc, min(ill, well)),
        "average precision": (average_precision(truth, scores), areas.average_precision, ill),
    }
    kinds: dict[str, Kind] = {"": DEFAULT_KIND, ", percentile": "percentile"}
    return {
        (figure, told): interval_of(value, samples, kind=kind, patients=worth)
        for figure, (value, samples, worth) in figures.items()
        for told, kind in kinds.items()
    }

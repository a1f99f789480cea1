"""The classical finder on the real slices of CT-ICH: by slice and by patient, limits by folds.

The rules were thought out on these patients. So that the figures do not flatter their limits, each
patient is scored with limits chosen on the other four fifths; the shipped limits, set on all of
them, stand beside. Intervals: patients exact (Clopper-Pearson), slices by bootstrap over patients.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.image.formats.pictures import read_pictures
from headct.image.head import intracranial
from headct.image.slabs import to_slabs
from headct.measure.counts.proportions import proportion
from headct.measure.curves.roc import auc
from headct.measure.resampling.areas import auc_samples
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import effective_patients
from headct.predict.classical import LIMITS, SLAB_MM, candidates
from headct.predict.lookalikes import Candidate, Limits, set_aside_reason

DATA = Path(os.environ.get("HEADCT_DATA", Path(__file__).parents[2] / "shared" / "data")) / "ct-ich"
FOLDS, REPEATS = 5, 2000
GRID = {
    "least_ml": (0.4, 0.6, 0.8, 1.2),
    "least_half_mm": (1.8, 2.2, 2.6),
    "least_seeds": (0.04, 0.08, 0.12),
    "most_notched": (0.3, 0.4, 0.5),
    "most_midline": (0.2, 0.25, 0.35),
}
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Patient:
    """A patient's candidates, and what is true of each slice."""

    name: str
    bleeds: NDArray[np.bool_]
    candidates: tuple[Candidate, ...]

    def areas(self, limits: Limits) -> Numbers:
        """(slices,) pixels counted as blood."""
        areas = np.zeros(self.bleeds.size)
        for candidate in self.candidates:
            if set_aside_reason(candidate, limits) is None:
                first = candidate.slices[0] - 1
                pixels = np.count_nonzero(candidate.region, axis=(1, 2))
                areas[first : first + pixels.size] += pixels
        return areas


def main() -> None:
    """Print the table."""
    if not DATA.is_dir():
        print(f"(CT-ICH is not at {DATA}: left out; name its parent folder in HEADCT_DATA)")
        return
    patients = read_patients()
    slices = sum(p.bleeds.size for p in patients)
    bleeding = sum(bool(p.bleeds.any()) for p in patients)
    print(f"{len(patients)} patients ({bleeding} bleed), {slices} slices, CT-ICH 1.0.0, CC BY 4.0.")
    tell("limits chosen on the other folds", patients, out_of_fold(patients))
    shipped = [patient.areas(LIMITS) for patient in patients]
    tell("shipped limits (set on these patients)", patients, shipped)


def read_patients() -> list[Patient]:
    """All of them, in the order of their names."""
    truth = read_truth(DATA / "hemorrhage_diagnosis.csv")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        folders = sorted((DATA / "Patients_CT").iterdir())
        return list(pool.map(read_patient, folders, [truth] * len(folders)))


def read_truth(path: Path) -> dict[tuple[int, int], bool]:
    """(patient, slice) → whether it bleeds."""
    with path.open(newline="") as file:
        return {
            (int(row["PatientNumber"]), int(row["SliceNumber"])): row["No_Hemorrhage"] == "0"
            for row in csv.DictReader(file)
        }


def read_patient(folder: Path, truth: dict[tuple[int, int], bool]) -> Patient:
    """One patient's pictures, through the finder up to its candidates."""
    volume = read_pictures(folder / "brain", window=(40, 120))
    numbers = [int(Path(source.file).stem) for source in volume.sources]
    bleeds = np.array([truth[int(folder.name), number] for number in numbers])
    slabs = to_slabs(volume, SLAB_MM)
    skull = intracranial(slabs)
    seen = () if isinstance(skull, Refusal) else candidates(slabs, skull, volume.grid)
    return Patient(folder.name, bleeds, seen)


def folds(patients: Sequence[Patient]) -> Iterator[tuple[list[int], list[int]]]:
    """Indices to choose on and to score; bleeding patients spread evenly."""
    order = sorted(range(len(patients)), key=lambda i: (bool(patients[i].bleeds.any()), i))
    for fold in range(FOLDS):
        scored = order[fold::FOLDS]
        yield [i for i in order if i not in scored], scored


def out_of_fold(patients: Sequence[Patient]) -> list[Numbers]:
    """Each patient's areas with the limits that were best on the other folds."""
    choices = [Limits(**dict(zip(GRID, values, strict=True))) for values in product(*GRID.values())]
    areas = {limits: [p.areas(limits) for p in patients] for limits in choices}
    found: list[Numbers] = [np.zeros(0)] * len(patients)
    for chosen_on, scored in folds(patients):
        best = max(choices, key=lambda limits: merit(patients, areas[limits], chosen_on))
        for index in scored:
            found[index] = areas[best][index]
    return found


def merit(patients: Sequence[Patient], areas: Sequence[Numbers], on: Sequence[int]) -> float:
    """Slice AUC and balanced accuracy of patients, evenly."""
    bleeds = np.concatenate([patients[i].bleeds for i in on])
    by_slice = auc(bleeds, np.concatenate([areas[i] for i in on])) or 0.0
    ill = np.array([patients[i].bleeds.any() for i in on])
    found = np.array([areas[i].any() for i in on])
    return by_slice + (found[ill].mean() + (~found[~ill]).mean()) / 2


def tell(what: str, patients: Sequence[Patient], areas: Sequence[Numbers]) -> None:
    """Print every figure of one way to set the limits."""
    ill = np.array([p.bleeds.any() for p in patients])
    found = np.array([a.any() for a in areas])
    bleeds, scores = np.concatenate([p.bleeds for p in patients]), np.concatenate(list(areas))
    whose = np.repeat(np.arange(len(patients)), [p.bleeds.size for p in patients])
    drawn = auc_samples(bleeds, scores, whose, rng=np.random.default_rng(1), samples=REPEATS)
    worth = effective_patients(np.bincount(whose[bleeds]))
    by_slice = interval_of(auc(bleeds, scores), drawn, patients=worth)
    false_slices = sum(np.count_nonzero(a[~p.bleeds]) for p, a in zip(patients, areas, strict=True))
    print(f"\n{what}")
    print(f"  slice AUC, any bleed            {by_slice}")
    print(f"  slice sensitivity               {rate(scores[bleeds] > 0)}")
    print(f"  slice specificity               {rate(scores[~bleeds] == 0)}")
    print(f"  patient sensitivity             {exact(found[ill])}")
    print(f"  patient specificity             {exact(~found[~ill])}")
    print(f"  false slices per patient        {false_slices / len(patients):.2f}")


def rate(hits: NDArray[np.bool_]) -> str:
    """A share with its counts; no interval, as slices of one patient are not independent."""
    return f"{hits.mean():.3f} ({np.count_nonzero(hits)}/{hits.size})"


def exact(hits: NDArray[np.bool_]) -> str:
    """A share of patients with its Clopper-Pearson interval."""
    found, count = np.count_nonzero(hits), hits.size
    share = proportion(found, count).show()
    return f"{share[:-1]}; {found}/{count})"

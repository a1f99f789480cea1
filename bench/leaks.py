"""What a split by slice does to a figure: nearest neighbours on CT-ICH, by slice and by patient.

Nothing is learned about blood here: a test slice takes the labels of the training slices that look
most alike. Where neighbours of a slice lie in training, they are of the same bleed.
"""

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from headct.cohort.open import open_cohort
from headct.cohort.splitting.by_patient import holdout
from headct.cohort.splitting.leaky import leaky_slice_split
from headct.core.case import Cohort
from headct.core.labels import ANY_HEMORRHAGE

DATA = Path(os.environ.get("HEADCT_DATA", Path(__file__).parents[2] / "shared" / "data")) / "ct-ich"
SIDE, NEIGHBOURS, SEEDS = 32, 5, 20
Key = tuple[str, str]


def main() -> None:
    """Print the table."""
    if not DATA.is_dir():
        print(f"(CT-ICH is not at {DATA}: left out; name its parent folder in HEADCT_DATA)")
        return
    cohort = open_cohort(DATA).cohort
    names, pixels, bleeds = read(cohort)
    print(f"{len(cohort.cases)} patients, {len(names)} slices, CT-ICH 1.0.0, CC BY 4.0.")
    print(f"Slice AUC of the {NEIGHBOURS} most alike training slices, {SIDE} x {SIDE} pixels;")
    print(f"mean and range over {SEEDS} seeds, 70:15:15, tested on the last part.")
    for told, sides in (("by slice (leaks patients)", by_slice), ("by patient", by_patient)):
        found = []
        for seed in range(1, SEEDS + 1):
            train, test = sides(cohort, names, seed)
            found.append(auc(pixels, bleeds, train, test))
        print(f"  split {told:<26}{np.mean(found):.3f} ({min(found):.3f} to {max(found):.3f})")


def read(cohort: Cohort) -> tuple[list[tuple[Key, str]], NDArray[np.float32], NDArray[np.bool_]]:
    """Every slice's name, its pixels and whether it bleeds."""
    names, pixels, bleeds = [], [], []
    for case in cohort.cases:
        for path in case.pictures[0].files:
            plane = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            names.append((case.key, path.name))
            small = cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            pixels.append(small.ravel().astype(np.float32))
            bleeds.append(case.slice_labels.truth(path.name)[ANY_HEMORRHAGE] is True)
    return names, np.stack(pixels), np.array(bleeds)


def by_slice(
    cohort: Cohort, names: list[tuple[Key, str]], seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(slices,) training and test."""
    parts = leaky_slice_split(cohort, seed=seed).parts
    train, test = (
        {(key, name) for key, of in parts[part].items() for name in of}
        for part in ("train", "test")
    )
    return np.array([name in train for name in names]), np.array([name in test for name in names])


def by_patient(
    cohort: Cohort, names: list[tuple[Key, str]], seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(slices,) training and test."""
    parts = holdout(cohort, seed=seed).round().parts
    whose = [key[0] for key, _ in names]
    return tuple(np.isin(whose, parts[part]) for part in ("train", "test"))


def auc(
    pixels: NDArray[np.float32],
    bleeds: NDArray[np.bool_],
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
) -> float:
    """Area under the ROC curve of the share of neighbours that bleed."""
    near = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(pixels[train])
    alike = near.kneighbors(pixels[test], return_distance=False)
    return float(roc_auc_score(bleeds[test], bleeds[train][alike].mean(axis=1)))

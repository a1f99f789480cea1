"""A network that learned next to nothing, from heads whose skull, ventricles and bleeds are known.

Balls of brain with a ball of fluid in the middle, but for the last, which has none: 10 mL of fresh
blood in every second one.
"""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.preparing.prepare import prepare
from headct.cohort.splitting.by_patient import holdout
from headct.cohort.splitting.file import write_split
from headct.core.case import Case, Cohort
from headct.core.volume import Mask
from headct.image.encoders import Gray
from headct.image.formats.nifti import write_nifti
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline

SEEN = Pipeline("seen", (Reshape(128, 128), Rescale(0.0, 80.0), Gray()))
PLAN = {
    "epochs": 1,
    "steps": 12,
    "batch_size": 8,
    "threads": 1,
    "precision": "32-true",
    "seed": 2,
    "learning_rate": 3e-3,
    "ema": 0.0,
}


@pytest.fixture(scope="session")
def hollow_heads(ball_head, tmp_path_factory) -> Cohort:
    root, scan = tmp_path_factory.mktemp("hollow"), ball_head.scan()
    cases = []
    for number in range(8):
        hu = scan.hu.copy()
        if number < 7:
            hu[ball_head.within(20.0)] -= 27
        labels = np.zeros(hu.shape, np.uint8)
        if number % 2:
            labels[10:15, 80:100, 60:80] = 1
        hu[labels > 0] += 35
        image, mask = root / f"{number}.nii.gz", root / f"{number}_mask.nii.gz"
        write_nifti(replace(scan, hu=hu), image)
        write_nifti(Mask(labels, scan.grid, ("subdural",)), mask)
        truth = {"any_hemorrhage": bool(number % 2), "subdural": bool(number % 2)}
        cases.append(Case(f"Ann{number}", "1", image, truth, mask=mask, mask_names=("subdural",)))
    return Cohort("hollow", tuple(cases))


@pytest.fixture(scope="session")
def hollow_store(hollow_heads, tmp_path_factory):
    return prepare(hollow_heads, SEEN, tmp_path_factory.mktemp("store") / "hollow").store


@pytest.fixture(scope="session")
def hollow_run(hollow_heads, hollow_store, tmp_path_factory) -> Path:
    """Trained on four of them; two validate, two test."""
    out = tmp_path_factory.mktemp("runs") / "hollow"
    split = out.parent / "split.json"
    write_split(holdout(hollow_heads, (50, 25, 25), seed=1), split)
    # Imported here: without PyTorch a conftest is read all the same, and its tests skip.
    gather, found, run = (
        import_module(f"headct.train.{name}") for name in ("gather", "recipes.find", "run")
    )
    recipe = found.find_recipe("hemorrhage")
    # Slices take their label over from the patient.
    task = replace(recipe.task, level="patient")
    recipe = replace(recipe, task=task, network="resnet10t", plan=replace(recipe.plan, **PLAN))
    run.train(gather.Order(recipe, hollow_store.folder, split, out))
    return out

"""One run that was trained on every patient, and folds of it whose scores are written by hand."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from tests.train.bundling.written_run import FOLDS, as_round

PLAN = {"epochs": 1, "steps": 2, "batch_size": 8, "threads": 1, "precision": "32-true", "seed": 2}


@pytest.fixture(scope="session")
def everybody(store, five_folds, tmp_path_factory) -> Path:
    """A network of all ten patients."""
    out = tmp_path_factory.mktemp("runs") / "everybody"
    # Imported here: without PyTorch a conftest is read all the same, and its tests skip.
    gather, found, run = (
        import_module(f"headct.train.{name}") for name in ("gather", "recipes.find", "run")
    )
    recipe = found.find_recipe("hemorrhage")
    recipe = replace(recipe, network="resnet10t", plan=replace(recipe.plan, **PLAN))
    run.train(gather.Order(recipe, store.folder, five_folds, out, round_name="all"))
    return out


@pytest.fixture(scope="session")
def folds(everybody, tmp_path_factory) -> Path:
    """Two folds of 25 patients each."""
    root = tmp_path_factory.mktemp("folds")
    for name, rows in FOLDS.items():
        as_round(everybody, root / name, name, {"validation": rows})
    return root

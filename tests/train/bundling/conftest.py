"""One run that was trained on every patient, and folds of it whose scores are written by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.bundling.written_run import FOLDS, as_round

from headct.train.gather import Order
from headct.train.plan import Plan
from headct.train.recipes.find import find_recipe
from headct.train.run import train

PLAN = Plan(epochs=1, steps=2, batch_size=8, threads=1, precision="32-true", seed=2)


@pytest.fixture(scope="session")
def everybody(store, five_folds, tmp_path_factory) -> Path:
    """A network of all ten patients."""
    out = tmp_path_factory.mktemp("runs") / "everybody"
    recipe = replace(find_recipe("hemorrhage"), network="resnet10t", plan=PLAN)
    train(Order(recipe, store.folder, five_folds, out, round_name="all"))
    return out


@pytest.fixture(scope="session")
def folds(everybody, tmp_path_factory) -> Path:
    """Two folds of 25 patients each."""
    root = tmp_path_factory.mktemp("folds")
    for name, rows in FOLDS.items():
        as_round(everybody, root / name, name, {"validation": rows})
    return root

from dataclasses import replace

import numpy as np
import pytest

from headct.cohort.splitting.file import read_split
from headct.core.errors import TrainError
from headct.train.gather import ALL, Order, Other, data_of, parts_of, round_of
from headct.train.plan import Plan
from headct.train.recipes.find import find_recipe
from headct.train.run import train

RECIPE = replace(find_recipe("hemorrhage"), network="resnet10t", plan=Plan(epochs=1, steps=1))


def test_a_round_of_all_trains_every_patient_and_leaves_nobody(five_folds):
    split = read_split(five_folds)

    everybody = round_of(split, name=ALL)

    assert list(everybody.parts) == ["train"]
    assert set(everybody.parts["train"]) == split.patients


def test_a_split_has_its_own_rounds_beside(five_folds):
    split = read_split(five_folds)

    assert round_of(split, "2/5") == round_of(split, name="fold 2") == split.rounds[1]


def test_patience_without_validation_patients_is_refused(store, five_folds, tmp_path):
    recipe = replace(RECIPE, plan=replace(RECIPE.plan, patience=2))

    with pytest.raises(TrainError, match="--patience watches validation patients"):
        train(Order(recipe, store.folder, five_folds, tmp_path / "run", round_name=ALL))
    assert list(tmp_path.iterdir()) == []


def test_a_run_counts_what_it_learns_from(store, split, balls, tmp_path):
    order = Order(RECIPE, store.folder, split, tmp_path)
    parts = parts_of(store, read_split(split), round_of(read_split(split)), RECIPE)

    data = data_of(store, parts, (), order)

    # Every second ball bleeds, on five of its slices; what is not asked of them is not known.
    known = {case.patient: case.slice_labels.values[:, 0] for case in balls.cases}
    for part, patients in read_split(split).rounds[0].parts.items():
        values = np.stack([known[patient] for patient in patients])
        counted = data["parts"][part]
        assert counted["patients"] == len(patients)
        assert counted["slices"] == values.size
        assert counted["labels"]["any_hemorrhage"] == {
            "positive_slices": int(values.sum()),
            "negative_slices": int((1 - values).sum()),
            "positive_patients": int(values.any(axis=1).sum()),
            "negative_patients": int((~values.any(axis=1)).sum()),
        }
        assert set(counted["labels"]["epidural"].values()) == {0}
    assert data["channels"] == ["gray"]
    assert data["cohort"] == {"name": "balls", "kind": ""}


def test_a_store_to_learn_from_besides_is_named_with_its_share(store, split, tmp_path):
    order = Order(RECIPE, store.folder, split, tmp_path, others=((store.folder, 0.25),))
    parts = parts_of(store, read_split(split), round_of(read_split(split)), RECIPE)

    data = data_of(store, parts, [Other(parts["train"], 0.25, None)], order)

    (other,) = data["others"]
    assert other["name"] == other["folder"] == "balls"
    assert (other["slices"], other["share"]) == (len(parts["train"]), 0.25)

from dataclasses import replace

import numpy as np
import pytest
import torch

from headct.core.errors import TrainError
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LABELS
from headct.core.record import Record
from headct.image.encoders import Gray
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.phantom.generator import MASKED, Example, labels_of, write_shard
from headct.train.batches import InOrder
from headct.train.examples import is_shard, slices_of_examples, slices_of_shard
from headct.train.learner import as_input
from headct.train.losses import NOT_DRAWN, Loss
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.recipes.find import RECIPES

TINY = Pipeline("tiny", (Reshape(64, 64), Rescale(0.0, 80.0), Gray()))
TASK = (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES)


@pytest.fixture(scope="module")
def example(bleeding) -> Example:
    """The bleeding head as the generator gives it."""
    codes = np.array([0, *(1 + MASKED.index(name) for name in bleeding.truth.names)], np.uint8)
    masks = codes[bleeding.truth.labels]
    grid = bleeding.volume.grid
    spacing_mm = (float(grid.distances_mm[0]), *grid.spacing_mm)
    return Example(bleeding.volume.hu, masks, labels_of(masks), spacing_mm)


def test_masks_and_labels_of_a_head_come_with_its_frames(example):
    slices = slices_of_examples([example], TINY, TASK, "head")

    taken = slices.take(np.arange(len(slices)))

    bleeds = example.masks.any((1, 2))
    np.testing.assert_array_equal(taken.labels[:, 0], bleeds)
    shown = taken.masks == 1 + TASK.index("intraparenchymal")
    # Nearest pixels of a quarter of the sides: within a tenth of the area.
    assert shown.sum() * 16 == pytest.approx((example.masks > 0).sum(), rel=0.1)
    assert taken.pixels.shape == (len(example.hu), 1, 64, 64)


def test_of_slices_whose_labels_are_not_known_nothing_is_taught(example):
    known = np.ones_like(example.labels)
    known[3] = False
    known[4, LABELS.index(ANY_HEMORRHAGE)] = False

    slices = slices_of_examples([replace(example, known=known)], TINY, TASK, "head")

    taken = slices.take(np.array([3, 4, 5]))
    assert (taken.labels[0] == -1).all()
    assert (taken.masks[0] == NOT_DRAWN).all()
    assert taken.labels[1].tolist()[0] == -1
    assert (taken.masks[1] != NOT_DRAWN).all()
    assert (taken.labels[2] != -1).all()


def test_a_shard_gives_what_its_scans_give(example, tmp_path):
    write_shard(tmp_path / "shard", [example], Record("test"))

    slices = slices_of_shard(tmp_path / "shard", TINY, TASK)

    direct = slices_of_examples([example], TINY, TASK, "head")
    assert is_shard(tmp_path / "shard")
    np.testing.assert_array_equal(slices.labels, direct.labels)
    np.testing.assert_array_equal(slices.masks, direct.masks)


def test_no_scan_is_refused():
    with pytest.raises(TrainError, match="expected scans"):
        slices_of_examples([], TINY, TASK, "nothing")


@pytest.mark.parametrize("task", RECIPES)
def test_steps_of_every_task_on_the_phantom_lower_the_loss(example, task):
    recipe = RECIPES[task]
    labels = recipe.task.labels
    # What is marked stands for what the task asks for.
    marked = ((example.masks > 0) * (1 + MASKED.index(labels[-1]))).astype(np.uint8)
    shown = replace(example, masks=marked, labels=labels_of(marked))
    slices = slices_of_examples([shown], TINY, labels, "head")
    name = {"multitask": "multitask:resnet10t"}.get(recipe.network, recipe.network)
    first = int(np.argmax(slices.truth[:, 0])) - 4
    batch = InOrder(replace(slices, rows=np.arange(first, first + 8)), 8)[0]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build(Wish(name, 1, len(labels)))
        loss = Loss(labels, recipe.weights)
        optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
        losses = []
        for _ in range(4):
            value = loss(network(as_input(batch.pixels)), batch)["loss"]
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(float(value.detach()))

    assert set(batch.labels[:, 0].tolist()) == {0, 1}
    assert losses[-1] < 0.9 * losses[0]

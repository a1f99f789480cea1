import math

import numpy as np
import pytest
import torch

from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.train.losses import (
    NOT_DRAWN,
    Batch,
    Loss,
    MaskTargets,
    Weights,
    known_cross_entropy,
    known_squared_error,
    soft_dice_loss,
    top_loss,
)
from headct.train.networks.outputs import Outputs

LABELS = (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES)
SUBDURAL = 1 + LABELS.index("subdural")


def batch(labels, masks) -> Batch:
    masks = torch.tensor(masks, dtype=torch.uint8)
    pixels = torch.zeros((len(masks), 1, *masks.shape[1:]), dtype=torch.uint8)
    return Batch(pixels, torch.tensor(labels, dtype=torch.int8), masks)


def test_cross_entropy_is_the_mean_over_what_is_known():
    logits = torch.tensor([[0.0, 2.0], [1.0, -3.0]])
    truth = torch.tensor([[1, -1], [0, 0]])

    expected = (math.log(2) + math.log1p(math.exp(1.0)) + math.log1p(math.exp(-3.0))) / 3

    assert float(known_cross_entropy(logits, truth)) == pytest.approx(expected, rel=1e-6)


def test_a_positive_counts_as_often_as_asked():
    logits, truth = torch.tensor([0.5]), torch.tensor([1])

    loss = known_cross_entropy(logits, truth, positive=3.0)

    assert float(loss) == pytest.approx(3 * math.log1p(math.exp(-0.5)), rel=1e-6)


def test_squared_error_is_of_probabilities():
    logits = torch.tensor([0.0, math.log(3.0), 9.0])
    truth = torch.tensor([1, 0, -1])

    loss = known_squared_error(logits, truth)

    assert float(loss) == pytest.approx((0.5**2 + 0.75**2) / 2, rel=1e-6)


@pytest.mark.parametrize("loss", [known_cross_entropy, known_squared_error])
def test_where_nothing_is_known_there_is_no_loss_and_no_gradient(loss):
    logits = torch.tensor([1.0, -2.0], requires_grad=True)

    value = loss(logits, torch.tensor([-1, -1]))
    value.backward()

    assert float(value.detach()) == 0
    assert logits.grad.tolist() == [0, 0]


def test_dice_is_that_of_the_masks_that_show_something():
    sure = 40.0  # a probability of 1 in float32
    logits = torch.full((2, 1, 2, 2), -sure)
    logits[0, 0, 0] = sure
    targets = torch.zeros((2, 1, 2, 2))
    targets[0, 0, :, 0] = 1

    loss = soft_dice_loss(logits, targets)

    # One pixel of two and two in common, and 1 added above and below; the empty mask counts not.
    assert float(loss) == pytest.approx(1 - (2 * 1 + 1) / (2 + 2 + 1), rel=1e-6)


def test_a_positive_slice_that_nobody_drew_is_to_have_eight_bright_pixels():
    logits = torch.zeros((3, 1, 4, 4))
    logits[:, 0, :2] = 2.0  # eight pixels
    labels = torch.tensor([[1], [1], [0]])
    targets = torch.full((3, 1, 4, 4), -1.0)
    targets[1] = 0.0  # drawn

    loss = top_loss(logits, labels, targets)

    assert float(loss) == pytest.approx(math.log1p(math.exp(-2.0)), rel=1e-6)


def test_the_highest_pixels_are_looked_for_only_where_nothing_is_known():
    logits = torch.full((1, 1, 4, 4), -3.0)
    logits[0, 0, 0, 0] = 9.0  # in the air
    logits[0, 0, 2, 2] = 1.0
    targets = torch.full((1, 1, 4, 4), -1.0)
    targets[0, 0, 0] = 0.0

    loss = top_loss(logits, torch.tensor([[1]]), targets)

    assert float(loss) == pytest.approx(math.log1p(math.exp(-1.0)), rel=1e-6)


def test_a_slice_known_to_be_without_has_nothing_anywhere_though_nobody_drew():
    given = batch([[0] * 6], [[[NOT_DRAWN] * 2] * 2])

    targets = MaskTargets(LABELS)(given, (2, 2))

    assert (targets == 0).all()


def test_a_drawn_subdural_is_any_hemorrhage_and_no_other_subtype():
    given = batch([[1, -1, -1, -1, -1, 1]], [[[SUBDURAL, 0], [0, 0]]])

    targets = MaskTargets(LABELS)(given, (2, 2))

    shown = np.argwhere(targets.numpy() == 1)
    assert shown.tolist() == [[0, 0, 0, 0], [0, SUBDURAL - 1, 0, 0]]
    assert (targets >= 0).all()


def test_of_a_bleed_drawn_without_its_subtype_the_subtype_is_not_known():
    given = batch([[1, 0, -1, -1, -1, -1]], [[[1]]])

    targets = MaskTargets(LABELS)(given, (1, 1)).flatten()

    # Known to be no epidural from the slice's labels.
    assert targets.tolist() == [1, 0, -1, -1, -1, -1]


def test_a_coarse_pixel_shows_what_one_of_its_fine_ones_does():
    masks = np.zeros((1, 4, 4), np.uint8)
    masks[0, 3, 3] = SUBDURAL
    given = batch([[1, -1, -1, -1, -1, 1]], masks)

    targets = MaskTargets(LABELS)(given, (2, 2))

    assert targets[0, 0].tolist() == [[0, 0], [0, 1]]


def test_the_loss_is_the_sum_of_its_parts():
    given = batch(
        [[1, -1, -1, -1, -1, 1], [0] * 6], [[[SUBDURAL, 0], [0, 0]], [[NOT_DRAWN] * 2] * 2]
    )
    outputs = Outputs(torch.zeros((2, 6)), torch.zeros((2, 6, 2, 2)))

    parts = Loss(LABELS, Weights(labels=2.0))(outputs, given)

    assert set(parts) == {"labels", "masks", "dice", "top", "loss"}
    assert float(parts["labels"]) == pytest.approx(2 * math.log(2), rel=1e-6)
    assert float(parts["loss"]) == pytest.approx(
        sum(float(value) for name, value in parts.items() if name != "loss"), rel=1e-6
    )

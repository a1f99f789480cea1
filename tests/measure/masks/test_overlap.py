from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.measure.masks.drawn import Drawn, draw_class
from headct.measure.masks.overlap import Overlap, Presence, overlap

EVEN = Grid.regular((3, 4, 5), (5.0, 0.5, 0.75))
THICK_ABOVE = replace(EVEN, origins_mm=np.array([[0, 0, 0], [0, 0, 2.5], [0, 0, 12.5]]))
REGIONS = arrays(np.bool_, EVEN.shape, elements=st.booleans())


def shared(truth, predicted, grid=EVEN) -> Overlap:
    masks = [Mask(region.astype(np.uint8), grid, ("subdural",)) for region in (truth, predicted)]
    return overlap(draw_class(*masks, "subdural"))


@settings(max_examples=50, deadline=None)
@given(truth=REGIONS, predicted=REGIONS)
def test_on_uneven_slices_scores_are_those_of_voxels_weighted_by_their_ml(truth, predicted):
    weights = np.broadcast_to(THICK_ABOVE.slice_voxel_ml[:, None, None], truth.shape).ravel()
    peers = {"dice": f1_score, "iou": jaccard_score}
    peers |= {"precision": precision_score, "recall": recall_score}

    ours = shared(truth, predicted, THICK_ABOVE)

    for name, peer in peers.items():
        is_one = peer(truth.ravel(), predicted.ravel(), sample_weight=weights, zero_division=1)
        is_zero = peer(truth.ravel(), predicted.ravel(), sample_weight=weights, zero_division=0)
        # What changes with the answer to a division by zero is not defined.
        expected = None if is_one != is_zero else pytest.approx(is_one, abs=1e-12)
        assert getattr(ours, name) == expected


@settings(max_examples=50, deadline=None)
@given(truth=REGIONS, predicted=REGIONS)
def test_on_even_slices_scores_are_those_of_simpleitk(truth, predicted):
    truth[0, 0, 0] = predicted[-1, -1, -1] = True
    images = [SimpleITK.GetImageFromArray(one.astype(np.uint8)) for one in (predicted, truth)]
    peer = SimpleITK.LabelOverlapMeasuresImageFilter()
    peer.Execute(*images)

    ours = shared(truth, predicted)

    assert ours.dice == pytest.approx(peer.GetDiceCoefficient(), abs=1e-12)
    assert ours.iou == pytest.approx(peer.GetJaccardCoefficient(), abs=1e-12)
    assert 1 - ours.recall == pytest.approx(peer.GetFalseNegativeError(), abs=1e-12)
    assert 1 - ours.precision == pytest.approx(peer.GetFalseDiscoveryRate(), abs=1e-12)


def test_volumes_are_in_ml_and_their_error_has_a_sign():
    truth, predicted = (np.zeros(EVEN.shape, bool) for _ in range(2))
    truth[0, :2, :] = True
    predicted[0, :3, :] = True

    ours = shared(truth, predicted)

    # 10 and 15 voxels of 5 by 0.5 by 0.75 mm.
    assert ours.true_ml == pytest.approx(10 * 1.875e-3)
    assert ours.predicted_ml == pytest.approx(15 * 1.875e-3)
    assert ours.error_ml == pytest.approx(5 * 1.875e-3)
    assert ours.error_percent == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("truth", "predicted", "presence", "dice", "iou", "precision", "recall"),
    [
        (False, False, Presence.NEITHER, None, None, None, None),
        (True, False, Presence.MISSED, 0.0, 0.0, None, 0.0),
        (False, True, Presence.FALSE_ALARM, 0.0, 0.0, 0.0, None),
        (True, True, Presence.BOTH, 1.0, 1.0, 1.0, 1.0),
    ],
)
def test_empty_masks_follow_the_stated_rule(
    truth, predicted, presence, dice, iou, precision, recall
):
    regions = (np.full(EVEN.shape, truth), np.full(EVEN.shape, predicted))

    ours = shared(*regions, THICK_ABOVE)

    assert ours.presence is presence
    assert (ours.dice, ours.iou, ours.precision, ours.recall) == (dice, iou, precision, recall)


def test_the_error_in_percent_is_not_defined_without_a_true_volume():
    ours = shared(np.zeros(EVEN.shape, bool), np.ones(EVEN.shape, bool))

    assert ours.error_percent is None
    assert ours.error_ml > 0


def test_without_spacing_voxels_are_counted_and_no_ml_is_given():
    region = np.ones(EVEN.shape, bool)

    ours = overlap(Drawn(region, region, replace(EVEN, is_measured=False)))

    assert ours.dice == 1.0
    assert (ours.true_ml, ours.predicted_ml, ours.error_ml) == (None, None, None)


def test_a_single_slice_without_thickness_has_a_dice_and_no_ml():
    grid = replace(EVEN, shape=(1, 4, 5), origins_mm=np.zeros((1, 3)), thickness_mm=None)
    region = np.ones(grid.shape, bool)

    ours = overlap(Drawn(region, region, grid))

    assert (ours.dice, ours.true_ml) == (1.0, None)


def test_what_both_hold_cannot_be_more_than_each():
    with pytest.raises(ValueError, match="part of each"):
        Overlap(truth=1.0, predicted=2.0, both=1.5)

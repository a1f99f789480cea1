from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.measure.masks.case import SCORES, MaskRules, score_masks
from headct.measure.masks.lesions import LesionRule
from headct.measure.masks.overlap import Presence

GRID = Grid.regular((4, 10, 10), (10.0, 10.0, 10.0))  # a voxel is 1 mL
NAMES = ("subdural", "epidural")


@pytest.fixture
def pair(drawing):
    """Subdural: 2 slices of 4 by 4 and the same one column on; epidural: drawn by nobody."""
    box = ((1, 3), (2, 6))
    return tuple(drawing(GRID, (1, *box, end), names=NAMES) for end in ((2, 6), (3, 7)))


def test_every_score_has_its_own_value(pair):
    (subdural, _) = score_masks(*pair)

    told = subdural.values()

    assert tuple(told) == SCORES
    # 24 of 32 voxels are shared; of each surface the outermost column is a voxel off.
    assert told["dice"] == pytest.approx(0.75)
    assert told["iou"] == pytest.approx(0.6)
    assert told["precision"] == told["recall"] == pytest.approx(0.75)
    assert told["hausdorff_mm"] == told["hd95_mm"] == pytest.approx(10.0)
    assert told["true_ml"] == told["predicted_ml"] == pytest.approx(32.0)
    assert told["error_ml"] == told["error_percent"] == 0.0
    assert told["lesion_sensitivity"] == told["lesion_precision"] == told["lesion_f1"] == 1.0


def test_the_mean_distance_and_the_surface_dice_weigh_by_area_unless_told(pair):
    by_area, alike = (score_masks(*pair, MaskRules(by_area=flag))[0] for flag in (True, False))

    # Of a box of 2 by 4 by 4 voxels all 32 lie on its surface of 64 faces. Of both surfaces the
    # voxels of one end column are 10 mm off: 8 of 32, with 2 * (2 * 4 / 2) + 4 + 8 = 20 faces.
    assert by_area.surface.mean_mm == pytest.approx(10 * 20 / 64)
    assert alike.surface.mean_mm == pytest.approx(10 * 8 / 32)
    assert by_area.surface.dice == pytest.approx(44 / 64)
    assert alike.surface.dice == pytest.approx(24 / 32)


def test_the_hd95_leaves_out_the_furthest_twentieth(drawing):
    row = (1, (0, 1), (0, 10), (0, 10))
    truth = drawing(GRID, row)
    # One of 101 voxels lies three slices away.
    predicted = drawing(GRID, row, (1, (3, 4), (0, 1), (0, 1)))

    (score,) = score_masks(truth, predicted)

    assert score.surface.hausdorff_mm == pytest.approx(30.0)
    assert score.surface.hd95_mm == 0.0


def test_a_class_that_nobody_has_drawn_is_scored_as_such(pair):
    (_, epidural) = score_masks(*pair)

    told = epidural.values()

    assert epidural.overlap.presence is Presence.NEITHER
    assert told["true_ml"] == told["predicted_ml"] == told["error_ml"] == 0.0
    others = set(SCORES) - {"true_ml", "predicted_ml", "error_ml"}
    assert {told[name] for name in others} == {None}


def test_the_tolerance_and_the_lesion_rule_are_those_given(pair):
    rules = MaskRules(tolerance_mm=10.0, lesion=LesionRule(iou=0.7))

    (subdural, _) = score_masks(*pair, rules)

    assert subdural.surface.dice == 1.0
    assert subdural.lesions.f1 == 0.0


def test_without_spacing_overlap_is_told_and_nothing_in_mm_or_ml(pair):
    grid = replace(GRID, is_measured=False)

    (subdural, _) = score_masks(*(replace(mask, grid=grid) for mask in pair))

    told = subdural.values()
    assert told["dice"] == pytest.approx(0.75)
    assert told["lesion_f1"] == 1.0
    assert {told[n] for n in ("surface_dice", "hd95_mm", "true_ml", "error_ml")} == {None}


def test_masks_without_a_common_class_are_refused_with_both_lists(drawing):
    masks = (drawing(GRID, names=("subdural",)), drawing(GRID, names=("any_hemorrhage",)))

    with pytest.raises(ValueError, match="true one has subdural, the predicted one any_hemorrhage"):
        score_masks(*masks)


def test_masks_on_different_grids_are_refused(pair):
    away = replace(GRID, origins_mm=GRID.origins_mm + 5.0)

    with pytest.raises(GeometryError, match="apart"):
        score_masks(pair[0], replace(pair[1], grid=away))


@pytest.mark.parametrize("tolerance", [-1.0, np.inf, np.nan])
def test_a_tolerance_that_means_nothing_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        MaskRules(tolerance_mm=tolerance)


def test_the_masks_of_a_digital_head_find_themselves(bleeding):
    truth = bleeding.truth
    shifted = Mask(np.roll(truth.labels, 2, axis=2), truth.grid, truth.names)

    itself = {one.label: one for one in score_masks(truth, truth)}["intraparenchymal"]
    moved = {one.label: one for one in score_masks(truth, shifted)}["intraparenchymal"]

    assert itself.overlap.dice == 1.0
    assert itself.overlap.true_ml == pytest.approx(truth.volume_ml("intraparenchymal"))
    assert moved.surface.hausdorff_mm == pytest.approx(2 * truth.grid.spacing_mm[1], abs=1e-6)

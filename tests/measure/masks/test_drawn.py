from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.core.volume import Mask
from headct.measure.masks.drawn import check_same_place, classes, draw_class

SUBTYPES = HEMORRHAGE_SUBTYPES


def test_the_box_holds_all_of_both_and_says_where_it_lies(even, drawing):
    truth = drawing(even, (1, (1, 3), (2, 4), (5, 6)))
    predicted = drawing(even, (1, (2, 4), (3, 7), (4, 5)))

    drawn = draw_class(truth, predicted, "any_hemorrhage")

    box = (slice(1, 4), slice(2, 7), slice(4, 6))
    assert drawn.corner == (1, 2, 4)
    assert np.array_equal(drawn.truth, truth.labels[box] == 1)
    assert np.array_equal(drawn.predicted, predicted.labels[box] == 1)


def test_the_voxels_of_the_box_have_the_ml_of_their_own_slices(uneven, drawing):
    mask = drawing(uneven, (1, (3, 5), (0, 1), (0, 1)))

    voxel_ml = draw_class(mask, mask, "any_hemorrhage").voxel_ml

    # Half the way to each neighbour: (2.5 + 10) / 2 and 10 mm, times 0.5 by 0.75 mm.
    assert voxel_ml == pytest.approx([6.25 * 0.375e-3, 10 * 0.375e-3])


def test_any_hemorrhage_is_the_union_of_five_named_subtypes(even, drawing):
    one, other = (1, (0, 1), (0, 2), (0, 2)), (5, (2, 3), (0, 2), (0, 2))
    truth = drawing(even, one, other, names=SUBTYPES)
    predicted = drawing(even, (1, (0, 3), (0, 2), (0, 2)))

    drawn = draw_class(truth, predicted, "any_hemorrhage")

    assert classes(truth, predicted) == ("any_hemorrhage",)
    assert drawn.truth.sum() == 8
    assert drawn.predicted.sum() == 12


def test_a_mask_of_some_subtypes_tells_nothing_of_any_hemorrhage(even, drawing):
    truth = drawing(even, names=("subdural", "epidural"))
    predicted = drawing(even, names=("any_hemorrhage",))

    told = classes(truth, predicted)

    assert told == ()
    with pytest.raises(ValueError, match="tells nothing of any_hemorrhage"):
        draw_class(truth, predicted, "any_hemorrhage")


def test_classes_are_matched_by_name_whatever_value_stands_for_them(even, drawing):
    truth = drawing(even, (1, (0, 1), (0, 1), (0, 1)), names=("epidural", "subdural"))
    predicted = drawing(even, (2, (0, 1), (0, 1), (0, 1)), names=("subdural", "epidural"))

    drawn = {name: draw_class(truth, predicted, name) for name in classes(truth, predicted)}

    assert list(drawn) == ["epidural", "subdural"]
    assert drawn["epidural"].truth.all()
    assert drawn["epidural"].predicted.all()
    assert not drawn["subdural"].truth.any()


def test_empty_masks_have_a_box_of_one_voxel(even, drawing):
    drawn = draw_class(drawing(even), drawing(even), "any_hemorrhage")

    assert drawn.truth.shape == (1, 1, 1)
    assert not drawn.truth.any()


def test_grids_that_differ_are_refused_with_how_far(even):
    moved = replace(even, origins_mm=even.origins_mm + np.array([0.3, 0.0, 0.4]))

    with pytest.raises(GeometryError, match=r"up to 0\.50 mm apart"):
        check_same_place(even, moved)


@pytest.mark.parametrize(
    "change",
    [
        {"spacing_mm": (0.5, 0.76)},
        {"spacing_mm": (0.51, 0.75)},
        {"origins_mm": np.outer(np.arange(6) * 5.02, [0, 0, 1])},
    ],
)
def test_grids_that_part_away_from_the_first_voxel_are_refused(even, change):
    with pytest.raises(GeometryError, match="apart"):
        check_same_place(even, replace(even, **change))


def test_grids_of_another_shape_are_refused(even, uneven):
    with pytest.raises(GeometryError, match=r"\(6, 9, 8\) for the truth and \(7, 9, 8\)"):
        check_same_place(even, uneven)


def test_what_float32_affines_lose_is_no_difference(even):
    rounded = replace(
        even, origins_mm=(even.origins_mm + 200.1).astype(np.float32).astype(float) - 200.1
    )

    check_same_place(even, rounded)

    assert (rounded.origins_mm != even.origins_mm).any()


def test_a_guessed_spacing_beside_a_measured_one_is_refused(even):
    with pytest.raises(GeometryError, match="spacing"):
        check_same_place(even, replace(even, is_measured=False))


def test_masks_of_other_grids_are_not_drawn_together(even, uneven):
    masks = [Mask(np.zeros(grid.shape, np.uint8), grid, ("subdural",)) for grid in (even, uneven)]

    with pytest.raises(GeometryError):
        draw_class(*masks, "subdural")

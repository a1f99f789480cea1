from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.measure.masks.drawn import Drawn
from headct.measure.masks.lesions import LesionRule, lesions

GRID = Grid.regular((4, 7, 7), (10.0, 10.0, 10.0))  # a voxel is 1 mL
SPARSE = arrays(np.bool_, GRID.shape, elements=st.integers(0, 9).map(lambda one: one == 0))


def boxes(*ends):
    region = np.zeros(GRID.shape, bool)
    for end in ends:
        region[tuple(slice(*one) for one in end)] = True
    return region


@settings(max_examples=50, deadline=None)
@given(truth=SPARSE, predicted=SPARSE)
def test_by_touch_lesions_are_those_that_scipy_finds_a_voxel_on(truth, predicted):
    around = np.ones((3, 3, 3))
    (true_parts, count), (parts, others) = (
        ndimage.label(region, around) for region in (truth, predicted)
    )

    ours = lesions(Drawn(truth, predicted, GRID))

    each = [true_parts == k for k in range(1, count + 1)]
    found = sorted((int(one.sum()), bool(predicted[one].any())) for one in each)
    true = sorted(bool(truth[parts == k].any()) for k in range(1, others + 1))
    sizes = np.rint(ours.true_ml).astype(int)
    assert sorted(zip(sizes, ours.is_found, strict=True)) == found
    assert sorted(ours.is_true) == true


@settings(max_examples=50, deadline=None)
@given(truth=SPARSE, predicted=SPARSE)
def test_pairs_of_half_an_iou_are_unique_and_all_found(truth, predicted):
    around = np.ones((3, 3, 3))
    (true_parts, count), (parts, others) = (
        ndimage.label(region, around) for region in (truth, predicted)
    )
    pairs = 0
    for one in range(1, count + 1):
        for other in range(1, others + 1):
            both = ((true_parts == one) & (parts == other)).sum()
            pairs += both > 0 and both / ((true_parts == one) | (parts == other)).sum() > 0.5

    ours = lesions(Drawn(truth, predicted, GRID), LesionRule(iou=0.5 + 1e-6))

    assert ours.is_found.sum() == ours.is_true.sum() == pairs


def test_scores_are_shares_of_lesions_and_their_harmonic_mean():
    truth = boxes(((0, 1), (0, 2), (0, 2)), ((3, 4), (0, 2), (0, 2)), ((0, 1), (5, 7), (5, 7)))
    predicted = boxes(((0, 1), (1, 2), (1, 2)), ((3, 4), (5, 6), (5, 6)))

    ours = lesions(Drawn(truth, predicted, GRID))

    # One of three found, one of two true: 2 * 1/3 * 1/2 / (5/6).
    assert ours.sensitivity == pytest.approx(1 / 3)
    assert ours.precision == pytest.approx(1 / 2)
    assert ours.f1 == pytest.approx(0.4)


def test_one_part_across_two_lesions_finds_both_by_touch_and_one_by_iou():
    truth = boxes(((0, 1), (0, 2), (0, 7)), ((0, 1), (4, 7), (0, 7)))
    predicted = boxes(((0, 1), (1, 7), (0, 7)))

    by_touch = lesions(Drawn(truth, predicted, GRID))
    by_iou = lesions(Drawn(truth, predicted, GRID), LesionRule(iou=0.1))

    # The part shares 7 of 49 voxels with the first lesion and 21 of 42 with the second.
    assert by_touch.is_found.tolist() == [True, True]
    assert dict(zip(by_iou.true_ml, by_iou.is_found, strict=True)) == {14.0: False, 21.0: True}


def test_a_pair_that_just_reaches_the_iou_is_one():
    truth, predicted = boxes(((0, 1), (0, 2), (0, 5))), boxes(((0, 1), (0, 2), (2, 7)))

    # 6 of 14 voxels.
    pairs = [lesions(Drawn(truth, predicted, GRID), LesionRule(iou=u)) for u in (6 / 14, 0.43)]

    assert [one.is_found.sum() for one in pairs] == [1, 0]


def test_a_pair_of_just_half_is_one_whatever_its_ml_rounds_to():
    # A voxel is 0.8 mL, as floating point has it not: 5 of 10 come to less than a half.
    grid = Grid.regular(GRID.shape, (5.0, 0.4, 0.4))
    truth, predicted = boxes(((0, 1), (0, 2), (0, 5))), boxes(((0, 1), (0, 1), (0, 5)))

    ours = lesions(Drawn(truth, predicted, grid), LesionRule(iou=0.5))

    assert ours.is_found.tolist() == [True]


def test_diagonal_neighbours_are_one_lesion():
    truth = boxes(((0, 1), (0, 1), (0, 1)), ((1, 2), (1, 2), (1, 2)))

    ours = lesions(Drawn(truth, truth, GRID))

    assert ours.true_ml == pytest.approx([2.0])


def test_lesions_smaller_than_the_rule_has_are_neither_found_nor_missed():
    small, large = ((0, 1), (0, 1), (0, 2)), ((3, 4), (0, 2), (0, 2))
    truth = boxes(small, large)
    predicted = boxes(((0, 1), (0, 2), (0, 2)), ((3, 4), (1, 2), (1, 2)))

    ours = lesions(Drawn(truth, predicted, GRID), LesionRule(smallest_ml=3.0))

    # The part of 4 mL lies on a lesion that does not count; that of 1 mL is taken as not drawn.
    assert ours.true_ml.tolist() == [4.0]
    assert ours.is_found.tolist() == [False]
    assert len(ours.predicted_ml) == 0


def test_a_predicted_lesion_on_nothing_is_a_false_one_whatever_the_smallest_size():
    predicted = boxes(((0, 1), (0, 2), (0, 2)))

    ours = lesions(Drawn(boxes(), predicted, GRID), LesionRule(smallest_ml=3.0))

    assert ours.predicted_ml.tolist() == [4.0]
    assert ours.precision == 0.0


@pytest.mark.parametrize(
    ("is_there", "is_drawn", "expected"),
    [
        (True, False, (0.0, None, 0.0)),
        (False, True, (None, 0.0, 0.0)),
        (False, False, (None, None, None)),
        (True, True, (1.0, 1.0, 1.0)),
    ],
)
@pytest.mark.parametrize("rule", [LesionRule(), LesionRule(iou=0.5)], ids=str)
def test_without_lesions_shares_are_not_defined(is_there, is_drawn, expected, rule):
    regions = [np.full(GRID.shape, one) for one in (is_there, is_drawn)]

    ours = lesions(Drawn(*regions, GRID), rule)

    assert (ours.sensitivity, ours.precision, ours.f1) == expected


def test_sizes_follow_the_slices_they_lie_on():
    thick_above = replace(GRID, origins_mm=np.array([[0, 0, z] for z in (0, 10, 20, 50)]))
    truth = boxes(((0, 1), (0, 1), (0, 1)), ((3, 4), (4, 5), (4, 5)))

    ours = lesions(Drawn(truth, truth, thick_above))

    assert ours.true_ml == pytest.approx([1.0, 3.0])


def test_without_spacing_lesions_are_found_and_have_no_size():
    truth = boxes(((0, 1), (0, 1), (0, 1)))
    drawn = Drawn(truth, truth, replace(GRID, is_measured=False))

    ours = lesions(drawn)

    assert ours.f1 == 1.0
    assert np.isnan(ours.true_ml).all()
    with pytest.raises(GeometryError, match="spacing"):
        lesions(drawn, LesionRule(smallest_ml=1.0))


@pytest.mark.parametrize(
    "wrong",
    [{"iou": 0.0}, {"iou": 1.1}, {"iou": np.nan}, {"smallest_ml": -1.0}, {"smallest_ml": np.nan}],
)
def test_a_rule_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"at least 0 mL|above 0"):
        LesionRule(**wrong)

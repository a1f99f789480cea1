"""Where slices are missing."""

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.dicom.gaps import describe_coverage, describe_distances, find_gaps, missing_after


def grid(distances_mm, thickness_mm=None):
    heights = np.concatenate([[0.0], np.cumsum(distances_mm)])
    return Grid(
        shape=(heights.size, 4, 4),
        origins_mm=heights[:, None] * np.array([0.0, 0.0, 1.0]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=np.array([0.0, 1.0, 0.0]),
        spacing_mm=(1.0, 1.0),
        thickness_mm=thickness_mm,
    )


def distances_without(distances_mm, *left_out):
    heights = np.concatenate([[0.0], np.cumsum(distances_mm)])
    return np.diff(np.delete(heights, left_out))


@pytest.mark.parametrize("left_out", range(1, 39))
def test_any_one_slice_missing_inside_a_series_is_found(left_out):
    distances = distances_without((5.0,) * 39, left_out)

    assert missing_after(grid(distances, 5.0)) == (left_out - 1,)


def test_slices_missing_in_several_places_are_all_found():
    distances = distances_without((5.0,) * 39, 3, 5, 20, 21, 37)

    assert missing_after(grid(distances)) == (2, 3, 17, 32)


@pytest.mark.parametrize(
    "distances",
    [
        (4.0,) * 13 + (1.08,) + (7.0,) * 13,
        (5.0,) * 20 + (7.5,) * 20,
        (2.5,) * 4 + (5.0,) * 20,
        (1.25,) * 20 + (5.0,) * 20,
        (5.0, 5.4, 4.6, 5.0, 5.5, 4.5, 5.0),
        (10.0,),
    ],
)
def test_a_change_of_distance_is_not_a_gap(distances):
    assert missing_after(grid(distances)) == ()


def test_a_slice_missing_from_one_block_of_a_mixed_series_is_found():
    distances = distances_without((4.0,) * 13 + (1.08,) + (7.0,) * 13, 20)
    thickness = [4.0] * 14 + [7.0] * 13

    assert missing_after(grid(distances), thickness) == (19,)


@pytest.mark.parametrize(("wide_mm", "found"), [(7.49, ()), (7.51, (4,))])
def test_a_gap_begins_at_half_as_much_again_as_usual(wide_mm, found):
    assert missing_after(grid((5.0,) * 4 + (wide_mm,) + (5.0,) * 4)) == found


# Slices of 5 mm touch up to 5 mm apart, and a tenth for what was rounded.
@pytest.mark.parametrize(("usual_mm", "found"), [(2.7, ()), (2.8, (7,))])
def test_a_slice_left_out_leaves_a_gap_where_the_others_do_not_touch(usual_mm, found):
    distances = distances_without((usual_mm,) * 20, 8)

    assert missing_after(grid(distances, 5.0)) == found
    assert missing_after(grid(distances), [5.0] * 20) == found


def test_a_slice_left_out_of_an_overlapping_series_leaves_no_gap():
    distances = distances_without((2.5,) * 20, 8)

    assert missing_after(grid(distances, 5.0)) == ()
    assert missing_after(grid(distances, 2.5)) == (7,)


def test_a_gap_says_what_is_usual_there():
    (gap,) = find_gaps(grid(distances_without((5.0,) * 20, 8, 9)))

    assert (gap.after, gap.usual_mm, gap.gap_mm) == (7, 5.0, 15.0)


def test_slices_that_do_not_touch_are_described():
    apart = grid((10.0,) * 9)

    assert describe_coverage(apart, [10.0] * 10) is None
    assert describe_coverage(apart, [None] * 10) is None
    assert describe_coverage(apart, [5.0] * 10) == (
        "slices do not touch in 9 of 9 places, up to 10.00 mm apart: tissue between them was not "
        "imaged"
    )


@pytest.mark.parametrize(("thickness_mm", "do_touch"), [(9.0, False), (9.2, True)])
def test_slices_touch_up_to_their_thickness_and_a_tenth(thickness_mm, do_touch):
    assert (describe_coverage(grid((10.0,) * 9), [thickness_mm] * 10) is None) is do_touch


def test_distances_read_as_runs():
    mixed = grid((4.0,) * 13 + (1.08,) + (7.0,) * 13)
    uneven = grid(np.arange(1.0, 10.0))

    assert describe_distances(mixed) == "4.00 x 13, 1.08, 7.00 x 13 mm"
    assert describe_distances(uneven) == "1.00 to 9.00, median 5.00 mm"

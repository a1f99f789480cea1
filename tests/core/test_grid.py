from dataclasses import replace
from math import cos, degrees, radians, sin
from pathlib import Path

import numpy as np
import pydicom
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import STRAIGHT_TOLERANCE_DEG, UNIFORM_TOLERANCE_MM, Grid

COLUMN_AXIS = (1.0, 0.0, 0.0)


def leaning(tilt_deg: float, table_mm, *, spacing_mm=(0.5, 0.4), shape=(8, 6)) -> Grid:
    """A supine head-first scan at given table positions; the patient's back is +y (LPS)."""
    tilt = radians(tilt_deg)
    origins = np.zeros((len(table_mm), 3))
    origins[:, 2] = table_mm
    return Grid(
        shape=(len(table_mm), *shape),
        origins_mm=origins,
        column_axis=COLUMN_AXIS,
        row_axis=(0.0, cos(tilt), -sin(tilt)),
        spacing_mm=spacing_mm,
    )


@pytest.mark.parametrize("tilt_deg", [-30.0, -18.5, -1.0, 0.0, 0.6, 18.5, 30.0])
def test_tilt_is_the_angle_between_normal_and_table(tilt_deg):
    grid = leaning(tilt_deg, [0, 5, 10])

    assert grid.tilt_deg == pytest.approx(tilt_deg, abs=1e-9)


def test_tilt_is_positive_where_the_normal_leans_towards_the_back_of_the_head():
    grid = leaning(18.5, [0, 5, 10])

    assert grid.normal @ np.array([0, 1, 0]) > 0
    assert grid.tilt_deg > 0


def test_tilt_does_not_depend_on_the_order_in_which_slices_were_scanned():
    up = leaning(12.0, [0, 5, 10])
    head_down = replace(up, column_axis=(-1.0, 0, 0), origins_mm=up.origins_mm[::-1])

    assert abs(head_down.tilt_deg) == pytest.approx(12.0)
    assert head_down.distances_mm == pytest.approx(up.distances_mm)


def test_slices_shifted_sideways_are_tilted_too():
    origins = [(sin(radians(10.0)) * d, 0.0, cos(radians(10.0)) * d) for d in (0, 5, 10)]
    grid = replace(leaning(0.0, [0, 5, 10]), origins_mm=origins)

    assert abs(grid.tilt_deg) == pytest.approx(10.0)


def test_an_oblique_reformat_has_no_tilt():
    tilt = radians(25.0)
    row_axis, normal = (0, cos(tilt), -sin(tilt)), np.array([0, sin(tilt), cos(tilt)])
    grid = Grid(
        shape=(3, 2, 2),
        origins_mm=[d * normal for d in (0, 2, 4)],
        column_axis=COLUMN_AXIS,
        row_axis=row_axis,
        spacing_mm=(1, 1),
    )

    assert grid.tilt_deg == pytest.approx(0, abs=1e-6)
    assert not grid.is_tilted
    assert grid.distances_mm == pytest.approx([2, 2])


@pytest.mark.parametrize(("beyond", "is_tilted"), [(-0.01, False), (0.01, True)])
def test_a_grid_counts_as_tilted_beyond_half_a_degree(beyond, is_tilted):
    assert leaning(STRAIGHT_TOLERANCE_DEG + beyond, [0, 5]).is_tilted is is_tilted


def test_tilt_shortens_the_cell_by_its_cosine_at_the_same_table_increment():
    straight, tilted = leaning(0.0, [0, 5, 10]), leaning(18.0, [0, 5, 10])

    expected = straight.slice_voxel_ml * cos(radians(18.0))

    assert tilted.slice_voxel_ml == pytest.approx(expected)


def test_mixed_distances_are_held_slice_by_slice():
    grid = leaning(0.0, [0, 4, 8, 9, 16, 23])

    assert grid.distances_mm == pytest.approx([4, 4, 1, 7, 7])
    assert grid.heights_mm == pytest.approx([4, 4, 2.5, 4, 7, 7])


def test_an_end_slice_mirrors_its_only_neighbour():
    grid = leaning(0.0, [0, 2, 10])

    assert grid.heights_mm == pytest.approx([2, 5, 8])


def test_millilitres_of_a_voxel_are_area_times_height():
    grid = leaning(0.0, [0, 2, 10], spacing_mm=(0.5, 0.4))

    assert grid.slice_voxel_ml == pytest.approx([0.0004, 0.001, 0.0016])


def test_a_lone_slice_is_as_high_as_its_thickness():
    grid = replace(leaning(0.0, [7]), thickness_mm=5.0)

    assert grid.heights_mm == pytest.approx([5.0])
    assert grid.tilt_deg == 0
    assert grid.is_uniform


def test_a_lone_slice_without_thickness_has_no_height():
    with pytest.raises(GeometryError, match="SliceThickness"):
        _ = leaning(0.0, [7]).heights_mm


def test_thickness_never_stands_in_for_a_distance():
    grid = replace(leaning(0.0, [0, 5, 10]), thickness_mm=1.0)

    assert grid.heights_mm == pytest.approx([5, 5, 5])


def test_a_grid_without_spacing_gives_no_millilitres():
    grid = replace(leaning(0.0, [0, 5]), is_measured=False)

    with pytest.raises(GeometryError, match="--spacing-mm"):
        _ = grid.slice_voxel_ml


@pytest.mark.parametrize(("shift", "is_uniform"), [(0.5, True), (1.5, False)])
def test_uniform_means_within_the_tolerance_of_an_even_line(shift, is_uniform):
    grid = leaning(0.0, [0, 5 + shift * UNIFORM_TOLERANCE_MM, 10])

    assert grid.is_uniform is is_uniform


def test_a_slice_moved_sideways_breaks_uniformity():
    origins = [(0, 0, 0), (3, 0, 5), (0, 0, 10)]

    assert not replace(leaning(0.0, [0, 5, 10]), origins_mm=origins).is_uniform


def test_two_slices_are_always_uniform():
    assert leaning(20.0, [0, 3.3]).is_uniform


def test_the_affine_of_a_tilted_grid_is_sheared():
    grid = leaning(20.0, [100, 105, 110], spacing_mm=(0.5, 0.4))
    tilt = radians(20.0)

    affine = grid.affine()

    assert affine[:3, 0] == pytest.approx([0, 0, 5])
    assert affine[:3, 1] == pytest.approx([0, 0.5 * cos(tilt), -0.5 * sin(tilt)])
    assert affine[:3, 2] == pytest.approx([0.4, 0, 0])
    assert affine[:, 3] == pytest.approx([0, 0, 100, 1])
    assert affine[3] == pytest.approx([0, 0, 0, 1])


def test_the_affine_of_a_lone_slice_steps_along_its_normal():
    grid = replace(leaning(20.0, [0]), thickness_mm=5.0)

    assert grid.affine()[:3, 0] == pytest.approx(5.0 * grid.normal)


def test_no_affine_is_given_for_mixed_distances():
    with pytest.raises(GeometryError, match=r"2\.00 to 8\.00 mm: resample"):
        leaning(0.0, [0, 2, 10]).affine()


def test_world_is_origin_plus_steps_along_both_axes():
    grid = leaning(0.0, [0, 2, 10], spacing_mm=(0.5, 0.4))

    world = grid.to_world([[0, 0, 0], [2, 3, 5], [1, 0.5, 2.5]])

    assert world == pytest.approx(np.array([[0, 0, 0], [2.0, 1.5, 10], [1.0, 0.25, 2]]))


def test_regular_grids_are_straight_and_even():
    grid = Grid.regular((4, 3, 2), (5.0, 0.5, 0.25), origin_mm=(-10, -20, 30))

    assert grid.tilt_deg == 0
    assert grid.is_uniform
    assert grid.origins_mm[3] == pytest.approx([-10, -20, 45])
    assert grid.spacing_mm == (0.5, 0.25)
    assert grid.slice_voxel_ml == pytest.approx([5 * 0.5 * 0.25 / 1000] * 4)


def test_kept_slices_grow_to_meet_each_other():
    kept = leaning(0.0, [0, 4, 8, 12]).slices([0, 2, 3])

    assert kept.shape == (3, 8, 6)
    assert kept.distances_mm == pytest.approx([8, 4])


def test_grids_are_equal_within_a_micrometre_and_not_beyond():
    grid = leaning(10.0, [0, 5, 10])

    assert grid == replace(grid, origins_mm=grid.origins_mm + 0.0005)
    assert grid != replace(grid, origins_mm=grid.origins_mm + 0.01)
    assert grid != leaning(10.0, [0, 5, 10], spacing_mm=(0.5, 0.41))
    assert grid != leaning(10.0, [0, 5])
    assert grid != replace(grid, is_measured=False)
    assert grid != "a grid"


def test_what_was_given_cannot_be_changed_afterwards():
    origins = np.array([(0.0, 0, 0), (0, 0, 5)])
    grid = replace(leaning(0.0, [0, 5]), origins_mm=origins)
    origins[1] = 99

    assert grid.origins_mm[1] == pytest.approx([0, 0, 5])
    with pytest.raises(ValueError, match="read-only"):
        grid.origins_mm[0] = 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"origins_mm": [(0, 0, 5), (0, 0, 0)]}, "slice 2 does not lie above"),
        ({"origins_mm": [(0, 0, 0), (0, 0, 0)]}, "slice 2 does not lie above"),
        ({"origins_mm": [(0, 0, 0), (30, 0, 0)]}, "slice 2 does not lie above"),
        ({"origins_mm": [(0, 0, 0)]}, "one origin for each of 2 slices"),
        ({"origins_mm": [(0, 0), (0, 5)]}, "one origin for each of 2 slices"),
        ({"origins_mm": [(0, 0, 0), (0, 0, np.nan)]}, "finite"),
        ({"shape": (2, 8)}, "slices, rows, columns"),
        ({"shape": (2, 0, 6)}, "each ≥ 1"),
        ({"spacing_mm": (0.5, 0.0)}, "two positive numbers of mm"),
        ({"spacing_mm": (0.5, -0.5)}, "two positive numbers of mm"),
        ({"spacing_mm": (0.5, np.nan)}, "two positive numbers of mm"),
        ({"spacing_mm": (0.5, 0.5, 5.0)}, "two positive numbers of mm"),
        ({"thickness_mm": 0.0}, "thickness must be positive"),
        ({"thickness_mm": np.nan}, "thickness must be positive"),
        ({"column_axis": (2.0, 0, 0)}, "unit vectors at a right angle"),
        ({"column_axis": (0.0, 1.0, 0.0)}, "unit vectors at a right angle"),
        ({"column_axis": (0.0, 0.0, 0.0)}, "unit vectors at a right angle"),
        ({"row_axis": (0.0, np.inf, 0.0)}, "three finite numbers"),
    ],
)
def test_what_is_not_a_stack_of_parallel_slices_is_refused(change, said):
    grid = leaning(0.0, [0, 5])

    with pytest.raises(GeometryError, match=said):
        replace(grid, **change)


def test_of_many_slices_the_one_out_of_order_is_named():
    with pytest.raises(GeometryError, match="slice 4 does not lie above"):
        leaning(0.0, [0, 5, 10, 9, 20])


def test_a_real_tilted_series_of_mixed_distances(ge_series: Path):
    headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in ge_series.glob("*.dcm")]
    headers.sort(key=lambda header: header.ImagePositionPatient[2])
    orientation = headers[0].ImageOrientationPatient
    grid = Grid(
        shape=(len(headers), headers[0].Rows, headers[0].Columns),
        origins_mm=[header.ImagePositionPatient for header in headers],
        column_axis=orientation[:3],
        row_axis=orientation[3:],
        spacing_mm=tuple(headers[0].PixelSpacing),
    )

    table_mm = np.diff([float(header.ImagePositionPatient[2]) for header in headers])
    tilt_deg = float(headers[0].GantryDetectorTilt)

    assert len(headers) == 28
    assert grid.tilt_deg == pytest.approx(tilt_deg, abs=0.05)
    assert grid.distances_mm == pytest.approx(table_mm * cos(radians(tilt_deg)), abs=0.005)
    assert grid.distances_mm == pytest.approx([4.0] * 13 + [1.08] + [7.0] * 13, abs=0.01)
    assert degrees(np.arccos(grid.normal[2])) == pytest.approx(18.5, abs=0.05)


def test_axes_a_little_off_unit_length_do_not_change_millilitres():
    exact = Grid.regular((3, 4, 4), (5.0, 0.5, 0.5))

    written = replace(exact, column_axis=[1.0009, 0, 0], row_axis=[0, 1.0009, 0])

    assert written.slice_voxel_ml == pytest.approx(exact.slice_voxel_ml, rel=1e-12)


def test_lone_slices_of_other_thickness_are_not_equal():
    thick = Grid.regular((1, 4, 4), (5.0, 0.5, 0.5))

    assert thick != replace(thick, thickness_mm=1.0)


def test_axes_turned_by_a_tenth_of_a_degree_are_another_grid():
    straight = Grid.regular((3, 512, 512), (5.0, 0.5, 0.5))
    turned = replace(
        straight, column_axis=[cos(0.002), sin(0.002), 0], row_axis=[-sin(0.002), cos(0.002), 0]
    )

    assert straight != turned


@pytest.mark.parametrize(
    "name", ["normal", "positions_mm", "distances_mm", "heights_mm", "slice_voxel_ml"]
)
def test_what_is_derived_cannot_be_changed_either(name):
    grid = Grid.regular((3, 4, 4), (5.0, 0.5, 0.5))

    with pytest.raises(ValueError, match="read-only"):
        getattr(grid, name)[0] = 9.0


@pytest.mark.parametrize("index", [-1, 3, 1.7])
def test_a_place_between_or_beyond_slices_is_refused(index):
    grid = Grid.regular((3, 4, 4), (5.0, 0.5, 0.5))

    with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
        grid.to_world([[index, 0, 0]])

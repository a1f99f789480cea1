"""What holds for every grid, however it lies in the patient."""

from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from headct.core.grid import Grid

TILT_DEG = st.floats(-35, 35)
TABLE_MM = st.lists(st.floats(0.3, 12), min_size=1, max_size=30).map(np.cumsum)
UNIFORM_MM = st.tuples(st.integers(2, 30), st.floats(0.3, 12)).map(lambda n: n[1] * np.arange(n[0]))
ROTATION = st.tuples(*[st.floats(-180, 180)] * 3).map(lambda a: Rotation.from_euler("xyz", a, True))
SHIFT_MM = st.tuples(*[st.floats(-500, 500)] * 3)
SPACING_MM = st.tuples(st.floats(0.2, 2), st.floats(0.2, 2))

# A deadline would fail the first example, which pays for what is imported on first use.
without_deadline = settings(deadline=None, max_examples=60)


@st.composite
def grids(draw, table_mm=TABLE_MM) -> Grid:
    """A scan tilted about its rows' axis, then turned and shifted as a whole."""
    tilt, positions = radians(draw(TILT_DEG)), draw(table_mm)
    turn, shift = draw(ROTATION), draw(SHIFT_MM)
    return Grid(
        shape=(len(positions), 9, 7),
        origins_mm=turn.apply(np.outer(positions, [0, 0, 1.0])) + shift,
        column_axis=turn.apply([1.0, 0, 0]),
        row_axis=turn.apply([0, cos(tilt), -sin(tilt)]),
        spacing_mm=draw(SPACING_MM),
        thickness_mm=3.0,
    )


@without_deadline
@given(grids())
def test_heights_add_up_to_the_span_and_half_a_cell_at_either_end(grid):
    if grid.shape[0] == 1:
        return
    span = grid.positions_mm[-1] - grid.positions_mm[0]

    ends = (grid.distances_mm[0] + grid.distances_mm[-1]) / 2

    assert grid.heights_mm.sum() == pytest.approx(span + ends)


@without_deadline
@given(grids())
def test_every_slice_has_a_positive_height_and_volume(grid):
    assert grid.heights_mm.shape == (grid.shape[0],)
    assert (grid.heights_mm > 0).all()
    assert (grid.slice_voxel_ml > 0).all()


@without_deadline
@given(grids(UNIFORM_MM))
def test_a_voxel_holds_what_the_determinant_of_the_affine_says(grid):
    cubic_mm = abs(np.linalg.det(grid.affine()[:3, :3]))

    assert grid.slice_voxel_ml == pytest.approx(cubic_mm / 1000, rel=1e-6)


@without_deadline
@given(grids(UNIFORM_MM), st.tuples(st.integers(0, 1), st.floats(0, 8), st.floats(0, 6)))
def test_affine_and_to_world_agree(grid, index):
    by_affine = grid.affine() @ [*index, 1.0]

    assert grid.to_world([index])[0] == pytest.approx(by_affine[:3], abs=1e-6)


@without_deadline
@given(TILT_DEG, ROTATION, SHIFT_MM)
def test_turning_the_patient_changes_neither_tilt_nor_volume(tilt_deg, turn, shift):
    tilt = radians(tilt_deg)
    lying = Grid(
        shape=(4, 9, 7),
        origins_mm=[(0, 0, z) for z in (0, 3, 4, 9)],
        column_axis=(1.0, 0, 0),
        row_axis=(0, cos(tilt), -sin(tilt)),
        spacing_mm=(0.5, 0.5),
    )
    turned = replace(
        lying,
        origins_mm=lying.origins_mm @ turn.as_matrix().T + shift,
        column_axis=turn.as_matrix() @ lying.column_axis,
        row_axis=turn.as_matrix() @ lying.row_axis,
    )

    assert turned.tilt_deg == pytest.approx(tilt_deg, abs=1e-5)
    assert turned.slice_voxel_ml == pytest.approx(lying.slice_voxel_ml)


@without_deadline
@given(grids())
def test_points_of_a_slice_lie_in_its_plane(grid):
    last = grid.shape[0] - 1
    corners = grid.to_world([[last, 0, 0], [last, 8, 0], [last, 0, 6], [last, 8, 6]])

    assert corners @ grid.normal == pytest.approx(grid.positions_mm[last], abs=1e-6)


@without_deadline
@given(grids())
def test_keeping_every_slice_keeps_the_grid(grid):
    assert grid.slices(range(grid.shape[0])) == grid

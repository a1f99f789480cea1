import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.image.turn import LPS_AXES, turn_array, turn_grid, turn_towards


def grid_of(column_axis, row_axis, *, shape=(3, 4, 5), origins=None):
    normal = np.cross(column_axis, row_axis)
    heights = np.array([0.0, 4.0, 11.0])[: shape[0], None]
    return Grid(
        shape=shape,
        origins_mm=np.array([7.0, -8.0, 9.0]) + heights * normal if origins is None else origins,
        column_axis=np.array(column_axis, dtype=float),
        row_axis=np.array(row_axis, dtype=float),
        spacing_mm=(0.5, 0.7),
    )


def worlds(grid):
    indices = np.indices(grid.shape).reshape(3, -1).T
    return {
        tuple(np.round(p, 6)): tuple(i)
        for p, i in zip(grid.to_world(indices), indices, strict=True)
    }


@pytest.mark.parametrize("column_axis", [(1, 0, 0), (-1, 0, 0)])
@pytest.mark.parametrize("row_axis", [(0, 1, 0), (0, -1, 0)])
@pytest.mark.parametrize("swapped", [False, True])
def test_every_voxel_keeps_its_place_and_value_in_an_in_plane_turn(column_axis, row_axis, swapped):
    axes = (row_axis, column_axis) if swapped else (column_axis, row_axis)
    grid = grid_of(*axes)
    values = np.arange(60, dtype=np.float32).reshape(grid.shape)

    turn = turn_towards(grid, LPS_AXES)
    turned, moved = turn_grid(grid, turn), turn_array(values, turn)

    np.testing.assert_allclose(turned.column_axis, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(turned.row_axis, [0, 1, 0], atol=1e-12)
    before, after = worlds(grid), worlds(turned)
    assert before.keys() == after.keys()
    assert all(values[before[place]] == moved[after[place]] for place in before)


def test_sagittal_stack_becomes_axial_with_every_voxel_in_place():
    origins = np.array([-3.0, -8.0, 9.0]) + np.arange(3)[:, None] * np.array([2.0, 0.0, 0.0])
    grid = grid_of((0, 1, 0), (0, 0, -1), origins=origins[::-1])
    values = np.arange(60, dtype=np.float32).reshape(grid.shape)

    turn = turn_towards(grid, LPS_AXES)
    turned, moved = turn_grid(grid, turn), turn_array(values, turn)

    assert turned.shape == (4, 5, 3)
    # Rows, 0.5 mm apart, have become slices.
    assert turned.thickness_mm == pytest.approx(0.5)
    before, after = worlds(grid), worlds(turned)
    assert before.keys() == after.keys()
    assert all(values[before[place]] == moved[after[place]] for place in before)


def test_leaning_sagittal_slices_are_refused():
    lean = np.array([-2.0, 0.6, 0.0])
    grid = grid_of((0, 1, 0), (0, 0, -1), origins=np.arange(3)[:, None] * lean)

    turn = turn_towards(grid, LPS_AXES)

    with pytest.raises(GeometryError, match="straighten"):
        turn_grid(grid, turn)

from math import cos, radians, sin

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.phantom.body.canvas import LOW_MM
from headct.phantom.scanner.planes import read_slabs


def leaning_grid(tilt_deg, spacing_mm, count=40, increment_mm=3.0):
    lean = radians(tilt_deg)
    row_axis = np.array([0.0, cos(lean), -sin(lean)])
    half = spacing_mm * (count - 1) / 2
    middles = np.zeros((30, 3))
    middles[:, 2] = (np.arange(30) - 14.5) * increment_mm
    return Grid(
        shape=(30, count, count),
        origins_mm=middles - half * row_axis - half * np.array([1.0, 0.0, 0.0]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=row_axis,
        spacing_mm=(spacing_mm, spacing_mm),
    )


@pytest.fixture(scope="module")
def box():
    """Random shares in the middle of the world, with a rim of nothing; its first voxel."""
    values = np.zeros((14, 16, 12), np.float32)
    values[1:-1, 1:-1, 1:-1] = np.random.default_rng(5).random((12, 14, 10))
    corner = [round(-low) - n // 2 for low, n in zip(LOW_MM, values.shape, strict=True)]
    return values, corner


@pytest.mark.parametrize(
    ("tilt_deg", "within"), [(0.0, 1e-5), (17.0, 1e-3), (-25.0, 1e-3)], ids=str
)
@pytest.mark.parametrize("spacing_mm", [0.45, 1.3, 2.7])
def test_cells_that_touch_hold_all_there_is(box, tilt_deg, within, spacing_mm):
    values, corner = box
    grid = leaning_grid(tilt_deg, spacing_mm, count=int(60 / spacing_mm))
    half = grid.heights_mm / 2

    read = read_slabs(values, corner, grid, zip(-half, half, strict=True), plane_mm=0.25)

    total_ml = sum(
        float(seen.sum(dtype=float)) * cell_ml
        for seen, cell_ml in zip(read, grid.slice_voxel_ml, strict=True)
    )
    assert total_ml == pytest.approx(values.sum(dtype=float) / 1000, rel=within)


def test_a_slope_is_read_at_its_place_whatever_thickness_and_tilt():
    z, y, x = np.meshgrid(*[np.arange(n) for n in (80, 80, 80)], indexing="ij")
    values = (3.0 * z - 2.0 * y + x).astype(np.float32)
    corner = [round(-low) - 40 for low in LOW_MM]
    grid = leaning_grid(12.0, 0.7)

    seen = list(read_slabs(values, corner, grid, [(-2.0, 2.0)] * 30))[14]

    places = grid.to_world([[14, 5, 30], [14, 33, 8]])
    z_at, y_at, x_at = (places[:, lps] + 40 for lps in (2, 1, 0))
    expected = 3 * (z_at - 0.0) - 2 * y_at + x_at
    assert seen[[5, 33], [30, 8]] == pytest.approx(expected, abs=0.01)


def test_beyond_the_border_stands_what_the_border_holds():
    values = np.full((4, 4, 4), 7.0, np.float32)

    (seen,) = read_slabs(values, (0, 0, 0), leaning_grid(0.0, 1.0).slices([3]), [(-1.0, 1.0)])

    assert np.allclose(seen, 7.0, atol=1e-4)

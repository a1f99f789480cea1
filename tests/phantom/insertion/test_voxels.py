import numpy as np
import pytest

from headct.core.grid import Grid
from headct.phantom.body.canvas import LOW_MM
from headct.phantom.insertion.voxels import read_pixels, read_voxels


def leaning(tilt_deg):
    lean = np.radians(tilt_deg)
    heights = np.cumsum([0, 4, 4, 7, 7, 7])[:, None] * np.array([0.0, 0.0, 1.0])
    return Grid(
        shape=(6, 40, 50),
        origins_mm=np.array([-20.0, -15.0, -10.0]) + heights,
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=np.array([0.0, np.cos(lean), -np.sin(lean)]),
        spacing_mm=(0.8, 0.7),
    )


def plane_of(x, y, z):
    """A field that is linear in the world: interpolation must give it exactly."""
    return (2.0 * x - 1.5 * y + 0.7 * z + 3.0).astype(np.float32)


def world_of(grid):
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    return grid.to_world(index.reshape(-1, 3)).T.reshape(3, *grid.shape)


@pytest.mark.parametrize("tilt_deg", [0.0, 18.5])
def test_a_linear_field_is_read_exactly_at_voxels_between_slices(tilt_deg):
    grid = leaning(tilt_deg)
    box = tuple(
        slice(round(mm - low), round(mm - low) + n)
        for mm, low, n in zip((-2, -6, -12), LOW_MM, (5, 8, 15), strict=True)
    )

    read = read_voxels(plane_of(*world_of(grid)), grid, box)

    z, y, x = np.meshgrid(np.arange(-2, 3), np.arange(-6, 2), np.arange(-12, 3), indexing="ij")
    np.testing.assert_allclose(read, plane_of(x, y, z), atol=1e-3)


def test_beyond_the_last_slice_nothing_is_read():
    grid = leaning(0.0)
    box = tuple(
        slice(round(mm - low), round(mm - low) + 1)
        for mm, low in zip((30, -6, -12), LOW_MM, strict=True)
    )

    read = read_voxels(np.ones(grid.shape, np.float32), grid, box)

    assert read.item() == 0


@pytest.mark.parametrize("tilt_deg", [0.0, 18.5])
def test_a_linear_field_of_the_lattice_is_read_exactly_at_pixels(tilt_deg):
    grid = leaning(tilt_deg)
    start, step_mm = [22, 25, 15], 4.0
    nodes = [
        low + step_mm * (s + np.arange(n))
        for low, s, n in zip(LOW_MM, start, (12, 16, 16), strict=True)
    ]
    z, y, x = np.meshgrid(*nodes, indexing="ij")

    read = read_pixels(plane_of(x, y, z), step_mm, start, grid)

    np.testing.assert_allclose(read, plane_of(*world_of(grid)), atol=1e-3)

"""Grids of the kinds that scanners make, and a sphere of known mL on them."""

from math import cos, radians, sin

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Volume

EVEN_MM = np.full(23, 5.0)
MIXED_MM = np.array([4.0] * 13 + [1.08] + [7.0] * 9)


def head_grid(distances_mm, tilt_deg=0.0, *, shape=(110, 92), spacing_mm=(0.9, 1.1)):
    """Table increments along z, planes leaning by the tilt; centred on the origin."""
    lean = radians(tilt_deg)
    row_axis = np.array([0.0, cos(lean), -sin(lean)])
    # At a fixed distance along the normal the table moves on by that distance over the cosine.
    heights = np.concatenate([[0.0], np.cumsum(distances_mm)]) / cos(lean)
    corner = -(shape[0] - 1) / 2 * spacing_mm[0] * row_axis
    corner = corner + np.array([-(shape[1] - 1) / 2 * spacing_mm[1], 0.0, 0.0])
    stacked = (heights - heights.mean())[:, None] * np.array([0.0, 0.0, 1.0])
    return Grid(
        shape=(len(heights), *shape),
        origins_mm=corner + stacked,
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=row_axis,
        spacing_mm=spacing_mm,
    )


def sphere(grid, radius_mm=30.0, *, fine=2):
    """(slices, rows, columns) share of each voxel that a sphere at the origin fills, sampled."""
    edges = np.concatenate([[0], grid.distances_mm, [0]])
    edges[0], edges[-1] = edges[1], edges[-2]
    steps = (np.arange(fine) + 0.5) / fine - 0.5
    filled = np.zeros(grid.shape, dtype=np.float32)
    rows, columns = np.arange(grid.shape[1]), np.arange(grid.shape[2])
    for index in range(grid.shape[0]):
        span = (edges[index] + edges[index + 1]) / 2
        start = -edges[index] / 2
        for up in start + (np.arange(10) + 0.5) / 10 * span:
            for down in steps:
                for right in steps:
                    base = grid.origins_mm[index] + up * grid.normal
                    along = (rows + down) * grid.spacing_mm[0]
                    across = (columns + right) * grid.spacing_mm[1]
                    # Axes stand at right angles: the square of a distance is a sum of squares.
                    squares = (
                        (base @ grid.row_axis + along)[:, None] ** 2
                        + (base @ grid.column_axis + across)[None, :] ** 2
                        + (base @ grid.normal) ** 2
                    )
                    filled[index] += squares <= radius_mm**2
    return filled / (10 * fine * fine)


KINDS = {
    "straight": (EVEN_MM, 0.0),
    "tilted 20°": (EVEN_MM, 20.0),
    "mixed": (MIXED_MM, 0.0),
    "mixed, tilted 18.5°": (MIXED_MM, 18.5),
}


@pytest.fixture(scope="session", params=KINDS.values(), ids=KINDS.keys())
def ball(request):
    """A volume whose values are the share of each voxel in a sphere of 113.1 mL."""
    grid = head_grid(*request.param)
    return Volume(sphere(grid), grid)


@pytest.fixture
def noise():
    """A small tilted volume of mixed distances with sources and values as a scan has them."""
    rng = np.random.default_rng(7)
    grid = head_grid([4.0, 4.0, 1.08, 7.0], 18.5, shape=(48, 40), spacing_mm=(0.5, 0.6))
    return Volume(rng.normal(20, 30, grid.shape).astype(np.float32), grid, history=("made",))

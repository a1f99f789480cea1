"""Scans to draw on: even and straight; tilted, with thin slices below and thick ones above."""

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Mask


@pytest.fixture
def even() -> Grid:
    return Grid.regular((6, 9, 8), (5.0, 0.5, 0.75))


@pytest.fixture
def uneven() -> Grid:
    """Tilted by 20 degrees; three distances of 2.5 mm, then three of 10 mm, along the normal."""
    lean = np.radians(20.0)
    row_axis = np.array([0.0, np.cos(lean), -np.sin(lean)])
    heights = np.array([0.0, 2.5, 5.0, 7.5, 17.5, 27.5, 37.5]) / np.cos(lean)
    return Grid(
        shape=(7, 9, 8),
        origins_mm=heights[:, None] * np.array([0.0, 0.0, 1.0]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=row_axis,
        spacing_mm=(0.5, 0.75),
    )


@pytest.fixture
def drawing():
    """Make a mask of boxes: value, and (slices, rows, columns) as pairs of first and last + 1."""

    def draw(grid: Grid, *boxes, names=("any_hemorrhage",)) -> Mask:
        labels = np.zeros(grid.shape, np.uint8)
        for value, *ends in boxes:
            labels[tuple(slice(*end) for end in ends)] = value
        return Mask(labels, grid, names)

    return draw

"""From a real scan's pixels to the voxels of the phantom's canvas, and back."""

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.phantom.body.canvas import LOW_MM, STEP_MM
from headct.phantom.body.shapes import Box, Numbers


def read_voxels(values: Numbers, grid: Grid, box: Box) -> Numbers:
    """(z, y, x) of a box of the canvas: linear between slices and pixels, 0 beyond the scan.

    Args:
        values: (slices, rows, columns), smooth at the scale of a voxel.
        grid: of them on the canvas; columns run along x, rows may lean.
        box: of the canvas's voxels.
    """
    z_mm, y_mm, x_mm = (
        low + STEP_MM * np.arange(s.start, s.stop) for low, s in zip(LOW_MM, box, strict=True)
    )
    columns = (x_mm - grid.origins_mm[0, 0]) / grid.spacing_mm[1]
    lines = _between(np.moveaxis(values, 2, 0), columns)
    z, y = np.meshgrid(z_mm, y_mm, indexing="ij")
    height = z * grid.normal[2] + y * grid.normal[1]
    positions = grid.positions_mm - grid.origins_mm[:, 0] * grid.normal[0]
    count = len(positions)
    index = np.interp(height, positions, np.arange(count))
    low = np.minimum(index.astype(np.intp), max(0, count - 2))
    high = np.minimum(low + 1, count - 1)
    share = (index - low).astype(np.float32)
    total = np.zeros((len(x_mm), *z.shape), np.float32)
    for slices, weight in ((low, 1 - share), (high, share)):
        total += weight * _in_slices(lines, slices, grid, z, y)
    half = grid.heights_mm[[0, -1]] / 2
    beyond = (height < positions[0] - half[0]) | (height > positions[-1] + half[1])
    total[:, beyond] = 0
    return np.ascontiguousarray(np.moveaxis(total, 0, 2))


def _in_slices(
    lines: Numbers,
    slices: NDArray[np.intp],
    grid: Grid,
    z_mm: NDArray[np.float64],
    y_mm: NDArray[np.float64],
) -> Numbers:
    """(x, z, y) of lines (x, slices, rows) in each point's slice, linear between rows."""
    from_first = (z_mm - grid.origins_mm[slices, 2]) * grid.row_axis[2]
    from_first += (y_mm - grid.origins_mm[slices, 1]) * grid.row_axis[1]
    rows = from_first / grid.spacing_mm[0]
    low, share = _below(rows, grid.shape[1])
    return np.asarray(lines[:, slices, low] * (1 - share) + lines[:, slices, low + 1] * share)


def _between(values: Numbers, at: NDArray[np.float64]) -> Numbers:
    """Values along the first axis, linear between two."""
    low, share = _below(at, len(values))
    share = share[:, None, None]
    return np.ascontiguousarray(values[low] * (1 - share) + values[low + 1] * share)


def read_pixels(field: Numbers, step_mm: float, start: list[int], grid: Grid) -> Numbers:
    """(slices, rows, columns) of a coarse lattice's field, linear between its nodes.

    Args:
        field: (z, y, x).
        step_mm: between nodes.
        start: z y x, index of its first node in the whole lattice of the canvas.
        grid: of the slices, on the canvas.
    """
    low_z, low_y, low_x = (low + step_mm * s for low, s in zip(LOW_MM, start, strict=True))
    rows = np.arange(grid.shape[1]) * grid.spacing_mm[0]
    x_mm = grid.origins_mm[0, 0] + np.arange(grid.shape[2]) * grid.spacing_mm[1]
    z = (grid.origins_mm[:, 2:] + rows * grid.row_axis[2] - low_z) / step_mm
    y = (grid.origins_mm[:, 1:2] + rows * grid.row_axis[1] - low_y) / step_mm
    columns = _between(np.moveaxis(field, 2, 0), (x_mm - low_x) / step_mm)
    i, up = _below(z, field.shape[0])
    j, back = _below(y, field.shape[1])
    near = columns[:, i, j] * (1 - back) + columns[:, i, j + 1] * back
    far = columns[:, i + 1, j] * (1 - back) + columns[:, i + 1, j + 1] * back
    return np.ascontiguousarray(np.moveaxis(near * (1 - up) + far * up, 0, 2))


def _below(at: NDArray[np.float64], count: int) -> tuple[NDArray[np.intp], Numbers]:
    """Index below each position, and how far it is on the way to the next."""
    low = np.clip(np.floor(at), 0, count - 2).astype(np.intp)
    return low, np.clip(at - low, 0, 1).astype(np.float32)

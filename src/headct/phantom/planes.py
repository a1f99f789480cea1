"""Reading slices of any thickness and tilt out of the head's voxels."""

from collections.abc import Sequence
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.phantom.canvas import LOW_MM, STEP_MM
from headct.phantom.shapes import Numbers


def read_slab(
    values: Numbers,
    corner: Sequence[int],
    grid: Grid,
    index: int,
    offsets_mm: NDArray[np.float64],
) -> Numbers:
    """(rows, columns) mean over planes at offsets along the normal, pixels averaged too.

    The gantry tilts about x: all pixels of a row share y and z. So rows are read first, in y
    and z, and columns once at the end; beyond the border stands what the border holds.
    """
    rows, columns = grid.shape[1:]
    # A pixel wider than a voxel is read in parts, or it would miss what lies between.
    parts = ceil(grid.spacing_mm[0] / STEP_MM)
    down = ((np.arange(rows * parts) + 0.5) / parts - 0.5) * grid.spacing_mm[0]
    across = ((np.arange(columns * parts) + 0.5) / parts - 0.5) * grid.spacing_mm[1]
    start = grid.origins_mm[index]
    low = np.array(LOW_MM) + np.array(corner) * STEP_MM
    total = np.zeros((rows * parts, values.shape[2]), np.float32)
    for offset in offsets_mm:
        line = start + down[:, None] * grid.row_axis + offset * grid.normal
        z, y = (line[:, 2] - low[0]) / STEP_MM, (line[:, 1] - low[1]) / STEP_MM
        _add_lines(total, values, z, y)
    total /= len(offsets_mm)
    x = (start[0] + across - low[2]) / STEP_MM
    left, share = _between(x, values.shape[2])
    pixels = np.take(total, left, axis=1)
    pixels += (np.take(total, left + 1, axis=1) - pixels) * share
    if parts == 1:
        return pixels
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _add_lines(
    total: Numbers, values: Numbers, z: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    """Add the lines of voxels at (z, y), read linearly between voxels."""
    depth, height = values.shape[:2]
    hit = (z > -1) & (z < depth) & (y > -1) & (y < height)
    # Only a bleed's box ends in nothing, and only there are whole lines left out.
    if not hit.any() and not values[0].any() and not values[-1].any():
        return
    low_z, share_z = _between(z, depth)
    low_y, share_y = _between(y, height)
    share_z, share_y = share_z[:, None], share_y[:, None]
    for up in (0, 1):
        for on in (0, 1):
            weight = (share_z if up else 1 - share_z) * (share_y if on else 1 - share_y)
            total += values[low_z + up, low_y + on] * weight


def _between(at: NDArray[np.float64], count: int) -> tuple[NDArray[np.intp], Numbers]:
    """Index below each position, and how far it is on the way to the next."""
    low = np.clip(np.floor(at), 0, count - 2).astype(np.intp)
    return low, np.clip(at - low, 0, 1).astype(np.float32)

"""Reading slices of any thickness and tilt out of the head's voxels."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.phantom.body.canvas import LOW_MM, STEP_MM
from headct.phantom.body.shapes import Numbers

Points = NDArray[np.float64]
# Rows of a leaning slice are read this often along a pixel and across the slice, in mm: finer
# changes no voxel by more than noise does.
_ROW_MM, PLANE_MM = 0.5, 1.0


def read_slabs(
    values: Numbers,
    corner: Sequence[int],
    grid: Grid,
    spans_mm: Iterable[tuple[float, float]],
    *,
    plane_mm: float = PLANE_MM,
) -> Iterator[Numbers]:
    """Each slice's (rows, columns): the mean of each pixel's cell, linear between voxels.

    Beyond the border stands what the border holds. The mean over a straight slice is exact. The
    gantry tilts about x alone: rows of a leaning slice share y and z, and are read at points.

    Args:
        values: (z, y, x) of a box of the head's voxels.
        corner: index of its first voxel in the whole.
        grid: of the slices; the table alone moves them.
        spans_mm: for each slice from where to where along the normal, 0 being its middle.
        plane_mm: the longest step along the normal in a leaning slice.
    """
    low = np.array(LOW_MM) + np.array(corner) * STEP_MM
    starts = (grid.origins_mm[:, ::-1] - low) / STEP_MM
    rows, columns = grid.shape[1:]
    down_mm, across_mm = grid.spacing_mm
    across = _means(_edges(starts[0, 2], across_mm, columns), values.shape[2])
    down = _means(_edges(starts[0, 1], down_mm, rows), values.shape[1])
    for start, span_mm in zip(starts, spans_mm, strict=True):
        if grid.row_axis[2] == 0:
            up = _means(start[0] + np.array(span_mm) / STEP_MM, values.shape[0])
            lines = down.of(up.of(values)[0])
        else:
            lines = _read_lines(values, grid, start, span_mm, plane_mm)
        yield np.ascontiguousarray(across.of(np.ascontiguousarray(lines.T)).T)


def _edges(first: float, spacing_mm: float, count: int) -> Points:
    """Where pixels end, in voxels."""
    return np.asarray(first + (np.arange(count + 1) - 0.5) * spacing_mm / STEP_MM)


@dataclass(frozen=True, eq=False)
class _Band:
    """Weighted sums of a few voxels in a row.

    A product of matrices would do the same; its threads get in each other's way where several
    processes draw heads, and its sums depend on their number.

    Args:
        first: (sums,) index of the first voxel.
        weights: (sums, voxels).
    """

    first: NDArray[np.intp]
    weights: Numbers

    def of(self, values: Numbers) -> Numbers:
        """(voxels, ...) → (sums, ...)."""
        tail = (1,) * (values.ndim - 1)
        total = values[self.first]
        total *= self.weights[:, 0].reshape(-1, *tail)
        for step in range(1, self.weights.shape[1]):
            total += values[self.first + step] * self.weights[:, step].reshape(-1, *tail)
        return total


def _means(edges: Points, count: int) -> _Band:
    """The mean of a broken line over each interval between edges.

    The line runs through the voxels' values and stays level beyond the first and the last.
    """
    beyond = edges[:, None] - np.arange(count)
    near = np.clip(beyond, -1, 1)
    # A voxel's hat summed up to each edge; the end voxels own all that lies beyond.
    summed = np.where(near < 0, (1 + near) ** 2 / 2, 1 - (1 - near) ** 2 / 2)
    summed[:, 0] = np.where(beyond[:, 0] < 0, beyond[:, 0] + 0.5, summed[:, 0])
    over = beyond[:, -1]
    summed[:, -1] = np.where(over > 0, over + 0.5, summed[:, -1])
    weights = (np.diff(summed, axis=0) / np.diff(edges)[:, None]).astype(np.float32)
    wide = int((weights != 0).sum(axis=1).max())
    first = np.minimum((weights != 0).argmax(axis=1), count - wide)
    return _Band(first, np.take_along_axis(weights, first[:, None] + np.arange(wide), axis=1))


def _read_lines(
    values: Numbers, grid: Grid, start: Points, span_mm: tuple[float, float], plane_mm: float
) -> Numbers:
    """(rows, x) means of the lines of voxels that the rows of a leaning slice pass."""
    depth, height, width = values.shape
    rows = grid.shape[1]
    parts = ceil(grid.spacing_mm[0] / _ROW_MM)
    down_mm = ((np.arange(rows * parts) + 0.5) / parts - 0.5) * grid.spacing_mm[0]
    planes = max(2, ceil((span_mm[1] - span_mm[0]) / plane_mm))
    up_mm = span_mm[0] + (np.arange(planes) + 0.5) / planes * (span_mm[1] - span_mm[0])
    z, y = (
        start[axis] + (down_mm[:, None] * grid.row_axis[lps] + up_mm * grid.normal[lps]) / STEP_MM
        for axis, lps in ((0, 2), (1, 1))
    )
    met = ((z > -1) & (z < depth) & (y > -1) & (y < height)).any(axis=1)
    lines = np.zeros((rows * parts, width), np.float32)
    # Only a lesion's box ends in nothing, and only there may whole lines be left out.
    if values[0].any() or values[-1].any() or values[:, 0].any() or values[:, -1].any():
        met[:] = True
    low_z, share_z = _between(z[met], depth)
    low_y, share_y = _between(y[met], height)
    flat = values.reshape(depth * height, width)
    first = low_z * height + low_y
    around = np.concatenate([first, first + 1, first + height, first + height + 1], axis=1)
    weights = np.concatenate(
        [
            (1 - share_z) * (1 - share_y),
            (1 - share_z) * share_y,
            share_z * (1 - share_y),
            share_z * share_y,
        ],
        axis=1,
    ) / np.float32(planes)
    lines[met] = np.matmul(weights[:, None, :], flat[around])[:, 0]
    return np.asarray(lines.reshape(rows, parts, width).mean(axis=1), dtype=np.float32)


def _between(at: Points, count: int) -> tuple[NDArray[np.intp], Numbers]:
    """Index below each position, and how far it is on the way to the next."""
    low = np.clip(np.floor(at), 0, count - 2).astype(np.intp)
    return low, np.clip(at - low, 0, 1).astype(np.float32)

"""Moving and scaling slices: the arithmetic under straighten, resample and reshape.

Coarser pixels average what they cover, finer ones follow the straight line between neighbours.
"""

from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid, Points
from headct.core.volume import Hounsfield

# A hundredth of a pixel moves nothing that a CT resolves (its blur is a pixel or more), and
# decimal strings of positions carry about that much rounding.
_WHOLE_TOLERANCE_PX = 0.01


@dataclass(frozen=True, eq=False)
class Canvas:
    """The smallest straight frame that holds every slice of a stack, in the stack's own pixels.

    Args:
        rows: of the frame.
        columns: of the frame.
        offsets_px: (slices, 2), row and column of the frame at which each slice's first pixel lies.
        origins_mm: (slices, 3), centre of the frame's first pixel, slice by slice.
    """

    rows: int
    columns: int
    offsets_px: Points
    origins_mm: Points

    @property
    def is_shifted(self) -> bool:
        """Whether any slice lies elsewhere in the frame than another."""
        return bool(self.offsets_px.any())


def canvas(grid: Grid) -> Canvas:
    """The frame that a tilted stack fills once its slices lie straight above each other."""
    away = grid.origins_mm - grid.origins_mm[0]
    in_plane_mm = np.stack([away @ grid.row_axis, away @ grid.column_axis], axis=1)
    low_mm = in_plane_mm.min(axis=0)
    offsets = (in_plane_mm - low_mm) / np.asarray(grid.spacing_mm)
    whole = np.rint(offsets)
    offsets = np.where(np.abs(offsets - whole) < _WHOLE_TOLERANCE_PX, whole, offsets)
    rows, columns = (int(n) for n in np.ceil(offsets.max(axis=0)))
    across = (away @ grid.normal)[:, None] * grid.normal
    corner = grid.origins_mm[0] + low_mm[0] * grid.row_axis + low_mm[1] * grid.column_axis
    return Canvas(grid.shape[1] + rows, grid.shape[2] + columns, offsets, corner + across)


def place(plane: Hounsfield, frame: Canvas, index: int, fill: float) -> Hounsfield:
    """A slice laid into its frame, between pixels by bilinear interpolation.

    Args:
        plane: (rows, columns) of the stack.
        frame: where slices go.
        index: of the slice.
        fill: what surrounds it.
    """
    if not frame.is_shifted:
        return plane
    (row, column) = frame.offsets_px[index]
    top, left = floor(row), floor(column)
    placed = cv2.copyMakeBorder(
        plane,
        top,
        frame.rows - plane.shape[0] - top,
        left,
        frame.columns - plane.shape[1] - left,
        cv2.BORDER_CONSTANT,
        value=fill,
    )
    down, right = row - top, column - left
    if down or right:
        # Each pixel takes a share of the one before it: a shift towards growing indices.
        placed = cv2.sepFilter2D(
            placed,
            -1,
            np.array([right, 1 - right]),
            np.array([down, 1 - down]),
            anchor=(1, 1),
            borderType=cv2.BORDER_REPLICATE,
        )
    return np.asarray(placed, dtype=np.float32)


def pixels_to_cover(extent_mm: float, spacing_mm: float) -> int:
    """How many pixels it takes to cover a length; at least one."""
    return max(1, ceil(extent_mm / spacing_mm - _WHOLE_TOLERANCE_PX))


def scale(plane: Hounsfield, shape: tuple[int, int], factors: tuple[float, float]) -> Hounsfield:
    """A slice with larger or smaller pixels, from the same upper left edge.

    Args:
        plane: (rows, columns).
        shape: (rows, columns) wanted.
        factors: old spacing / new spacing, of rows and of columns.

    Returns:
        Pixels that average what they cover along an axis whose factor is below 1, and follow the
        line between neighbours otherwise. What reaches past the old edge repeats it.
    """
    # OpenCV averages areas only where both axes shrink: mixed factors take two passes.
    is_mixed = (factors[0] < 1) != (factors[1] < 1)
    passes = [(factors[0], 1.0), (1.0, factors[1])] if is_mixed else [factors]
    for rows_factor, columns_factor in passes:
        below = _missing(plane.shape[0], shape[0], rows_factor)
        right = _missing(plane.shape[1], shape[1], columns_factor)
        if below or right:
            padded = cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE)
            plane = np.asarray(padded, dtype=np.float32)
        shrinks = min(rows_factor, columns_factor) < 1
        scaled = cv2.resize(
            plane,
            None,
            fx=columns_factor,
            fy=rows_factor,
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        )
        plane = np.asarray(scaled, dtype=np.float32)
    return np.ascontiguousarray(plane[: shape[0], : shape[1]], dtype=np.float32)


def _missing(count: int, wanted: int, factor: float) -> int:
    """Pixels to add so that OpenCV, which rounds count x factor, gives as many as wanted."""
    return max(0, ceil((wanted - 0.49) / factor) - count) if factor != 1.0 else 0


def cell_edges_mm(grid: Grid) -> Points:
    """(slices + 1,) where the cells of slices begin and end along the normal.

    Cells meet halfway between slices; an end slice mirrors its only neighbour.
    """
    positions = grid.positions_mm
    if len(positions) == 1:
        half = grid.heights_mm[0] / 2
        return np.array([positions[0] - half, positions[0] + half])
    middles = (positions[:-1] + positions[1:]) / 2
    low, high = 2 * positions[0] - middles[0], 2 * positions[-1] - middles[-1]
    return np.concatenate([[low], middles, [high]])


def normal_weights(grid: Grid, centres_mm: Points, height_mm: float) -> NDArray[np.float64]:
    """How much of each slice goes into slabs at given positions along the normal.

    Args:
        grid: of the slices there are.
        centres_mm: (slabs,) positions along the normal.
        height_mm: of every slab.

    Returns:
        (slabs, slices), each row summing to 1. A slab higher than the distance between the slices
        around it averages the cells that it covers; another one lies on the straight line between
        the two slices around it. Past the ends, the end slice counts.
    """
    positions = grid.positions_mm
    edges = cell_edges_mm(grid)
    weights = np.zeros((len(centres_mm), len(positions)))
    around = np.clip(np.searchsorted(positions, centres_mm) - 1, 0, max(0, len(positions) - 2))
    for slab, (centre, below) in enumerate(zip(centres_mm, around, strict=True)):
        above = min(below + 1, len(positions) - 1)
        distance = positions[above] - positions[below]
        if above == below:
            weights[slab, below] = 1.0
        elif height_mm > distance * (1 + _WHOLE_TOLERANCE_PX):
            low, high = centre - height_mm / 2, centre + height_mm / 2
            covered = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
            covered = np.clip(covered, 0.0, None)
            end = 0 if centre < edges[0] else -1
            covered[end] += 0.0 if covered.any() else 1.0
            weights[slab] = covered / covered.sum()
        else:
            share = float(np.clip((centre - positions[below]) / distance, 0.0, 1.0))
            weights[slab, below] += 1 - share
            weights[slab, above] += share
    return weights

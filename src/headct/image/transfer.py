"""Bring what was drawn on one grid to another of the same scan, at true positions in the patient.

Masks and heatmaps found on a resampled, straightened, reshaped, cropped or reoriented copy go back
to the slices that were scanned.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.grid import Grid, Points
from headct.core.volume import Heatmap, Labels, Mask
from headct.image.sampling import cell_edges_mm
from headct.image.turn import Value, turn_array, turn_grid, turn_towards

# Sine of the angle at which the far corner of a 250 mm slice is half a millimetre off.
_PARALLEL_TOLERANCE = 2e-3
# Far below what matters, far above what arithmetic loses: pixels, and mm.
_DIGITS, _ROUNDING = 6, 1e-6

Inside = NDArray[np.bool_]


def transfer_mask(mask: Mask, grid: Grid) -> Mask:
    """The mask on another grid: each voxel takes the label of the cell its centre lies in.

    Outside the mask's grid nothing is marked. Slices that fall into one cell are worked out once.

    Raises:
        GeometryError: the two grids are not parallel, up to quarter turns.
    """
    labels, source = _aligned(mask.labels, mask.grid, grid)

    @lru_cache(maxsize=1)
    def plane(cell: int, top: float, left: float) -> Labels:
        rows, inside_rows = _nearest(top, 0, source, grid)
        columns, inside_columns = _nearest(left, 1, source, grid)
        picked = labels[cell].take(rows, axis=0).take(columns, axis=1)
        picked[~inside_rows] = 0
        picked[:, ~inside_columns] = 0
        return np.asarray(picked)

    out = np.zeros(grid.shape, dtype=np.uint8)
    is_marked = np.asarray(labels.any(axis=(1, 2)))
    for index, cell in enumerate(cells_of(source, grid).tolist()):
        if cell >= 0 and is_marked[cell]:
            out[index] = plane(cell, *_offset_px(source, cell, grid, index))
    return Mask(out, grid, mask.names)


def transfer_heatmap(heatmap: Heatmap, grid: Grid) -> Heatmap:
    """The heatmap on another grid, linear between slices and between pixels; 0 outside.

    Raises:
        GeometryError: the two grids are not parallel, up to quarter turns.
    """
    weights, source = _aligned(heatmap.weights, heatmap.grid, grid)
    edges, levels = cell_edges_mm(source), source.positions_mm

    @lru_cache(maxsize=2)
    def plane(cell: int, top: float, left: float) -> NDArray[np.float32]:
        across = _between(weights[cell], top, 0, source, grid)
        return _between(across, left, 1, source, grid)

    out = np.zeros(grid.shape, dtype=np.float32)
    for index, position in enumerate(_positions(source, grid)):
        if not edges[0] <= position <= edges[-1]:
            continue
        above = int(np.clip(np.searchsorted(levels, position), 0, len(levels) - 1))
        below = max(0, above - 1)
        gap = levels[above] - levels[below]
        share = float(np.clip((position - levels[below]) / gap, 0, 1)) if gap else 0.0
        for cell, part in ((below, 1 - share), (above, share)):
            if part:
                shown = plane(cell, *_offset_px(source, cell, grid, index))
                out[index] += np.float32(part) * shown
    # Rounding may leave a weight a few millionths above 1.
    return Heatmap(np.clip(out, 0.0, 1.0, out=out), grid, heatmap.raw_peak)


def nearest_slices(grid: Grid, onto: Grid) -> NDArray[np.intp]:
    """(slices of ``grid``,) the slice of ``onto`` that lies nearest to each."""
    away = (onto.origins_mm @ grid.normal)[None, :] - grid.positions_mm[:, None]
    return np.asarray(np.abs(away).argmin(axis=1))


def cells_of(grid: Grid, onto: Grid) -> NDArray[np.intp]:
    """(slices of ``onto``,) the slice of ``grid`` in whose cell each lies; -1 outside of all."""
    edges = cell_edges_mm(grid)
    cells = np.searchsorted(edges, _positions(grid, onto), side="right") - 1
    return np.where(cells < grid.shape[0], cells, -1)


def _aligned(values: NDArray[Value], grid: Grid, target: Grid) -> tuple[NDArray[Value], Grid]:
    """The array counted along the target's axes, and its grid."""
    axes = np.stack([target.normal, target.row_axis, target.column_axis])
    turn = turn_towards(grid, axes)
    turned = turn_grid(grid, turn)
    apart = np.linalg.norm(np.cross([turned.row_axis, turned.column_axis], axes[1:]), axis=1)
    if apart.max() > _PARALLEL_TOLERANCE:
        raise GeometryError(
            f"the two grids are turned against each other by {np.degrees(apart.max()):.2f}°, and "
            "only quarter turns can be undone: give the grid of the same scan"
        )
    return turn_array(values, turn), turned


def _positions(source: Grid, target: Grid) -> Points:
    """(slices of target,) position of each along the source's normal."""
    # A slice on the border of two cells must not fall to rounding.
    return np.asarray(target.origins_mm @ source.normal + _ROUNDING)


def _offset_px(source: Grid, cell: int, target: Grid, index: int) -> tuple[float, float]:
    """Where the target slice's first pixel lies, in rows and columns of a source slice."""
    away = target.origins_mm[index] - source.origins_mm[cell]
    top = float(away @ source.row_axis) / source.spacing_mm[0]
    left = float(away @ source.column_axis) / source.spacing_mm[1]
    # Equal up to rounding counts as equal, so that a slice is worked out once.
    return round(top, _DIGITS), round(left, _DIGITS)


def _at(start: float, axis: int, source: Grid, target: Grid) -> tuple[Points, Inside]:
    """Places of the target's rows (0) or columns (1) among the source's; which fall inside."""
    ratio = target.spacing_mm[axis] / source.spacing_mm[axis]
    places = np.round(start + np.arange(target.shape[1 + axis]) * ratio, _DIGITS)
    return places, (places >= -0.5) & (places < source.shape[1 + axis] - 0.5)


def _nearest(
    start: float, axis: int, source: Grid, target: Grid
) -> tuple[NDArray[np.intp], Inside]:
    places, inside = _at(start, axis, source, target)
    nearest = np.floor(places + 0.5).astype(np.intp)
    return np.clip(nearest, 0, source.shape[1 + axis] - 1), inside


def _between(
    values: NDArray[np.float32], start: float, axis: int, source: Grid, target: Grid
) -> NDArray[np.float32]:
    places, inside = _at(start, axis, source, target)
    last = source.shape[1 + axis] - 1
    held = np.clip(places, 0, last)
    low = np.floor(held).astype(np.intp)
    share = (held - low).astype(np.float32)
    shape = (-1, 1) if axis == 0 else (1, -1)
    first = values.take(low, axis=axis) * ((1 - share) * inside).reshape(shape)
    second = values.take(np.minimum(low + 1, last), axis=axis) * (share * inside).reshape(shape)
    return np.asarray(first + second, dtype=np.float32)

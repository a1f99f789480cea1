"""Regions of an array: thresholds with memory, growing, connected parts, filled holes.

Arrays are (slices, rows, columns). Voxels touch through faces, edges and corners (26 neighbours)
unless said otherwise.
"""

from dataclasses import dataclass
from typing import Literal

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid, Points

Region = NDArray[np.bool_]
Connectivity = Literal[6, 18, 26]


@dataclass(frozen=True, eq=False)
class Components:
    """The connected parts of a region.

    Args:
        labels: (slices, rows, columns), 0 outside, k for part k from 1 up.
        boxes: the smallest box around each part, to index arrays with; part k is ``boxes[k - 1]``.
        areas: (parts, slices), pixels of each part on each slice.
    """

    labels: NDArray[np.unsignedinteger]
    boxes: tuple[tuple[slice, slice, slice], ...]
    areas: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def voxels(self) -> NDArray[np.int64]:
        """(parts,) voxels of each part."""
        return np.asarray(self.areas.sum(axis=1))

    def volumes_ml(self, grid: Grid) -> Points:
        """(parts,) mL of each part, slice by slice."""
        return np.asarray(self.areas @ grid.slice_voxel_ml)

    def keep(self, wanted: Region) -> Region:
        """The region of some parts.

        Args:
            wanted: (parts,), True for the parts to keep.
        """
        return np.asarray(np.concatenate([[False], wanted])[self.labels], dtype=np.bool_)


def components(region: Region, *, connectivity: Connectivity = 26) -> Components:
    """The connected parts of a region, with their boxes and their areas by slice."""
    labels, count = _label(region, connectivity)
    if not count:
        return Components(labels, (), np.zeros((0, region.shape[0]), dtype=np.int64))
    boxes = cc3d.statistics(labels)["bounding_boxes"][1:]
    marked = np.flatnonzero(labels)
    slices = marked // (region.shape[1] * region.shape[2])
    cells = (labels.ravel()[marked].astype(np.intp) - 1) * region.shape[0] + slices
    areas = np.bincount(cells, minlength=count * region.shape[0]).astype(np.int64)
    return Components(labels, tuple(boxes), areas.reshape(count, -1))


def hysteresis(
    values: NDArray[np.float32], low: float, high: float, *, connectivity: Connectivity = 26
) -> Region:
    """Voxels of at least ``low`` that connect to one of at least ``high``.

    Source:
        Canny 1986, thresholding with hysteresis.
    """
    if not low <= high:
        raise ValueError(f"expected low <= high, got {low} and {high}")
    return _touching(values >= low, values >= high, connectivity)


def grow(
    values: NDArray[np.float32],
    seeds: Region,
    low: float,
    high: float,
    *,
    connectivity: Connectivity = 26,
) -> Region:
    """Voxels in [low, high] that connect to a seed in [low, high]."""
    if not low <= high:
        raise ValueError(f"expected low <= high, got {low} and {high}")
    return _touching((values >= low) & (values <= high), seeds, connectivity)


def fill_holes(region: Region) -> Region:
    """The region with its holes filled, slice by slice: what no path through faces leaves.

    A hole is background that does not reach the border of its slice through pixel sides.
    """
    filled = np.empty(region.shape, dtype=np.bool_)
    _, rows, columns = region.shape
    for index, plane in enumerate(region):
        if not plane.any():
            filled[index] = False
            continue
        # One pixel of background around, so that a single flood reaches all that is outside.
        framed = np.pad(plane.view(np.uint8), 1)
        cv2.floodFill(framed, None, (0, 0), 2, flags=4)
        filled[index] = framed[1 : rows + 1, 1 : columns + 1] != 2
    return filled


def _touching(region: Region, seeds: Region, connectivity: Connectivity) -> Region:
    """The parts of a region that hold a seed."""
    labels, count = _label(region, connectivity)
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[labels[seeds]] = True
    kept[0] = False
    return np.asarray(kept[labels])


def _label(region: Region, connectivity: Connectivity) -> tuple[NDArray[np.unsignedinteger], int]:
    labels, count = cc3d.connected_components(region, connectivity=connectivity, return_N=True)
    return labels, int(count)

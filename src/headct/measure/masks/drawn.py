"""One class of a mask beside the same class of the true one, cut to the box that holds both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.grid import Grid, Points
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.core.volume import Labels, Mask

Region = NDArray[np.bool_]

# A tenth of the finest pixel in use (0.5 mm): what float32 affines and mean slice distances of
# other tools are off by, and far less than a voxel.
SAME_PLACE_MM = 0.05


@dataclass(frozen=True, eq=False)
class Drawn:
    """A class as two have drawn it.

    Args:
        truth: (slices, rows, columns) of the box that holds both.
        predicted: likewise.
        grid: of the whole scan.
        corner: index in the scan of the box's first voxel.
    """

    truth: Region
    predicted: Region
    grid: Grid
    corner: tuple[int, int, int] = (0, 0, 0)

    @property
    def has_ml(self) -> bool:
        """Whether a voxel has a volume: not without spacing, nor on a slice without thickness."""
        has_height = self.grid.shape[0] > 1 or self.grid.thickness_mm is not None
        return self.grid.is_measured and has_height

    @property
    def voxel_ml(self) -> Points:
        """(slices,) mL of a voxel, slice by slice of the box.

        Raises:
            GeometryError: there is no mL to give.
        """
        first = self.corner[0]
        return self.grid.slice_voxel_ml[first : first + len(self.truth)]

    @property
    def voxel_weights(self) -> Points:
        """(slices,) what a voxel counts for: its mL, and 1 where that is not known."""
        return self.voxel_ml if self.has_ml else np.ones(len(self.truth))


def classes(truth: Mask, predicted: Mask) -> tuple[str, ...]:
    """The classes that both masks tell of, in the order of the true one.

    A mask tells of the classes it names; and of any hemorrhage where it names all five subtypes,
    which is then their union. A mask of fewer subtypes does not: what else bled, nobody drew.
    """
    names = tuple(dict.fromkeys((*truth.names, ANY_HEMORRHAGE)))
    return tuple(name for name in names if _tells(truth, name) and _tells(predicted, name))


def draw_class(truth: Mask, predicted: Mask, name: str) -> Drawn:
    """One class of both masks, which must lie on one grid.

    Raises:
        ValueError: a mask does not tell of the class.
        GeometryError: the grids differ.
    """
    for which, mask in (("true", truth), ("predicted", predicted)):
        if not _tells(mask, name):
            raise ValueError(f"the {which} mask tells nothing of {name}: it has {mask.names}")
    check_same_place(truth.grid, predicted.grid)
    box = _box(truth.labels, predicted.labels)
    return Drawn(
        truth=_region(truth, name, box),
        predicted=_region(predicted, name, box),
        grid=truth.grid,
        corner=(box[0].start, box[1].start, box[2].start),
    )


def check_same_place(grid: Grid, other: Grid) -> None:
    """Refuse two grids whose voxels do not lie in the same places.

    Raises:
        GeometryError: shapes differ, or voxels lie more than ``SAME_PLACE_MM`` apart.
    """
    if grid.shape != other.shape:
        raise GeometryError(
            f"expected both masks on one grid, got {grid.shape} for the truth and {other.shape} "
            "for the prediction: bring the prediction back to the grid that was drawn on"
        )
    if grid.is_measured != other.is_measured:
        raise GeometryError(
            "one mask has a measured spacing and the other a guess: state the spacing of both"
        )
    apart_mm = float(np.linalg.norm(_corners_mm(grid) - _corners_mm(other), axis=-1).max())
    if apart_mm > SAME_PLACE_MM:
        raise GeometryError(
            f"the masks are of one shape, {grid.shape}, but voxels lie up to {apart_mm:.2f} mm "
            "apart: bring the prediction back to the grid that was drawn on"
        )


def _corners_mm(grid: Grid) -> Points:
    """(3, slices, 3) three corners of every slice."""
    slices, rows, columns = grid.shape
    ends = ((0, 0), (0, columns - 1), (rows - 1, 0))
    at = [[(k, row, column) for k in range(slices)] for row, column in ends]
    return np.stack([grid.to_world(corner) for corner in at])


def _tells(mask: Mask, name: str) -> bool:
    is_union = name == ANY_HEMORRHAGE and set(HEMORRHAGE_SUBTYPES) <= set(mask.names)
    return name in mask.names or is_union


def _region(mask: Mask, name: str, box: tuple[slice, slice, slice]) -> Region:
    bleeds = {ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES}
    wanted = bleeds if name == ANY_HEMORRHAGE else {name}
    is_wanted = np.array([False, *(one in wanted for one in mask.names)])
    return np.asarray(is_wanted[mask.labels[box]])


def _box(labels: Labels, others: Labels) -> tuple[slice, slice, slice]:
    """The smallest box around all that either has drawn; one voxel where nothing is."""
    slices, rows, columns = (_extent(labels, others, axes) for axes in ((1, 2), (0, 2), (0, 1)))
    return slices, rows, columns


def _extent(labels: Labels, others: Labels, axes: tuple[int, int]) -> slice:
    marked = np.flatnonzero(labels.any(axis=axes) | others.any(axis=axes))
    return slice(int(marked[0]), int(marked[-1]) + 1) if len(marked) else slice(0, 1)

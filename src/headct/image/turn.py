"""Quarter turns: the same voxels counted along other axes, exactly, without resampling."""

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.grid import Grid, Points

Value = TypeVar("Value", bound=np.generic)

LPS_AXES = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""(3, 3): slices grow to the head, rows to the back, columns to the patient's left."""

# What Grid takes for rounding in the two axes of a slice.
_SQUARE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Turn:
    """Which old axis each new axis counts along, and whether backwards.

    Args:
        order: for new slices, rows, columns: 0, 1 or 2 of the old ones.
        is_flipped: for new slices, rows, columns: True where counted from the far end.
    """

    order: tuple[int, int, int]
    is_flipped: tuple[bool, bool, bool]

    @property
    def keeps_slices(self) -> bool:
        """Whether slices stay slices, though perhaps in reverse order."""
        return self.order[0] == 0


def turn_towards(grid: Grid, axes: Points) -> Turn:
    """The turn that brings a grid's axes nearest to the wanted ones.

    Args:
        grid: where the voxels lie now.
        axes: (3, 3) unit vectors in which slices, rows and columns should grow; right-handed.
    """
    now = np.stack([grid.normal, grid.row_axis, grid.column_axis])
    along = axes @ now.T
    order = max(
        permutations(range(3)),
        key=lambda order: sum(abs(float(along[new, old])) for new, old in enumerate(order)),
    )
    signs = np.sign([along[new, old] for new, old in enumerate(order)])
    # Grid is right-handed: rows and columns decide which way slices must grow.
    rows, columns = signs[1] * now[order[1]], signs[2] * now[order[2]]
    slices = float(np.cross(columns, rows) @ now[order[0]])
    return Turn(
        (order[0], order[1], order[2]), (slices < 0, bool(signs[1] < 0), bool(signs[2] < 0))
    )


def turn_array(values: NDArray[Value], turn: Turn) -> NDArray[Value]:
    """Array counted along the new axes, contiguous; the input is not changed."""
    view = values.transpose(turn.order)
    backwards = tuple(slice(None, None, -1 if flip else 1) for flip in turn.is_flipped)
    return np.ascontiguousarray(view[backwards])


def turn_grid(grid: Grid, turn: Turn) -> Grid:
    """The grid of a turned array: every voxel stays where it was in the patient.

    Raises:
        GeometryError: slices would become rows or columns, but are tilted or of uneven distance.
    """
    return _turn_in_plane(grid, turn) if turn.keeps_slices else _turn_through(grid, turn)


def _turn_in_plane(grid: Grid, turn: Turn) -> Grid:
    axes = (grid.row_axis, grid.column_axis)
    origins = grid.origins_mm
    turned: list[Points] = []
    for old, flip in zip(turn.order[1:], turn.is_flipped[1:], strict=True):
        axis = axes[old - 1]
        if flip:
            origins = origins + axis * grid.spacing_mm[old - 1] * (grid.shape[old] - 1)
        turned.append(-axis if flip else axis)
    _, rows, columns = turn.order
    return replace(
        grid,
        shape=(grid.shape[0], grid.shape[rows], grid.shape[columns]),
        origins_mm=origins[::-1] if turn.is_flipped[0] else origins,
        row_axis=turned[0],
        column_axis=turned[1],
        spacing_mm=(grid.spacing_mm[rows - 1], grid.spacing_mm[columns - 1]),
    )


def _turn_through(grid: Grid, turn: Turn) -> Grid:
    affine = grid.affine()
    steps = affine[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    units = steps / lengths
    if np.abs(units.T @ units - np.eye(3)).max() > _SQUARE_TOLERANCE:
        raise GeometryError(
            f"slices leaning by {grid.tilt_deg:.1f}° cannot become rows or columns: straighten or "
            "resample first"
        )
    # The far corner, where an old axis is counted backwards.
    corner = affine[:3, 3].copy()
    for old, flip in zip(turn.order, turn.is_flipped, strict=True):
        corner += steps[:, old] * (grid.shape[old] - 1) * flip
    signs = [-1.0 if flip else 1.0 for flip in turn.is_flipped]
    slices, rows, columns = turn.order
    heights = np.arange(grid.shape[slices])[:, None] * (signs[0] * steps[:, slices])
    return Grid(
        shape=(grid.shape[slices], grid.shape[rows], grid.shape[columns]),
        origins_mm=corner + heights,
        row_axis=signs[1] * units[:, rows],
        column_axis=signs[2] * units[:, columns],
        spacing_mm=(float(lengths[rows]), float(lengths[columns])),
        thickness_mm=float(lengths[slices]),
        is_measured=grid.is_measured,
    )

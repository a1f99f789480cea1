"""Steps that move voxels: reorient, straighten, resample, reshape, crop.

Every voxel of the result knows where it lies in the patient. What was outside the scan takes the
volume's lowest value: air, whatever scale the values are in.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Hounsfield, Mask, Volume
from headct.image.sampling import (
    Canvas,
    canvas,
    cell_edges_mm,
    normal_weights,
    pixels_to_cover,
    place,
    scale,
)
from headct.image.turn import LPS_AXES, turn_array, turn_grid, turn_towards

Range = tuple[int, int]


@dataclass(frozen=True)
class Reorient:
    """Count columns to the patient's left, rows to the back, slices to the head; as near as can be.

    Voxels are only counted in another order: nothing is resampled. Sagittal and coronal stacks
    become axial where their slices are straight and evenly spaced, else GeometryError.
    """

    def __call__(self, volume: Volume) -> Volume:
        """The volume with its axes near LPS."""
        turn = turn_towards(volume.grid, LPS_AXES)
        turned = volume.with_step(
            repr(self), turn_array(volume.hu, turn), turn_grid(volume.grid, turn)
        )
        if not turn.keeps_slices:
            return replace(turned, sources=())
        return replace(turned, sources=volume.sources[:: -1 if turn.is_flipped[0] else 1])


def upright(volume: Volume) -> Volume:
    """The same voxels counted from the feet, the front and the patient's right.

    So the first slice is the lowest, and the sign of a tilt means the same, however the files
    store their slices; the volume itself where they do it this way.
    """
    turned = Reorient()(volume)
    return volume if turned.grid == volume.grid else turned


@dataclass(frozen=True)
class Straighten:
    """Put the slices of a tilted gantry straight above each other, along their normal.

    Each slice is shifted within its own plane, between pixels by bilinear interpolation; planes
    stay as they are, and so do their distances along the normal, however uneven. The frame grows
    so that no slice is cut off.
    """

    def __call__(self, volume: Volume) -> Volume:
        """The volume without shear; unchanged values where there was none."""
        frame = canvas(volume.grid)
        if not frame.is_shifted:
            return volume.with_step(repr(self), volume.hu)
        fill = float(volume.hu.min())
        hu = np.empty((volume.grid.shape[0], frame.rows, frame.columns), dtype=np.float32)
        for index, plane in enumerate(volume.hu):
            hu[index] = place(plane, frame, index, fill)
        return volume.with_step(
            repr(self), hu, replace(volume.grid, shape=hu.shape, origins_mm=frame.origins_mm)
        )


@dataclass(frozen=True)
class Resample:
    """Bring any grid, tilted or of uneven distances, to one spacing in mm (slice, row, column).

    Coarser voxels average the cells that they cover, so nothing aliases and mL is kept; finer ones
    follow the straight line between neighbours, along the normal at the slices' true positions.
    Slices keep their orientation; the result is straight. The last voxel of each axis may reach
    past the scan, and then repeats its edge.
    """

    spacing_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        if len(self.spacing_mm) != 3 or not all(0 < s < np.inf for s in self.spacing_mm):
            raise ValueError(
                f"spacing_mm: expected three positive numbers of mm, got {self.spacing_mm}"
            )

    def __call__(self, volume: Volume) -> Volume:
        """The volume on a regular grid; slices no longer match stored images."""
        frame = canvas(volume.grid)
        grid = self._grid(volume.grid, frame)
        weights = normal_weights(volume.grid, grid.positions_mm, self.spacing_mm[0])
        factors = (
            volume.grid.spacing_mm[0] / self.spacing_mm[1],
            volume.grid.spacing_mm[1] / self.spacing_mm[2],
        )
        fill = float(volume.hu.min())
        hu = np.zeros(grid.shape, dtype=np.float32)
        for index, plane in enumerate(volume.hu):
            scaled = scale(place(plane, frame, index, fill), grid.shape[1:], factors)
            for slab in np.flatnonzero(weights[:, index]):
                hu[slab] += np.float32(weights[slab, index]) * scaled
        return replace(volume.with_step(repr(self), hu, grid), sources=())

    def _grid(self, grid: Grid, frame: Canvas) -> Grid:
        slice_mm, row_mm, column_mm = self.spacing_mm
        edges = cell_edges_mm(grid)
        slices = pixels_to_cover(float(edges[-1] - edges[0]), slice_mm)
        rows = pixels_to_cover(frame.rows * grid.spacing_mm[0], row_mm)
        columns = pixels_to_cover(frame.columns * grid.spacing_mm[1], column_mm)
        corner = _corner(frame.origins_mm[0], grid, (row_mm, column_mm))
        centres = edges[0] + (np.arange(slices) + 0.5) * slice_mm
        return replace(
            grid,
            shape=(slices, rows, columns),
            origins_mm=corner + (centres - grid.positions_mm[0])[:, None] * grid.normal,
            spacing_mm=(row_mm, column_mm),
            thickness_mm=slice_mm,
        )


@dataclass(frozen=True)
class Reshape:
    """Bring slices to a matrix of rows x columns over the same field; pixels grow or shrink.

    Args:
        rows: wanted.
        columns: wanted.
        by: "area" averages what a coarser pixel covers; "bilinear" takes the four pixels around
            its centre, as papers and most libraries do, and so passes over others where pixels
            grow by more than twice. At exactly twice both are the mean of 2 x 2 pixels, and where
            pixels shrink both follow the line between neighbours.
    """

    rows: int
    columns: int
    by: Literal["area", "bilinear"] = "area"

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"rows, columns: expected 1 or more, got {self.rows}, {self.columns}")
        if self.by not in ("area", "bilinear"):
            raise ValueError(f"by: expected area or bilinear, got {self.by}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume with another matrix; unchanged values where it had that one."""
        slices, rows, columns = volume.grid.shape
        if (rows, columns) == (self.rows, self.columns):
            return volume.with_step(repr(self), volume.hu)
        factors = (self.rows / rows, self.columns / columns)
        spacing = (volume.grid.spacing_mm[0] / factors[0], volume.grid.spacing_mm[1] / factors[1])
        hu = np.empty((slices, self.rows, self.columns), dtype=np.float32)
        for index, plane in enumerate(volume.hu):
            if self.by == "bilinear":
                cv2.resize(plane, (self.columns, self.rows), dst=hu[index])
            else:
                hu[index] = scale(plane, (self.rows, self.columns), factors)
        grid = replace(
            volume.grid,
            shape=hu.shape,
            origins_mm=_corner(volume.grid.origins_mm, volume.grid, spacing),
            spacing_mm=spacing,
        )
        return volume.with_step(repr(self), hu, grid)


@dataclass(frozen=True)
class Square:
    """Add to the shorter side of slices, on both ends, until the field is square in mm.

    So that a square matrix has square pixels whatever matrix the scan had, and however far
    ``Straighten`` let its frame grow. What is added takes the volume's lowest value.
    """

    def __call__(self, volume: Volume) -> Volume:
        """The volume on a square field; unchanged values where it was square."""
        grid = volume.grid
        sides_mm = [n * mm for n, mm in zip(grid.shape[1:], grid.spacing_mm, strict=True)]
        ahead = []
        added = []
        for side_mm, mm in zip(sides_mm, grid.spacing_mm, strict=True):
            missing = int((max(sides_mm) - side_mm) / mm + 0.5)
            added.append((missing // 2, missing - missing // 2))
            ahead.append(missing // 2 * mm)
        if not any(sum(ends) for ends in added):
            return volume.with_step(repr(self), volume.hu)
        hu = np.pad(volume.hu, [(0, 0), *added], constant_values=volume.hu.min())
        corner = grid.origins_mm - ahead[0] * grid.row_axis - ahead[1] * grid.column_axis
        return volume.with_step(repr(self), hu, replace(grid, shape=hu.shape, origins_mm=corner))


@dataclass(frozen=True)
class Crop:
    """Keep a box: (first, one past the last) slice, row and column, from 0; None keeps all."""

    slices: Range | None = None
    rows: Range | None = None
    columns: Range | None = None

    def __post_init__(self) -> None:
        for name in ("slices", "rows", "columns"):
            kept = getattr(self, name)
            if kept is not None and not (len(kept) == 2 and 0 <= kept[0] < kept[1]):
                raise ValueError(f"{name}: expected 0 <= first < one past the last, got {kept}")

    @classmethod
    def around(cls, mask: Mask, *, margin_mm: float) -> "Crop":
        """The box that holds everything marked in a mask, and a margin where there is room.

        Raises:
            GeometryError: nothing is marked.
        """
        marked = mask.labels != 0
        if not marked.any():
            raise GeometryError("nothing is marked in the mask to crop to: check what drew it")
        positions = mask.grid.positions_mm
        found = np.flatnonzero(marked.any(axis=(1, 2)))
        near = np.flatnonzero(
            (positions >= positions[found[0]] - margin_mm)
            & (positions <= positions[found[-1]] + margin_mm)
        )
        ranges: list[Range] = []
        for axis in (0, 1):
            across = np.flatnonzero(marked.any(axis=0).any(axis=1 - axis))
            margin = round(margin_mm / mask.grid.spacing_mm[axis])
            size = mask.grid.shape[1 + axis]
            ranges.append(
                (max(0, int(across[0]) - margin), min(size, int(across[-1]) + 1 + margin))
            )
        return cls((int(near[0]), int(near[-1]) + 1), ranges[0], ranges[1])

    def __call__(self, volume: Volume) -> Volume:
        """The voxels of the box, where they were; GeometryError where the box leaves the scan."""
        kept = [
            wanted or (0, size)
            for wanted, size in zip(
                (self.slices, self.rows, self.columns), volume.grid.shape, strict=True
            )
        ]
        for name, (_, stop), size in zip(
            ("slices", "rows", "columns"), kept, volume.grid.shape, strict=True
        ):
            if stop > size:
                raise GeometryError(
                    f"the box ends at {stop} {name}, the scan has {size}: crop to fewer"
                )
        slices, rows, columns = (slice(*ends) for ends in kept)
        grid = volume.grid
        inwards = (
            rows.start * grid.spacing_mm[0] * grid.row_axis
            + columns.start * grid.spacing_mm[1] * grid.column_axis
        )
        hu: Hounsfield = np.ascontiguousarray(volume.hu[slices, rows, columns])
        box = replace(grid, shape=hu.shape, origins_mm=grid.origins_mm[slices] + inwards)
        return replace(volume.with_step(repr(self), hu, box), sources=volume.sources[slices])


def _corner(origins: np.ndarray, grid: Grid, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Centre of the first pixel when pixels change size and the upper left edge stays."""
    down = (spacing_mm[0] - grid.spacing_mm[0]) / 2
    right = (spacing_mm[1] - grid.spacing_mm[1]) / 2
    return origins + down * grid.row_axis + right * grid.column_axis

"""Where every voxel of a scan lies in the patient, slice by slice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import atan2, degrees, hypot

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.core.errors import GeometryError

Points = NDArray[np.float64]

# Slices of one series agree on their distance to within the rounding of decimal strings and of
# table encoders; 0.02 mm changes a 5 mm cell by 0.4 %.
UNIFORM_TOLERANCE_MM = 0.02
# Below half a degree the far slice of a 150 mm head is shifted by less than 1.5 mm.
STRAIGHT_TOLERANCE_DEG = 0.5


@dataclass(frozen=True, eq=False)
class Grid:
    """Shape, in-plane axes and spacing, and one origin for each slice.

    Keeping an origin per slice holds a tilted gantry and a series of mixed slice distances
    exactly, where a single affine would average them away. World is DICOM's LPS, in mm.

    Args:
        shape: (slices, rows, columns).
        origins_mm: (slices, 3), centre of the first pixel of each slice, sorted so that the
            position along the normal strictly increases.
        column_axis: unit vector in which the column index grows (the first three numbers of
            ImageOrientationPatient).
        row_axis: unit vector in which the row index grows (the last three).
        spacing_mm: (between rows, between columns), the order of PixelSpacing.
        thickness_mm: nominal slice thickness; stands in for the height of a lone slice, which
            has no neighbour to measure to.
        is_measured: False where spacing is not known (pictures); lengths are then a guess that
            serves to scale filters, and no mL is given.

    Raises:
        GeometryError: the numbers do not describe a stack of parallel slices.

    Source:
        DICOM PS3.3 C.7.6.2, Image Plane Module.
    """

    shape: tuple[int, int, int]
    origins_mm: Points
    column_axis: Points
    row_axis: Points
    spacing_mm: tuple[float, float]
    thickness_mm: float | None = None
    is_measured: bool = True

    def __post_init__(self) -> None:
        for name in ("origins_mm", "column_axis", "row_axis"):
            object.__setattr__(self, name, _frozen(np.array(getattr(self, name), np.float64)))
        _check_shape(self)
        _check_axes(self)
        for name in ("column_axis", "row_axis"):
            axis = getattr(self, name)
            object.__setattr__(self, name, _frozen(axis / np.linalg.norm(axis)))
        if len(self.origins_mm) > 1 and self.distances_mm.min() <= 0:
            raise GeometryError(
                "slices must be sorted so that positions along the normal increase; "
                f"slice {int(self.distances_mm.argmin()) + 2} does not lie above the one before it"
            )

    @classmethod
    def regular(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        *,
        origin_mm: ArrayLike = (0.0, 0.0, 0.0),
        is_measured: bool = True,
    ) -> "Grid":
        """A straight axial grid: equal distances, no tilt; spacing is (slice, row, column)."""
        heights = np.arange(shape[0])[:, None] * np.array([0.0, 0.0, spacing_mm[0]])
        return cls(
            shape=shape,
            origins_mm=np.asarray(origin_mm, dtype=np.float64) + heights,
            column_axis=np.array([1.0, 0.0, 0.0]),
            row_axis=np.array([0.0, 1.0, 0.0]),
            spacing_mm=(spacing_mm[1], spacing_mm[2]),
            thickness_mm=spacing_mm[0],
            is_measured=is_measured,
        )

    @cached_property
    def normal(self) -> Points:
        """(3,) unit vector across the slices, from the first towards the last."""
        return _frozen(np.cross(self.column_axis, self.row_axis))

    @cached_property
    def positions_mm(self) -> Points:
        """(slices,) position of each slice along the normal."""
        return _frozen(self.origins_mm @ self.normal)

    @cached_property
    def distances_mm(self) -> Points:
        """(slices - 1,) distance along the normal from each slice to the next."""
        return _frozen(np.diff(self.positions_mm))

    @cached_property
    def heights_mm(self) -> Points:
        """(slices,) extent of each slice's cell along the normal.

        Half the distance to each neighbour; an end slice mirrors its only one.
        """
        if self.shape[0] == 1:
            if self.thickness_mm is None:
                raise GeometryError(
                    "a single slice has no neighbour to measure its height to and states no "
                    "SliceThickness; give a series of two or more slices"
                )
            return _frozen(np.array([self.thickness_mm]))
        half = self.distances_mm / 2
        return _frozen(np.concatenate([[half[0]], half]) + np.concatenate([half, [half[-1]]]))

    @cached_property
    def slice_voxel_ml(self) -> Points:
        """(slices,) mL of one voxel, slice by slice."""
        if not self.is_measured:
            raise GeometryError(
                "pixel spacing is not known, so no volume can be given in mL: state it "
                "(--spacing-mm) or give the DICOM files"
            )
        return _frozen(self.heights_mm * self.spacing_mm[0] * self.spacing_mm[1] / 1000.0)

    @cached_property
    def _stacking(self) -> Points:
        """(3,) mean direction from slice to slice; the normal itself for a single slice."""
        if self.shape[0] == 1:
            return self.normal
        step = self.origins_mm[-1] - self.origins_mm[0]
        return np.asarray(step / np.linalg.norm(step))

    @cached_property
    def tilt_deg(self) -> float:
        """Angle between the slices' normal and the direction in which they are stacked.

        Positive where the normal leans towards growing rows (the back of the head), the sign that
        GE writes in GantryDetectorTilt. An oblique reformat has none: its slices are stacked
        along their normal.
        """
        lean = -float(self._stacking @ self.row_axis)
        aside = float(self._stacking @ self.column_axis)
        upright = float(self._stacking @ self.normal)
        # A lean of rounding alone has no sign of its own.
        sign = -1.0 if lean < -1e-9 else 1.0
        return sign * degrees(atan2(hypot(lean, aside), upright))

    @property
    def is_tilted(self) -> bool:
        """Whether slices are shifted against each other as a tilted gantry does."""
        return abs(self.tilt_deg) > STRAIGHT_TOLERANCE_DEG

    @cached_property
    def is_uniform(self) -> bool:
        """Whether one affine (sheared, if tilted) holds every slice within 0.02 mm."""
        if self.shape[0] < 3:
            return True
        steps = np.linspace(0.0, 1.0, self.shape[0])[:, None]
        even = self.origins_mm[0] + steps * (self.origins_mm[-1] - self.origins_mm[0])
        return bool(np.abs(self.origins_mm - even).max() <= UNIFORM_TOLERANCE_MM)

    def affine(self) -> Points:
        """(4, 4) from (slice, row, column) to LPS mm, sheared where the gantry was tilted.

        Raises:
            GeometryError: slice distances differ, so that no affine holds them.
        """
        if not self.is_uniform:
            low, high = self.distances_mm.min(), self.distances_mm.max()
            raise GeometryError(
                f"no single affine holds slice distances from {low:.2f} to {high:.2f} mm: "
                "resample first"
            )
        matrix = np.eye(4)
        if self.shape[0] > 1:
            matrix[:3, 0] = (self.origins_mm[-1] - self.origins_mm[0]) / (self.shape[0] - 1)
        else:
            matrix[:3, 0] = self.normal * self.heights_mm[0]
        matrix[:3, 1] = self.row_axis * self.spacing_mm[0]
        matrix[:3, 2] = self.column_axis * self.spacing_mm[1]
        matrix[:3, 3] = self.origins_mm[0]
        return matrix

    def to_world(self, indices: ArrayLike) -> Points:
        """LPS mm of (n, 3) indices; slices are whole, rows and columns may be fractions."""
        at = np.asarray(indices, dtype=np.float64)
        whole = at[:, 0].astype(np.intp)
        if (whole != at[:, 0]).any() or whole.min() < 0 or whole.max() >= self.shape[0]:
            raise ValueError(f"slices must be whole numbers from 0 to {self.shape[0] - 1}")
        rows = at[:, 1:2] * self.spacing_mm[0] * self.row_axis
        columns = at[:, 2:3] * self.spacing_mm[1] * self.column_axis
        return np.asarray(self.origins_mm[whole] + rows + columns)

    def slices(self, keep: Sequence[int]) -> "Grid":
        """The grid of some slices, in rising order; their cells grow to meet each other."""
        return replace(
            self,
            shape=(len(keep), *self.shape[1:]),
            origins_mm=self.origins_mm[list(keep)],
        )

    def _corners_mm(self) -> Points:
        """(slices, 3, 3) first pixel, last of the first row, last of the first column."""
        down = self.row_axis * self.spacing_mm[0] * self.shape[1]
        along = self.column_axis * self.spacing_mm[1] * self.shape[2]
        return np.stack([self.origins_mm + offset for offset in (0 * down, along, down)], axis=1)

    def __eq__(self, other: object) -> bool:
        """Equal within a micrometre."""
        if not isinstance(other, Grid):
            return NotImplemented
        return (
            self.shape == other.shape
            and self.is_measured == other.is_measured
            and (self.shape[0] > 1 or self.thickness_mm == other.thickness_mm)
            and bool(np.allclose(self._corners_mm(), other._corners_mm(), rtol=0, atol=1e-3))
        )

    __hash__ = None  # type: ignore[assignment]


def _frozen(values: ArrayLike) -> Points:
    array = np.asarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _check_shape(grid: Grid) -> None:
    if len(grid.shape) != 3 or min(grid.shape) < 1:
        raise GeometryError(f"expected (slices, rows, columns), each ≥ 1, got {grid.shape}")
    if grid.origins_mm.shape != (grid.shape[0], 3):
        raise GeometryError(
            f"expected one origin for each of {grid.shape[0]} slices, "
            f"got an array of {grid.origins_mm.shape}"
        )
    if not np.isfinite(grid.origins_mm).all():
        raise GeometryError("slice positions must be finite numbers of mm")
    if len(grid.spacing_mm) != 2 or not all(0 < s < np.inf for s in grid.spacing_mm):
        raise GeometryError(
            f"pixel spacing must be two positive numbers of mm, got {grid.spacing_mm}"
        )
    if grid.thickness_mm is not None and not 0 < grid.thickness_mm < np.inf:
        raise GeometryError(f"slice thickness must be positive, got {grid.thickness_mm} mm")


def _check_axes(grid: Grid) -> None:
    axes = np.stack([grid.column_axis, grid.row_axis])
    if axes.shape != (2, 3) or not np.isfinite(axes).all():
        raise GeometryError("orientation must be two vectors of three finite numbers")
    lengths = np.linalg.norm(axes, axis=1)
    # Decimal strings hold at least six digits: what is further off is not rounding.
    if np.abs(lengths - 1).max() > 1e-3 or abs(float(axes[0] @ axes[1])) > 1e-3:
        raise GeometryError(
            "orientation must be two unit vectors at a right angle, got lengths "
            f"{lengths[0]:.4f} and {lengths[1]:.4f} with product {axes[0] @ axes[1]:.4f}"
        )

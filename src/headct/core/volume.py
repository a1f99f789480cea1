"""A scan in Hounsfield units, and what is drawn on it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.grid import Grid

Hounsfield = NDArray[np.float32]
Labels = NDArray[np.uint8]

AIR_HU = -1024.0
"""The lowest value of a 12-bit CT; what scanners write below it marks places without data."""


@dataclass(frozen=True)
class SliceSource:
    """The stored image that a slice came from.

    Args:
        file: name of the file (no folders), for people.
        sop_instance_uid: empty where the source was not DICOM.
        sop_class_uid: empty where the source was not DICOM.
        frame: 1 for the first frame of the object, as DICOM counts.
    """

    file: str
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    frame: int = 1


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan: Hounsfield units on a grid, where each slice came from, and what was done to it.

    Args:
        hu: (slices, rows, columns) float32, HU. Treat as read-only: steps return new volumes.
        grid: where the voxels lie.
        sources: one for each slice, or none once slices no longer match stored images.
        history: one line for each thing done, in the order done.
        seen_hu: (low, high) of what the source can hold, where a window has cut it (pictures).
    """

    hu: Hounsfield
    grid: Grid
    sources: tuple[SliceSource, ...] = ()
    history: tuple[str, ...] = ()
    seen_hu: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.hu.dtype != np.float32:
            raise TypeError(f"hu must be float32, got {self.hu.dtype}")
        if self.hu.shape != self.grid.shape:
            raise GeometryError(f"hu is {self.hu.shape} but its grid is {self.grid.shape}")
        if self.sources and len(self.sources) != self.grid.shape[0]:
            raise GeometryError(
                f"expected a source for each of {self.grid.shape[0]} slices, "
                f"got {len(self.sources)}"
            )

    def with_step(self, step: str, hu: Hounsfield, grid: Grid | None = None) -> "Volume":
        """This volume after a step; sources stay only while the slices stay the same."""
        grid = self.grid if grid is None else grid
        kept = self.sources if grid.shape[0] == self.grid.shape[0] else ()
        return replace(self, hu=hu, grid=grid, sources=kept, history=(*self.history, step))


@dataclass(frozen=True, eq=False)
class Mask:
    """Labels on a grid.

    Args:
        labels: (slices, rows, columns) uint8; 0 is background, k is ``names[k - 1]``.
        names: what each value stands for, from 1 up.
    """

    labels: Labels
    grid: Grid
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.labels.dtype != np.uint8:
            raise TypeError(f"labels must be uint8, got {self.labels.dtype}")
        if self.labels.shape != self.grid.shape:
            raise GeometryError(f"labels are {self.labels.shape}, their grid {self.grid.shape}")
        if self.labels.size and int(self.labels.max()) > len(self.names):
            raise ValueError(f"label {int(self.labels.max())} has no name in {self.names}")

    def areas(self, name: str) -> NDArray[np.int64]:
        """(slices,) how many pixels carry a label, slice by slice."""
        if name not in self.names:
            raise ValueError(f"no label {name!r} in this mask: it has {', '.join(self.names)}")
        value = self.names.index(name) + 1
        return np.asarray(np.count_nonzero(self.labels == value, axis=(1, 2)), dtype=np.int64)

    def volume_ml(self, name: str) -> float:
        """Volume of a label in mL, slice by slice: never from a mean spacing."""
        return float(self.areas(name) @ self.grid.slice_voxel_ml)


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Weights on a grid, scaled to 0..1 for display, with the peak that they had before.

    Args:
        weights: (slices, rows, columns) float32 in [0, 1].
        raw_peak: the largest weight before scaling, so that a scan without evidence does not
            glow like one with plenty.
    """

    weights: NDArray[np.float32]
    grid: Grid
    raw_peak: float

    def __post_init__(self) -> None:
        if self.weights.dtype != np.float32 or not np.isfinite(self.raw_peak):
            raise TypeError(
                "a heatmap has float32 weights and a finite raw peak, got "
                f"{self.weights.dtype} and {self.raw_peak}"
            )
        if self.weights.shape != self.grid.shape:
            raise GeometryError(f"weights are {self.weights.shape}, their grid {self.grid.shape}")
        if self.weights.size and not (
            float(self.weights.min()) >= 0 and float(self.weights.max()) <= 1
        ):
            raise ValueError("heatmap weights must lie in [0, 1]; keep the scale in raw_peak")

"""Steps that change values alone, and the encoders that make channels of them.

A step maps Volume to Volume: clip, rescale, normalize. An encoder ends a pipeline: Volume to the
Frames that a network sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.frames import Frames
from headct.core.volume import Hounsfield, Volume
from headct.image.sampling import normal_weights

Window = tuple[float, float]
"""(level, width), HU."""


@dataclass(frozen=True)
class ClipHU:
    """Clip to [low, high] HU; by default to what a 12-bit CT holds, from air to metal."""

    low: float = -1024.0
    high: float = 3071.0

    def __post_init__(self) -> None:
        _check_range(self.low, self.high)

    def __call__(self, volume: Volume) -> Volume:
        """The volume, clipped."""
        return volume.with_step(repr(self), np.clip(volume.hu, self.low, self.high))


@dataclass(frozen=True)
class Rescale:
    """Map [low, high] HU to [0, 1], and what lies outside to 0 or 1."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_range(self.low, self.high)

    def __call__(self, volume: Volume) -> Volume:
        """The volume in [0, 1]."""
        scaled = np.clip(volume.hu, self.low, self.high)
        scaled -= np.float32(self.low)
        scaled *= np.float32(1 / (self.high - self.low))
        # The reciprocal may round the top to just above 1.
        return volume.with_step(repr(self), np.minimum(scaled, 1.0, out=scaled))


@dataclass(frozen=True)
class Normalize:
    """Subtract a mean and divide by a standard deviation, both fitted on training patients."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not isfinite(self.mean):
            raise ValueError(f"mean: expected a number, got {self.mean}")
        if not 0 < self.deviation < np.inf:
            raise ValueError(f"deviation: expected a positive number, got {self.deviation}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume with about zero mean and unit deviation."""
        values = volume.hu - np.float32(self.mean)
        values /= np.float32(self.deviation)
        return volume.with_step(repr(self), values)


def fit_normalize(volumes: Iterable[Volume]) -> Normalize:
    """The mean and deviation of all voxels of volumes: those of training patients only.

    Args:
        volumes: as they reach the step, one at a time; every voxel counts the same.

    Raises:
        ValueError: no volume was given, or all voxels are equal.
    """
    count, mean, squares = 0, 0.0, 0.0
    for volume in volumes:
        size = volume.hu.size
        own = float(volume.hu.mean(dtype=np.float64))
        spread = float(volume.hu.var(dtype=np.float64)) * size
        # Chan, Golub and LeVeque 1983: sums about a moving mean lose no digits.
        away = own - mean
        squares += spread + away * away * count * size / (count + size)
        count += size
        mean += away * size / count
    if not squares > 0:
        raise ValueError("expected volumes whose voxels differ, got none: check the training set")
    return Normalize(mean=mean, deviation=sqrt(squares / count))


@dataclass(frozen=True)
class Windows:
    """Each window (level, width) as a channel in [0, 1]; by default brain, subdural and bone.

    Source:
        DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT. The three windows are the ones usual in
        entries to the RSNA 2019 hemorrhage challenge.
    """

    windows: tuple[Window, ...] = ((40.0, 80.0), (80.0, 200.0), (600.0, 2800.0))

    def __post_init__(self) -> None:
        if not self.windows:
            raise ValueError("windows: expected at least one (level, width)")
        for window in self.windows:
            _check_window("windows", window)

    def __call__(self, volume: Volume) -> Frames:
        """The slices, (slices, windows, rows, columns) float32."""
        slices, rows, columns = volume.grid.shape
        pixels = np.empty((slices, len(self.windows), rows, columns), dtype=np.float32)
        for index, plane in enumerate(volume.hu):
            for channel, window in enumerate(self.windows):
                _show(plane, window, pixels[index, channel])
        names = tuple(f"window {level:g}/{width:g}" for level, width in self.windows)
        return Frames(pixels, names, volume.grid)


@dataclass(frozen=True)
class Neighbours:
    """The slab below, the slab at the slice, and the slab above, through one window.

    Slabs lie at a distance in mm along the normal and are as high as that distance, so that thin
    and thick series look alike. Past the ends the end slice stands in.

    Args:
        distance_mm: between the slabs' middles.
        window: (level, width), HU.
    """

    distance_mm: float = 5.0
    window: Window = (40.0, 80.0)

    def __post_init__(self) -> None:
        if not 0 < self.distance_mm < np.inf:
            raise ValueError(f"distance_mm: expected a positive number, got {self.distance_mm}")
        _check_window("window", self.window)

    def __call__(self, volume: Volume) -> Frames:
        """The slices, (slices, 3, rows, columns) float32; GeometryError where they lean."""
        grid = volume.grid
        if grid.is_tilted:
            raise GeometryError(
                f"slices lean by {grid.tilt_deg:.1f}°, so neighbours are not above each other: "
                "put Straighten before Neighbours"
            )
        pixels = np.empty((grid.shape[0], 3, *grid.shape[1:]), dtype=np.float32)
        for channel, side in enumerate((-1, 0, 1)):
            centres = grid.positions_mm + side * self.distance_mm
            weights = normal_weights(grid, centres, self.distance_mm)
            for index, row in enumerate(weights):
                _show(_weighed(volume.hu, row), self.window, pixels[index, channel])
        far = f"{self.distance_mm:g} mm"
        return Frames(pixels, (f"{far} below", "at the slice", f"{far} above"), grid)


def _weighed(hu: Hounsfield, weights: NDArray[np.float64]) -> Hounsfield:
    """(rows, columns) sum of slices by weight."""
    used = np.flatnonzero(weights)
    total = hu[used[0]] * np.float32(weights[used[0]])
    for index in used[1:]:
        total += hu[index] * np.float32(weights[index])
    return np.asarray(total, dtype=np.float32)


def _show(plane: Hounsfield, window: Window, out: NDArray[np.float32]) -> None:
    """Fill ``out`` with the plane in [0, 1] of a window."""
    level, width = window
    np.subtract(plane, np.float32(level - width / 2), out=out)
    out *= np.float32(1 / width)
    np.clip(out, 0.0, 1.0, out=out)


def _check_window(name: str, window: Window) -> None:
    if len(window) != 2 or not np.isfinite(window).all() or not window[1] > 0:
        raise ValueError(f"{name}: expected (level, width) with a width above 0 HU, got {window}")


def _check_range(low: float, high: float) -> None:
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"low, high: expected low < high, got {low}, {high}")

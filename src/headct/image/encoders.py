"""What ends a pipeline: an encoder, Volume to the Frames that a network sees."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError, HeadctError
from headct.core.frames import Frames
from headct.core.volume import Hounsfield, Volume
from headct.image.sampling import normal_weights

Window = tuple[float, float]
"""(level, width), HU."""


@dataclass(frozen=True)
class Gray:
    """The volume, already in [0, 1], as one channel."""

    def __call__(self, volume: Volume) -> Frames:
        """The slices, (slices, 1, rows, columns) float32; ValueError outside [0, 1]."""
        return Frames(check_scaled(self, volume)[:, None], ("gray",), volume.grid)


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


def check_scaled(encoder: object, volume: Volume) -> Hounsfield:
    """The values of a volume, where they lie in [0, 1]; ValueError elsewhere."""
    low, high = float(volume.hu.min()), float(volume.hu.max())
    if not 0 <= low <= high <= 1:
        raise ValueError(
            f"{type(encoder).__name__}: expected values in [0, 1], got {low:g} to {high:g}: put "
            "Rescale before it"
        )
    return volume.hu


def as_bytes(pixels: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Values in [0, 1] as ``round(255 x)``, halves to even; uint8 as they are.

    Raises:
        HeadctError: values lie elsewhere, or are no numbers.
    """
    if pixels.dtype == np.uint8:
        return cast("NDArray[np.uint8]", pixels)
    low, high = float(pixels.min()), float(pixels.max())
    if not 0 <= low <= high <= 1:
        raise HeadctError(
            f"the pipeline gives values from {low:g} to {high:g}, a store holds [0, 1]: put "
            "Rescale before its end"
        )
    scaled = pixels * np.float32(255)
    return np.asarray(np.rint(scaled, out=scaled).astype(np.uint8))

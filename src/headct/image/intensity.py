"""Steps that change values alone, each by itself: clip, rescale, remove, normalize, standardize."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from headct.core.volume import Volume


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
    """Map [low, high] to [0, 1], and what lies outside to 0 or 1.

    Of HU, or of values in [0, 1] already, to stretch them. 80 HU of 0 to 100 become what 0.8 is in
    float32, so that ``Remove`` meets them exactly.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_range(self.low, self.high)

    def __call__(self, volume: Volume) -> Volume:
        """The volume in [0, 1]."""
        low, high = np.float32(self.low), np.float32(self.high)
        scaled = np.clip(volume.hu, low, high)
        scaled -= low
        # Divided by their own difference, the ends come out as 0 and 1 exactly.
        scaled /= high - low
        return volume.with_step(repr(self), scaled)


@dataclass(frozen=True)
class Remove:
    """Set values to 0 that are as low as ``at_most``, or lower, and as high as ``at_least``.

    Of the leukoencephalopathy paper's variants: B removes x <= 0.18 and x >= 0.8 of [0, 1], C
    removes x = 1. Its equation (3) prints "0 otherwise" where it means "x otherwise": as printed
    nothing would be left. It is followed as meant.

    Source:
        Cernekova, Sisik and Jafari, Detection of Vascular Leukoencephalopathy in CT Images, 2025
        (arXiv 2501.09863).
    """

    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        ends = [end for end in (self.at_most, self.at_least) if end is not None]
        if not ends or not np.isfinite(ends).all() or (len(ends) == 2 and ends[0] >= ends[1]):
            raise ValueError(
                "at_most, at_least: expected a number for one, or at_most < at_least, got "
                f"{self.at_most}, {self.at_least}"
            )

    def __call__(self, volume: Volume) -> Volume:
        """The volume with what was removed at 0."""
        # OpenCV keeps what is above, or not above, a threshold: in a quarter of NumPy's time.
        kept: MatLike = volume.hu.reshape(-1, volume.grid.shape[2])
        if self.at_most is not None:
            _, kept = cv2.threshold(kept, float(np.float32(self.at_most)), 0, cv2.THRESH_TOZERO)
        if self.at_least is not None:
            below = float(np.nextafter(np.float32(self.at_least), np.float32(-np.inf)))
            _, kept = cv2.threshold(kept, below, 0, cv2.THRESH_TOZERO_INV)
        return volume.with_step(repr(self), np.asarray(kept, np.float32).reshape(volume.hu.shape))


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
class Standardize:
    """Subtract a mean, divide by a deviation, and bring what lies within reach to [0, 1].

    The mean becomes 0.5; ``reach`` deviations below it and all that is lower 0, above it 1. Mean
    and deviation are fitted on training patients only, and applied as pixels are read: no store
    holds their result.

    The hemorrhage paper gives "mean/std, then [0, 1]" without saying how. Cutting at three
    deviations is assumed: by minimum and maximum one bright pixel would set the scale of a scan.

    Args:
        mean: of pixels as they arrive; of [0, 1] where they are uint8.
        deviation: likewise.
        reach: in deviations.
    """

    mean: float
    deviation: float
    reach: float = 3.0

    def __post_init__(self) -> None:
        if not isfinite(self.mean):
            raise ValueError(f"mean: expected a number, got {self.mean}")
        for name in ("deviation", "reach"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}: expected a positive number, got {getattr(self, name)}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume in [0, 1]."""
        return volume.with_step(repr(self), self.on(volume.hu))

    def on(self, pixels: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Stored pixels of any shape, in [0, 1]; uint8 stands for [0, 1] in 255 steps."""
        if pixels.dtype == np.uint8:
            levels = np.arange(256, dtype=np.float32) / np.float32(255)
            return np.asarray(self.on(levels)[pixels])
        if pixels.dtype != np.float32:
            raise TypeError(f"pixels must be float32 or uint8, got {pixels.dtype}")
        standard = pixels - np.float32(self.mean)
        standard /= np.float32(2 * self.reach * self.deviation)
        standard += np.float32(0.5)
        return np.clip(standard, 0, 1, out=standard)


def _check_range(low: float, high: float) -> None:
    if not -np.inf < np.float32(low) < np.float32(high) < np.inf:
        raise ValueError(f"low, high: expected low < high, got {low}, {high}")

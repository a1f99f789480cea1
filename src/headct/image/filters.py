"""Steps that smooth or sharpen, slice by slice: slices are 4 to 7 mm apart, pixels half a mm.

Borders are mirrored as SciPy's "reflect" does, where not said otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from headct.core.volume import Hounsfield, Volume

_MIRRORED = cv2.BORDER_REFLECT
# A Gaussian is cut where it has fallen to 0.03 % of its peak, as SciPy does.
_REACH_SIGMAS = 4.0
_CLAHE_LEVELS = 255


@dataclass(frozen=True)
class Gaussian:
    """Smooth with a Gaussian of a standard deviation in mm, whatever the pixel spacing."""

    sigma_mm: float

    def __post_init__(self) -> None:
        if not 0 < self.sigma_mm < np.inf:
            raise ValueError(f"sigma_mm: expected a positive number of mm, got {self.sigma_mm}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume, smoothed within slices."""
        down, right = (self.sigma_mm / spacing for spacing in volume.grid.spacing_mm)
        reach = [int(_REACH_SIGMAS * sigma + 0.5) * 2 + 1 for sigma in (right, down)]
        return _by_slice(
            self,
            volume,
            lambda plane: cv2.GaussianBlur(plane, reach, right, None, down, _MIRRORED),
        )


@dataclass(frozen=True)
class Mean:
    """Mean of a square of pixels; of an even size it reaches one further up and left."""

    size_px: int = 3

    def __post_init__(self) -> None:
        _check_size(self.size_px)

    def __call__(self, volume: Volume) -> Volume:
        """The volume, averaged within slices."""
        square = (self.size_px, self.size_px)
        return _by_slice(self, volume, lambda plane: cv2.blur(plane, square, borderType=_MIRRORED))


@dataclass(frozen=True)
class Median:
    """Median of a square of 3 or 5 pixels, the sizes that OpenCV has for HU; borders repeat."""

    size_px: int = 3

    def __post_init__(self) -> None:
        if self.size_px not in (3, 5):
            raise ValueError(f"size_px: expected 3 or 5, got {self.size_px}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume, without single outliers."""
        return _by_slice(self, volume, lambda plane: cv2.medianBlur(plane, self.size_px))


@dataclass(frozen=True)
class Open:
    """Gray opening by a square: bright things narrower than it vanish, the rest stays in place."""

    size_px: int = 4

    def __post_init__(self) -> None:
        _check_size(self.size_px)

    def __call__(self, volume: Volume) -> Volume:
        """The volume, opened within slices; never brighter than before."""
        square = np.ones((self.size_px, self.size_px), dtype=np.uint8)
        # OpenCV's own opening uses one anchor for both halves, which moves the picture by a pixel
        # where the size is even: the second half must look the other way.
        first = self.size_px // 2
        second = self.size_px - 1 - first

        def opened(plane: Hounsfield) -> MatLike:
            low = cv2.erode(plane, square, anchor=(first, first), borderType=_MIRRORED)
            return cv2.dilate(low, square, anchor=(second, second), borderType=_MIRRORED)

        return _by_slice(self, volume, opened)


@dataclass(frozen=True)
class Clahe:
    """Contrast-limited adaptive histogram equalization of a range of HU, within slices.

    Values are cut to [low, high], equalized in 256 levels tile by tile, and given back in
    [low, high]: no longer HU, though of their scale.

    Args:
        clip: limit of the contrast, as a multiple of a flat histogram's height.
        tiles: along each side of a slice.
        low: HU that becomes black.
        high: HU that becomes white.

    Source:
        Zuiderveld, Graphics Gems IV, 1994, as built into OpenCV.
    """

    clip: float = 2.0
    tiles: int = 8
    low: float = 0.0
    high: float = 80.0

    def __post_init__(self) -> None:
        if not 0 < self.clip < np.inf:
            raise ValueError(f"clip: expected a positive number, got {self.clip}")
        if self.tiles < 1:
            raise ValueError(f"tiles: expected 1 or more, got {self.tiles}")
        if not -np.inf < self.low < self.high < np.inf:
            raise ValueError(f"low, high: expected low < high in HU, got {self.low}, {self.high}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume with local contrast raised."""
        equalizer = cv2.createCLAHE(self.clip, (self.tiles, self.tiles))
        levels_per_hu = _CLAHE_LEVELS / (self.high - self.low)

        def equalized(plane: Hounsfield) -> MatLike:
            # In 8 bits the sum is rounded, and cut to 0 to 255.
            below = -self.low * levels_per_hu
            levels = cv2.addWeighted(plane, levels_per_hu, plane, 0, below, dtype=cv2.CV_8U)
            equal = equalizer.apply(levels)
            return cv2.addWeighted(equal, 1 / levels_per_hu, equal, 0, self.low, dtype=cv2.CV_32F)

        return _by_slice(self, volume, equalized)


@dataclass(frozen=True)
class MergeContrast:
    """Merge a copy of raised contrast with a smoothed copy: what P_CNN sees.

    Gautam and Raman merge a contrast-adjusted and an average-filtered copy of each slice. Assumed,
    as no more was to be had of it: contrast is stretched slice by slice, as MATLAB's imadjust does,
    so that one in a hundred pixels saturates at each end; air and bone, at 0 and 1 already, do not
    count for that, or nothing would be stretched; the average is over 3 x 3 pixels; both copies
    have the same weight.

    Args:
        saturated: share of the pixels between 0 and 1 that saturate at each end.
        size_px: side of the square averaged.
        weight: of the copy of raised contrast; the smoothed one has the rest.

    Source:
        Gautam and Raman, Towards effective classification of brain hemorrhagic and ischemic stroke
        using CNN, Biomed Signal Process Control 63, 2021.
    """

    saturated: float = 0.01
    size_px: int = 3
    weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.saturated < 0.5:
            raise ValueError(f"saturated: expected a share below 0.5, got {self.saturated}")
        _check_size(self.size_px)
        if not 0 <= self.weight <= 1:
            raise ValueError(f"weight: expected a share from 0 to 1, got {self.weight}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume, already in [0, 1], merged from its two copies, in [0, 1]."""
        square = (self.size_px, self.size_px)

        def merged(plane: Hounsfield) -> MatLike:
            smooth = cv2.blur(plane, square, borderType=_MIRRORED)
            both = cv2.addWeighted(self._raised(plane), self.weight, smooth, 1 - self.weight, 0)
            return np.clip(both, 0, 1)

        return _by_slice(self, volume, merged)

    def _raised(self, plane: Hounsfield) -> Hounsfield:
        tissue = plane[(plane > 0) & (plane < 1)]
        if not tissue.size:
            return plane
        low, high = np.quantile(tissue, (self.saturated, 1 - self.saturated)).astype(np.float32)
        if not low < high:
            return plane
        return np.asarray((np.clip(plane, low, high) - low) / (high - low))


def _by_slice(step: object, volume: Volume, change: Callable[[Hounsfield], MatLike]) -> Volume:
    hu = np.empty(volume.hu.shape, dtype=np.float32)
    for index, plane in enumerate(volume.hu):
        hu[index] = change(plane)
    return volume.with_step(repr(step), hu)


def _check_size(size_px: int) -> None:
    if size_px < 1:
        raise ValueError(f"size_px: expected 1 or more pixels, got {size_px}")

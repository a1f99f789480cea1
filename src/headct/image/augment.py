"""Augmentation: what is drawn by chance apart from what is done with it.

``AugmentationRanges`` say what may happen, ``draw`` what happens this time, and an ``Augmentation``
does it, the same to frames and to their masks, and the same again from its record.
"""

from dataclasses import dataclass
from functools import cache
from math import cos, radians, sin
from typing import TypeVar, cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray
from scipy.special import ndtri

Value = TypeVar("Value", bound=np.generic)

_WHITE = 255
# Deviates of whole gray values come from a table of so many equally likely ones, up to 4.3
# deviations: five times as fast as one drawn for each pixel, which took two thirds of a look.
_DEVIATES = 1 << 16


@dataclass(frozen=True)
class Augmentation:
    """Flips, then rotation and scaling about the centre, then a crop at full size, then noise.

    What comes in from outside the picture is 0. Rotation counts pixels as square. Without a field
    set, nothing changes: the very array comes back.

    Args:
        is_mirrored: left and right change places.
        is_upended: top and bottom change places.
        rotation_deg: counterclockwise, as seen.
        scale: above 1 the picture grows.
        crop_share: of each side, that is cut away; the rest is enlarged to the size before.
        crop_at: (down, right), where the rest lies: from 0, upper left, to 1, lower right.
        noise: standard deviation of Gaussian noise, of the scale from 0 to 1.
        seed: of the noise.
    """

    is_mirrored: bool = False
    is_upended: bool = False
    rotation_deg: float = 0.0
    scale: float = 1.0
    crop_share: float = 0.0
    crop_at: tuple[float, float] = (0.5, 0.5)
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not -np.inf < self.rotation_deg < np.inf:
            raise ValueError(f"rotation_deg: expected degrees, got {self.rotation_deg}")
        if not 0 < self.scale < np.inf:
            raise ValueError(f"scale: expected a positive number, got {self.scale}")
        if not 0 <= self.crop_share < 1:
            raise ValueError(f"crop_share: expected a share below 1, got {self.crop_share}")
        if len(self.crop_at) != 2 or not all(0 <= at <= 1 for at in self.crop_at):
            raise ValueError(f"crop_at: expected two shares from 0 to 1, got {self.crop_at}")
        if not 0 <= self.noise < np.inf:
            raise ValueError(f"noise: expected 0 or more, got {self.noise}")

    def on_frames(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Frames augmented, between pixels by bilinear interpolation.

        Args:
            pixels: (slices, channels, rows, columns), float32 in [0, 1] or uint8; not changed.
        """
        if pixels.dtype not in (np.float32, np.uint8):
            raise TypeError(f"pixels must be float32 or uint8, got {pixels.dtype}")
        return self.with_noise(self.moved(pixels))

    def on_masks(self, masks: NDArray[Value]) -> NDArray[Value]:
        """Masks of those frames moved with them: labels stay labels, shares are interpolated.

        Args:
            masks: (..., rows, columns); uint8 labels or bool take the nearest pixel, float32 shares
                follow the line between. Not changed.
        """
        if masks.dtype not in (np.float32, np.uint8, np.bool_):
            raise TypeError(f"masks must be uint8, bool or float32, got {masks.dtype}")
        if masks.dtype == np.float32:
            return self._moved(masks, cv2.INTER_LINEAR)
        return self._moved(masks.view(np.uint8), cv2.INTER_NEAREST).view(masks.dtype)

    def moved(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Frames as ``on_frames`` gives them, without the noise."""
        return self._moved(pixels, cv2.INTER_LINEAR)

    def _moved(self, pixels: NDArray[Value], interpolation: int) -> NDArray[Value]:
        flips = slice(None, None, -1 if self.is_upended else 1)
        mirrors = slice(None, None, -1 if self.is_mirrored else 1)
        if self.is_upended or self.is_mirrored:
            pixels = np.ascontiguousarray(pixels[..., flips, mirrors])
        if self.rotation_deg == 0 and self.scale == 1 and self.crop_share == 0:
            return pixels
        rows, columns = pixels.shape[-2:]
        source = self._source_of(rows, columns)
        flags = interpolation | cv2.WARP_INVERSE_MAP
        moved = np.empty(pixels.shape, pixels.dtype)
        planes = (
            cast("list[MatLike]", some.reshape(-1, rows, columns)) for some in (pixels, moved)
        )
        for plane, result in zip(*planes, strict=True):
            cv2.warpAffine(plane, source, (columns, rows), dst=result, flags=flags)
        return moved

    def _source_of(self, rows: int, columns: int) -> NDArray[np.float64]:
        """(2, 3) from (column, row) of a pixel of the result to where it is taken from."""
        kept = 1 - self.crop_share
        down, right = self.crop_at
        # The first pixel's centre lies half a pixel inside the edge, of large pixels and small.
        first_column = right * self.crop_share * columns + kept / 2 - 0.5
        first_row = down * self.crop_share * rows + kept / 2 - 0.5
        crop = np.array([[kept, 0, first_column], [0, kept, first_row], [0, 0, 1]])
        turn = radians(self.rotation_deg)
        along, across = cos(turn) / self.scale, sin(turn) / self.scale
        x, y = (columns - 1) / 2, (rows - 1) / 2
        back = np.array(
            [
                [along, -across, x - along * x + across * y],
                [across, along, y - across * x - along * y],
                [0, 0, 1],
            ]
        )
        return np.asarray((back @ crop)[:2])

    def with_noise(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """The noise alone, added to frames within their scale."""
        if self.noise == 0:
            return pixels
        if pixels.dtype == np.uint8:
            return cast("NDArray[Value]", self._with_whole_noise(pixels.view(np.uint8)))
        noisy = np.random.default_rng(self.seed).standard_normal(pixels.shape, dtype=np.float32)
        noisy *= np.float32(self.noise)
        noisy += pixels.astype(np.float32, copy=False)
        return np.clip(noisy, 0, 1, out=noisy).astype(pixels.dtype, copy=False)

    def _with_whole_noise(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        levels = np.clip(np.rint(_deviates() * np.float32(self.noise * _WHITE)), -_WHITE, _WHITE)
        drawn = np.random.PCG64(self.seed).random_raw(-(-pixels.size // 4)).view(np.uint16)
        # Every place lies within the table: "wrap" spares the check, and is twice as fast.
        noise = np.take(levels.astype(np.int16), drawn[: pixels.size], mode="wrap")
        flat = np.ascontiguousarray(pixels).reshape(1, -1)
        noisy = cv2.add(flat, noise.reshape(1, -1), dtype=cv2.CV_8U)
        return np.asarray(noisy, np.uint8).reshape(pixels.shape)


@cache
def _deviates() -> NDArray[np.float32]:
    """(65536,) normal deviates of equal probability, with a standard deviation of 1."""
    deviates = ndtri((np.arange(_DEVIATES) + 0.5) / _DEVIATES)
    return np.asarray(deviates / deviates.std(), np.float32)


@dataclass(frozen=True)
class AugmentationRanges:
    """What may happen to a picture: every number uniform within its range.

    The papers name rotation, flips, scaling, cropping and noise, and give no ranges; these are of
    the order usual for head CT. A range of no width switches its part off.

    Args:
        rotation_deg: at most, to either side.
        scale: (least, most).
        mirrored: how often left and right change places, 0 to 1.
        upended: how often top and bottom do.
        crop_share: at most, of each side.
        noise: standard deviation at most, of the scale from 0 to 1; a CT's own is 0.05 of the
            brain window.
    """

    rotation_deg: float = 15.0
    scale: tuple[float, float] = (0.9, 1.1)
    mirrored: float = 0.5
    upended: float = 0.5
    crop_share: float = 0.1
    noise: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.rotation_deg <= 180:
            raise ValueError(f"rotation_deg: expected 0 to 180, got {self.rotation_deg}")
        if not 0 < self.scale[0] <= self.scale[1] < np.inf:
            raise ValueError(f"scale: expected 0 < least <= most, got {self.scale}")
        for name in ("mirrored", "upended"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        if not 0 <= self.crop_share < 1:
            raise ValueError(f"crop_share: expected a share below 1, got {self.crop_share}")
        if not 0 <= self.noise < np.inf:
            raise ValueError(f"noise: expected 0 or more, got {self.noise}")

    def draw(self, chance: np.random.Generator) -> Augmentation:
        """What happens this time; always takes as many numbers from the generator."""
        mirrored, upended, down, right = chance.random(4)
        return Augmentation(
            is_mirrored=bool(mirrored < self.mirrored),
            is_upended=bool(upended < self.upended),
            rotation_deg=float(chance.uniform(-self.rotation_deg, self.rotation_deg)),
            scale=float(chance.uniform(*self.scale)),
            crop_share=float(chance.uniform(0, self.crop_share)),
            crop_at=(float(down), float(right)),
            noise=float(chance.uniform(0, self.noise)),
            seed=int(chance.integers(2**31)),
        )

"""The randomized look: pictures as other hospitals, windows, screens and scans of scans show them.

As in ``augment``, ranges say what may happen, ``draw`` what happens this time, and a ``Look`` does
it: the same to frames and to their masks, and the same again from its record.
"""

from dataclasses import dataclass, field
from typing import TypeVar, cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from headct.image.augment import Augmentation

Value = TypeVar("Value", bound=np.generic)
Range = tuple[float, float]

_WHITE = 255.0
# What is sharpened is what a mean over three pixels takes away.
_SHARP = (3, 3)
# Brightness is raised to a power only above this, where black would have no logarithm.
_BLACK = 1e-3


@dataclass(frozen=True)
class Look:
    """One way to show frames: geometry first, then brightness, then resolution, then noise.

    Without a field set, nothing changes: the very array comes back.

    Args:
        geometry: flips, rotation and scale; its noise is added last.
        is_alone: the middle channel stands in for its neighbours: for readers of one picture.
        window: (low, high) of the scale that become black and white.
        gain: white afterwards, as a share of the scale.
        offset: black afterwards; white rises with it, at most to the end of the scale.
        gamma: power of the brightness.
        resolution: share of rows and columns that are kept, then enlarged again.
        sharpness: how much of what a mean over 3 x 3 pixels takes away is added once more; only
            at full resolution.
    """

    geometry: Augmentation = field(default_factory=Augmentation)
    is_alone: bool = False
    window: Range = (0.0, 1.0)
    gain: float = 1.0
    offset: float = 0.0
    gamma: float = 1.0
    resolution: float = 1.0
    sharpness: float = 0.0

    def __post_init__(self) -> None:
        low, high = self.window
        if not -np.inf < low < high < np.inf:
            raise ValueError(f"window: expected low < high, got {self.window}")
        for name in ("gain", "gamma", "resolution"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}: expected above 0, got {getattr(self, name)}")
        if self.resolution > 1:
            raise ValueError(f"resolution: expected a share of 0 to 1, got {self.resolution}")
        for name in ("offset", "sharpness"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name}: expected 0 or more, got {getattr(self, name)}")

    def on_frames(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Frames with this look.

        Args:
            pixels: (slices, channels, rows, columns), float32 in [0, 1] or uint8; not changed.
        """
        if pixels.dtype not in (np.float32, np.uint8):
            raise TypeError(f"pixels must be float32 or uint8, got {pixels.dtype}")
        if self.is_alone and pixels.shape[1] > 1:
            # One is moved and shown, and stands for all.
            middle = pixels.shape[1] // 2
            alone = self._shown(pixels[:, middle : middle + 1])
            return self.geometry.with_noise(np.repeat(alone, pixels.shape[1], axis=1))
        return self.geometry.with_noise(self._shown(pixels))

    def on_masks(self, masks: NDArray[Value]) -> NDArray[Value]:
        """Masks of those frames moved alike, as ``Augmentation.on_masks`` moves them."""
        return self.geometry.on_masks(masks)

    def _shown(self, pixels: NDArray[Value]) -> NDArray[Value]:
        return self._resolved(self._lit(self.geometry.moved(pixels)))

    def _lit(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Window, gain, offset and gamma: of uint8 by a table of all 256 values."""
        plain = (self.window, self.gain, self.offset, self.gamma) == ((0.0, 1.0), 1.0, 0.0, 1.0)
        if plain:
            return pixels
        if pixels.dtype == np.uint8:
            table = self._curve(np.arange(256, dtype=np.float32) / np.float32(_WHITE))
            levels = np.rint(table * np.float32(_WHITE)).astype(np.uint8)
            flat = cast("MatLike", np.ascontiguousarray(pixels).reshape(1, -1))
            return cast("NDArray[Value]", cv2.LUT(flat, levels).reshape(pixels.shape))
        return cast("NDArray[Value]", self._curve(pixels.astype(np.float32)))

    def _curve(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        low, high = self.window
        shown = np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
        shown = np.clip(shown * np.float32(self.gain) + np.float32(self.offset), 0, 1)
        if self.gamma != 1:
            shown = np.maximum(shown, _BLACK) ** np.float32(self.gamma)
        return np.asarray(shown, dtype=np.float32)

    def _resolved(self, pixels: NDArray[Value]) -> NDArray[Value]:
        rows, columns = pixels.shape[-2:]
        if self.resolution == 1 and self.sharpness == 0:
            return pixels
        small = (max(1, round(columns * self.resolution)), max(1, round(rows * self.resolution)))
        seen = np.empty_like(pixels)
        planes = (cast("list[MatLike]", p.reshape(-1, rows, columns)) for p in (pixels, seen))
        for plane, result in zip(*planes, strict=True):
            if self.resolution < 1:
                coarse = cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
                cv2.resize(coarse, (columns, rows), dst=result, interpolation=cv2.INTER_LINEAR)
            else:
                mean = cv2.blur(plane, _SHARP)
                # In uint8 OpenCV rounds and clips to the scale by itself.
                cv2.addWeighted(plane, 1 + self.sharpness, mean, -self.sharpness, 0, dst=result)
        if pixels.dtype == np.float32:
            np.clip(seen, 0, 1, out=seen)
        return seen


@dataclass(frozen=True)
class LookRanges:
    """From what looks are drawn: numbers evenly from (low, high), shares of 0 to 1.

    Source:
        Trials on CT-ICH, one seed: trained with such looks, a network reached an AUC of 0.988 on
        pictures of another look, against 0.745 without (issue 7). The ranges are those of the
        trials, for pictures of -20 to 100 HU. Zoom goes in further than out, as heads fill more
        of other fields.

    Args:
        rotation_deg: at most, to either side.
        quarters: share that is turned by a quarter, half or three quarters beside.
        stretch: of scale, evenly over its logarithm, to either side.
        zoomed: share that is enlarged beside, up to ``zoom``.
        zoom: at most.
        mirrored: share with left and right changed.
        upended: share with top and bottom changed.
        alone: share in which the middle channel stands in for its neighbours.
        low: of the scale, that becomes black.
        high: of the scale, that becomes white.
        gain: white, as a share of the scale.
        offset: black.
        gamma: evenly over its logarithm, to either side of 1.
        coarse: share with a lower resolution.
        resolution: of those.
        sharpened: share of the others that is sharpened.
        sharpness: of those.
        noise: standard deviation at most.
    """

    rotation_deg: float = 26.0
    quarters: float = 0.2
    stretch: float = 0.15
    zoomed: float = 0.6
    zoom: float = 1.6
    mirrored: float = 0.5
    upended: float = 0.0
    alone: float = 0.4
    low: Range = (-0.08, 0.28)
    high: Range = (0.62, 1.15)
    gain: Range = (0.75, 1.0)
    offset: Range = (0.0, 0.1)
    gamma: float = 0.4
    coarse: float = 0.5
    resolution: Range = (0.4, 1.0)
    sharpened: float = 0.3
    sharpness: Range = (1.2, 1.2)
    noise: float = 0.025

    def __post_init__(self) -> None:
        for name in ("quarters", "zoomed", "mirrored", "upended", "alone", "coarse", "sharpened"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a share of 0 to 1, got {getattr(self, name)}")
        for name in ("low", "high", "gain", "offset", "resolution", "sharpness"):
            low, high = getattr(self, name)
            if not -np.inf < low <= high < np.inf:
                raise ValueError(f"{name}: expected low <= high, got {low} and {high}")
        for name in ("stretch", "gamma", "noise"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name}: expected 0 or more, got {getattr(self, name)}")
        if not 0 <= self.rotation_deg <= 180 or not 1 <= self.zoom < np.inf:
            raise ValueError(
                "expected a rotation of 0 to 180 degrees and a zoom of 1 or more, got "
                f"{self.rotation_deg} and {self.zoom}"
            )
        if not self.low[1] < self.high[0]:
            raise ValueError(f"expected every low below every high, got {self.low}, {self.high}")
        if self.offset[0] < 0 or not 0 < self.resolution[0] <= self.resolution[1] <= 1:
            raise ValueError("expected offsets of 0 or more and resolutions of 0 to 1")

    def draw(self, chance: np.random.Generator) -> Look:
        """How frames look this time; always takes as many numbers from the generator."""
        odds = chance.random(7)
        quarter = 90.0 * float(chance.integers(1, 4))
        turn = float(chance.uniform(-self.rotation_deg, self.rotation_deg))
        scale = float(np.exp(chance.uniform(-self.stretch, self.stretch)))
        zoom = float(chance.uniform(1 / self.zoom, 1.0))
        gamma = float(np.exp(chance.uniform(-self.gamma, self.gamma)))
        spans = (self.low, self.high, self.gain, self.offset, self.resolution, self.sharpness)
        low, high, gain, offset, resolution, sharpness = (float(chance.uniform(*s)) for s in spans)
        is_coarse = odds[5] < self.coarse
        is_sharp = not is_coarse and odds[6] < self.sharpened
        geometry = Augmentation(
            is_mirrored=bool(odds[0] < self.mirrored),
            is_upended=bool(odds[1] < self.upended),
            rotation_deg=turn + (quarter if odds[2] < self.quarters else 0.0),
            scale=scale / (zoom if odds[3] < self.zoomed else 1.0),
            noise=float(chance.uniform(0, self.noise)),
            seed=int(chance.integers(2**31)),
        )
        return Look(
            geometry,
            is_alone=bool(odds[4] < self.alone),
            window=(low, high),
            gain=gain,
            offset=offset,
            gamma=gamma,
            resolution=resolution if is_coarse else 1.0,
            sharpness=sharpness if is_sharp else 0.0,
        )

"""Reconstruction kernels: how sharp an edge comes out, and how noise looks and grows with it."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from headct.phantom.body.shapes import Numbers


@dataclass(frozen=True)
class Kernel:
    """What a kernel does to detail, as Gaussians, mm.

    Args:
        fine_mm: deviation of the blur that the finest detail meets.
        lift: how much detail between the two lengths is lifted above what is large.
        wide_mm: deviation of the longer one.
        blur_mm: of the Gaussian that makes slices read from 1 mm voxels, which are blurred
            already, come out as they should; 0 for none.
        sharpen: lift of those slices, over ``wide_mm``.
    """

    fine_mm: float
    lift: float
    wide_mm: float
    blur_mm: float
    sharpen: float

    def passes(self, per_mm: Numbers) -> Numbers:
        """Which share of a wave of this many periods to a mm passes: the MTF."""
        fine = np.exp(-2 * (np.pi * self.fine_mm * per_mm) ** 2)
        wide = np.exp(-2 * (np.pi * self.wide_mm * per_mm) ** 2)
        return np.asarray((1 + self.lift) * fine - self.lift * wide, dtype=np.float32)

    def apply(self, hu: Numbers, pixel_mm: float) -> Numbers:
        """(rows, columns) read from the head's voxels → as this kernel shows it."""
        # A pixel has taken the mean of its own square already.
        left = self.blur_mm**2 - pixel_mm**2 / 12
        seen = hu
        if left > (0.1 * pixel_mm) ** 2:
            deviation = float(np.sqrt(left)) / pixel_mm
            seen = np.asarray(cv2.GaussianBlur(hu, (0, 0), deviation), dtype=np.float32)
        if self.sharpen:
            wide = np.asarray(cv2.GaussianBlur(seen, (0, 0), self.wide_mm / pixel_mm), np.float32)
            seen = seen + np.float32(self.sharpen) * (seen - wide)
        return seen


# Half of the contrast passes at 3.4, 4.2 and 8.3 line pairs to a cm, a tenth at 6.2, 7.6 and 12.6,
# the usual range of such kernels (an assumption, no maker's sheet). "standard" was fitted
# to a real series (kernel STD+): noise spectrum |f| passes² within 10 % from 0.33 to 0.72 /mm.
# Slices read from voxels: "standard" was set by eye beside that series, and its edges are 0.4 mm
# wider than the kernel alone would make them (``reference.py``), as 1 mm voxels are; "soft" is
# as much softer as its kernel is; "bone" comes within 0.15 mm of the reference.
KERNELS: dict[str, Kernel] = {
    "soft": Kernel(0.55, 0.0, 1.0, blur_mm=0.53, sharpen=0.0),
    "standard": Kernel(0.45, 0.0, 1.0, blur_mm=0.42, sharpen=0.0),
    "bone": Kernel(0.30, 0.70, 0.60, blur_mm=0.0, sharpen=1.2),
}


def noise_ratio(kernel: Kernel) -> float:
    """Noise of a kernel over that of the standard one, at the same dose."""
    per_mm = np.linspace(0, 4, 4001, dtype=np.float32)

    def power(other: Kernel) -> float:
        return float(np.sum(per_mm**2 * other.passes(per_mm) ** 2))

    return float(np.sqrt(power(kernel) / power(KERNELS["standard"])))


def draw_grain(
    kernel: Kernel, pixels: int, pixel_mm: float, chance: np.random.Generator
) -> Numbers:
    """(rows, columns) noise of deviation 1 with the texture that filtered back projection gives.

    Its power grows with frequency as the ramp does, and falls as the square of what passes.
    """
    half = pixels // 2 + 1
    waves = chance.standard_normal((pixels, half, 2), dtype=np.float32).view(np.complex64)[..., 0]
    waves *= _texture(kernel, pixels, pixel_mm)
    return np.asarray(np.fft.irfft2(waves, (pixels, pixels)), dtype=np.float32)


@lru_cache(maxsize=4)
def _texture(kernel: Kernel, pixels: int, pixel_mm: float) -> Numbers:
    """(rows, columns // 2 + 1) amplitude of each wave, for a field of deviation 1."""
    down, across = np.fft.fftfreq(pixels, pixel_mm), np.fft.rfftfreq(pixels, pixel_mm)
    per_mm = np.hypot(down[:, None], across).astype(np.float32)
    amplitude = np.sqrt(per_mm) * kernel.passes(per_mm)
    # All but the first and the last column stand for two waves each.
    counted = np.full(across.size, 2.0)
    counted[0] = 1.0
    counted[-1] = 1.0 if pixels % 2 == 0 else 2.0
    # A complex wave of unit real and imaginary deviation holds a power of 2.
    power = 2 * float((amplitude.astype(np.float64) ** 2 @ counted).sum())
    texture = np.asarray(amplitude * (pixels**2 / np.sqrt(power)), dtype=np.float32)
    texture.setflags(write=False)
    return texture

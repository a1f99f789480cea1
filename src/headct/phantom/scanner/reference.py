"""A slow, true scanner: rays of many energies, photons counted, filtered back projection.

It checks the fast path (``scanner.py``), slice by slice. Both know one beam and one set of
kernels (``beam.py``, ``kernels.py``); rays, noise and filter are worked out independently here.
Needs scikit-image: ``pip install 'headct[reference]'``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.shapes import Numbers
from headct.phantom.scanner import beam
from headct.phantom.scanner.kernels import Kernel

try:
    from skimage.transform import iradon, radon
except ImportError as error:
    raise ImportError(
        "the reference scanner needs scikit-image, which is not installed: "
        "pip install 'headct[reference]'"
    ) from error

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projections:
    """What parallel rays through one slice have passed, mm of water, bone and metal.

    Args:
        lengths_mm: (3, rays, views).
        pixel_mm: side of a pixel of the slice, and distance of the rays.
    """

    lengths_mm: Numbers
    pixel_mm: float

    @property
    def angles_deg(self) -> Points:
        """(views,) directions over half a turn."""
        views = self.lengths_mm.shape[2]
        return np.asarray(np.arange(views) * (180.0 / views))


def project(hu: Numbers, pixel_mm: float, *, views: int = 720) -> Projections:
    """Send rays through a square slice; what lies beyond the inscribed circle is left out.

    Args:
        hu: (n, n), noise-free, as ``read_slabs`` gives it.
        pixel_mm: side of a pixel.
        views: over half a turn; an even picture wants 1.5 times as many as pixels.
    """
    away = np.arange(hu.shape[0]) - hu.shape[0] // 2
    inside = np.hypot(away[:, None], away) < hu.shape[0] // 2
    angles_deg = np.arange(views) * (180.0 / views)
    lengths = np.zeros((3, hu.shape[0], views), np.float32)
    for passed, share in zip(lengths, np.moveaxis(beam.materials(hu), 2, 0), strict=True):
        if share.any():
            cut = np.where(inside, share, 0)
            passed[:] = radon(cut, theta=angles_deg, circle=True)  # type: ignore[no-untyped-call]
    return Projections(lengths * np.float32(pixel_mm), pixel_mm)


def count(
    seen: Projections, photons: float | None = None, chance: np.random.Generator | None = None
) -> Numbers:
    """(rays, views) -log of the share of the beam that arrives, as the detector counts it.

    Args:
        seen: what the rays pass.
        photons: that leave towards the middle, by ray; None counts without end.
        chance: draws the counts; needed with photons.

    Raises:
        ValueError: photons without chance, or not above 0.
    """
    water_mm, bone_mm, metal_mm = seen.lengths_mm
    expected = beam.measure(water_mm, bone_mm, metal_mm)
    if photons is None:
        return expected
    if chance is None or not photons > 0:
        raise ValueError(f"photons above 0 and a generator were expected, got {photons} photons")
    rays = expected.shape[0]
    aside_mm = (np.arange(rays) - rays // 2) * seen.pixel_mm
    # Behind the bow-tie filter fewer leave beside the middle, which the scanner knows.
    arriving = photons / beam.faded(expected, aside_mm[:, None])
    counted = np.maximum(chance.poisson(arriving), 1)
    return np.asarray(expected - np.log(counted / arriving), dtype=np.float32)


def reconstruct(water_mm: Numbers, seen: Projections, kernel: Kernel) -> Numbers:
    """(n, n) HU: filtered by ramp and kernel, and projected back.

    Args:
        water_mm: (rays, views) lengths of water, as ``beam.correct_for_water`` gives them.
        seen: the rays that they belong to.
        kernel: how sharp.
    """
    rays = water_mm.shape[0]
    padded = 2 * int(2 ** np.ceil(np.log2(rays)))
    away = np.fft.fftfreq(padded, 1 / padded)
    odd = away % 2 == 1
    # The band-limited ramp in space keeps the mean right (Kak and Slaney, eq. 3-61).
    ramp = np.zeros(padded)
    ramp[odd] = -1 / (np.pi * away[odd]) ** 2
    ramp[0] = 0.25
    per_mm = np.abs(np.fft.fftfreq(padded, seen.pixel_mm)).astype(np.float32)
    window = np.fft.fft(ramp).real * kernel.passes(per_mm)
    spectrum = np.fft.fft(water_mm.astype(np.float64), padded, axis=0) * window[:, None]
    filtered = np.fft.ifft(spectrum, axis=0).real[:rays]
    # iradon halves what is filtered elsewhere: its own ramp is twice as steep.
    halved = iradon(  # type: ignore[no-untyped-call]
        filtered, theta=seen.angles_deg, filter_name=None, circle=True
    )
    shares = 2 * halved
    return np.asarray(1000 * (shares / seen.pixel_mm - 1), dtype=np.float32)


def scan_slice(
    hu: Numbers,
    pixel_mm: float,
    kernel: Kernel,
    photons: float | None = None,
    chance: np.random.Generator | None = None,
) -> Numbers:
    """A slice from its true HU to what a scanner shows, as ``project``, ``count``, ``reconstruct``.

    Takes seconds at 256 by 256 and a minute at 512 by 512.
    """
    seen = project(hu, pixel_mm)
    return reconstruct(beam.correct_for_water(count(seen, photons, chance)), seen, kernel)

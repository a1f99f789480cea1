"""What a scanner adds to what is there: its holder, beam hardening, streaks, noise by place."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headct.core.grid import Grid
from headct.phantom.body.shapes import Numbers
from headct.phantom.scanner import beam
from headct.phantom.scanner.rays import Rays

# Below this there is nothing of the head, and the holder shows.
EMPTY_HU = -900.0
# A signed 12-bit scale.
LOWEST_HU, HIGHEST_HU = -1024.0, 3071.0

# Beam hardening and the spread of noise are smooth: rays through pixels of about 3 mm do.
_COARSE = (80, 48)
# Streaks of metal are not: about 1.6 mm; finer ones are lost in noise.
_FINE = (160, 200)
# Root of how many times the beam is weakened, as a mean over the rays, in the middle of a
# middling digital head above its base: there ``Protocol.noise_hu`` holds.
_MIDDLING = 6.8
# Noise of rays of 1.6 mm in a picture of such pixels, HU for a mm of water: 1000 π / 1.56 mm,
# the kernel's root power √(1/12), over √200 views. They carry 0.6 of the standard kernel's.
_HU_OF_MM, _CARRIED = 41.0, 0.6


@dataclass(frozen=True, eq=False)
class Shade:
    """What the rays through a slice do to it, on coarse pixels.

    Args:
        hu: (n, n) to add.
        grain: (n, n) deviation of noise, 1 in the middle of a middling head.
    """

    hu: Numbers
    grain: Numbers


def holder(grid: Grid) -> Numbers:
    """(rows, columns) HU of the U-shaped head holder; it runs along the table, alike in all."""
    rows, columns = grid.shape[1:]
    half = grid.spacing_mm[0] * (rows - 1) / 2
    y = (np.arange(rows) * grid.spacing_mm[0] - half)[:, None] * grid.row_axis[1]
    x = (np.arange(columns) * grid.spacing_mm[1] - half)[None]
    # A trough of carbon fibre, 3 mm thick, filled with air or foam.
    ring = np.hypot(x, (y - 8) * 0.96) - 117.0
    shell = np.clip(2.2 - np.abs(ring), 0, 1) * (y > -10)
    foam = np.clip(-ring, 0, 1) * (y > 60)
    return np.asarray(-1000 + 1060 * shell + 25 * foam * (1 - shell), dtype=np.float32)


def plan_rays(field_mm: float) -> tuple[Rays, Rays]:
    """Coarse rays for every slice, and finer ones for those that hold metal."""
    return Rays(*_COARSE, field_mm / _COARSE[0]), Rays(*_FINE, field_mm / _FINE[0])


def weigh(hu: Numbers, rays: Rays) -> Numbers:
    """(n, n, 3) shares of water, bone and metal on the pixels of some rays."""

    def average(picture: Numbers) -> Numbers:
        size = (rays.pixels, rays.pixels)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

    return beam.materials(hu, average)


def shade_bone(shares: Sequence[Numbers], rays: Rays, hardening: float) -> list[Shade]:
    """Cupping under the vault and dark bands between dense bones, from the bone that is there.

    Water and bone are projected, weaken a beam of many energies, are corrected as if all were
    water, and what is then wrong is projected back.

    Args:
        shares: of one or two slices, as ``weigh`` gives them; both are worked out as quickly.
        rays: that they were weighed for.
        hardening: as in ``Protocol``.
    """
    # OpenCV rounds two and four channels differently: a slice alone is made a pair.
    first, last = shares[0], shares[-1]
    lengths = rays.project(np.concatenate([first[..., :2], last[..., :2]], axis=2))
    water_mm, bone_mm = lengths[..., ::2], lengths[..., 1::2]
    wrong_mm = beam.wrong_mm(water_mm, bone_mm)
    hu = np.float32(1000 * hardening) * rays.reconstruct(wrong_mm)
    grain = _grain(water_mm, bone_mm, rays)
    return [Shade(_beside(hu[..., k], s), grain[..., k]) for k, s in enumerate(shares)]


def shade_metal(
    shares: Numbers, rays: Rays, hardening: float, noise_hu: float, chance: np.random.Generator
) -> Shade:
    """The same for a slice with metal: streaks too, and the noise of rays that hardly arrive.

    Args:
        shares: as ``weigh`` gives them.
        rays: the fine ones.
        hardening: as in ``Protocol``, for bone; for metal nothing is corrected.
        noise_hu: of the slice, in the middle of a middling head.
        chance: draws the noise of starved rays.
    """
    water_mm, bone_mm, metal_mm = np.split(rays.project(shares), 3, axis=2)
    wrong_mm = beam.wrong_mm(water_mm, bone_mm, metal_mm)
    wrong_mm += np.float32(hardening - 1) * beam.wrong_mm(water_mm, bone_mm)
    faded = _faded(water_mm, bone_mm, metal_mm, rays)
    more = np.maximum(faded - _faded(water_mm, bone_mm, None, rays), 0)
    noise_mm = np.sqrt(more) * np.float32(_CARRIED * noise_hu / (_HU_OF_MM * _MIDDLING))
    wrong_mm += noise_mm * chance.standard_normal(noise_mm.shape, dtype=np.float32)
    hu = 1000 * rays.reconstruct(wrong_mm)
    return Shade(_beside(hu[..., 0], shares), _grain(water_mm, bone_mm, rays)[..., 0])


def _beside(hu: Numbers, shares: Numbers) -> Numbers:
    """What is wrong beside dense bone and metal, spread over them.

    They themselves come out some 50 HU wrong, which nobody sees in them; on coarse pixels it
    would draw a dark rim around them.
    """
    soft = np.clip(1 - 4 * shares[..., 1] - 20 * shares[..., 2], 0.001, 1)
    near = cv2.GaussianBlur(hu * soft, (0, 0), 1.0) / cv2.GaussianBlur(soft, (0, 0), 1.0)
    return np.asarray(hu + (1 - soft) * (near - hu), dtype=np.float32)


def spread(coarse: Numbers, shape: tuple[int, int]) -> Numbers:
    """A coarse picture on (rows, columns)."""
    rows, columns = shape
    seen = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(seen, dtype=np.float32)


def _grain(water_mm: Numbers, bone_mm: Numbers, rays: Rays) -> Numbers:
    """(n, n, channels) relative deviation of noise: all rays through a pixel add theirs."""
    power = rays.back_project(_faded(water_mm, bone_mm, None, rays))
    return np.asarray(np.sqrt(power) / np.float32(_MIDDLING), dtype=np.float32)


def _faded(water_mm: Numbers, bone_mm: Numbers, metal_mm: Numbers | None, rays: Rays) -> Numbers:
    aside_mm = (np.arange(rays.pixels) - (rays.pixels - 1) / 2) * rays.pixel_mm
    return beam.faded(beam.measure(water_mm, bone_mm, metal_mm), aside_mm[:, None])

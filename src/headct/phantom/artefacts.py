"""What a scanner adds to what is there: its holder, beam hardening, noise."""

import cv2
import numpy as np

from headct.core.grid import Grid
from headct.phantom.shapes import Numbers

# A standard soft kernel resolves about 6 line pairs/cm; with the head's own 1 mm voxels this
# blur (deviation) gives edges as wide as those of the real series beside.
BLUR_MM = 0.42
# Below this there is nothing of the head, and the holder shows.
EMPTY_HU = -900.0
# A signed 12-bit scale ends here.
LOWEST_HU = -1024.0

# Noise of filtered back projection is not white: low and high frequencies are damped. The two
# lengths fit the spectrum of the real series (falls to a quarter between 0.2 and 0.45 /mm).
_GRAIN_MM, _CLOUD_MM, _CLOUD_SHARE = 0.38, 1.7, 0.85

# Beam hardening, as read off real scans: near the vault brain looks some HU denser; between
# the petrous bones it looks darker, the more so the more bone lies on both sides.
_BONE_HU = 250.0
_GLOW_MM, _GLOW_HU = 7.0, 14.0
_FREE_MM, _DARK_HU, _DARKEST_HU = 20.0, 0.35, 14.0
_COARSE = 4  # both are smooth: every fourth pixel does


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


def add_beam(hu: Numbers, spacing_mm: float) -> None:
    """Add the glow under the vault and the dark band between the petrous bones."""
    rows, columns = hu.shape
    small = _small(hu)
    step = spacing_mm * _COARSE
    bone = np.clip(small - _BONE_HU, 0, 1500) / 1000
    glow = _GLOW_HU * cv2.GaussianBlur(bone, (0, 0), _GLOW_MM / step)
    before = np.cumsum(bone, axis=1) * step
    after = before[:, -1:] - before
    between = np.clip(np.minimum(before, after) - _FREE_MM, 0, _DARKEST_HU / _DARK_HU)
    dark = _DARK_HU * cv2.GaussianBlur(between, (0, 0), 2.0 / step)
    body = np.clip((small + 500) / 400, 0, 1)
    hu += cv2.resize((glow - dark) * body, (columns, rows), interpolation=cv2.INTER_LINEAR)


def add_noise(hu: Numbers, spacing_mm: float, noise_hu: float, chance: np.random.Generator) -> None:
    """Add noise of a CT's texture: strongest in the middle of the head and amid bone."""
    if noise_hu == 0:
        return
    white = chance.standard_normal(hu.shape, dtype=np.float32)
    fine, cloud = _GRAIN_MM / spacing_mm, _CLOUD_MM / spacing_mm
    grain = np.asarray(cv2.GaussianBlur(white, (0, 0), fine), dtype=np.float32)
    grain -= np.float32(_CLOUD_SHARE) * cv2.GaussianBlur(white, (0, 0), cloud)
    grain *= np.float32(noise_hu / max(float(grain.std()), 1e-6))
    rows, columns = hu.shape
    # Noise follows how much the rays through a pixel have met: mass around it stands in.
    mass = np.clip((_small(hu) + 1000) / 1000, 0, 2.5)
    near = cv2.GaussianBlur(mass, (0, 0), 40.0 / (spacing_mm * _COARSE))
    weight = np.clip(near, 0.15, 1.6).astype(np.float32)
    hu += grain * cv2.resize(weight, (columns, rows), interpolation=cv2.INTER_LINEAR)


def _small(hu: Numbers) -> Numbers:
    """Every fourth pixel, the others averaged in."""
    rows, columns = hu.shape
    size = (max(1, columns // _COARSE), max(1, rows // _COARSE))
    return np.asarray(cv2.resize(hu, size, interpolation=cv2.INTER_AREA), dtype=np.float32)

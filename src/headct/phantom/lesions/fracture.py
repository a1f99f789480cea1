"""A fracture of the vault: a thin lucent line through both tables, one edge a little raised."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM, cube_around
from headct.phantom.body.shapes import Box, Numbers, covered, cut, ramp, rough
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.bleed import VOXEL_ML, Lesion
from headct.phantom.lesions.surface import outward

FRACTURE = "skull fracture"
# A fresh line is up to some mm wide and holds blood; its edges stand level or some mm apart.
# Ranges as trauma radiology shows linear and slightly displaced fractures.
_WIDE_MM, _LONG_MM, _STEP_MM = (1.2, 2.4), (50.0, 90.0), (0.8, 2.0)
_FILLED_HU = 45.0
# From here to there beside the line, the raised bone comes down to its place again.
_FADE_MM = (4.0, 26.0)


def fracture(head: Head, under: Lesion, seed: int) -> Lesion:
    """Break the skull over a bleed; paint it before the bleed.

    Args:
        head: whose vault breaks.
        under: the bleed below, an epidural one most often.
        seed: draws course, width, length and step.

    Returns:
        what changes in bone and scalp: nothing inside the inner table, and nothing that counts.
        Its ``volume_ml`` is that of the gap in the bone.
    """
    chance = np.random.default_rng([seed, 5])
    start = _over(head, under)
    long_mm = chance.uniform(*_LONG_MM)
    box = cube_around(start, long_mm / 2 + 12)
    out = outward(head, start)
    aside, far = _beside(box, start, out, chance)
    aside += 1.5 * rough(chance, aside.shape, STEP_MM, 6.0)
    far /= np.float32(long_mm / 2)
    inner = cut(head.shell.inner_mm, HALF, box)
    bone = covered(1.0 - inner) * covered(inner - cut(head.shell.bone_mm, HALF, box) - 1.0)
    # At its ends a fracture is a hairline, and then none.
    half = np.float32(chance.uniform(*_WIDE_MM) / 2) * np.clip(1.3 * (1 - far), 0, 1)
    gap = covered(np.abs(aside) - half) * ramp(half, 0.0, 0.4) * bone
    rise = np.float32(chance.uniform(*_STEP_MM)) * ramp(aside, -0.3, 0.3)
    rise *= (1 - ramp(aside, *_FADE_MM)) * (1 - ramp(far, 0.5, 1.0))
    raised = _raised(head.hu[box], out, rise)
    hu = raised + gap * (np.float32(_FILLED_HU) - raised)
    share = np.maximum(ramp(rise, 0.0, 0.2) * covered(1.0 - inner), gap)
    volume_ml = float(gap.sum(dtype=np.float64)) * VOXEL_ML
    return Lesion(FRACTURE, under.site, volume_ml, box, share, np.zeros_like(share), hu, seed)


def _over(head: Head, under: Lesion) -> tuple[int, int, int]:
    """The voxel of the inner table nearest to the middle of a bleed, within 2 mm or so."""
    weight = under.share.sum(dtype=np.float64)
    middle = [
        float(under.share.sum(axis=others, dtype=np.float64) @ np.arange(along.start, along.stop))
        for others, along in zip(((1, 2), (0, 2), (0, 1)), under.box, strict=True)
    ]
    table = np.argwhere(np.abs(head.shell.inner_mm) < HALF) * HALF
    nearest = table[int(np.argmin(((table - np.array(middle) / weight) ** 2).sum(axis=1)))]
    return int(nearest[0]), int(nearest[1]), int(nearest[2])


def _beside(
    box: Box, start: tuple[int, int, int], out: NDArray[np.float64], chance: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """How far each voxel lies to the side of a line along the bone, and from its middle."""
    across = np.cross(out, chance.normal(size=3))
    across /= np.linalg.norm(across)
    steps = [(np.arange(s.start, s.stop) - v) * STEP_MM for s, v in zip(box, start, strict=True)]
    z, y, x = np.meshgrid(*steps, indexing="ij", sparse=True)
    aside = across[0] * z + across[1] * y + across[2] * x
    far = np.sqrt(z**2 + y**2 + x**2)
    return aside.astype(np.float32), far.astype(np.float32)


def _raised(hu: Numbers, out: NDArray[np.float64], rise_mm: Numbers) -> Numbers:
    """HU where each voxel holds what lies deeper by its rise."""
    raised = hu.copy()
    moved = np.nonzero(rise_mm > 0)
    deeper = np.stack(moved) - out[:, None] * rise_mm[moved] / STEP_MM
    raised[moved] = map_coordinates(hu, deeper, output=np.float32, order=1, mode="nearest")
    return raised

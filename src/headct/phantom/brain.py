"""What lies inside the skull: grey and white matter, fluid, falx, tentorium, sinus, calcium."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.phantom.atlas import Atlas
from headct.phantom.canvas import CENTRE_MM, SHAPE, STEP_MM, Canvas
from headct.phantom.shapes import Box, Numbers, covered, cut, draw_rough, ellipsoid, ramp, rough
from headct.phantom.skull import HALF, SLAB, Shell
from headct.phantom.traits import Traits

Share = NDArray[np.uint8]

# Dura is a little denser than brain; blood in the great sinus as in any vessel. Calcified
# pineal and choroid plexus lie far above 100 HU. All as seen in the window of a brain.
DURA_HU, SINUS_HU, CALCIUM_HU = 52.0, 54.0, 190.0
CORD_HU = 33.0
DURA_MM = 0.75  # half of a sheet


@dataclass(frozen=True, eq=False)
class Tissues:
    """Shares of the voxels inside the skull, 0..255, in a box of the canvas.

    ``ventricle`` is the part of ``fluid`` that lies in the ventricles.
    """

    box: Box
    grey: Share
    white: Share
    fluid: Share
    ventricle: Share


def paint_brain(
    canvas: Canvas, shell: Shell, atlas: Atlas, traits: Traits, chance: np.random.Generator
) -> Tissues:
    """Draw the inside of the skull."""
    z, y, x = _bounds(shell.inner_mm < 2)
    whole = (z, y, x)
    wander = draw_rough(chance, SHAPE, STEP_MM, 12.0)
    parts = []
    for start in range(z.start, z.stop, SLAB):
        box = (slice(start, min(start + SLAB, z.stop)), y, x)
        inner = cut(shell.inner_mm, HALF, box)
        shares = _shares(atlas, traits, canvas.gyri_in(box), inner < 1, wander.cut(box))
        grey, fluid = shares[0], shares[2]
        hu = traits.white_hu + traits.contrast_hu * grey
        hu += (traits.fluid_hu - traits.white_hu) * fluid
        share = covered(inner)
        canvas.paint(share, hu, box)
        _paint_dura(canvas, box, inner, fluid)
        parts.append(np.round(shares * share * 255).astype(np.uint8))
    _paint_calcium(canvas, chance)
    return Tissues(whole, *np.concatenate(parts, axis=1))


def _shares(
    atlas: Atlas, traits: Traits, places: Numbers, inside: NDArray[np.bool_], wander: Numbers
) -> Numbers:
    """(4, z, y, x) shares of grey, white, fluid, and of the fluid in ventricles."""
    voxels = np.nonzero(inside)
    gyri = np.stack([axis[voxels] for axis in places])
    # A young brain fills its skull; an old one leaves a rim of fluid.
    fill = np.float32(0.972 + 0.03 * traits.atrophy)
    middle = np.array(CENTRE_MM, np.float32)[:, None]
    gyri = (gyri - middle) * fill + middle
    needed = 0.62 - 0.34 * traits.atrophy + 0.05 * wander[voxels]
    fluid = np.clip((atlas.space.at(gyri) - needed) / 0.3 + 0.5, 0, 1)
    scale = np.float32(np.mean(traits.scale))
    wide = np.float32(3.2 * traits.atrophy**1.5 - 0.2)
    beyond = atlas.ventricle.at(gyri) * scale - wide
    fluid = np.maximum(fluid, covered(beyond))
    white = ramp(atlas.white.at(gyri), 0.28, 0.78) * (1 - fluid)
    # What the ventricles' blurred border leaves of them is theirs too.
    chambers = fluid * covered(beyond - 2.0)
    shares = np.zeros((4, *inside.shape), np.float32)
    for filled, share in zip(shares, (1 - fluid - white, white, fluid, chambers), strict=True):
        filled[voxels] = share
    return shares


def _bounds(coarse: NDArray[np.bool_]) -> Box:
    """The box of the canvas around a region of the shell's lattice."""
    ends = []
    for axis, count in enumerate(SHAPE):
        others = tuple(a for a in range(3) if a != axis)
        along = np.nonzero(coarse.any(axis=others))[0] * HALF
        ends.append(slice(int(along[0]), min(count, int(along[-1]) + 1)))
    return ends[0], ends[1], ends[2]


def _paint_dura(canvas: Canvas, box: Box, inner: Numbers, fluid: Numbers) -> None:
    """The falx in the midline, the tentorium over the cerebellum, the sagittal sinus, the cord."""
    z, y, x = canvas.places_in(box)
    inside = covered(inner)
    # The falx ends above the corpus callosum and comes down to the tentorium behind it.
    arch = ((y - 8) / 58) ** 2 + ((z - 4) / 36) ** 2
    falx = covered(np.abs(x) - DURA_MM) * ramp(arch, 0.95, 1.1) * ramp(z, -22, -14) * inside
    falx *= np.clip(ramp(y, 30, 40) + ramp(z - 0.25 * (y + 55), -12, -8), 0, 1)
    canvas.paint(0.85 * falx, DURA_HU, box)
    slope = z + 20 - 24 * np.exp(-((x / 26) ** 2)) * ramp(-y, -92, -40)
    tent = np.clip(2 * fluid, 0, 1) * covered(np.abs(slope) - 4.0, 2.0) * ramp(y, 26, 34)
    canvas.paint(0.8 * tent * ramp(-inner, 3, 5), DURA_HU - 6, box)
    cord = np.hypot(x, (y - 44 + 0.1 * (z + 58)) * 1.25) - np.float32(6.5)
    canvas.paint(covered(cord) * ramp(-z, 58, 66) * inside, CORD_HU, box)
    sinus = covered(np.abs(x) - (5.0 + 0.9 * inner)) * ramp(-inner, 0, 1)
    sinus *= ramp(y, -20, 60) * ramp(z, -18, -10)
    canvas.paint(sinus * covered(-5.5 - inner) * inside, SINUS_HU, box)


def _paint_calcium(canvas: Canvas, chance: np.random.Generator) -> None:
    """Pineal and choroid plexus calcium: small, dense, and not blood."""
    spots = [((2.0, 26.0, 0.0), (2.2, 2.6, 2.2))]
    spots += [((10.0, 44.0, side * 25.0), (3.2, 5.5, 2.6)) for side in (-1.0, 1.0)]
    for middle, reach in spots:
        present, size = chance.random() < 0.75, chance.uniform(0.6, 1.15)
        if not present:
            continue
        box = canvas.box_around(middle, reach)
        radii = [size * r for r in reach]
        shape = ellipsoid(canvas.gyri_in(box), middle, radii)
        shape += 0.7 * rough(chance, shape.shape, STEP_MM, 1.5)
        canvas.paint(covered(shape), CALCIUM_HU * chance.uniform(0.6, 2.0), box)

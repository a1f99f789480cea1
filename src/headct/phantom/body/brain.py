"""What lies inside the skull: grey and white matter, fluid, falx, tentorium, sinus, calcium."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.atlas import Atlas
from headct.phantom.body.canvas import CENTRE_MM, SHAPE, STEP_MM, Canvas
from headct.phantom.body.cortex import CORTEX_MM, DEEPEST_MM, draw_folds
from headct.phantom.body.dura import above_tent_mm, has_falx, has_tent
from headct.phantom.body.nuclei import deep_grey
from headct.phantom.body.shapes import (
    Box,
    Numbers,
    covered,
    cut,
    draw_rough,
    ellipsoid,
    ramp,
    rough,
)
from headct.phantom.body.skull import HALF, SLAB, Shell
from headct.phantom.body.traits import Traits
from headct.phantom.body.vessels import paint_vessels

Share = NDArray[np.uint8]

# Dura is a little denser than brain; blood in the great sinus as in any vessel. Calcified
# pineal and choroid plexus lie far above 100 HU. All as seen in the window of a brain.
DURA_HU, SINUS_HU, CALCIUM_HU = 57.0, 56.0, 190.0
CORD_HU = 33.0
# Brain is not even: small vessels and the spaces around them, seen as a mottle in real scans
# beyond their noise; its size is an assumption that brings the texture of both alike.
MOTTLE_HU = 1.6
DURA_MM = 0.85  # half of a sheet


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
    mottle = draw_rough(chance, SHAPE, STEP_MM, 1.6)
    folds = draw_folds(canvas, shell.inner_mm, chance)
    parts = []
    for start in range(z.start, z.stop, SLAB):
        box = (slice(start, min(start + SLAB, z.stop)), y, x)
        inner = cut(shell.inner_mm, HALF, box)
        near = (cut(folds.sulcus_mm, HALF, box), cut(folds.floor_mm, HALF, box), wander.cut(box))
        shares = _shares(atlas, traits, canvas.gyri_in(box), inner, near)
        grey, fluid = shares[0], shares[2]
        hu = traits.white_hu + traits.contrast_hu * grey
        hu += np.float32(MOTTLE_HU) * mottle.cut(box)
        hu += (traits.fluid_hu - hu) * fluid
        share = covered(inner)
        canvas.paint(share, hu, box)
        _paint_dura(canvas, box, inner, fluid)
        parts.append(np.round(shares * share * 255).astype(np.uint8))
    paint_vessels(canvas, chance)
    _paint_calcium(canvas, traits, chance)
    return Tissues(whole, *np.concatenate(parts, axis=1))


def _shares(
    atlas: Atlas,
    traits: Traits,
    places: Numbers,
    inner: Numbers,
    near: tuple[Numbers, Numbers, Numbers],
) -> Numbers:
    """(4, z, y, x) shares of grey, white, fluid, and of the fluid in ventricles.

    ``near``: distance to the next sulcus, where its floor lies, and a random field.
    """
    voxels = np.nonzero(inner < 1)
    gyri = np.stack([axis[voxels] for axis in places])
    sulcus, floor, wander = (field[voxels] for field in near)
    depth = -inner[voxels]
    # A young brain fills its skull; an old one leaves a rim of fluid.
    fill = np.float32(0.972 + 0.024 * traits.atrophy)
    middle = np.array(CENTRE_MM, np.float32)[:, None]
    gyri = (gyri - middle) * fill + middle
    folded = _folded(gyri)
    scale = np.float32(np.mean(traits.scale))
    wide = np.float32(3.2 * traits.atrophy**1.5 - 0.2)
    wide = wide + np.float32(traits.lopsided_mm) * ramp(np.abs(gyri[2]), 2, 12) * np.sign(gyri[2])
    beyond = atlas.ventricle.at(gyri) * scale - wide
    fluid = np.maximum(_outer_fluid(atlas, traits, gyri, wander), covered(beyond))
    # Sulci are tight in the young, and gape most at the surface in the old.
    half = np.float32(-0.55 + 0.85 * traits.atrophy) + 0.35 * wander
    half += np.float32(0.8 * traits.atrophy) * np.exp(-np.maximum(depth, 0) / 4)
    gap = covered(sulcus - half) * covered(depth - floor, 2.0) * folded
    fluid = np.maximum(fluid, gap)
    score = atlas.white.at(gyri)
    # Between two sulci a blade of white matter reaches towards the surface.
    fold = np.clip((sulcus - CORTEX_MM) / 3.0, -1, 1)
    score += 0.42 * fold * ramp(-depth, -DEEPEST_MM - 6, -8) * folded
    score -= 0.5 * ramp(-depth, -CORTEX_MM - 2.0, -CORTEX_MM) * folded
    white = ramp(score, 0.28, 0.60)
    white *= (1 - deep_grey(gyri)) * (1 - fluid)
    # What the ventricles' blurred border leaves of them is theirs too.
    chambers = fluid * covered(beyond - 2.0)
    shares = np.zeros((4, *inner.shape), np.float32)
    for filled, share in zip(shares, (1 - fluid - white, white, fluid, chambers), strict=True):
        filled[voxels] = share
    return shares


def _folded(gyri: Numbers) -> Numbers:
    """1 in the cerebrum, 0 in cerebellum and brain stem, whose folds the atlas keeps."""
    z, y, _ = gyri
    stem = ramp(-z, 4, 12) * ramp(y, 6, 14) * ramp(-np.abs(gyri[2]), -34, -24)
    return (1 - ramp(y + 0.9 * (-z - 20), 28, 38) * ramp(-z, 8, 16)) * (1 - stem)


def _outer_fluid(atlas: Atlas, traits: Traits, gyri: Numbers, wander: Numbers) -> Numbers:
    """Share of fluid in cisterns and fissures."""
    z, y, x = gyri
    needed = 0.70 - 0.27 * traits.atrophy + 0.05 * wander
    # In the young the two halves of the brain touch along the falx.
    falx = ramp(-np.abs(x), -9, -5) * np.maximum(ramp(z, 14, 22), ramp(np.abs(y - 12), 42, 50))
    needed += 0.5 * (1 - traits.atrophy) * falx * ramp(wander, -1.5, 0.5)
    return np.clip((atlas.space.at(gyri) - needed) / 0.3 + 0.5, 0, 1)


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
    places_mm = canvas.places_in(box)
    z, y, x = places_mm
    inside = covered(inner)
    falx = covered(np.abs(x) - DURA_MM) * has_falx(places_mm) * inside
    canvas.paint(0.85 * falx, DURA_HU, box)
    tent = covered(np.abs(above_tent_mm(places_mm)) - np.float32(4.0), 2.0) * has_tent(places_mm)
    tent *= np.clip(2 * fluid, 0, 1)
    canvas.paint(0.8 * tent * ramp(-inner, 3, 5), DURA_HU - 6, box)
    cord = np.hypot(x, (y - 44 + 0.1 * (z + 58)) * 1.25) - np.float32(6.5)
    canvas.paint(covered(cord) * ramp(-z, 58, 66) * inside, CORD_HU, box)
    sinus = covered(np.abs(x) - (5.0 + 0.9 * inner)) * ramp(-inner, 0, 1)
    sinus *= ramp(y, -20, 60) * ramp(z, -18, -10)
    canvas.paint(sinus * covered(-5.5 - inner) * inside, SINUS_HU, box)


def _paint_calcium(canvas: Canvas, traits: Traits, chance: np.random.Generator) -> None:
    """Pineal and choroid plexus calcium: small, dense, commoner with age, and not blood."""
    # Of people over 30 most have both, of children few (textbook).
    usual = 0.35 + 0.5 * traits.atrophy
    spots = [((3.0, 27.0, 0.0), (2.0, 2.6, 2.2))]
    spots += [((10.0, 45.0, side * 25.5), (3.0, 5.0, 2.4)) for side in (-1.0, 1.0)]
    for middle, reach in spots:
        present, size = chance.random() < usual, chance.uniform(0.4, 1.15)
        if not present:
            continue
        box = canvas.box_around(middle, reach)
        radii = [size * r for r in reach]
        shape = ellipsoid(canvas.gyri_in(box), middle, radii)
        shape += 0.9 * rough(chance, shape.shape, STEP_MM, 1.2)
        canvas.paint(covered(shape), CALCIUM_HU * chance.uniform(0.4, 2.0), box)

"""Skin, fat and muscle, and the skull: a closed shell around the inside the atlas gives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headct.phantom.body.atlas import Atlas
from headct.phantom.body.canvas import COARSE, SHAPE, STEP_MM, Canvas
from headct.phantom.body.shapes import (
    Box,
    Numbers,
    blend,
    capsule,
    covered,
    cut,
    draw_rough,
    ellipsoid,
    enlarge,
    ramp,
    rough,
)
from headct.phantom.body.traits import Traits

# Skin and muscle in a brain window are as bright as brain or a little brighter; fat is -90.
SKIN_HU, MUSCLE_HU, FAT_HU = 55.0, 55.0, -95.0
# Petrous bone is the densest of the head; the rest of the base is spongy.
PETROUS_HU, BASE_HU = 1500.0, 550.0
TABLE_MM = 1.7

Place = tuple[float, float, float]

# Face and neck, as bodies joined to the skull's hull, atlas mm z y x.
_FACE = ((-62.0, -40.0, 0.0), (66.0, 50.0, 68.0))
_CHEEKS = ((-78.0, -56.0, 0.0), (40.0, 42.0, 54.0))
_BRIDGE = ((-44.0, -88.0, 0.0), (22.0, 13.0, 9.0))
_NOSE = ((-66.0, -104.0, 0.0), (24.0, 18.0, 13.0))
_NECK = ((-120.0, 38.0, 0.0), (100.0, 72.0, 62.0))
# Ridges of bone between the fossae, ends and radius: petrous, sphenoid, clinoid, crista galli.
_RIDGES: tuple[tuple[tuple[Place, Place], float], ...] = (
    (((-33.0, 10.0, 12.0), (-31.0, 42.0, 72.0)), 11.0),
    (((-24.0, -13.0, 26.0), (-17.0, -20.0, 60.0)), 5.5),
    (((-20.0, -9.0, 11.0), (-18.0, -3.0, 10.5)), 1.4),
    (((-24.0, -56.0, 0.0), (-17.0, -64.0, 0.0)), 1.8),
)
_EARS = ((-34.0, 16.0, 84.0), (27.0, 14.0, 7.0))


@dataclass(frozen=True, eq=False)
class Shell:
    """Distances that order the head from the brain outwards, every 2 mm, mm of this head.

    Args:
        inner_mm: to the inner table, negative inside.
        hull_mm: to the hull that bridges the fossae.
        bone_mm: thickness of the skull there.
        skin_mm: to the skin, negative inside the head.
    """

    inner_mm: Numbers
    hull_mm: Numbers
    bone_mm: Numbers
    skin_mm: Numbers


HALF = 2  # the shell's lattice: every second voxel
SLAB = 12  # slices painted together


def draw_shell(
    canvas: Canvas, atlas: Atlas, traits: Traits, generator: np.random.Generator
) -> Shell:
    """Where skull and skin lie."""
    counts = [(n - 1) // HALF + 2 for n in SHAPE]
    inner, hull = (
        enlarge(field.at(canvas.places_mm), COARSE / HALF, counts)
        for field in (atlas.inner, atlas.hull)
    )
    places = np.stack([enlarge(a, COARSE / HALF, counts) for a in canvas.places_mm])
    # The vault is smooth: bone does not follow each gyrus.
    # Behind, the crest between the lobes of the cerebellum is lower than the gap between them.
    inner += (hull - inner) * ramp(places[0] + 16 * ramp(places[1], 50, 80), -8, 14)
    inner *= np.float32(canvas.scale)
    hull *= np.float32(canvas.scale)
    uneven = rough(generator, counts, HALF * STEP_MM, 14.0)
    bone = _thickness(
        places,
        traits.skull_mm + 0.8 * uneven,
        forehead_mm=2.0 + 3.5 * traits.sinus,
        protuberance_mm=float(generator.uniform(0.0, 3.5)),
    )
    z, y, x = places
    side = np.abs(x)
    folded = np.stack([z, y, side])
    # Brain leaves its print in the bone, most of all in the floor of the anterior fossa.
    prints = rough(generator, counts, HALF * STEP_MM, 5.0)
    inner += prints * (0.7 + 0.9 * ramp(-z, -4, 8) * ramp(-y, 10, 30))
    inner = _with_ridges(inner, folded, rough(generator, counts, HALF * STEP_MM, 6.0))
    scalp = traits.scalp_mm + 1.0 * rough(generator, counts, HALF * STEP_MM, 18.0)
    scalp += 6.0 * ramp(side, 40, 60) * np.exp(-(((z + 22) / 28) ** 2) - ((y + 15) / 32) ** 2)
    skin: Numbers = hull - traits.skull_mm - scalp
    for centre, radii in (_FACE, _CHEEKS, _NECK):
        skin = blend(skin, ellipsoid(places, centre, radii) * np.float32(canvas.scale), 8.0)
    skin = blend(skin, ellipsoid(places, *_BRIDGE), 4.0)
    skin = blend(skin, ellipsoid(places, *_NOSE), 4.0)
    skin = blend(skin, ellipsoid(folded, *_EARS), 2.0)
    return Shell(inner, hull, bone, skin)


def _with_ridges(inner: Numbers, folded: Numbers, uneven: Numbers) -> Numbers:
    """The inside of the skull less the ridges of bone that stand into it."""
    for ends, radius in _RIDGES:
        ridge = capsule(folded, ends, radius)
        far = max(end[2] for end in ends)
        if far > 20:
            # A ridge is broad where it leaves the side wall, and sharp towards the middle.
            ridge += np.float32(0.9 * radius) * (1 - ramp(folded[2], 0, far)) + 1.6 * uneven
        inner = -blend(-inner, ridge, 3.0)
    return inner


def _thickness(
    places: Numbers, usual_mm: Numbers, forehead_mm: float, protuberance_mm: float
) -> Numbers:
    """Thickness of the skull: usual, but thick and thin where every skull is."""
    z, y, x = places
    side = np.abs(x)
    protuberance = np.exp(-(((z + 22) / 14) ** 2) - ((y - 102) / 25) ** 2 - (x / 16) ** 2)
    forehead = np.exp(-(((z + 8) / 15) ** 2) - ((y + 78) / 20) ** 2 - (x / 22) ** 2)
    temple = ramp(side, 42, 60) * np.exp(-(((z + 6) / 26) ** 2) - ((y - 5) / 48) ** 2)
    orbit_roof = ramp(-z, 8, 20) * ramp(-y, 12, 30) * ramp(side, 4, 14)
    bone = usual_mm + protuberance_mm * protuberance + forehead_mm * forehead
    bone *= 1 - 0.55 * temple - 0.65 * orbit_roof * (1 - temple)
    return np.asarray(np.maximum(bone, 1.6), dtype=np.float32)


def slabs(shell: Shell) -> Iterator[Box]:
    """Boxes that together hold the head: thin ones, whose arrays stay in the cache."""
    for start in range(0, SHAPE[0], SLAB):
        stop = min(start + SLAB, SHAPE[0])
        part = shell.skin_mm[start // HALF : stop // HALF + 2] < HALF
        if not part.any():
            continue
        ends = []
        for axis, count in ((1, SHAPE[1]), (2, SHAPE[2])):
            along = np.nonzero(part.any(axis=(0, 3 - axis)))[0] * HALF
            ends.append(slice(max(0, int(along[0]) - HALF), min(count, int(along[-1]) + HALF + 1)))
        yield slice(start, stop), ends[0], ends[1]


def paint_soft(canvas: Canvas, shell: Shell, traits: Traits, chance: np.random.Generator) -> None:
    """Skin, the fat under it, and muscle below."""
    fat_end = traits.scalp_mm - 1.2
    sheets = draw_rough(chance, SHAPE, STEP_MM, 5.0)
    fibres = draw_rough(chance, SHAPE, STEP_MM, 3.0)
    for box in slabs(shell):
        skin, hull = cut(shell.skin_mm, HALF, box), cut(shell.hull_mm, HALF, box)
        depth: Numbers = -skin
        canvas.paint(covered(skin, 1.5), SKIN_HU, box)
        canvas.paint(covered(fat_end - depth), MUSCLE_HU + 4 * fibres.cut(box), box)
        # Between the muscles of neck and face run planes of fat; in front there is more of it.
        deep = covered(fat_end + 2.0 - depth) * covered(-hull - 2)
        front = ramp(-canvas.places_in(box)[1], 45, 70)
        planes = covered((np.abs(sheets.cut(box)) - np.float32(0.16) - front) * 8)
        canvas.paint(planes * deep, FAT_HU + 15, box)
        fat_start = np.abs(sheets.cut(box)) * np.float32(0.5) + np.float32(traits.skin_mm)
        canvas.paint(covered(fat_start - depth) * covered(depth - fat_end), FAT_HU, box)


def paint_bone(canvas: Canvas, shell: Shell, traits: Traits, chance: np.random.Generator) -> None:
    """The skull's two tables with diploë between, and the bone of the base."""
    grains = draw_rough(chance, SHAPE, STEP_MM, 2.0)
    for box in slabs(shell):
        inner, hull, thick = (
            cut(field, HALF, box) for field in (shell.inner_mm, shell.hull_mm, shell.bone_mm)
        )
        z, y, _ = canvas.places_in(box)
        grain = grains.cut(box)
        # Behind the orbits and below the brain, all between the fossae is bone.
        base = covered(hull - 1.0) * ramp(-z, 8, 16) * ramp(y, -24, -14)
        bone = np.maximum(covered(inner - thick), base) * covered(-inner)
        middle = covered(TABLE_MM - inner) * covered(inner - thick + TABLE_MM)
        hu = np.float32(traits.table_hu) + middle * (
            130 * grain + np.float32(traits.diploe_hu - traits.table_hu)
        )
        hu += covered(thick - inner) * (BASE_HU + 260 * grain - hu)
        canvas.paint(bone, hu, box)

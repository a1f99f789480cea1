"""What is dense and no bleed: calcium, dura, a clotted sinus, a calcified tumour."""

import numpy as np

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM, cube_around
from headct.phantom.body.dura import has_falx
from headct.phantom.body.shapes import capsule, covered, cut, ellipsoid, ramp, rough
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.changes import (
    Change,
    Place,
    midline_box,
    offsets_mm,
    on_convexity,
    tissue_in,
)

# Calcium in basal ganglia: a published extensive case measured about 160 HU (radiopaedia
# rID 65582); small spots show less through partial volume. Size and other HU: usual ones.
_GANGLIA_HU, _GANGLIA_MM = (90.0, 200.0), (2.5, 6.0)
# Calcified choroid plexus and pineal gland, larger than the usual ones that heads have.
_CHOROID_HU, _PINEAL_HU = (150.0, 450.0), (150.0, 400.0)
# A falx that is as dense as acute blood, and plates of bone in it: usual values.
_FALX_HU, _PLATE_HU = (62.0, 80.0), (200.0, 600.0)
# Clotted sinus: mean 69 HU (95 % CI 65-72) against 52 HU (Neuroradiology 2016;58:657-63);
# 60-92 HU in 33 patients (doi 10.1055/s-0043-1761184).
_SINUS_HU = (60.0, 82.0)
# Meningioma: denser than brain in 70-75 %, calcified in 20-25 % (usual textbook figures).
_TUMOUR_HU, _GRAIN_HU, _TUMOUR_MM = (42.0, 60.0), (120.0, 500.0), (7.0, 18.0)
# From which value of a random field on a meningioma is calcium: some grains, or most of it.
_SANDS = ((1.0, 1.8), (0.2, 1.0), (-1.5, -0.3))

_PALLIDUM: Place = (0.0, 5.0, 20.0)
_PLEXUS: Place = (10.0, 44.0, 25.0)
_PINEAL: Place = (2.0, 26.0, 0.0)


def calcify_ganglia(head: Head, chance: np.random.Generator) -> Change:
    """Smudges of calcium in the globus pallidus, on both sides and never quite alike."""
    size, hu = chance.uniform(*_GANGLIA_MM), chance.uniform(*_GANGLIA_HU)
    box = head.canvas.box_around((0.0, 5.0, 0.0), (16.0, 20.0, 34.0))
    places = head.canvas.gyri_in(box)
    share = np.zeros(places.shape[1:], np.float32)
    grains = rough(chance, share.shape, STEP_MM, 1.4)
    for side in (-1.0, 1.0):
        own = size * chance.uniform(0.6, 1.1)
        middle = (_PALLIDUM[0], _PALLIDUM[1], side * _PALLIDUM[2])
        # The pallidum slants: its back lies further out.
        slant = places.copy()
        slant[2] -= side * 0.35 * (places[1] - middle[1])
        shape = ellipsoid(slant, middle, (1.0 * own, 1.6 * own, 0.7 * own))
        shape += 0.35 * own * grains
        share = np.maximum(share, covered(shape, 2.0))
    share *= tissue_in(head, ("grey", "white"), box)
    return Change("basal ganglia of both sides", box, share, hu * (1 + 0.15 * grains))


def calcify_plexus(head: Head, chance: np.random.Generator) -> Change:
    """Calcium in the choroid plexus of both atria, clumpy, 6 to 14 mm long."""
    hu, size = chance.uniform(*_CHOROID_HU), chance.uniform(1.0, 1.5)
    box = head.canvas.box_around((_PLEXUS[0], _PLEXUS[1], 0.0), (14.0, 16.0, 42.0))
    places = head.canvas.gyri_in(box)
    grains = rough(chance, places.shape[1:], STEP_MM, 1.6)
    share = np.zeros(places.shape[1:], np.float32)
    for side in (-1.0, 1.0):
        own = size * chance.uniform(0.75, 1.15)
        middle = (_PLEXUS[0], _PLEXUS[1], side * _PLEXUS[2])
        shape = ellipsoid(places, middle, (3.2 * own, 5.0 * own, 2.8 * own))
        share = np.maximum(share, covered(shape + 1.1 * grains))
    return Change("choroid plexus of both sides", box, share, hu * (1 + 0.25 * grains))


def calcify_pineal(head: Head, chance: np.random.Generator) -> Change:
    """A pineal gland full of calcium, 7 to 12 mm long."""
    hu, size = chance.uniform(*_PINEAL_HU), chance.uniform(3.5, 6.0)
    box = head.canvas.box_around(_PINEAL, (12.0,) * 3)
    places = head.canvas.gyri_in(box)
    grains = rough(chance, places.shape[1:], STEP_MM, 1.4)
    shape = ellipsoid(places, _PINEAL, (0.8 * size, size, 0.75 * size)) + 0.7 * grains
    return Change("pineal gland", box, covered(shape), hu * (1 + 0.25 * grains))


def thicken_falx(head: Head, chance: np.random.Generator) -> Change:
    """A falx as dense as blood, 1.5 to 3 mm thick, half the time with plates of bone."""
    box = midline_box(head, 14.0)
    places = head.canvas.places_in(box)
    x = places[2]
    half = chance.uniform(0.8, 1.5)
    wander = rough(chance, x.shape, STEP_MM, 9.0)
    sheet = covered(np.abs(x) - half - 0.3 * wander) * has_falx(places).astype(np.float32)
    sheet *= covered(cut(head.shell.inner_mm, HALF, box) + 1.0)
    hu = np.full(x.shape, chance.uniform(*_FALX_HU), np.float32)
    if chance.random() < 0.5:
        for _ in range(int(chance.integers(1, 4))):
            middle = (chance.uniform(44, 62), chance.uniform(-52, -12), 0.0)
            plate = covered(ellipsoid(places, middle, (5.0, 9.0, 1.8)) + 0.8 * wander)
            hu += plate * (np.float32(chance.uniform(*_PLATE_HU)) - hu)
    return Change("falx", box, sheet, hu)


def clot_sinus(head: Head, chance: np.random.Generator) -> Change:
    """The sagittal sinus behind, dense and plump, with the straight sinus every other time."""
    box = midline_box(head, 14.0)
    z, y, x = places = head.canvas.places_in(box)
    inner = cut(head.shell.inner_mm, HALF, box)
    plump = chance.uniform(1.0, 1.35)
    # In section a triangle on the inner table, its tip in the falx.
    share = covered(np.abs(x) - plump * (6.5 + 0.75 * inner)) * covered(inner + 0.3)
    share *= covered(-8.0 * plump - inner) * ramp(y, 20, 40) * ramp(z, -16, -8)
    if chance.random() < 0.5:
        straight = capsule(places, ((8.0, 46.0, 0.0), (-8.0, 92.0, 0.0)), 2.4 * plump)
        share = np.maximum(share, covered(straight))
    hu = chance.uniform(*_SINUS_HU) + 2 * rough(chance, share.shape, STEP_MM, 4.0)
    return Change("sagittal sinus", box, share, hu)


def grow_meningioma(head: Head, chance: np.random.Generator) -> Change:
    """A dense half ball on the dura of the convexity or the falx, with calcium in it."""
    radius = chance.uniform(*_TUMOUR_MM)
    side = 1.0 if chance.random() < 0.5 else -1.0
    word = "left" if side > 0 else "right"
    if chance.random() < 0.35:
        site = f"{word} of the falx"
        middle: Place = (52.0, float(chance.uniform(-50, 50)), side * 2.0)
        voxel = head.canvas.voxel_of(middle)
    else:
        site = f"{word} convexity"
        voxel = on_convexity(head, side, chance)
    box = cube_around(voxel, 1.4 * radius + 10)
    order = np.linalg.norm(offsets_mm(box, voxel), axis=0).astype(np.float32) - np.float32(radius)
    order += 0.06 * radius * rough(chance, order.shape, STEP_MM, 0.5 * radius)
    room = covered(cut(head.shell.inner_mm, HALF, box) + 0.5)
    room *= covered(1.0 - side * head.canvas.places_in(box)[2])
    share = covered(order) * room
    # Calcium lies in it as sand or as a rim.
    grains = ramp(rough(chance, order.shape, STEP_MM, 2.0), *chance.choice(_SANDS))
    hu = grains * np.float32(chance.uniform(*_GRAIN_HU))
    hu += np.float32(chance.uniform(*_TUMOUR_HU))
    swelling = chance.uniform(0.0, 9.0) if chance.random() < 0.4 else 0.0
    white = tissue_in(head, ("white",), box)
    edema = white * covered(order - np.float32(swelling), 3.0) * (1 - share)
    return Change(site, box, share, hu, edema if swelling else None)

"""What surgeons leave: holes and flaps in the skull, cavities, metal."""

import numpy as np

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM, cube_around
from headct.phantom.body.shapes import Numbers, capsule, covered, cut, ellipsoid, ramp, rough
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.changes import (
    Change,
    Place,
    offsets_mm,
    on_convexity,
    outward,
    pick_place,
    tissue_in,
)

# Scar in the gap of a flap; a perforator drills holes of 11 to 14 mm, a saw cuts 1.5 to 3 mm
# (usual instruments). A flap for a tumour or clot measures 4 to 8 cm.
_SCAR_HU, _HOLE_MM, _SAW_MM, _FLAP_MM = 35.0, (11.0, 14.0), (1.5, 3.0), (20.0, 40.0)
# Metal runs off the usual scale, which ends at 3071 HU: titanium clips and the magnet of an
# implant less far than platinum coils. Assumed, for no 12-bit scanner shows it.
_CLIP_HU, _COIL_HU, _IMPLANT_HU = (4000.0, 7000.0), (8000.0, 12000.0), (5000.0, 9000.0)

# Where aneurysms are common, atlas mm z y x on the left: they sit on the circle of Willis.
_ANEURYSMS: dict[str, Place] = {
    "anterior communicating artery": (-12.0, -8.0, 1.0),
    "middle cerebral artery": (-10.0, -2.0, 32.0),
    "posterior communicating artery": (-16.0, 4.0, 11.0),
    "basilar artery": (-18.0, 16.0, 0.0),
}
_COCHLEA: Place = (-34.0, 18.0, 24.0)
_MASTOID: Place = (-34.0, 34.0, 72.0)
_RECEIVER: Place = (8.0, 56.0, 76.0)


def open_skull(head: Head, chance: np.random.Generator) -> Change:
    """A burr hole, a flap that was put back, or a gap; under flap and gap at times a cavity."""
    side = 1.0 if chance.random() < 0.5 else -1.0
    kind = ("burr hole", "bone flap", "gap in the bone")[int(chance.integers(3))]
    voxel = on_convexity(head, side, chance)
    radius = chance.uniform(*(_HOLE_MM if kind == "burr hole" else _FLAP_MM))
    radius *= 0.5 if kind == "burr hole" else 1.0
    box = cube_around(voxel, 1.3 * radius + 16)
    steps = offsets_mm(box, voxel)
    out = outward(head, voxel).astype(np.float32)
    ahead = np.tensordot(out, steps, axes=1)
    flat = steps - out[:, None, None, None] * ahead
    aside = np.linalg.norm(flat, axis=0).astype(np.float32)
    rim = aside - np.float32(radius)
    if kind != "burr hole":
        rim += 0.06 * radius * rough(chance, rim.shape, STEP_MM, 12.0)
    opened = _saw(rim, flat, radius, chance) if kind == "bone flap" else covered(rim)
    inner, thick = (cut(f, HALF, box) for f in (head.shell.inner_mm, head.shell.bone_mm))
    # From the brain's side of the inner table to the scalp.
    share = opened * covered(inner - thick - 0.8) * covered(-inner - 0.8)
    hu = np.full(share.shape, _SCAR_HU, np.float32)
    if kind != "burr hole" and chance.random() < 0.5:
        deep = chance.uniform(0.5, 0.8) * min(radius, 28.0)
        cavity = np.linalg.norm(steps + (0.6 * deep * out)[:, None, None, None], axis=0)
        cavity = cavity.astype(np.float32) - np.float32(deep)
        cavity += 0.12 * deep * rough(chance, cavity.shape, STEP_MM, 0.5 * deep)
        room = tissue_in(head, ("grey", "white", "fluid"), box) * ramp(-inner, 0, 2)
        empty = covered(cavity, 1.5) * room * ramp(side * head.canvas.places_in(box)[2], 2, 5)
        hu[empty > share] = head.traits.fluid_hu + 2
        share = np.maximum(share, empty)
        kind += ", cavity below"
    return Change(f"{'left' if side > 0 else 'right'} convexity, {kind}", box, share, hu)


def _saw(rim: Numbers, flat: Numbers, radius: float, chance: np.random.Generator) -> Numbers:
    """The gap around a flap: a saw's cut, and the three burr holes it ran between."""
    gap = np.abs(rim) - np.float32(chance.uniform(*_SAW_MM) / 2)
    hole = np.float32(chance.uniform(*_HOLE_MM) / 2)
    # On the convexity the bone faces sideways, so (z, y) tell one part of the rim from another.
    for turn in np.arange(3) * 2 * np.pi / 3 + chance.uniform(0, 2 * np.pi):
        far = np.hypot(flat[0] - np.cos(turn) * radius, flat[1] - np.sin(turn) * radius)
        gap = np.minimum(gap, np.maximum(far, np.abs(rim)).astype(np.float32) - hole)
    return covered(gap)


def clip_aneurysm(head: Head, chance: np.random.Generator) -> Change:
    """A clip on an aneurysm: two blades and a spring, 8 to 16 mm of metal."""
    site, middle = _on_circle(chance)
    voxel = head.canvas.voxel_of(middle)
    box = cube_around(voxel, 14)
    steps = offsets_mm(box, voxel)
    along = chance.normal(size=3)
    along *= chance.uniform(4.0, 8.0) / np.linalg.norm(along)
    tip, spring, end = ([float(v) for v in along * far] for far in (-1.0, 0.9, 1.1))
    shape = np.minimum(capsule(steps, (tip, end), 1.0), capsule(steps, (spring, end), 2.2))
    return Change(site, box, covered(shape), chance.uniform(*_CLIP_HU))


def coil_aneurysm(head: Head, chance: np.random.Generator) -> Change:
    """An aneurysm packed with coils, 4 to 11 mm across."""
    site, middle = _on_circle(chance)
    voxel = head.canvas.voxel_of(middle)
    box = cube_around(voxel, 12)
    radii = [float(v) for v in chance.uniform(2.0, 5.5, size=3)]
    shape = ellipsoid(offsets_mm(box, voxel), (0, 0, 0), radii)
    return Change(site, box, covered(shape), chance.uniform(*_COIL_HU))


def implant_cochlea(head: Head, chance: np.random.Generator) -> Change:
    """A cochlear implant: a receiver on the bone above and behind an ear, a wire inwards."""
    side = 1.0 if chance.random() < 0.5 else -1.0
    ear, mastoid, receiver = ((z, y, side * x) for z, y, x in (_COCHLEA, _MASTOID, _RECEIVER))
    box = head.canvas.box_around((-14.0, 38.0, side * 56.0), (48.0, 48.0, 40.0))
    inner, thick = (cut(f, HALF, box) for f in (head.shell.inner_mm, head.shell.bone_mm))
    # A flat case lies on the bone, under the skin.
    above = np.abs(inner - thick - 2.0)
    middle = pick_place(head, receiver, (box, above < 1.0))
    far = np.linalg.norm(offsets_mm(box, middle), axis=0).astype(np.float32)
    case = np.maximum(far - np.float32(chance.uniform(9, 13)), above - 1.6)
    places = head.canvas.places_in(box)
    start = [float(axis[far == 0][0]) for axis in places]
    wire = np.minimum(capsule(places, (start, mastoid), 0.6), capsule(places, (mastoid, ear), 0.6))
    coil = ellipsoid(places, ear, (2.5, 2.5, 2.5))
    shape = np.minimum(np.minimum(case, wire), coil)
    word = "left" if side > 0 else "right"
    return Change(f"{word} ear", box, covered(shape), chance.uniform(*_IMPLANT_HU))


def _on_circle(chance: np.random.Generator) -> tuple[str, Place]:
    name = list(_ANEURYSMS)[int(chance.integers(len(_ANEURYSMS)))]
    z, y, x = _ANEURYSMS[name]
    side = 1.0 if chance.random() < 0.5 else -1.0
    if x <= 1.0:
        return name, (z, y, x)
    return f"{'left' if side > 0 else 'right'} {name}", (z, y, side * x)

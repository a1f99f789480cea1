"""Where each kind of bleed starts, and how it grows from there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.anatomy import Head
from headct.phantom.canvas import COARSE, SHAPE, STEP_MM
from headct.phantom.shapes import (
    Box,
    Numbers,
    blur,
    covered,
    cut,
    ellipsoid,
    overlap,
    ramp,
    rough,
)
from headct.phantom.skull import HALF

Place = tuple[float, float, float]
# A crescent thicker than this is no longer one.
DEEPEST_MM = 35.0

# Where bleeds inside the brain are common, atlas mm z y x on the left.
_SITES: dict[str, Place] = {
    "putamen": (2.0, -4.0, 27.0),
    "thalamus": (8.0, 18.0, 14.0),
    "frontal lobe": (26.0, -36.0, 30.0),
    "parietal lobe": (36.0, 44.0, 34.0),
    "temporal lobe": (-8.0, 22.0, 48.0),
    "occipital lobe": (10.0, 74.0, 26.0),
    "cerebellum": (-38.0, 62.0, 22.0),
}
_POOLS: dict[str, Place] = {
    "suprasellar cistern": (-16.0, -4.0, 6.0),
    "Sylvian fissure": (0.0, -4.0, 44.0),
    "convexity": (42.0, 20.0, 46.0),
}


@dataclass(frozen=True, eq=False)
class Plan:
    """Where a bleed may be, and in which order it fills what it finds.

    Args:
        site: in words.
        box: the part of the head's voxels that holds it.
        order: (z, y, x) mm; the bleed fills first where this is high.
        room: (z, y, x) how much of each voxel blood may take, 0..1.
    """

    site: str
    box: Box
    order: Numbers
    room: Numbers


def _in_brain(head: Head, volume_ml: float, chance: np.random.Generator) -> Plan:
    """An irregular ellipsoid, deep or lobar."""
    site = list(_SITES)[int(chance.integers(len(_SITES)))]
    middle = _mirrored(_SITES[site], chance)
    radius = np.cbrt(volume_ml * 1000 * 3 / (4 * np.pi))
    # Room to grow by: brain beside it may be short, and the outline is irregular.
    box = head.canvas.box_around(middle, (2.2 * radius + 8,) * 3)
    places = head.canvas.gyri_in(box)
    stretch = chance.uniform(0.75, 1.35, size=3)
    stretch *= radius / np.cbrt(stretch.prod())
    order = -ellipsoid(places, middle, [float(r) for r in stretch])
    order += 0.16 * radius * rough(chance, order.shape, STEP_MM, max(2.0, 0.35 * radius))
    tissue = _tissue(head, "grey", box) + _tissue(head, "white", box)
    room = ramp(blur(np.minimum(tissue, 1), 2.0), 0.5, 0.8)
    return Plan(f"{_side(middle)} {site}", box, order, room)


def _under_bone(head: Head, volume_ml: float, chance: np.random.Generator) -> Plan:
    """A lens between skull and dura: a ball that reaches in from outside the skull."""
    start, side = _on_table(head, chance)
    radius = np.cbrt(volume_ml * 1000 / 0.6)
    centre = np.array(start) + _outward(head, start) * 0.6 * radius / STEP_MM
    box = _box_at(start, 1.7 * radius + 8)
    return Plan(
        f"{side} convexity",
        box,
        -_far_mm(box, centre),
        covered(cut(head.shell.inner_mm, HALF, box)),
    )


def _along_dura(head: Head, volume_ml: float, chance: np.random.Generator) -> Plan:
    """A crescent along one half of the skull, thinner away from its middle."""
    start, side = _on_table(head, chance)
    box = head.tissues.box
    inner = cut(head.shell.inner_mm, HALF, box)
    span = chance.uniform(48.0, 64.0)
    far = (_far_mm(box, start) / np.float32(span)) ** 2
    # A crescent over half a sphere's cap of that span holds about this much for each mm.
    thick = volume_ml * 1000 / (0.45 * np.pi * span**2)
    order = np.float32(thick) * (1 - far) + inner
    z, _, x = head.canvas.places_in(box)
    sign = 1.0 if side == "left" else -1.0
    room = covered(inner) * covered(3.0 - sign * x) * ramp(z, -14, -8)
    return Plan(f"{side} convexity", box, order, room * covered(-DEEPEST_MM - inner))


def _in_ventricles(head: Head, _: float, chance: np.random.Generator) -> Plan:
    """Blood that has sunk to the back of the ventricles, as it does in one who lies."""
    box = head.tissues.box
    room = _tissue(head, "ventricle", box)
    y = (np.arange(box[1].start, box[1].stop) * STEP_MM).astype(np.float32)
    order = np.broadcast_to(y[None, :, None], room.shape) + 2.0 * rough(
        chance, room.shape, STEP_MM, 6.0
    )
    return Plan("ventricles", box, order.astype(np.float32), room)


def _in_cisterns(head: Head, _: float, chance: np.random.Generator) -> Plan:
    """Blood in the fluid around a cistern or fissure, spreading along sulci."""
    site = list(_POOLS)[int(chance.integers(len(_POOLS)))]
    middle = _mirrored(_POOLS[site], chance)
    box = head.tissues.box
    room = _tissue(head, "fluid", box) - _tissue(head, "ventricle", box)
    order = -_far_mm(box, head.canvas.voxel_of(middle))
    order += 6.0 * rough(chance, room.shape, STEP_MM, 8.0)
    room = room * ramp(-cut(head.shell.inner_mm, HALF, box), 0.5, 2.0)
    return Plan(f"{_side(middle)} {site}", box, order.astype(np.float32), room)


PLANS: dict[str, Callable[[Head, float, np.random.Generator], Plan]] = {
    EPIDURAL: _under_bone,
    INTRAPARENCHYMAL: _in_brain,
    INTRAVENTRICULAR: _in_ventricles,
    SUBARACHNOID: _in_cisterns,
    SUBDURAL: _along_dura,
}


def _mirrored(place_mm: Place, chance: np.random.Generator) -> Place:
    z, y, x = (v + chance.uniform(-4, 4) for v in place_mm)
    return z, y, x if chance.random() < 0.5 else -x


def _side(place_mm: Place) -> str:
    return "left" if place_mm[2] > 0 else "right"


def _tissue(head: Head, name: str, box: Box) -> Numbers:
    """Share of a tissue in a box, 0..1; nothing outside the skull."""
    shares = np.zeros([s.stop - s.start for s in box], np.float32)
    there, here = overlap(box, head.tissues.box)
    shares[there] = getattr(head.tissues, name)[here] / np.float32(255)
    return shares


def _on_table(head: Head, chance: np.random.Generator) -> tuple[tuple[int, int, int], str]:
    """A voxel on the inner table over the convexity, and its side."""
    left = bool(chance.random() < 0.5)
    every = COARSE // HALF
    inner = head.shell.inner_mm[::every, ::every, ::every]
    depth, rows, columns = inner.shape
    z, y, x = head.canvas.places_mm[:, :depth, :rows, :columns]
    side = x if left else -x
    there = (np.abs(inner) < COARSE) & (z > 5) & (z < 50) & (y > -40) & (y < 70) & (side > 38)
    found = np.argwhere(there)
    point = found[int(chance.integers(len(found)))] * COARSE
    return (int(point[0]), int(point[1]), int(point[2])), "left" if left else "right"


def _outward(head: Head, voxel: tuple[int, int, int]) -> NDArray[np.float64]:
    """(3,) unit vector out of the skull, z y x."""
    z, y, x = (v // HALF for v in voxel)
    near = head.shell.inner_mm[z - 2 : z + 3, y - 2 : y + 3, x - 2 : x + 3]
    slopes = np.array([step.mean() for step in np.gradient(near)], dtype=np.float64)
    return np.asarray(slopes / np.linalg.norm(slopes))


def _box_at(voxel: tuple[int, int, int], reach_mm: float) -> Box:
    reach = int(np.ceil(reach_mm / STEP_MM))
    z, y, x = (
        slice(max(0, v - reach), min(n, v + reach + 1)) for v, n in zip(voxel, SHAPE, strict=True)
    )
    return z, y, x


def _far_mm(box: Box, voxel: Sequence[float]) -> Numbers:
    """Distance of each voxel of a box to one voxel, mm."""
    steps = [(np.arange(s.start, s.stop) - v) * STEP_MM for s, v in zip(box, voxel, strict=True)]
    z, y, x = np.meshgrid(*steps, indexing="ij", sparse=True)
    return np.asarray(np.sqrt(z**2 + y**2 + x**2), dtype=np.float32)

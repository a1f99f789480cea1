"""Plans of bleeds under the skull: between bone and dura, and along the dura."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import COARSE, STEP_MM, cube_around
from headct.phantom.body.dura import (
    above_tent_mm,
    before_coronal_mm,
    behind_lambdoid_mm,
    has_falx,
    has_tent,
)
from headct.phantom.body.shapes import Numbers, covered, cut, ramp
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.sites import Plan, Wish, far_mm

# A crescent thicker than this is no longer one; along falx and tentorium they are thin.
_DEEPEST_MM, _DEEPEST_SHEET_MM = 35.0, 12.0
# From this volume on a crescent reaches as far as it does: assumed.
_WIDE_ML = 25.0
# Within this distance of a suture, where dura is fixed to bone, a lens gets thinner.
_TAPER_MM = 14.0
# Between these in z and y, and as far as this from the midline, each part of the vault, atlas mm.
_Part = tuple[tuple[float, float], tuple[float, float], float]
_VAULT: Mapping[str, _Part] = {
    "convexity": ((5.0, 50.0), (-40.0, 70.0), 38.0),
    "frontal": ((0.0, 45.0), (-75.0, -25.0), 18.0),
    "temporal": ((-18.0, 12.0), (-5.0, 40.0), 45.0),
    "parietal": ((18.0, 60.0), (0.0, 65.0), 35.0),
    "occipital": ((-10.0, 35.0), (80.0, 110.0), 14.0),
}


def under_bone(head: Head, volume_ml: float, wish: Wish, chance: np.random.Generator) -> Plan:
    """A lens between skull and dura: a ball that reaches in from outside, held by sutures."""
    radius = float(np.cbrt(volume_ml * 1000 / 0.6))
    site = wish.site or "convexity"
    side = wish.side_of(chance)
    start = _on_table(head, site, side, chance, apart_mm=min(0.7 * radius, 28.0))
    centre = np.array(start) + outward(head, start) * 0.6 * radius / STEP_MM
    box = cube_around(start, 1.7 * radius + 8)
    inner = cut(head.shell.inner_mm, HALF, box)
    plate = _plate_mm(head, start, head.canvas.places_in(box))
    order = -far_mm(box, (centre[0], centre[1], centre[2]), STEP_MM)
    order -= 0.5 * np.clip(_TAPER_MM - plate, 0, _TAPER_MM)
    return Plan(f"{side} {site}", box, order, covered(inner) * covered(1 - plate))


def along_dura(head: Head, volume_ml: float, wish: Wish, chance: np.random.Generator) -> Plan:
    """A crescent along one half of the skull, or a thin sheet along falx or tentorium."""
    if wish.site in ("falx", "tentorium"):
        return _along_sheet(head, wish.site, wish, chance)
    side = wish.side_of(chance)
    start = _on_table(head, "convexity", side, chance, apart_mm=0.0)
    box = head.tissues.box
    inner = cut(head.shell.inner_mm, HALF, box)
    # What is small is not spread thin over half the head.
    span = chance.uniform(48.0, 64.0) * min(1.0, np.cbrt(volume_ml / _WIDE_ML))
    far = (far_mm(box, start, STEP_MM) / np.float32(span)) ** 2
    # A crescent over half a sphere's cap of that span holds about this much for each mm.
    thick = volume_ml * 1000 / (0.45 * np.pi * span**2)
    order = np.float32(thick) * (1 - far) + inner
    z, _, x = head.canvas.places_in(box)
    sign = 1.0 if side == "left" else -1.0
    room = covered(inner) * covered(3.0 - sign * x) * ramp(z, -14, -8)
    return Plan(f"{side} convexity", box, order, room * covered(-_DEEPEST_MM - inner))


def _along_sheet(head: Head, site: str, wish: Wish, chance: np.random.Generator) -> Plan:
    """Blood on one face of the falx, or on the tentorium, thinner towards its ends."""
    side = wish.side_of(chance)
    sign = 1.0 if side == "left" else -1.0
    box = head.tissues.box
    places = head.canvas.places_in(box)
    beside = sign * places[2]
    if site == "falx":
        middle = (chance.uniform(40.0, 54.0), chance.uniform(-30.0, 60.0), 0.0)
        depth, sheet = beside, has_falx(places)
    else:
        middle = (-12.0, chance.uniform(50.0, 66.0), sign * chance.uniform(20.0, 32.0))
        depth, sheet = above_tent_mm(places), has_tent(places) * covered(2 - beside)
    depth = depth * np.float32(head.canvas.scale)
    far = far_mm(box, head.canvas.voxel_of(middle), STEP_MM) / np.float32(45.0)
    order = 8 * (1 - far**2) - depth
    inner = cut(head.shell.inner_mm, HALF, box)
    room = sheet * covered(1.2 - depth) * covered(depth - _DEEPEST_SHEET_MM) * covered(inner)
    return Plan(f"{side} {site}", box, order.astype(np.float32), room.astype(np.float32))


def _plate_mm(head: Head, start: tuple[int, int, int], places: Numbers) -> Numbers:
    """Distance to the nearest suture of the plate of bone that holds a voxel; beyond, negative."""
    z, y, x = (i // COARSE for i in start)
    here = head.canvas.places_mm[:, z, y, x]
    seams = (before_coronal_mm, behind_lambdoid_mm, _left_of_sagittal_mm)
    away = [seam(places) * np.float32(np.sign(seam(here))) for seam in seams]
    return np.asarray(np.minimum.reduce(away) * np.float32(head.canvas.scale))


def _left_of_sagittal_mm(places_mm: Numbers) -> Numbers:
    return np.asarray(places_mm[2])


def _on_table(
    head: Head, site: str, side: str, chance: np.random.Generator, *, apart_mm: float
) -> tuple[int, int, int]:
    """A voxel on the inner table of a part of the vault, some way off its sutures."""
    every = COARSE // HALF
    inner = head.shell.inner_mm[::every, ::every, ::every]
    depth, rows, columns = inner.shape
    places = head.canvas.places_mm[:, :depth, :rows, :columns]
    z, y, x = places
    aside = x if side == "left" else -x
    (low, high), (front, back), least = _VAULT[site]
    there = (np.abs(inner) < COARSE) & (z > low) & (z < high) & (y > front) & (y < back)
    there &= aside > least
    if apart_mm:
        seams = np.abs([before_coronal_mm(places), behind_lambdoid_mm(places), x]).min(axis=0)
        # A part of the vault may have no place so far from all sutures.
        there &= seams > min(apart_mm, 0.9 * float(seams[there].max()))
    found = np.argwhere(there)
    point = found[int(chance.integers(len(found)))] * COARSE
    return int(point[0]), int(point[1]), int(point[2])


def outward(head: Head, voxel: tuple[int, int, int]) -> NDArray[np.float64]:
    """(3,) unit vector out of the skull, z y x."""
    z, y, x = (v // HALF for v in voxel)
    near = head.shell.inner_mm[z - 2 : z + 3, y - 2 : y + 3, x - 2 : x + 3]
    slopes = np.array([step.mean() for step in np.gradient(near)], dtype=np.float64)
    return np.asarray(slopes / np.linalg.norm(slopes))

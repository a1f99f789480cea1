"""The face taken out of a head CT, so that no rendering of the skin shows who it is.

In every slice up to the forehead, all that lies before a plane across the head and further from
the brain than the thickness of a skull becomes air: skin, eyes, nose, jaw, and the air before
them, whose edge would draw the profile again.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from headct.core.errors import Refusal, ScanError
from headct.core.grid import Grid
from headct.core.volume import AIR_HU, Volume
from headct.image.head import intracranial
from headct.image.morphology import disc
from headct.image.regions import Region
from headct.image.slabs import to_slabs
from headct.image.turn import LPS_AXES, Turn, turn_array, turn_grid, turn_towards

# As the finder sees the skull: thinner slices are averaged against noise.
_SLAB_MM = 4.0
# Around what the skull encloses: a frontal bone is 6 to 8 mm thick, the roof of an orbit 1 mm.
_KEPT_MM = 6.0
# Slices within this of another lend it their brain: the floor of the frontal fossa slopes.
_NEAR_MM = 6.0
# The plane lies this share of the brain's length behind its foremost point: before the ears
# and the joints of the jaw, behind the outer rims of the orbits.
_PLANE_SHARE = 0.4
# The forehead above the foremost point of the brain tells little; the brows lie below it.
_FOREHEAD_MM = 15.0


@dataclass(frozen=True)
class Deface:
    """Put the face, and the air before it, at the value of air; nothing else changes."""

    def __call__(self, volume: Volume) -> Volume:
        """The volume without its face.

        Raises:
            ScanError: no skull with a brain in it was found, to know the face by.
        """
        face = find_face(volume)
        if isinstance(face, Refusal):
            raise ScanError(face.reason)
        return volume.with_step(repr(self), np.where(face, np.float32(AIR_HU), volume.hu))


def find_face(volume: Volume) -> Region | Refusal:
    """Where the face is and the air before it: (slices, rows, columns); or why that is unknown."""
    turn = turn_towards(volume.grid, LPS_AXES)
    turned = Volume(turn_array(volume.hu, turn), turn_grid(volume.grid, turn))
    slabs = to_slabs(turned, _SLAB_MM)
    skull = intracranial(slabs)
    if isinstance(skull, Refusal):
        return skull
    brain = _on_slices(skull.inside, slabs.grid, turned.grid)
    return _turned_back(_before(brain, turned.grid), turn)


def _on_slices(inside: Region, slabs: Grid, slices: Grid) -> Region:
    """A region on slabs, on each slice: what any slab within reach of it has."""
    reach = np.maximum(slabs.heights_mm / 2, _NEAR_MM)
    away = np.abs(slices.positions_mm[:, None] - slabs.positions_mm[None, :])
    return np.stack([inside[near].any(axis=0) for near in away <= reach])


def _before(brain: Region, grid: Grid) -> Region:
    """What lies before the plane and not near the brain, from the forehead down."""
    slices, rows, _ = np.nonzero(brain)
    first, last = np.percentile(rows, (0.1, 99.9))
    plane = round(first + _PLANE_SHARE * (last - first))
    foremost = grid.positions_mm[slices[rows <= first].max()]
    face = np.zeros(grid.shape, dtype=np.bool_)
    around = disc(_KEPT_MM, grid)
    for index in np.flatnonzero(grid.positions_mm <= foremost + _FOREHEAD_MM):
        kept = cv2.dilate(brain[index].view(np.uint8), around) > 0
        face[index, :plane] = ~kept[:plane]
    return face


def _turned_back(region: Region, turn: Turn) -> Region:
    backwards = tuple(slice(None, None, -1 if flip else 1) for flip in turn.is_flipped)
    order = [turn.order.index(axis) for axis in range(3)]
    return np.ascontiguousarray(region[backwards].transpose(order))

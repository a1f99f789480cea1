"""Mass effect in a real scan: what lies inside the skull moved aside, slice by slice."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headct.image.depth import depth_mm
from headct.image.regions import Region
from headct.phantom.body.canvas import COARSE, STEP_MM
from headct.phantom.body.shapes import Numbers
from headct.phantom.insertion.background import Background
from headct.phantom.insertion.voxels import read_pixels
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.lesions.mass import displacement

# What moves by less is left as it is, number by number.
_LEAST_PIXELS = 0.15
# Bone blurs into what lies this near to it: that stays at the bone while brain moves.
_RIM_MM = 3.0
# Noise is borrowed from as far as this part of the picture.
_ROLLS = 16


@dataclass(frozen=True, eq=False)
class Push:
    """From where what lies in each pixel of a scan came.

    Only within slices: between thick ones noise would be averaged away, and what moves up or down
    moves by a fraction of a slice.

    Args:
        down: (slices, rows, columns) rows from where it is to where it was.
        right: columns.
        moves: (slices, rows, columns) bool, where it matters.
    """

    down: Numbers
    right: Numbers
    moves: Region

    def carry(self, values: Numbers) -> Numbers:
        """(slices, rows, columns) values moved along; the very numbers where nothing moves."""
        moved = values.copy()
        rows, columns = (np.arange(n, dtype=np.float32) for n in values.shape[1:])
        for index in np.flatnonzero(self.moves.any(axis=(1, 2))):
            at = columns + self.right[index], rows[:, None] + self.down[index]
            # A kernel that keeps the noise's fine grain, which a linear one would smooth.
            came = cv2.remap(values[index], *at, cv2.INTER_LANCZOS4, None, cv2.BORDER_REPLICATE)
            where = self.moves[index]
            moved[index][where] = came[where]
        return moved


def push_aside(background: Background, lesions: Sequence[Lesion]) -> Push | None:
    """How lesions push the brain of a scan aside; None where none does."""
    found = displacement(background.head, lesions)
    if found is None:
        return None
    lattice, away = found
    step_mm = COARSE * STEP_MM
    down, right = (
        read_pixels(field, step_mm, [s.start for s in lattice.nodes], background.grid)
        * np.float32(step_mm / spacing_mm)
        for field, spacing_mm in zip(away[1:], background.grid.spacing_mm, strict=True)
    )
    moves = background.inside & (np.hypot(down, right) > _LEAST_PIXELS)
    return Push(down, right, moves)


def pushed(background: Background, push: Push) -> tuple[Numbers, Numbers]:
    """HU and tissue of a scan, (slices, rows, columns) each, after its brain has moved."""
    hu, tissue = background.volume.hu, background.tissue
    deep = background.inside & (depth_mm(background.inside, background.grid) > _RIM_MM)
    rest = hu - tissue
    moved = push.carry(tissue)
    # Deep inside, noise goes with the brain; at the bone its blur stays, and the noise with it.
    moved_rest = push.carry(_noise(rest, deep, push))
    new = moved + np.where(deep, moved_rest, rest)
    return np.where(push.moves, new, hu), moved


def _noise(rest: Numbers, deep: Region, push: Push) -> Numbers:
    """The noise deep inside, and the like of it wherever brain may seem to come from."""
    noise = rest * deep
    for index in np.flatnonzero(push.moves.any(axis=(1, 2))):
        known = deep[index].copy()
        reach = known.shape[0] // _ROLLS
        for step in (1, -1, 2, -2):
            for axis in (0, 1):
                there = np.roll(deep[index], step * reach, axis) & ~known
                noise[index][there] = np.roll(rest[index], step * reach, axis)[there]
                known |= there
    return noise

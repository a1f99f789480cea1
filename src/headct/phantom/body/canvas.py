"""The block of voxels that a head is drawn on, and where each lies in the atlas."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.phantom.body.shapes import Box, Numbers, cut, rough
from headct.phantom.body.traits import Traits

STEP_MM = 1.0
# Room for a large head with face and neck, nodding: centres of the corner voxels, z y x.
LOW_MM = (-112.0, -128.0, -98.0)
SHAPE = (213, 249, 197)
# The deformation is smooth: known every 4 mm, it is linear between.
COARSE = 4
# The middle of the head in the atlas, z y x: it comes to lie at the world's origin, where
# the technician centres it.
CENTRE_MM = (12.0, 9.0, 0.0)
AIR_HU = -1000.0


@dataclass(frozen=True, eq=False)
class Canvas:
    """Voxels of 1 mm being drawn on.

    Args:
        hu: (z, y, x), HU; painted in place while the head is made.
        places_mm: (3, z, y, x), every 4 mm: which place of the atlas lies there.
        gyri_mm: (3, z, y, x), every 4 mm: the same inside the brain, where gyri wander.
        scale: mm of this head for a mm of the atlas.
    """

    hu: Numbers
    places_mm: Numbers
    gyri_mm: Numbers
    scale: float

    @property
    def grid(self) -> Grid:
        """Where the voxels lie, LPS mm."""
        return Grid.regular(self.hu.shape, (STEP_MM,) * 3, origin_mm=LOW_MM[::-1])

    def places_in(self, box: Box) -> Numbers:
        """(3, z, y, x) place in the atlas of each voxel of a box."""
        return np.stack([cut(axis, COARSE, box) for axis in self.places_mm])

    def gyri_in(self, box: Box) -> Numbers:
        """The same as ``places_in`` for the brain's own deformation."""
        return replace(self, places_mm=self.gyri_mm).places_in(box)

    def voxel_of(self, place_mm: Sequence[float]) -> tuple[int, int, int]:
        """Index (z, y, x) of the voxel nearest to a place of the atlas, within 2 mm or so."""
        gap = sum((a - c) ** 2 for a, c in zip(self.places_mm, place_mm, strict=True))
        z, y, x = np.unravel_index(int(np.argmin(gap)), self.places_mm.shape[1:])
        return int(z) * COARSE, int(y) * COARSE, int(x) * COARSE

    def box_around(self, place_mm: Sequence[float], reach_mm: Sequence[float]) -> Box:
        """The box that holds a place of the atlas and its surroundings, z y x."""
        middle = self.voxel_of(place_mm)
        # Turned and bent, a body reaches further along an axis than it did in the atlas.
        reach = [int(1.1 * r + 0.1 * max(reach_mm)) + 4 for r in reach_mm]
        bounds = zip(middle, reach, self.hu.shape, strict=True)
        z, y, x = (slice(max(0, m - r), min(n, m + r + 1)) for m, r, n in bounds)
        return z, y, x

    def paint(self, share: Numbers, hu: float | Numbers, box: Box | None = None) -> None:
        """Let a material take its share of each voxel, of all that was there before."""
        under = self.hu if box is None else self.hu[box]
        under += share * (hu - under)


def cube_around(voxel: Sequence[float], reach_mm: float) -> Box:
    """The box of the canvas that reaches so far from a voxel on every side."""
    reach = int(np.ceil(reach_mm / STEP_MM))
    z, y, x = (
        slice(max(0, int(v) - reach), min(n, int(v) + reach + 1))
        for v, n in zip(voxel, SHAPE, strict=True)
    )
    return z, y, x


def stretch_canvas(traits: Traits, generator: np.random.Generator) -> Canvas:
    """An empty canvas for a head of given size, pose and shape."""
    counts = [(n - 1) // COARSE + 2 for n in SHAPE]
    world = np.meshgrid(
        *[low + COARSE * np.arange(n) for low, n in zip(LOW_MM, counts, strict=True)],
        indexing="ij",
    )
    at = np.stack(world).astype(np.float32)
    at[1] -= traits.shift_mm[0]
    at[2] -= traits.shift_mm[1]
    at = np.tensordot(_turning(traits).T.astype(np.float32), at, axes=1)
    at /= np.array(traits.scale, np.float32)[:, None, None, None]
    at += np.array(CENTRE_MM, np.float32)[:, None, None, None]
    # The left occipital and the right frontal pole usually reach further.
    at[1] -= traits.petalia_mm * at[2] / 60 * np.abs(at[1] - CENTRE_MM[1]) / 80
    at += traits.bend_mm * np.stack([rough(generator, counts, COARSE, 28.0) for _ in at])
    gyri = at + traits.ripple_mm * np.stack([rough(generator, counts, COARSE, 9.0) for _ in at])
    scale = float(np.mean(traits.scale))
    return Canvas(np.full(SHAPE, AIR_HU, np.float32), at, gyri, scale)


def _turning(traits: Traits) -> NDArray[np.float64]:
    """(3, 3) rotation of z y x vectors from the upright head to the posed one."""
    turn, lean, nod = (radians(v) for v in (traits.turn_deg, traits.lean_deg, traits.nod_deg))
    about_z = np.array([[1, 0, 0], [0, cos(turn), -sin(turn)], [0, sin(turn), cos(turn)]])
    about_y = np.array([[cos(lean), 0, -sin(lean)], [0, 1, 0], [sin(lean), 0, cos(lean)]])
    about_x = np.array([[cos(nod), -sin(nod), 0], [sin(nod), cos(nod), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)

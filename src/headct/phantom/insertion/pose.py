"""How a real head lies: from millimetres of a scan to places of the atlas."""

from dataclasses import dataclass, replace
from math import atan2, cos, sin

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.image.regions import Region
from headct.phantom.body.canvas import CENTRE_MM, COARSE, LOW_MM, SHAPE, STEP_MM
from headct.phantom.body.shapes import Numbers

# Between which places of the atlas the inside of the skull lies, but for 0.5 % at either end:
# front and back, and half its width. Its top is the highest slice that shows this much of it.
_FRONT_MM, _BACK_MM, _HALF_WIDE_MM, _TOP_MM = -67.6, 102.2, 68.6, 80.0
_TOP_CM2 = 4.0
# A head turned further in its holder than this is not told from one of an odd shape.
_MOST_TURN = 0.45
# A scan that misses more of the top, or stops above the ventricles, cannot be placed by both.
_LEAST_HIGH_MM = 60.0


@dataclass(frozen=True, eq=False)
class Pose:
    """Where a head lies.

    Args:
        at_mm: z y x of the scan (LPS backwards) that comes to lie at the middle of the canvas.
        turn: of the head about z, radians, as ``Traits.turn_deg`` turns.
        scale: mm of this head for a mm of the atlas, z y x.
    """

    at_mm: tuple[float, float, float]
    turn: float
    scale: tuple[float, float, float]

    def on_canvas(self, grid: Grid) -> Grid:
        """A grid of the scan, moved to where its head lies on the canvas."""
        return replace(grid, origins_mm=grid.origins_mm - np.array(self.at_mm[::-1]))

    def places(self) -> Numbers:
        """(3, z, y, x) place in the atlas of each node of the canvas's coarse lattice."""
        counts = [(n - 1) // COARSE + 2 for n in SHAPE]
        z, y, x = np.meshgrid(
            *[low + COARSE * STEP_MM * np.arange(n) for low, n in zip(LOW_MM, counts, strict=True)],
            indexing="ij",
        )
        along = cos(self.turn) * y + sin(self.turn) * x
        across = -sin(self.turn) * y + cos(self.turn) * x
        turned = zip((z, along, across), self.scale, CENTRE_MM, strict=True)
        return np.stack([axis / scale + middle for axis, scale, middle in turned]).astype(
            np.float32
        )


def find_pose(inside: Region, grid: Grid) -> Pose | Refusal:
    """The pose of a head from what its skull encloses.

    Front, back and sides set where the middle lies and how large the head is, the highest slice
    where its top is. Lean and nod are taken as none: sites are missed by some mm, which the room
    that a lesion finds there forgives.

    Args:
        inside: (slices, rows, columns), what the skull encloses.
        grid: of it, upright.
    """
    pixel_cm2 = grid.spacing_mm[0] * grid.spacing_mm[1] / 100
    areas_cm2 = np.count_nonzero(inside, axis=(1, 2)) * pixel_cm2
    shown = np.nonzero(areas_cm2 > _TOP_CM2)[0]
    if not len(shown):
        return Refusal("scan", "no slice shows the inside of a skull: give a head CT")
    z, y, x = _thinned(inside, grid)
    turn = _turn(y, x)
    along = cos(turn) * y + sin(turn) * x
    across = -sin(turn) * y + cos(turn) * x
    front, back = np.percentile(along, (0.5, 99.5))
    right, left = np.percentile(across, (0.5, 99.5))
    scale_y = float(back - front) / (_BACK_MM - _FRONT_MM)
    scale_x = float(left - right) / (2 * _HALF_WIDE_MM)
    scale_z = (scale_y + scale_x) / 2
    top_mm = float(np.percentile(z, 99.9)) + grid.heights_mm[shown[-1]] / 2
    if top_mm - float(z.min()) < _LEAST_HIGH_MM * scale_z:
        return Refusal("scan", "it shows too little of the head's height: give a whole head CT")
    middle_y = float(front) + (CENTRE_MM[1] - _FRONT_MM) * scale_y
    middle_x = float(left + right) / 2
    at = (
        top_mm - (_TOP_MM - CENTRE_MM[0]) * scale_z,
        cos(turn) * middle_y - sin(turn) * middle_x,
        sin(turn) * middle_y + cos(turn) * middle_x,
    )
    return Pose(at, turn, (scale_z, scale_y, scale_x))


def _thinned(inside: Region, grid: Grid) -> tuple[NDArray[np.float64], ...]:
    """Place, z y x in mm, of every few pixels inside."""
    every = max(1, round(2.0 / grid.spacing_mm[0]))
    index = np.argwhere(inside[:, ::every, ::every]) * (1, every, every)
    x, y, z = grid.to_world(index).T
    return z, y, x


def _turn(y: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """The angle of a head's long axis to the table's, radians; 0 where it has none to speak of."""
    covariance = np.cov(np.stack([y, x]))
    values, vectors = np.linalg.eigh(covariance)
    long_y, long_x = vectors[:, 1] * np.sign(vectors[0, 1] or 1.0)
    turn = atan2(float(long_x), float(long_y))
    return turn if abs(turn) < _MOST_TURN and values[1] > 1.15 * values[0] else 0.0

"""What a trap shows, by arithmetic alone: a ball of known volume and place in a head of water.

Nothing here uses headct, which is among the readers judged by it.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Image = NDArray[np.float64]

AIR_HU, HEAD_HU, BALL_HU, MARK_HU = -1000.0, 30.0, 1030.0, 3000.0
"""Nothing but the ball lies between head and ball: whatever a reader interpolates between head and
air stays below it. Marks in the air of the end slices say where a reader puts these."""
HEAD_SEMI_AXES_MM = (70.0, 85.0, 95.0)
RADIUS_MM = 25.0
BALL_ML = 4 / 3 * np.pi * RADIUS_MM**3 / 1000
# To the patient's left, in front of the middle and below it: no turn or mirror hides.
BALL_MM = (28.0, -22.0, -31.0)
# Rows and columns differ in number and size, so that mixing them up shows.
SHAPE = (112, 128)
SPACING_MM = (1.8, 1.6)
# (row, column) of both marks, well away from the head, and how far each reaches to every side.
MARK_AT = (14, 16)
LOW_REACH, HIGH_REACH = 4, 2
# Along rows and columns; along the normal the chord through the ball is exact.
_SAMPLES = 4


@dataclass(frozen=True, eq=False)
class Planes:
    """Where the slices of a scan lie.

    Args:
        origins_mm: (slices, 3), centre of the first pixel of each, LPS.
        thickness_mm: (slices,).
        column_axis: unit vector in which the column index grows.
        row_axis: unit vector in which the row index grows.
        shape: (rows, columns).
        spacing_mm: (between rows, between columns).
        tilt_deg: what GantryDetectorTilt says.
    """

    origins_mm: Points
    thickness_mm: Points
    column_axis: Points = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))
    row_axis: Points = field(default_factory=lambda: np.array([0.0, 1.0, 0.0]))
    shape: tuple[int, int] = SHAPE
    spacing_mm: tuple[float, float] = SPACING_MM
    tilt_deg: float = 0.0

    def at(self, index: int, row: float, column: float) -> Points:
        """(3,) where a pixel of a slice lies, LPS mm (DICOM PS3.3 C.7.6.2.1.1)."""
        down = row * self.spacing_mm[0] * self.row_axis
        along = column * self.spacing_mm[1] * self.column_axis
        return np.asarray(self.origins_mm[index] + down + along)

    def only(self, keep: list[int]) -> "Planes":
        """Some of the slices, as thick as they were."""
        return replace(self, origins_mm=self.origins_mm[keep], thickness_mm=self.thickness_mm[keep])


@dataclass(frozen=True, eq=False)
class Truth:
    """What a right reader finds: the ball, and a mark in either end slice."""

    ball_ml: float
    ball_mm: Points
    low_mark_mm: Points
    high_mark_mm: Points


def planes_at(
    heights_mm: Points,
    thickness_mm: Points | float = 5.0,
    *,
    column_axis: Points | tuple[float, ...] = (1.0, 0.0, 0.0),
    row_axis: Points | tuple[float, ...] = (0.0, 1.0, 0.0),
    step: Points | tuple[float, ...] = (0.0, 0.0, 1.0),
    shape: tuple[int, int] = SHAPE,
    spacing_mm: tuple[float, float] = SPACING_MM,
    tilt_deg: float = 0.0,
) -> Planes:
    """Planes whose middles lie on the line ``step`` through the isocentre, at heights on it."""
    along, down = np.asarray(column_axis, float), np.asarray(row_axis, float)
    to_middle = shape[0] / 2 * spacing_mm[0] * down + shape[1] / 2 * spacing_mm[1] * along
    return Planes(
        origins_mm=np.outer(heights_mm, step) - to_middle,
        thickness_mm=np.broadcast_to(np.asarray(thickness_mm, float), (len(heights_mm),)),
        column_axis=along,
        row_axis=down,
        shape=shape,
        spacing_mm=spacing_mm,
        tilt_deg=tilt_deg,
    )


def truth_of(planes: Planes, ball_mm: tuple[float, float, float] = BALL_MM) -> Truth:
    """What a right reader finds in the images of these planes."""
    return Truth(
        ball_ml=BALL_ML,
        ball_mm=np.array(ball_mm),
        low_mark_mm=planes.at(0, *MARK_AT),
        high_mark_mm=planes.at(-1, *MARK_AT),
    )


def images_of(planes: Planes, ball_mm: tuple[float, float, float] = BALL_MM) -> list[Image]:
    """HU of each slice, averaged over its thickness as a scanner does; (rows, columns) each."""
    images = []
    for index in range(len(planes.origins_mm)):
        share = _ball_share(planes, index, ball_mm)
        hu = np.where(_in_head(planes, index), HEAD_HU, AIR_HU)
        images.append(hu * (1 - share) + BALL_HU * share)
    for image, reach in ((images[0], LOW_REACH), (images[-1], HIGH_REACH)):
        row, column = MARK_AT
        image[row - reach : row + reach + 1, column - reach : column + reach + 1] = MARK_HU
    return images


def _in_head(planes: Planes, index: int) -> NDArray[np.bool_]:
    rows = np.arange(planes.shape[0])[:, None, None] * planes.spacing_mm[0]
    columns = np.arange(planes.shape[1])[:, None] * planes.spacing_mm[1]
    points = planes.origins_mm[index] + rows * planes.row_axis + columns * planes.column_axis
    return np.asarray(((points / HEAD_SEMI_AXES_MM) ** 2).sum(axis=-1) < 1)


def _ball_share(planes: Planes, index: int, ball_mm: tuple[float, float, float]) -> Image:
    """(rows, columns) how much of each pixel's cell the ball fills."""
    normal = np.cross(planes.column_axis, planes.row_axis)
    half = planes.thickness_mm[index] / 2
    away = np.asarray(ball_mm) - planes.origins_mm[index]
    height = float(away @ normal)
    if abs(height) > RADIUS_MM + half:
        return np.zeros(planes.shape)
    fine = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    rows = (np.arange(planes.shape[0])[:, None] + fine).ravel() * planes.spacing_mm[0]
    columns = (np.arange(planes.shape[1])[:, None] + fine).ravel() * planes.spacing_mm[1]
    down, along = rows - away @ planes.row_axis, columns - away @ planes.column_axis
    chord = np.sqrt(np.clip(RADIUS_MM**2 - down[:, None] ** 2 - along**2, 0, None))
    filled = np.minimum(height + chord, half) - np.maximum(height - chord, -half)
    share = np.clip(filled, 0, None) / (2 * half)
    cells = share.reshape(planes.shape[0], _SAMPLES, planes.shape[1], _SAMPLES)
    return np.asarray(cells.mean(axis=(1, 3)))

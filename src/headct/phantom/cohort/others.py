"""What else lies in a patient's folder: localizers, reformats, other parts of the body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.core.volume import AIR_HU, Mask, Volume
from headct.image.geometry import Resample
from headct.phantom.body.anatomy import Head
from headct.phantom.body.shapes import Numbers, covered
from headct.phantom.scanner.artefacts import LOWEST_HU

# Reformats are rough: made for orientation, from the thick slices of the axial series.
_REFORMAT_MM, _REFORMAT_THICK = 1.0, 5
# A localizer shows water of this length as 0 HU-like grey; any scale would do.
_PATH_MM = 180.0
# Trunk and neck: textbook values for tissue, HU.
_MUSCLE_HU, _FAT_HU, _LUNG_HU, _BLOOD_HU = 55.0, -100.0, -850.0, 42.0
_SPONGY_HU, _COMPACT_HU, _EMPTY_HU, _CORD_HU = 220.0, 900.0, -1000.0, 30.0


@dataclass(frozen=True)
class Part:
    """A body's part as ellipses: HU, centre (back, left) and radii in mm, painted in order."""

    field_mm: float
    slices: int
    height_mm: float
    start_mm: float
    bodies: tuple[tuple[float, tuple[float, float], tuple[float, float]], ...]


_RIBS = tuple(
    (_COMPACT_HU * 0.7, (92.0 * np.sin(angle) + 4.0, 138.0 * np.cos(angle)), (5.0, 9.0))
    for angle in np.radians([-60, -30, 0, 28, 52, 76, 104, 128, 152, 180, 210, 240])
)
CHEST = Part(
    field_mm=380.0,
    slices=14,
    height_mm=8.0,
    start_mm=-480.0,
    bodies=(
        (_FAT_HU, (0.0, 0.0), (122.0, 172.0)),
        (_MUSCLE_HU, (0.0, 0.0), (108.0, 156.0)),
        *_RIBS,
        (_LUNG_HU, (-5.0, -72.0), (84.0, 56.0)),
        (_LUNG_HU, (-5.0, 72.0), (84.0, 56.0)),
        (_BLOOD_HU, (-28.0, 18.0), (44.0, 58.0)),
        (_BLOOD_HU, (34.0, 22.0), (13.0, 13.0)),
        (_COMPACT_HU, (66.0, 0.0), (22.0, 24.0)),
        (_SPONGY_HU, (66.0, 0.0), (20.0, 22.0)),
        (_CORD_HU, (95.0, 0.0), (9.0, 10.0)),
        (_COMPACT_HU, (112.0, 0.0), (8.0, 4.0)),
    ),
)
NECK = Part(
    field_mm=220.0,
    slices=12,
    height_mm=5.0,
    start_mm=-230.0,
    bodies=(
        (_FAT_HU, (0.0, 0.0), (66.0, 62.0)),
        (_MUSCLE_HU, (2.0, 0.0), (58.0, 54.0)),
        (_BLOOD_HU, (-10.0, -30.0), (6.0, 6.0)),
        (_BLOOD_HU, (-10.0, 30.0), (6.0, 6.0)),
        (_MUSCLE_HU + 45.0, (-30.0, -14.0), (13.0, 9.0)),
        (_MUSCLE_HU + 45.0, (-30.0, 14.0), (13.0, 9.0)),
        (_EMPTY_HU, (-28.0, 0.0), (9.0, 8.0)),
        (_COMPACT_HU, (6.0, 0.0), (12.0, 14.0)),
        (_SPONGY_HU, (6.0, 0.0), (10.5, 12.5)),
        (_COMPACT_HU, (24.0, 0.0), (11.0, 14.0)),
        (_CORD_HU, (24.0, 0.0), (8.5, 11.5)),
        (_COMPACT_HU, (42.0, 0.0), (8.0, 3.0)),
    ),
)


def draw_part(part: Part, matrix: int, noise_hu: float, chance: np.random.Generator) -> Volume:
    """Axial slices of another part of the body, plain ellipses that differ a little by slice."""
    spacing = part.field_mm / matrix
    grid = Grid.regular(
        (part.slices, matrix, matrix),
        (part.height_mm, spacing, spacing),
        origin_mm=(*(-spacing * (matrix - 1) / 2,) * 2, part.start_mm),
    )
    middle = (matrix - 1) / 2
    size = float(chance.uniform(0.92, 1.05))
    hu = np.full(grid.shape, _EMPTY_HU, np.float32)
    for index, plane in enumerate(hu):
        for value, centre, radii in part.bodies:
            scale = float(size * chance.uniform(0.97, 1.03)) / spacing
            at = [middle + size * c / spacing for c in centre]
            _paint(plane, value, at, [scale * r for r in radii])
        grain = cv2.GaussianBlur(chance.standard_normal(plane.shape, dtype=np.float32), (0, 0), 0.7)
        hu[index] += np.float32(noise_hu / grain.std()) * grain
    return Volume(np.maximum(np.rint(hu), LOWEST_HU), grid)


def _paint(plane: Numbers, value: float, centre: Sequence[float], radii: Sequence[float]) -> None:
    """Paint an ellipse, all in pixels, only where it can lie."""
    ends = [
        (max(0, floor(c - r) - 1), min(n, ceil(c + r) + 2))
        for c, r, n in zip(centre, radii, plane.shape, strict=True)
    ]
    rows, columns = (
        ((np.arange(*end) - c) / r).astype(np.float32)
        for end, c, r in zip(ends, centre, radii, strict=True)
    )
    away = np.sqrt(rows[:, None] ** 2 + columns**2) - 1
    under = plane[slice(*ends[0]), slice(*ends[1])]
    under += covered(away * np.float32(min(radii))) * (value - under)


def draw_localizer(head: Head) -> Volume:
    """The head seen from its left side, as the picture that slices are planned on."""
    # Air weakens nothing; what remains is how much water lies along each ray.
    water_mm = np.clip(head.hu + 1000, 0, None).sum(axis=2) / 1000
    picture = np.rint(1000 * (water_mm / _PATH_MM - 1)).astype(np.float32)[::-1]
    depth, height, width = head.hu.shape
    grid = Grid(
        shape=(1, depth, height),
        origins_mm=np.array([head.grid.to_world([[depth - 1, 0, width // 2]])[0]]),
        column_axis=np.array([0.0, 1.0, 0.0]),
        row_axis=np.array([0.0, 0.0, -1.0]),
        spacing_mm=(1.0, 1.0),
        thickness_mm=1.0,
    )
    return Volume(np.maximum(picture, LOWEST_HU)[None].copy(), grid)


def reformat(scan: Volume, plane: str) -> Volume:
    """Coronal or sagittal slices of 5 mm, computed from the axial ones."""
    even = Resample((_REFORMAT_MM,) * 3)(scan)
    grid, hu = even.grid, even.hu[::-1]
    if plane == "coronal":
        # Rows run down, columns to the left, slices to the back.
        stacked, across, along = hu.transpose(1, 0, 2), grid.column_axis, grid.row_axis
    else:
        # Columns run to the back; slices then count from the left to the right.
        stacked, across, along = hu.transpose(2, 0, 1)[::-1], grid.row_axis, -grid.column_axis
    count = len(stacked) // _REFORMAT_THICK
    slabs = stacked[: count * _REFORMAT_THICK].reshape(count, _REFORMAT_THICK, *stacked.shape[1:])
    corner = grid.origins_mm[-1].copy()
    if plane != "coronal":
        corner += grid.column_axis * _REFORMAT_MM * (grid.shape[2] - 1)
    middle = (np.arange(count) + 0.5) * _REFORMAT_THICK - 0.5
    turned = Grid(
        shape=(count, *stacked.shape[1:]),
        origins_mm=corner + middle[:, None] * _REFORMAT_MM * along,
        column_axis=across,
        row_axis=-grid.normal,
        spacing_mm=(_REFORMAT_MM, _REFORMAT_MM),
        thickness_mm=_REFORMAT_MM * _REFORMAT_THICK,
    )
    return Volume(np.rint(slabs.mean(axis=1, dtype=np.float32)), turned)


def widen(
    volume: Volume, mask: Mask, outside: NDArray[np.bool_], columns: int
) -> tuple[Volume, Mask, NDArray[np.bool_]]:
    """Give slices more columns, equally on both sides, without touching what is there."""
    grid = volume.grid
    left = (columns - grid.shape[2]) // 2
    sides = ((0, 0), (left, columns - grid.shape[2] - left))
    wide = replace(
        grid,
        shape=(*grid.shape[:2], columns),
        origins_mm=grid.origins_mm - left * grid.spacing_mm[1] * grid.column_axis,
    )
    hu = np.pad(volume.hu, ((0, 0), *sides), constant_values=AIR_HU)
    labels = np.pad(mask.labels, ((0, 0), *sides))
    outside = np.pad(outside, sides, constant_values=True)
    return Volume(hu, wide), Mask(labels, wide, mask.names), outside

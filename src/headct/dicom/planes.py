"""Where the planes of images lie to each other, from their headers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headct.core.series import Instance, Sextuple

# 0.1 degree: over the 125 mm from the middle of a head to its edge this is 0.2 mm, less than half
# a pixel; the rounding of decimal strings stays far below it.
PARALLEL_TOLERANCE_DEG = 0.1
# No CT reconstructs slices closer than 0.2 mm; what lies closer is one position, rounded twice.
SAME_POSITION_MM = 0.1
# From the skull base to the vertex an adult brain is 110 to 140 mm high.
WHOLE_BRAIN_MM = 100.0
# Half a thickness, and a tenth of one for what is rounded.
_SHOWN = 0.6


def normal_of(orientation: Sextuple) -> NDArray[np.float64]:
    """(3,) unit vector across an image, towards which slices are counted."""
    across = np.cross(orientation[:3], orientation[3:])
    length = np.linalg.norm(across)
    return np.asarray(across / length if length > 0 else across)


def is_same_orientation(one: Sextuple | None, other: Sextuple | None) -> bool:
    """Whether two images are parallel and equally turned, within 0.1 degree."""
    if one is None or other is None:
        return one is other
    away = np.abs(np.subtract(one, other)).max()
    return bool(away <= np.radians(PARALLEL_TOLERANCE_DEG))


def positions_along_normal(instances: Sequence[Instance]) -> NDArray[np.float64]:
    """(n,) mm along the normal of the first image; NaN for those that state no position."""
    orientation = instances[0].orientation
    if orientation is None:
        return np.full(len(instances), np.nan)
    unknown = (np.nan, np.nan, np.nan)
    points = np.array([instance.position_mm or unknown for instance in instances])
    return np.asarray(points @ normal_of(orientation))


def shifts_mm(instances: Sequence[Instance]) -> tuple[float, float]:
    """How far apart slices lie within their plane, beside the line on which a table stacks them.

    The line may lean, as a tilted gantry makes it; it is the one with the least squares.

    Returns:
        mm along the rows (in which columns are counted) and along the columns of the images; NaN
        where a position is not stated.
    """
    along = positions_along_normal(instances)
    points = np.array([image.position_mm or (np.nan,) * 3 for image in instances])
    inside = points @ np.reshape(instances[0].orientation or (np.nan,) * 6, (2, 3)).T
    along, inside = along - along.mean(), inside - inside.mean(axis=0)
    spread = float(along @ along)
    lean = along @ inside / spread if spread > 0 else np.zeros(2)
    beside = inside - np.outer(along, lean)
    in_rows, in_columns = beside.max(axis=0) - beside.min(axis=0)
    return float(in_rows), float(in_columns)


def has_repeats(instances: Sequence[Instance]) -> bool:
    """Whether two different images lie at one position; copies of one image do not count."""
    single = {(image.sop_instance_uid, image.frame): image for image in instances}
    positions = np.sort(positions_along_normal(list(single.values())))
    return bool((np.diff(positions) < SAME_POSITION_MM).any())


def lies_within(part: Sequence[Instance], whole: Sequence[Instance]) -> bool:
    """Whether most slices of one stack show what slices of another one show as well.

    A slice does where its middle lies within 0.6 of a thickness of a slice of the other stack, so
    that two scans half a slice apart count, and slices beside or between the others do not.
    """
    normal = normal_of(whole[0].orientation) if whole[0].orientation else np.zeros(3)
    there = np.sort(_middles_mm(whole) @ normal)
    thickest = max((image.thickness_mm or 0.0 for image in (*part, *whole)), default=0.0)
    if thickest == 0 and there.size > 1:
        thickest = float(np.median(np.diff(there)))
    here = _middles_mm(part) @ normal
    above = np.searchsorted(there, here).clip(1, max(1, there.size - 1))
    away = np.minimum(abs(here - there[above - 1]), abs(here - there[above % there.size]))
    return bool(np.count_nonzero(away <= _SHOWN * thickest) >= len(part) / 2)


def _middles_mm(instances: Sequence[Instance]) -> NDArray[np.float64]:
    """(n, 3) middle of each image; NaN where unknown."""
    middles = np.full((len(instances), 3), np.nan)
    for index, image in enumerate(instances):
        if image.position_mm and image.orientation and image.spacing_mm:
            axes = np.reshape(image.orientation, (2, 3))
            along, down = image.columns * image.spacing_mm[1], image.rows * image.spacing_mm[0]
            middles[index] = image.position_mm + (along * axes[0] + down * axes[1]) / 2
    return middles


def extent_mm(instances: Sequence[Instance]) -> float:
    """How much a series covers along its normal, end slices included; NaN where unknown."""
    positions = positions_along_normal(instances)
    thickness = max((image.thickness_mm or 0.0 for image in instances), default=0.0)
    return float(positions.max() - positions.min() + thickness)

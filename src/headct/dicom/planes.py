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


def has_repeats(instances: Sequence[Instance]) -> bool:
    """Whether two different images lie at one position; copies of one image do not count."""
    single = {(image.sop_instance_uid, image.frame): image for image in instances}
    positions = np.sort(positions_along_normal(list(single.values())))
    return bool((np.diff(positions) < SAME_POSITION_MM).any())


def extent_mm(instances: Sequence[Instance]) -> float:
    """How much a series covers along its normal, end slices included; NaN where unknown."""
    positions = positions_along_normal(instances)
    thickness = max((image.thickness_mm or 0.0 for image in instances), default=0.0)
    return float(positions.max() - positions.min() + thickness)

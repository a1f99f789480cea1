"""ABC/2, the bedside estimate of a bleed's volume, to set beside the count of its voxels."""

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid, Points
from headct.core.volume import Mask

# Slices with less of the largest area than a quarter do not count, up to three quarters by half.
FULL_SHARE, HALF_SHARE = 0.75, 0.25


def abc2_ml(mask: Mask, name: str) -> float:
    """ABC/2 of a label in mL, connected part by connected part, summed.

    A is the longest diameter on the part's largest slice, B the longest at a right angle to it,
    C the height of its slices, each weighted by its area. The half stands for pi/6, an ellipsoid;
    the more irregular the bleed, the further it is off.

    Args:
        mask: on the grid of the scan.
        name: which label.

    Raises:
        GeometryError: the scan has no spacing.

    Source:
        Kothari et al., The ABCs of measuring intracerebral hemorrhage volumes, Stroke 1996;
        27:1304-1305.
    """
    # Asked first: without spacing there is no mL to give.
    _ = mask.grid.slice_voxel_ml
    wanted = mask.labels == mask.names.index(name) + 1
    parts, count = cc3d.connected_components(wanted, connectivity=26, return_N=True)
    if not count:
        return 0.0
    boxes = cc3d.statistics(parts)["bounding_boxes"][1:]
    return sum(_part_ml(parts[box] == k, box[0], mask.grid) for k, box in enumerate(boxes, start=1))


def _part_ml(part: NDArray[np.bool_], slices: slice, grid: Grid) -> float:
    areas = np.count_nonzero(part, axis=(1, 2))
    a_mm, b_mm = _diameters_mm(part[areas.argmax()], grid.spacing_mm)
    share = areas / areas.max()
    weight = np.where(share > FULL_SHARE, 1.0, np.where(share >= HALF_SHARE, 0.5, 0.0))
    c_mm = float(weight @ grid.heights_mm[slices])
    return a_mm * b_mm * c_mm / 2 / 1000.0


def _diameters_mm(area: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> tuple[float, float]:
    """The longest diameter, and the longest at a right angle to it, to the pixels' outer edges."""
    corners = _corners_mm(area, spacing_mm)
    outline = cv2.convexHull(corners.astype(np.float32))[:, 0].astype(np.float64)
    across = outline[:, None] - outline[None]
    lengths = np.hypot(across[..., 0], across[..., 1])
    one, other = np.unravel_index(lengths.argmax(), lengths.shape)
    along = across[one, other] / lengths[one, other]
    sideways = outline @ np.array([-along[1], along[0]])
    return float(lengths.max()), float(np.ptp(sideways))


def _corners_mm(area: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> Points:
    """(n, 2) the four corners of every pixel, in mm."""
    at = np.argwhere(area)
    corners = np.concatenate([at + offset for offset in ((0, 0), (0, 1), (1, 0), (1, 1))])
    return np.asarray(corners * np.array(spacing_mm))

"""How deep a pixel lies in a region."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.image.regions import Region


def depth_mm(region: Region, grid: Grid) -> NDArray[np.float32]:
    """(slices, rows, columns) distance in the slice to the nearest pixel outside, mm; 0 there.

    Pixels are taken as square: of unlike sides the mean counts. What lies beyond the border of a
    slice is not outside.
    """
    pixel_mm = np.float32(sum(grid.spacing_mm) / 2)
    depth = np.empty(region.shape, np.float32)
    for index, plane in enumerate(np.ascontiguousarray(region).view(np.uint8)):
        if plane.all():
            depth[index] = np.inf
        else:
            depth[index] = cv2.distanceTransform(plane, cv2.DIST_L2, 5) * pixel_mm
    return depth

"""A small picture of a scan: three levels of the brain side by side, for a person's glance."""

from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.volume import Volume

# The window that head CT is read in first: level 40 HU, width 80 HU.
_LOW_HU, _HIGH_HU = 0.0, 80.0
# Below the vertex: centrum semiovale, bodies of the ventricles with the basal ganglia, basal
# cisterns. A head is 170 to 190 mm high from the vertex to the skull base's lowest point.
_LEVELS_MM = (45.0, 70.0, 95.0)
# Where spacing is not known or the scan is shorter: shares of the slices, from the top.
_LEVELS_SHARE = (0.3, 0.45, 0.6)
# The vertex is the topmost slice with this much of it head: 20 cm² of a field of 230 mm.
_HEAD_SHARE, _TISSUE_HU = 0.04, -200.0
_SIDE = 144
_QUALITY = 70


def thumbnail(volume: Volume) -> bytes:
    """A JPEG of up to three slices, the highest first, 40/80 window; about 8 kB."""
    tiles = [_tile(volume, index) for index in _levels(volume)]
    small = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    _, data = cv2.imencode(".jpg", np.hstack(tiles), small)
    return data.tobytes()


def _levels(volume: Volume) -> list[int]:
    slices = volume.grid.shape[0]
    filled = np.array([np.mean(plane[::4, ::4] > _TISSUE_HU) for plane in volume.hu])
    shown = np.flatnonzero(filled > _HEAD_SHARE)
    top = int(shown[-1]) if len(shown) else slices - 1
    heights = volume.grid.positions_mm
    depth_mm = heights[top] - heights[0]
    if volume.grid.is_measured and depth_mm >= _LEVELS_MM[-1]:
        wanted = [heights[top] - mm for mm in _LEVELS_MM]
        return [int(np.abs(heights - height).argmin()) for height in wanted]
    return sorted({round(top * (1 - share)) for share in _LEVELS_SHARE}, reverse=True)


def _tile(volume: Volume, index: int) -> NDArray[np.uint8]:
    """(side, side) uint8, true to aspect, on black."""
    plane = volume.hu[index]
    height_mm = plane.shape[0] * volume.grid.spacing_mm[0]
    width_mm = plane.shape[1] * volume.grid.spacing_mm[1]
    longest = max(height_mm, width_mm)
    size = (ceil(_SIDE * width_mm / longest), ceil(_SIDE * height_mm / longest))
    gray = np.clip((plane - _LOW_HU) * (255 / (_HIGH_HU - _LOW_HU)), 0, 255)
    small = cv2.resize(gray.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    tile = np.zeros((_SIDE, _SIDE), dtype=np.uint8)
    down, across = (_SIDE - size[1]) // 2, (_SIDE - size[0]) // 2
    tile[down : down + size[1], across : across + size[0]] = small
    return tile

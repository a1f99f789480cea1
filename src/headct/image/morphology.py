"""Shapes grown and shrunk, slice by slice, by millimetres."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.image.regions import Region

Element = NDArray[np.uint8]


def disc(radius_mm: float, grid: Grid) -> Element:
    """An elliptic structuring element of this radius on the grid's pixels."""
    rows, columns = (max(1, round(radius_mm / s)) for s in grid.spacing_mm)
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * columns + 1, 2 * rows + 1))
    return np.asarray(shape, np.uint8)


def _each(operation: int, region: Region, element: Element) -> Region:
    pixels = np.ascontiguousarray(region).view(np.uint8)
    shaped = np.empty_like(pixels)
    for source, target in zip(pixels, shaped, strict=True):
        cv2.morphologyEx(source, operation, element, dst=target)
    return shaped.view(np.bool_)


def dilate(region: Region, element: Element) -> Region:
    """Grow a (slices, rows, columns) region by the element."""
    return _each(cv2.MORPH_DILATE, region, element)


def erode(region: Region, element: Element) -> Region:
    """Shrink a (slices, rows, columns) region by the element."""
    return _each(cv2.MORPH_ERODE, region, element)


def opened(region: Region, element: Element) -> Region:
    """Remove what the element does not fit into."""
    return _each(cv2.MORPH_OPEN, region, element)


def closed(region: Region, element: Element) -> Region:
    """Fill what the element does not fit into."""
    return _each(cv2.MORPH_CLOSE, region, element)

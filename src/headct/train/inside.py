"""Where a bleed can be in a slice that nobody drew on: in what the skull encloses, or near it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.train.losses import NOT_DRAWN

Pixels = NDArray[np.uint8]

# Bone is white in every window for blood; JPEG does not keep the end of the scale.
_BONE = 250
# Gaps that are closed, and how far the region reaches onto bone: a bleed's edge lies on it, and
# masks may be four times as coarse. Both are shares of the rows: 7 and 4 pixels of 192.
_CLOSED, _REACH = 0.036, 0.02
# A region smaller than this share of the picture is no brain: all that is not black counts then.
_LEAST = 0.02


def undrawn(pixels: Pixels) -> Pixels:
    """Masks of slices that nobody drew on: 0 where no bleed can be, ``NOT_DRAWN`` elsewhere.

    Without it a network that must light up a pixel somewhere learns to light one up in the air.

    Args:
        pixels: (slices, channels, rows, columns) uint8, soft tissue between black and white; the
            middle channel is the slice itself.
    """
    middle = pixels[:, pixels.shape[1] // 2]
    return np.stack(
        [np.where(_may_bleed(plane), NOT_DRAWN, 0).astype(np.uint8) for plane in middle]
    )


def _may_bleed(plane: Pixels) -> NDArray[np.bool_]:
    closed, reach = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * half + 1, 2 * half + 1))
        for half in (round(len(plane) * _CLOSED / 2), round(len(plane) * _REACH))
    )
    bone = (plane >= _BONE).astype(np.uint8)
    wall = cv2.morphologyEx(bone, cv2.MORPH_CLOSE, closed)
    # A frame of air, from which all that is open can be reached.
    around = cv2.copyMakeBorder(wall, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(around, None, (0, 0), 2)
    enclosed = around[1:-1, 1:-1] == 0
    if enclosed.mean() < _LEAST:
        return np.asarray(plane > 0)
    return cv2.dilate(enclosed.astype(np.uint8), reach) > 0

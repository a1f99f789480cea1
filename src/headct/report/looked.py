"""Where a network looked: its heatmap over slices of the scan."""

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.report.answer import Answer
from headct.report.pictures import KeySlice, brain_picture, encode, largest, letter
from headct.report.view import view

FULL_PEAK = 0.5
"""Colours end here, or at the scan's own peak where that is higher: a cell that adds 0.5 to the log
odds raises the odds by two thirds, and a handful of them decide. A scan without evidence must not
glow like one with plenty."""

_MOST_OPAQUE = 0.65


def looked_indices(answer: Answer, most: int = 3) -> tuple[int, ...]:
    """The slices on which the heatmap is brightest, spread out; none where it shows nothing."""
    heatmap = answer.prediction.heatmap
    if heatmap is None or heatmap.raw_peak <= 0:
        return ()
    brightest = heatmap.weights.max(axis=(1, 2)).astype(np.float64)
    return largest(answer.volume.grid, brightest, most)


def looked_slice(answer: Answer, index: int) -> KeySlice:
    """The picture of a slice in the brain window, with the heatmap over it.

    Raises:
        ValueError: the answer has no heatmap.
    """
    heatmap = answer.prediction.heatmap
    if heatmap is None:
        raise ValueError("this answer has no heatmap: a bundle gives one where its graph has a cam")
    look = view(answer.volume.grid)
    picture = brain_picture(answer, index, look)
    weights = look.turn(heatmap.weights[index])
    share = np.float32(min(1.0, heatmap.raw_peak / FULL_PEAK))
    shown = cv2.resize(weights, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR) * share
    over = _coloured(picture, np.asarray(shown))
    letter(over, answer, index, look)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 85]
    return KeySlice(
        index,
        png=encode(over, ".png", []),
        jpeg=encode(over, ".jpg", quality),
        shape=(over.shape[0], over.shape[1]),
    )


def _coloured(picture: NDArray[np.uint8], shown: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A picture with weights from 0 to 1 over it; where they are 0 it stays as it is."""
    grey = np.rint(shown * 255).astype(np.uint8)
    # It gets brighter all the way, as a rainbow does not, and colour-blind readers see its order.
    colours = cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO).astype(np.float32)
    opacity = (_MOST_OPAQUE * shown)[..., None]
    return np.asarray(np.rint(picture * (1 - opacity) + colours * opacity), np.uint8)

"""What a network draws, brought to the frames it saw: masks of labels, and where it looked."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.core.volume import Heatmap, Mask
from headct.measure.calibration.probabilities import log_odds

Values = NDArray[np.float32]


def mask_names(labels: Sequence[str]) -> tuple[str, ...]:
    """What a mask of a task's labels tells apart: subtypes, where a label unites them."""
    subtypes = tuple(label for label in labels if label in HEMORRHAGE_SUBTYPES)
    return subtypes if subtypes and ANY_HEMORRHAGE in labels else tuple(labels)


def draw_mask(logits: Values, labels: Sequence[str], probability: float, grid: Grid) -> Mask:
    """A mask of log odds by pixel.

    A pixel is drawn where the label that unites the others, or else any label, reaches the
    probability; of those that ``mask_names`` tells apart it takes the one with the highest odds.

    Args:
        logits: (slices, labels, rows, columns); rows and columns may be coarser than the grid's.
        labels: one for each channel.
        probability: above 0 and below 1.
        grid: of the frames that the network saw.
    """
    names = mask_names(labels)
    apart = [list(labels).index(name) for name in names]
    deciding = [list(labels).index(ANY_HEMORRHAGE)] if len(names) < len(labels) else apart
    least = np.float32(log_odds(np.asarray(probability)))
    drawn = np.zeros(grid.shape, np.uint8)
    for plane, coarse in zip(drawn, logits, strict=True):
        # Between coarse pixels values lie between theirs: most slices show nothing, and end here.
        if coarse[deciding].max() < least:
            continue
        odds = {label: _enlarged(coarse[label], grid) for label in {*deciding, *apart}}
        is_drawn = np.max([odds[label] for label in deciding], axis=0) >= least
        highest = np.argmax([odds[label] for label in apart], axis=0) + 1
        plane[is_drawn] = highest[is_drawn]
    return Mask(drawn, grid, names)


def draw_heatmap(activation: Values, grid: Grid) -> Heatmap:
    """A class activation map as weights from 0 to 1, with its peak before scaling.

    What speaks against the label (below 0) is nothing, as in Grad-CAM.

    Args:
        activation: (slices, rows, columns) of one label; may be coarser than the grid.
        grid: of the frames that the network saw.

    Source:
        Selvaraju et al., Grad-CAM, ICCV 2017:618-626, equation 2.
    """
    weights = np.stack([_enlarged(np.maximum(plane, 0), grid) for plane in activation])
    peak = float(weights.max())
    if peak > 0:
        weights /= np.float32(peak)
    return Heatmap(np.clip(weights, 0, 1), grid, peak)


def _enlarged(plane: Values, grid: Grid) -> Values:
    """(rows, columns) of a coarser plane over the same field, linear between pixel centres."""
    _, rows, columns = grid.shape
    if plane.shape == (rows, columns):
        return plane
    return np.asarray(
        cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32
    )

"""Outlines of a mask, in the pixels of a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LEUKOENCEPHALOPATHY,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.core.volume import Mask
from headct.report.view import View

# Colours that people with any common colour blindness tell apart, on grey and on black.
# Source: M. Okabe and K. Ito, "Color Universal Design", 2008.
COLOURS = {
    ANY_HEMORRHAGE: "#e69f00",
    EPIDURAL: "#56b4e9",
    INTRAPARENCHYMAL: "#e69f00",
    INTRAVENTRICULAR: "#cc79a7",
    SUBARACHNOID: "#f0e442",
    SUBDURAL: "#d55e00",
    LEUKOENCEPHALOPATHY: "#009e73",
}

# Three points a pixel put the outline a third of a pixel outside the centres of the outermost
# pixels: it encloses what it marks, and a lone pixel still has an outline to draw.
_FINE = 3
# Half a pixel of the fine raster: it removes the points along a straight edge, not the shape.
_TOLERANCE = 0.5


@dataclass(frozen=True, eq=False)
class Outline:
    """A closed line around a piece of a label.

    Args:
        label: what it encloses.
        points: (points, 2) float32, (across, down) in pixels of the picture, 0 at the centre of
            the first pixel.
    """

    label: str
    points: NDArray[np.float32]


def outlines(mask: Mask, index: int, view: View) -> list[Outline]:
    """The outlines, holes too, of every label in a slice of a mask, laid out as a picture."""
    labels = view.turn(mask.labels[index])
    left, top, across, down = cv2.boundingRect(labels)  # of all that is not 0
    corner = np.array([left, top], dtype=np.float32)
    part = labels[top : top + down, left : left + across]
    found = []
    for value in np.unique(part[part > 0]):
        inside = (part == value).view(np.uint8)
        fine = cv2.resize(inside, None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_NEAREST)
        lines, _ = cv2.findContours(fine, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for line in lines:
            points = cv2.approxPolyDP(line, _TOLERANCE, closed=True)[:, 0].astype(np.float32)
            found.append(
                Outline(mask.names[value - 1], (points - (_FINE - 1) / 2) / _FINE + corner)
            )
    return found

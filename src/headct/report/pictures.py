"""Key slices: the pictures that show an answer at a glance."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import OutputError
from headct.core.grid import Grid
from headct.report.answer import Answer
from headct.report.outlines import COLOURS, outlines
from headct.report.view import View, view

Picture = NDArray[np.uint8]

# The window that head CT is read in first: level 40 HU, width 80 HU.
BRAIN_LOW_HU, BRAIN_HIGH_HU = 0.0, 80.0
# The matrix of nearly every CT: one pixel of the picture for each of the scan.
_LONGEST = 512
# Pictures closer than this along the normal, or than this part of the bleed's extent, show the
# same thing twice.
_APART_MM, _APART_PART = 6.0, 0.125
# Where nothing was found: from above the skull base to below the vertex of a usual head scan.
_SAMPLED = (0.3, 0.9)
_SHIFT = 4  # bits after the point in the coordinates that OpenCV draws with


@dataclass(frozen=True)
class KeySlice:
    """A slice chosen to be shown.

    Args:
        index: of the slice, from 0.
        png: the picture without loss, for a folder.
        jpeg: the picture made small, for a page.
        shape: (down, across) of both, in pixels.
    """

    index: int
    png: bytes
    jpeg: bytes
    shape: tuple[int, int]


def key_indices(answer: Answer, most: int = 6) -> tuple[int, ...]:
    """Which slices to show: those with most in them, spread out; else a sample of the scan."""
    slices = answer.volume.grid.shape[0]
    if answer.amount.any():
        return largest(answer.volume.grid, answer.amount, most)
    shown = sorted({i for finding in answer.prediction.findings for i in finding.slices})
    if not shown:
        first, last = (round(part * (slices - 1)) for part in _SAMPLED)
        shown = list(range(first, last + 1))
    chosen = np.linspace(0, len(shown) - 1, min(most, len(shown))).round().astype(int)
    return tuple(shown[i] for i in chosen)


def largest(grid: Grid, amount: NDArray[np.float64], most: int) -> tuple[int, ...]:
    """Slices with most in them, lowest first, far enough apart to show different things."""
    chosen: list[int] = []
    extent_mm = np.ptp(grid.positions_mm[amount > 0])
    apart_mm = max(_APART_MM, _APART_PART * float(extent_mm))
    for index in np.argsort(-amount, kind="stable"):
        near = [abs(grid.positions_mm[index] - grid.positions_mm[other]) for other in chosen]
        if amount[index] > 0 and min(near, default=np.inf) >= apart_mm:
            chosen.append(int(index))
        if len(chosen) == most:
            break
    return tuple(sorted(chosen))


def key_slice(answer: Answer, index: int) -> KeySlice:
    """The picture of a slice in the brain window, with the outlines of the mask and the sides."""
    look = view(answer.volume.grid)
    picture: Picture = brain_picture(answer, index, look)
    _draw_outlines(picture, answer, index, look)
    letter(picture, answer, index, look)
    # The outline is one or two pixels wide: halving the colour's resolution would smear it.
    small = [cv2.IMWRITE_JPEG_QUALITY, 88, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    return KeySlice(
        index,
        png=encode(picture, ".png", []),
        jpeg=encode(picture, ".jpg", small),
        shape=(picture.shape[0], picture.shape[1]),
    )


def encode(picture: Picture, extension: str, options: list[int]) -> bytes:
    """A picture as the bytes of a file of that kind."""
    done, data = cv2.imencode(extension, picture, options)
    if not done:
        raise OutputError(f"a picture of {picture.shape} pixels cannot be written as {extension}")
    return data.tobytes()


def brain_picture(answer: Answer, index: int, look: View) -> Picture:
    """(down, across, 3) uint8: a slice in the brain window, true to aspect."""
    turned = look.turn(answer.volume.hu[index])
    down, across = look.size(answer.volume.hu.shape[1:], _LONGEST)
    sized = cv2.resize(turned, (across, down), interpolation=cv2.INTER_LINEAR)
    scale = 255.0 / (BRAIN_HIGH_HU - BRAIN_LOW_HU)
    grey: Picture = np.clip((sized - BRAIN_LOW_HU) * scale, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def letter(picture: Picture, answer: Answer, index: int, look: View) -> None:
    """Write the patient's sides and the slice's number into a picture."""
    _write(picture, look.left, (0.02, 0.5))
    _write(picture, look.right, (0.96, 0.5))
    _write(picture, f"{index + 1}/{answer.volume.grid.shape[0]}", (0.02, 0.97))


def _draw_outlines(picture: Picture, answer: Answer, index: int, look: View) -> None:
    mask = answer.prediction.mask
    if mask is None:
        return
    shape = look.turn(mask.labels[index]).shape
    scale = np.array([picture.shape[1] / shape[1], picture.shape[0] / shape[0]])
    for outline in outlines(mask, index, look):
        # Centres of pixels lie half a pixel in, before and after scaling.
        points = (outline.points + 0.5) * scale - 0.5
        line = np.rint(points * 2**_SHIFT).astype(np.int32)
        colour = _bgr(COLOURS[outline.label])
        cv2.polylines(picture, [line], True, colour, 1, cv2.LINE_AA, _SHIFT)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return blue, green, red


def _write(picture: Picture, text: str, at: tuple[float, float]) -> None:
    """Write text on a dark edge, its left and lower end at (across, down) of the picture."""
    down, across = picture.shape[:2]
    place = (round(at[0] * across), round(at[1] * down))
    for colour, width in ((0, 4), (200, 1)):
        cv2.putText(
            picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (colour,) * 3, width, cv2.LINE_AA
        )

"""Every slice of a scan small enough to travel inside a page, and all the same readable."""

import base64
import json
import logging
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import OutputError
from headct.core.volume import Hounsfield
from headct.report.answer import Answer
from headct.report.outlines import outlines
from headct.report.pictures import encode
from headct.report.view import View, view

_log = logging.getLogger(__name__)

# One picture a slice serves every window: most of its 256 greys go where blood, brain and water
# lie (-20 to 100 HU, 1.3 greys a HU), and bone keeps enough of them to be told from bone.
KNOTS_HU = (-1024, -100, -20, 100, 200, 2000)
KNOTS_GREY = (0, 20, 36, 192, 212, 255)

# (longer side in pixels, JPEG quality), best first: what a reader loses first is what pictures of
# thin slices hold least of, since their noise is several times their detail.
_STEPS = (
    (640, 90),
    (512, 88),
    (512, 80),
    (448, 78),
    (416, 77),
    (384, 76),
    (352, 75),
    (320, 74),
    (256, 70),
    (192, 65),
    (128, 50),
)
_SAMPLE = 12
# A sample may miss the fullest slices.
_MARGIN = 1.06
# Base64 holds three bytes in four characters, and quotes and a comma go around them.
_BASE64 = 4 / 3
_AROUND = 6
# Outlines of real bleeds take a twentieth at most: this much is a mask of thousands of specks.
_OUTLINES_PART = 0.25

Lines = list[tuple[str, list[int]]]


def stack(answer: Answer, budget_bytes: int) -> dict[str, object]:
    """All slices and outlines of an answer as the viewer of the page reads them.

    Args:
        answer: what to show.
        budget_bytes: what all of it may take in the page; size and quality follow from it.

    Returns:
        plain values for JSON: ``slices`` (JPEG in base64, lowest first) of ``width`` and
        ``height`` pixels, ``knots_hu`` and ``knots_grey``, and slice by slice ``outlines``: lists
        of [label, [across, down, ...]] in tenths of a pixel of the scan from the picture's
        corner, where the picture is ``across`` by ``down`` such pixels; and how many of the
        shortest outlines were ``left_out`` because a mask of specks would fill the page.

    Raises:
        OutputError: the budget is too small for the smallest pictures.
    """
    look = view(answer.volume.grid)
    every = _all_outlines(answer, look)
    lines = _longest(every, budget_bytes * _OUTLINES_PART)
    left_bytes = budget_bytes - _written_bytes(lines)
    size, slices = _fitting(answer.volume.hu, look, left_bytes)
    down, across = look.turn(answer.volume.hu[0]).shape
    return {
        "width": size[1],
        "height": size[0],
        "across": across,
        "down": down,
        "knots_hu": KNOTS_HU,
        "knots_grey": KNOTS_GREY,
        "slices": [base64.b64encode(jpeg).decode("ascii") for jpeg in slices],
        "outlines": lines,
        "left_out": sum(map(len, every)) - sum(map(len, lines)),
    }


def compand(hu: Hounsfield) -> NDArray[np.uint8]:
    """Hounsfield units as greys, most of them between -20 and 100 HU; monotone."""
    low, high = KNOTS_HU[0], KNOTS_HU[-1]
    table = np.interp(np.arange(low, high + 1), KNOTS_HU, KNOTS_GREY).round().astype(np.uint8)
    # Adding a half makes the cut to whole numbers a rounding.
    return np.asarray(table[(np.clip(hu, low, high) + (0.5 - low)).astype(np.uint16)])


def _fitting(
    hu: Hounsfield, look: View, budget_bytes: float
) -> tuple[tuple[int, int], list[bytes]]:
    slices = len(hu)
    sample = np.unique(np.linspace(0, slices - 1, min(slices, _SAMPLE)).round().astype(int))
    native = _native(look, hu.shape[1:])
    for longest, quality in _STEPS:
        size = look.size(hu.shape[1:], min(longest, native))
        guess = _bytes(_encode(hu, sample, look, size, quality)) * slices / len(sample)
        if guess * _MARGIN > budget_bytes:
            continue
        found = _encode(hu, range(slices), look, size, quality)
        if _bytes(found) <= budget_bytes:
            _log.debug("viewer: %s pixels (down, across), JPEG quality %d", size, quality)
            return size, found
    raise OutputError(
        f"pictures of {slices} slices do not fit the {budget_bytes:.0f} bytes that the page has "
        "for them: resample the series to thicker slices first"
    )


def _native(look: View, shape: tuple[int, int]) -> int:
    """Longer side of a picture that has the finer of the two pixel spacings all over."""
    rows, columns = shape[::-1] if look.transposed else shape
    down_mm, across_mm = look.pixel_mm
    return round(max(rows * down_mm, columns * across_mm) / min(down_mm, across_mm))


def _bytes(pictures: Sequence[bytes]) -> float:
    return sum(len(picture) * _BASE64 + _AROUND for picture in pictures)


def _encode(
    hu: Hounsfield, indices: Iterable[int], look: View, size: tuple[int, int], quality: int
) -> list[bytes]:
    """JPEG of slices; OpenCV lets go of the interpreter, so threads share the work."""
    # OpenCV takes (across, down), here of the slice before it is turned.
    resized = size if look.transposed else size[::-1]

    def one(index: int) -> bytes:
        pixels = hu[index]
        if resized != pixels.shape[::-1]:
            pixels = cv2.resize(pixels, resized, interpolation=cv2.INTER_AREA)
        return encode(look.turn(compand(pixels)), ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(one, indices))


def _all_outlines(answer: Answer, look: View) -> list[Lines]:
    mask = answer.prediction.mask
    if mask is None:
        return [[] for _ in answer.volume.hu]
    return [
        [
            (line.label, np.rint((line.points + 0.5) * 10).astype(int).ravel().tolist())
            for line in (outlines(mask, index, look) if amount else [])
        ]
        for index, amount in enumerate(answer.amount)
    ]


def _longest(every: list[Lines], budget_bytes: float) -> list[Lines]:
    """The outlines of all slices, less the shortest where they would take too many bytes."""
    kept, shortest = every, 0
    while _written_bytes(kept) > budget_bytes:
        shortest = max(8, 2 * shortest)
        kept = [[line for line in lines if len(line[1]) >= shortest] for lines in every]
    return kept


def _written_bytes(lines: list[Lines]) -> int:
    return len(json.dumps(lines, separators=(",", ":")))

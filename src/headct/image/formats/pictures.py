"""Folders of PNG or JPEG slices, saved through a known window, back to Hounsfield units."""

import re
from collections.abc import Sequence
from math import gcd, isfinite
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import PixelError, ScanError
from headct.core.grid import Grid
from headct.core.volume import SliceSource, Volume

Gray = NDArray[np.unsignedinteger]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
# A head is scanned over a field of 220 to 250 mm; at 512 columns 230 mm give pixels of 0.45 mm.
_ASSUMED_FIELD_MM = 230.0
# The usual distance of routine head CT, and the one of CT-ICH.
_ASSUMED_SLICE_MM = 5.0


def read_pictures(
    folder: Path,
    *,
    window: tuple[float, float],
    spacing_mm: tuple[float, float, float] | None = None,
) -> Volume:
    """The slices of a folder as a volume, ordered by the number in their names, lowest first.

    Args:
        folder: holds the slices of one scan, all named alike: 1.png to 30.png, or IM0001.jpg.
        window: (level, width) in HU: black is level - width/2, white level + width/2.
        spacing_mm: (slice, row, column); None where not known: the grid is then not measured.

    Raises:
        ScanError: there are no pictures, or their names give no single order.
        PixelError: a picture cannot be read, is in colour, or has another matrix.
    """
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES]
    except OSError as error:
        raise ScanError(f"the folder cannot be read ({error.strerror}): check the path") from error
    if not found:
        raise ScanError("no PNG or JPEG pictures in the folder: give the folder that holds them")
    return stack_pictures(found, window=window, spacing_mm=spacing_mm)


def stack_pictures(
    paths: Sequence[Path],
    *,
    window: tuple[float, float],
    spacing_mm: tuple[float, float, float] | None = None,
) -> Volume:
    """Chosen pictures as a volume: ``read_pictures`` for a folder that holds others besides."""
    level, width = window
    if not (isfinite(level) and isfinite(width) and width > 0):
        raise ValueError(f"window: expected (level, width) with a width above 0 HU, got {window}")
    if spacing_mm is not None and not (len(spacing_mm) == 3 and all(s > 0 for s in spacing_mm)):
        raise ValueError(
            f"spacing_mm: expected (slice, row, column), all above 0 mm, got {spacing_mm}"
        )
    ordered, places = _in_order(paths)
    planes = [_read_gray(path) for path in ordered]
    for path, plane in zip(ordered, planes, strict=True):
        if plane.shape != planes[0].shape:
            raise PixelError(
                f"{path.name} is {plane.shape}, {ordered[0].name} is {planes[0].shape}: expected "
                "slices of one matrix; take out what is not of the scan"
            )
    hu = np.empty((len(planes), *planes[0].shape), dtype=np.float32)
    for index, plane in enumerate(planes):
        hu[index] = plane * np.float32(width / np.iinfo(plane.dtype).max)
        hu[index] += np.float32(level - width / 2)
    spacing, note = (spacing_mm, ()) if spacing_mm else _assumed_spacing(hu.shape[2])
    return Volume(
        hu=hu,
        grid=_grid(hu.shape, places, spacing, is_measured=spacing_mm is not None),
        sources=tuple(SliceSource(path.name) for path in ordered),
        history=(
            f"read {len(planes)} pictures through window {level:g}/{width:g} HU",
            "took the lowest number for the lowest slice, and left for the patient's right",
            *_note_on_gaps(places),
            *note,
        ),
        seen_hu=(level - width / 2, level + width / 2),
    )


def _in_order(paths: Sequence[Path]) -> tuple[list[Path], list[int]]:
    """Pictures by the last number of their names, and the place of each, counted from 0."""
    kinds: dict[str, list[Path]] = {}
    for path in paths:
        kinds.setdefault(re.sub(r"\d+", "#", path.stem), []).append(path)
    if len(kinds) > 1:
        # Masks often lie beside the slices they belong to: 14.jpg and 14_HGE_Seg.jpg.
        told = ", ".join(f"{len(found)} like {found[0].name}" for found in kinds.values())
        raise ScanError(
            f"pictures are named in {len(kinds)} ways ({told}): leave one in the folder"
        )
    if len(paths) == 1:
        return list(paths), [0]
    numbers = {path: tuple(map(int, re.findall(r"\d+", path.stem))) for path in paths}
    ordered = sorted(paths, key=lambda path: numbers[path])
    last = [numbers[path][-1] if numbers[path] else 0 for path in ordered]
    if len({numbers[path][:-1] for path in ordered}) > 1:
        raise ScanError(
            f"{ordered[0].name} and {ordered[-1].name} differ in more than their last number: "
            "give the slices of one scan"
        )
    steps = np.diff(last)
    if not steps.all():
        twin = int(np.flatnonzero(steps == 0)[0])
        raise ScanError(
            f"{ordered[twin].name} and {ordered[twin + 1].name} carry the same number: expected "
            "one picture for each slice"
        )
    unit = gcd(*(int(step) for step in steps))
    return ordered, [(number - last[0]) // unit for number in last]


def _read_gray(path: Path) -> Gray:
    """(rows, columns) as stored, 8 or 16 bits."""
    try:
        read = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        read = None
    if read is None:
        raise PixelError(f"{path.name} cannot be read as a picture: copy it again, or take it out")
    if read.dtype not in (np.uint8, np.uint16):
        raise PixelError(f"{path.name}: expected 8 or 16 bits a pixel, got {read.dtype}")
    kind: type[np.unsignedinteger] = np.uint8 if read.dtype == np.uint8 else np.uint16
    stored = np.asarray(read, dtype=kind)
    if stored.ndim == 2:
        return stored
    colours, opacity = stored[..., :3], stored[..., 3:]
    is_gray = bool(np.all(colours == colours[..., :1]))
    if not is_gray or bool(np.any(opacity != np.iinfo(kind).max)):
        raise PixelError(
            f"{path.name} is in colour or see-through: expected gray CT slices without overlays"
        )
    return np.ascontiguousarray(stored[..., 0])


def _note_on_gaps(places: Sequence[int]) -> tuple[str, ...]:
    missing = places[-1] + 1 - len(places)
    if not missing:
        return ()
    return (f"{missing} numbers have no picture: their places between slices are left empty",)


def _assumed_spacing(columns: int) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    pixel_mm = _ASSUMED_FIELD_MM / columns
    note = (
        f"spacing is not known: assumed {_ASSUMED_SLICE_MM:g} mm between slices and "
        f"{pixel_mm:.3f} mm between pixels, so lengths are a guess and there is no mL"
    )
    return (_ASSUMED_SLICE_MM, pixel_mm, pixel_mm), (note,)


def _grid(
    shape: tuple[int, ...],
    places: Sequence[int],
    spacing_mm: tuple[float, float, float],
    *,
    is_measured: bool,
) -> Grid:
    """A straight grid whose slices lie where their numbers say."""
    full = Grid.regular((places[-1] + 1, shape[1], shape[2]), spacing_mm, is_measured=is_measured)
    return full.slices(places)

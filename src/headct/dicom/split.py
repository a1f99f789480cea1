"""One SeriesInstanceUID, several stacks: take apart what does not belong together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headct.core.errors import Refusal
from headct.core.series import Instance, Series
from headct.dicom.planes import (
    SAME_POSITION_MM,
    WHOLE_BRAIN_MM,
    extent_mm,
    has_repeats,
    is_same_orientation,
    lies_within,
    normal_of,
    positions_along_normal,
)

# Pixel spacings that differ by less move the far edge of 512 pixels by less than 0.05 mm.
_SPACING_TOLERANCE_MM = 1e-4
# A property whose values hold fewer slices each than this tells single rotations apart, not scans.
_FEWEST_SLICES = 8

_Distinction = Callable[[Instance], Hashable]
# What may tell two scans of the same place apart, in the order tried, with its name for people.
_DISTINCTIONS: dict[str, _Distinction] = {
    "acquisition number": lambda image: image.acquisition_number,
    "image type": lambda image: image.image_type,
    "thickness": lambda image: image.thickness_mm,
    "contrast": lambda image: image.contrast_agent,
}
# What the images of one stack share, and the names that these have for people.
_SHARED: dict[str, _Distinction] = {
    "matrix": lambda image: (image.rows, image.columns),
    "pixel spacing": lambda image: image.spacing_mm,
    "orientation": lambda image: image.orientation,
    "kernel": lambda image: image.kernel,
    "stored class": lambda image: image.sop_class_uid,
    "frame of reference": lambda image: image.frame_of_reference_uid,
}
# Cosine of 45 degrees: beyond it the planes are another kind, as a coronal reformat.
_ALONGSIDE = 0.7071
# More stacks than this are not counted one by one in print.
_MOST_COUNTED = 4


@dataclass(frozen=True)
class Parts:
    """A series taken apart: each part could be one stack; what was dropped, and why."""

    series: tuple[Series, ...]
    refused: tuple[Refusal, ...] = ()


def split(series: Series) -> Parts:
    """Take a series apart into stacks of one matrix, spacing, orientation, kernel and frame.

    Where the same place is shown twice, acquisition number, image type, thickness, contrast or
    the order of image numbers separate the scans if they can; what nothing separates stays
    together, and stacking refuses it. Localizers among slices drop out. Parts that go on where
    others end are refused together: each of them alone would pass for a whole head. So are parts
    in different frames of reference, unless one of them covers a whole brain: what one frame calls
    a place says nothing about another.

    Source:
        DICOM PS3.3 C.7.4.1, Frame of Reference Module.
    """
    slices = tuple(image for image in series.instances if not is_localizer(image))
    if not slices:
        return Parts((series,))
    refused: tuple[Refusal, ...] = ()
    if dropped := len(series.instances) - len(slices):
        what = f"{dropped} of {len(series.instances)} images of {series.name}"
        refused = (Refusal(what, "localizers (scout views), which are not slices"),)
    parts = [part for alike in _alike(slices) for part in _separate(alike)]
    if pieces := _pieces(parts):
        return Parts((), (*refused, Refusal(series.name, _in_pieces(pieces))))
    return Parts(tuple(Series(series.uid, tuple(part)) for part in parts), refused)


def is_localizer(image: Instance) -> bool:
    """Whether an image is a projection for planning, not a slice."""
    return "LOCALIZER" in image.image_type


def _alike(images: tuple[Instance, ...]) -> list[list[Instance]]:
    """Images grouped by what one stack must share."""
    groups: list[list[Instance]] = []
    for image in images:
        for group in groups:
            if _could_share_a_stack(group[0], image):
                group.append(image)
                break
        else:
            groups.append([image])
    return groups


def _could_share_a_stack(one: Instance, other: Instance) -> bool:
    return (
        one.modality == other.modality
        and (one.rows, one.columns, one.kernel) == (other.rows, other.columns, other.kernel)
        and one.sop_class_uid == other.sop_class_uid
        and _is_same_frame(one, other)
        and is_same_spacing(one, other)
        and is_same_orientation(one.orientation, other.orientation)
    )


def _is_same_frame(one: Instance, other: Instance) -> bool:
    """Whether positions of two images can be compared; those that state no frame share one."""
    return one.frame_of_reference_uid == other.frame_of_reference_uid


def is_same_spacing(one: Instance, other: Instance) -> bool:
    """Whether pixels of two images are of one size, within 0.0001 mm."""
    if one.spacing_mm is None or other.spacing_mm is None:
        return one.spacing_mm is other.spacing_mm
    away = max(abs(a - b) for a, b in zip(one.spacing_mm, other.spacing_mm, strict=True))
    return away <= _SPACING_TOLERANCE_MM


def _separate(images: list[Instance]) -> list[list[Instance]]:
    """Scans of the same place told apart, where one distinction does it."""
    are_mixed = has_repeats(images)
    for parts in _ways_apart(images):
        are_scans = len(images) >= _FEWEST_SLICES * len(parts)
        if not are_scans or any(has_repeats(part) for part in parts):
            continue
        if are_mixed or _show_one_place(parts):
            return parts
    return [images]


def _ways_apart(images: list[Instance]) -> Iterator[list[list[Instance]]]:
    """Ways to take images apart, the plainest first."""

    def everything(image: Instance) -> Hashable:
        return tuple(distinction(image) for distinction in _DISTINCTIONS.values())

    for distinction in (*_DISTINCTIONS.values(), everything):
        parts: dict[Hashable, list[Instance]] = defaultdict(list)
        for image in images:
            parts[distinction(image)].append(image)
        yield list(parts.values())
    yield _runs(images)


def _runs(images: list[Instance]) -> list[list[Instance]]:
    """Images taken apart where, in the order of their numbers, positions turn back."""
    numbers = {image.instance_number for image in images}
    if None in numbers or len(numbers) < len(images):
        return [images]
    ordered = sorted(images, key=lambda image: image.instance_number or 0)
    steps = np.diff(positions_along_normal(ordered))
    forwards = np.sign(np.median(steps)) if steps.size else 0.0
    turns = np.flatnonzero(steps * forwards < -SAME_POSITION_MM) + 1
    bounds = [0, *turns.tolist(), len(ordered)]
    return [ordered[start:end] for start, end in pairwise(bounds)]


def _show_one_place(parts: list[list[Instance]]) -> bool:
    """Whether stacks without a common position are scans of the same place all the same."""
    if len(parts) < 2:
        return False
    main = max(parts, key=extent_mm)
    return all(part is main or lies_within(part, main) for part in parts)


def _pieces(parts: list[list[Instance]]) -> list[list[Instance]]:
    """The largest stack and those that lie beyond it or between its slices; [] where none do."""
    placed = [part for part in parts if part[0].modality == "CT" and _is_placed(part)]
    if not placed:
        return []
    main = max(placed, key=extent_mm)
    beyond = [
        part
        for part in placed
        if part is not main and _is_alongside(part, main) and not _is_shown_by(main, part)
    ]
    return [main, *beyond] if beyond else []


def _is_shown_by(main: list[Instance], part: list[Instance]) -> bool:
    """Whether a stack can be left aside without losing a piece of the head."""
    if not _is_same_frame(main[0], part[0]) and extent_mm(main) < WHOLE_BRAIN_MM:
        return False
    return lies_within(part, main)


def _is_placed(part: list[Instance]) -> bool:
    return all(image.position_mm and image.orientation and image.spacing_mm for image in part)


def _is_alongside(one: list[Instance], other: list[Instance]) -> bool:
    """Whether two stacks are cut in the same sense: not axial slices and a coronal reformat."""
    if one[0].orientation is None or other[0].orientation is None:
        return False
    between = normal_of(one[0].orientation) @ normal_of(other[0].orientation)
    return bool(abs(between) >= _ALONGSIDE)


def _in_pieces(pieces: list[list[Instance]]) -> str:
    counts = [len(piece) for piece in pieces]
    counted = " and ".join(map(str, counts))
    if len(counts) > _MOST_COUNTED:
        counted = f"each of {min(counts)} or more"
    firsts = [piece[0] for piece in pieces]
    known = (_SHARED | _DISTINCTIONS).items()
    differ = [name for name, of in known if len({of(image) for image in firsts}) > 1]
    are_placed = all(_is_same_frame(firsts[0], image) for image in firsts)
    how = "that go on where another ends" if are_placed else "whose places cannot be compared"
    return (
        f"its slices are in {len(pieces)} stacks ({counted} slices) {how} and differ in "
        f"{', '.join(differ)}; expected one stack of the whole head: reconstruct it as one"
    )

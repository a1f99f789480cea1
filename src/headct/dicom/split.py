"""One SeriesInstanceUID, several stacks: take apart what does not belong together."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from headct.core.errors import Refusal
from headct.core.series import Instance, Series
from headct.dicom.planes import has_repeats, is_same_orientation

# Pixel spacings that differ by less move the far edge of 512 pixels by less than 0.05 mm.
_SPACING_TOLERANCE_MM = 1e-4
# A property whose values hold fewer slices each than this tells single rotations apart, not scans.
_FEWEST_SLICES = 8

# What may tell two scans of the same place apart, in the order tried.
_DISTINCTIONS: tuple[Callable[[Instance], Hashable], ...] = (
    lambda image: image.acquisition_number,
    lambda image: image.image_type,
    lambda image: image.thickness_mm,
    lambda image: image.contrast_agent,
)


@dataclass(frozen=True)
class Parts:
    """A series taken apart: each part could be one stack; what was dropped, and why."""

    series: tuple[Series, ...]
    refused: tuple[Refusal, ...] = ()


def split(series: Series) -> Parts:
    """Take a series apart into stacks of one matrix, spacing, orientation and kernel.

    Where different images lie at one position, acquisition number, image type, thickness or
    contrast separate them if they can; what nothing separates stays together, and stacking
    refuses it. Localizers among slices drop out.
    """
    slices = tuple(image for image in series.instances if not is_localizer(image))
    if not slices:
        return Parts((series,))
    refused: tuple[Refusal, ...] = ()
    if dropped := len(series.instances) - len(slices):
        what = f"{dropped} of {len(series.instances)} images of {series.name}"
        refused = (Refusal(what, "localizers (scout views), which are not slices"),)
    parts = [part for alike in _alike(slices) for part in _separate(alike)]
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
        (one.modality, one.sop_class_uid, one.rows, one.columns, one.kernel)
        == (other.modality, other.sop_class_uid, other.rows, other.columns, other.kernel)
        and is_same_spacing(one, other)
        and is_same_orientation(one.orientation, other.orientation)
    )


def is_same_spacing(one: Instance, other: Instance) -> bool:
    """Whether pixels of two images are of one size, within 0.0001 mm."""
    if one.spacing_mm is None or other.spacing_mm is None:
        return one.spacing_mm is other.spacing_mm
    away = max(abs(a - b) for a, b in zip(one.spacing_mm, other.spacing_mm, strict=True))
    return away <= _SPACING_TOLERANCE_MM


def _separate(images: list[Instance]) -> list[list[Instance]]:
    """Scans of the same place told apart, where one distinction does it."""
    if not has_repeats(images):
        return [images]
    for distinction in (*_DISTINCTIONS, _everything):
        parts: dict[Hashable, list[Instance]] = defaultdict(list)
        for image in images:
            parts[distinction(image)].append(image)
        are_scans = len(images) >= _FEWEST_SLICES * len(parts)
        if are_scans and not any(has_repeats(part) for part in parts.values()):
            return list(parts.values())
    return [images]


def _everything(image: Instance) -> Hashable:
    return tuple(distinction(image) for distinction in _DISTINCTIONS)

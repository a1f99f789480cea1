"""NIfTI images with masks beside them: plain folders, nnU-Net, CT-ICH from 1.3 on.

What is drawn in a mask is the label; an empty mask says that there is nothing.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration
from headct.core.case import Case
from headct.core.errors import CohortError
from headct.core.finding import Progress
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LABELS,
    LEUKOENCEPHALOPATHY,
    SUBARACHNOID,
    SUBDURAL,
    Truth,
)

# Where images lie, and where the masks that go with them may.
_IMAGES = ("imagesTr", "images", "ct_scans", "scans")
_MASKS = ("labelsTr", "masks", "labels", "segmentations")
_SUFFIXES = (".nii.gz", ".nii")
# nnU-Net numbers the channels of an image; CT has one.
_CHANNEL = "_0000"
# What tools append to a mask's name.
_ENDINGS = ("", "_mask", "_seg", "_label", "-mask", "-seg", "-label")
_DESCRIPTION = "dataset.json"
_BACKGROUND = "background"
# What others call the labels, in small letters and with single blanks.
_ALSO = {
    "any": ANY_HEMORRHAGE,
    "ich": ANY_HEMORRHAGE,
    "hge": ANY_HEMORRHAGE,
    "hemorrhage": ANY_HEMORRHAGE,
    "haemorrhage": ANY_HEMORRHAGE,
    "bleed": ANY_HEMORRHAGE,
    "blood": ANY_HEMORRHAGE,
    "iph": INTRAPARENCHYMAL,
    "ivh": INTRAVENTRICULAR,
    "sah": SUBARACHNOID,
    "sdh": SUBDURAL,
    "edh": EPIDURAL,
    "wmh": LEUKOENCEPHALOPATHY,
    "leukoaraiosis": LEUKOENCEPHALOPATHY,
}
# Affines of one grid differ by the rounding of float32, far below a pixel.
_SAME_MM = 1e-2
_UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, zlib.error),
    *(ImageFileError, HeaderDataError),
)


@dataclass(frozen=True)
class _Place:
    """Where a cohort's files are; no folder of masks where there is none."""

    images: Path
    masks: Path | None


def recognizes(path: Path) -> bool:
    """Whether there is a folder of images with NIfTI files in it."""
    return _place(path) is not None


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each image as a patient of its own, with what its mask shows.

    Raises:
        CohortError: what a mask's values stand for is not said, or is no label.
    """
    place = _place(path)
    if place is None:
        raise CohortError(f"none of {', '.join(_IMAGES)} holds NIfTI files: give the folder above")
    images = _by_name(place.images)
    masks = {} if place.masks is None else _by_name(place.masks)
    names = _mask_names(path, declared) if masks else ()
    for done, (name, image) in enumerate(images.items(), start=1):
        case_name = name.removesuffix(_CHANNEL)
        found = (masks.pop(case_name + ending, None) for ending in _ENDINGS)
        mask = next((file for file in found if file is not None), None)
        yield from _read_one(case_name, image, mask, names)
        if progress is not None:
            progress(done, len(images))
    if masks:
        told = f"{len(masks)} masks have no image of their name; left out"
        yield Doubt(Kind.NO_IMAGES, told, count=len(masks), blocks=False)


def _place(path: Path) -> _Place | None:
    images = next((path / name for name in _IMAGES if _by_name(path / name)), None)
    if images is None:
        return None
    masks = next((path / name for name in _MASKS if (path / name).is_dir()), None)
    return _Place(images, masks)


def _by_name(folder: Path) -> dict[str, Path]:
    """NIfTI files by their names without suffix.

    Raises:
        CohortError: one is there packed and unpacked.
    """
    found: dict[str, Path] = {}
    for file in sorted(folder.glob("*.nii*")) if folder.is_dir() else ():
        suffix = next((s for s in _SUFFIXES if file.name.endswith(s)), "")
        if not suffix or file.name.startswith("."):
            continue
        name = file.name.removesuffix(suffix)
        if name in found:
            raise CohortError(
                f"{folder.name} holds a file as .nii and as .nii.gz: leave one of them"
            )
        found[name] = file
    return found


def _mask_names(path: Path, declared: Declaration) -> tuple[str, ...]:
    if declared.mask_names:
        return declared.mask_names
    if (path / _DESCRIPTION).is_file():
        return _described_names(path / _DESCRIPTION)
    if (path / _IMAGES[2]).is_dir():
        return (ANY_HEMORRHAGE,)  # CT-ICH, whose masks tell no subtypes
    raise CohortError(
        f"what the values of masks stand for is not said: declare it in cohort.toml, as in "
        f'mask_names = ["{EPIDURAL}", "{SUBDURAL}"] for 1 and 2, or add {_DESCRIPTION}'
    )


def _described_names(file: Path) -> tuple[str, ...]:
    """The labels of nnU-Net's description: value by name, or in version 1 name by value."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))["labels"]
        pairs = [_pair(key, value) for key, value in said.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CohortError(
            f'{file.name}: expected "labels" with a whole number for each name ({error})'
        ) from error
    by_value = {value: name for value, name in pairs if value != 0}
    if sorted(by_value) != list(range(1, len(pairs))):
        raise CohortError(
            f"{file.name}: expected labels of the values 0, 1, 2 and so on, each once"
        )
    return tuple(_label(file.name, by_value[value]) for value in sorted(by_value))


def _pair(key: str, value: Any) -> tuple[int, str]:
    return (value, key) if isinstance(value, int) else (int(key), str(value))


def _label(file: str, said: str) -> str:
    plain = " ".join(said.lower().replace("_", " ").replace("-", " ").split())
    for name in (plain, plain.removesuffix(" hemorrhage"), plain.removesuffix(" hematoma")):
        label = _ALSO.get(name, name.replace(" ", "_"))
        if label in LABELS:
            return label
    raise CohortError(
        f"{file}: {said!r} is no label that is known here; expected one of {', '.join(LABELS)}, or "
        "declare mask_names in cohort.toml"
    )


def _read_one(
    name: str, image: Path, mask: Path | None, names: tuple[str, ...]
) -> Iterator[Case | Doubt]:
    case = Case(name, name, image)
    if mask is None:
        yield case
        if names:
            yield Doubt(Kind.NO_LABEL, "no mask of the image's name: not known", name, name)
        return
    unknown = dict.fromkeys(names)
    try:
        values = _values(image, mask)
    except _UNREADABLE as error:
        told = f"image or mask cannot be read ({type(error).__name__}): give whole NIfTI files"
        yield Case(name, name, image, unknown)
        yield Doubt(Kind.UNREADABLE, told, name, name)
        return
    told = ""
    if values is None:
        told = "mask and image differ in matrix or place: draw the mask on the image itself"
    elif (values < 0).any() or (values % 1).any():
        told = "the mask holds values that are no whole numbers from 0 up"
    elif values.size and values[-1] > len(names) and (len(names) > 1 or values.size > 1):
        told = f"the mask holds {values[-1]:g}, but names are given for 1 to {len(names)}"
    if values is None or told:
        yield Case(name, name, image, unknown)
        yield Doubt(Kind.CONTRADICTION, told, name, name)
        return
    yield Case(name, name, image, _truth(values, names), mask=mask, mask_names=names)


def _values(image: Path, mask: Path) -> NDArray[Any] | None:
    """The values in a mask, background apart; None where it does not lie on its image."""
    drawn: Any = nib.load(mask)
    under: Any = nib.load(image)
    is_same = drawn.shape == under.shape and np.allclose(drawn.affine, under.affine, atol=_SAME_MM)
    if not is_same:
        return None
    stored = np.asarray(drawn.dataobj)
    if stored.dtype == np.uint8:  # 20 times as fast as sorting
        values: NDArray[Any] = np.flatnonzero(np.bincount(stored.ravel())[1:]) + 1
        return values
    values = np.unique(stored)
    return np.asarray(values[values != 0])


def _truth(values: NDArray[Any], names: Sequence[str]) -> Truth:
    """What a mask shows; a lone name is drawn with any value (1 or 255)."""
    there = names if len(names) == 1 and len(values) else [names[int(v) - 1] for v in values]
    return _with_any(dict.fromkeys(names, False) | dict.fromkeys(there, True))


def _with_any(labels: Mapping[str, bool | None]) -> Truth:
    """Labels with any hemorrhage, where subtypes tell: one that is there, or all that are not."""
    if ANY_HEMORRHAGE in labels or not any(name in labels for name in HEMORRHAGE_SUBTYPES):
        return labels
    said = [labels.get(name) for name in HEMORRHAGE_SUBTYPES]
    value = True if True in said else None if None in said else False
    return {**labels, ANY_HEMORRHAGE: value}

"""Pictures of the worst errors: what a person should look at first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import cv2
import numpy as np

from headct.cohort.checking.thumbnails import thumbnail
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.core.case import Case
from headct.core.errors import ScanError
from headct.core.volume import SliceSource, Volume
from headct.measure.evaluate.measurement import Measurement
from headct.report.measurement.shown import shown_errors
from headct.report.pictures import BRAIN_HIGH_HU, BRAIN_LOW_HU, encode
from headct.report.view import view

Name = tuple[str, ...]

# Of a slice: enough to see a thin subdural, and about 15 kB.
_LONGEST, _QUALITY = 320, 85


@dataclass(frozen=True)
class _Index:
    """Cases by what a row of predictions may name them by."""

    by_study: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    by_patient: dict[str, list[int]] = field(default_factory=dict)
    by_file: dict[str, list[int]] = field(default_factory=dict)


def pictures_of(measurement: Measurement, cohort: Path) -> dict[Name, bytes]:
    """A JPEG in the brain window for each error that a page lists.

    A slice is found in its study by its file's name, with or without its ending, by its SOP
    Instance UID, or by its number from 0 upwards from the feet. Of a study, or of a patient's
    first one, three levels are shown.

    Args:
        measurement: whose errors.
        cohort: as ``open_cohort`` takes it.

    Returns:
        By name; empty bytes for what the cohort does not hold, or what cannot be read.

    Raises:
        CohortError: it is no cohort.
    """
    cases = open_cohort(cohort).cohort.cases
    names = list(dict.fromkeys(error.name for error in shown_errors(measurement)))
    index = _indexed(cases)
    # One scan may have several errors: each is read once.
    by_case: dict[int, list[Name]] = {}
    for name in names:
        found = _case_of(name, index)
        if found is not None:
            by_case.setdefault(found, []).append(name)
    pictures = dict.fromkeys(names, b"")
    for place, wanted in by_case.items():
        try:
            volume = open_case(cases[place]).volume
        except (ScanError, OSError):
            continue  # it stays empty, which the page counts
        for name in wanted:
            pictures[name] = _picture(volume, name)
    return pictures


def slice_index(sources: Sequence[SliceSource], slices: int, identifier: str) -> int | None:
    """Which slice an identifier names; None where none does.

    Args:
        sources: the stored image of each slice, or none.
        slices: how many there are.
        identifier: as a row of predictions has it.
    """
    for place, source in enumerate(sources):
        names = (source.file, PurePath(source.file).stem, source.sop_instance_uid)
        if identifier in names:
            return place
    if identifier.isascii() and identifier.isdigit() and int(identifier) < slices:
        return int(identifier)
    return None


def _indexed(cases: Sequence[Case]) -> _Index:
    index = _Index()
    for place, case in enumerate(cases):
        index.by_study.setdefault(case.key, []).append(place)
        index.by_patient.setdefault(case.patient, []).append(place)
        for file in _files(case):
            index.by_file.setdefault(file, []).append(place)
    return index


def _files(case: Case) -> Iterator[str]:
    """Names of a case's images, as far as they are known without reading it."""
    if case.slice_labels is not None:
        files: Iterator[str] = iter(case.slice_labels.files)
    else:
        files = (file.name for file in case.files)
    for file in files:
        yield file
        if (stem := PurePath(file).stem) != file:
            yield stem


def _case_of(name: Name, index: _Index) -> int | None:
    """The case of a row; None where no case, or more than one, could be it."""
    patient, study, image = (*name, "", "")[:3]
    found = index.by_study.get((patient, study)) or index.by_patient.get(patient, [])
    if study and (patient, study) not in index.by_study and len(found) > 1:
        found = []
    if image and len(found) != 1:
        found = index.by_file.get(image, [])
    # Of a patient any study shows the patient; a slice lies in one.
    return found[0] if len(found) == 1 or (found and not image) else None


def _picture(volume: Volume, name: Name) -> bytes:
    image = name[2] if len(name) > 2 else ""
    if not image:
        return thumbnail(volume)
    place = slice_index(volume.sources, volume.grid.shape[0], image)
    return b"" if place is None else _slice(volume, place)


def _slice(volume: Volume, place: int) -> bytes:
    """One slice as radiologists look at it, true to aspect, in the brain window."""
    look = view(volume.grid)
    down, across = look.size(volume.hu.shape[1:], _LONGEST)
    turned = look.turn(volume.hu[place])
    sized = cv2.resize(turned, (across, down), interpolation=cv2.INTER_AREA)
    gray = np.clip((sized - BRAIN_LOW_HU) * (255 / (BRAIN_HIGH_HU - BRAIN_LOW_HU)), 0, 255)
    return encode(gray.astype(np.uint8), ".jpg", [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])

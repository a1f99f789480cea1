"""RSNA 2019: one DICOM file a slice in one flat folder, and ``stage_2_train.csv``.

The table names files; what belongs together, and to whom, only the headers say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration
from headct.cohort.readers.rsna_labels import LABELS, SliceTable, read_labels
from headct.cohort.readers.slices import study_labels
from headct.core.case import UNKNOWN, Case, SliceLabels
from headct.core.errors import CohortError
from headct.core.finding import Progress
from headct.core.series import Instance
from headct.core.text import lines
from headct.dicom.scan import scan

# The set's own names, with the folder that the archive of the competition unpacks to.
_TABLES = ("stage_2_train.csv", "stage_1_train.csv")
_ARCHIVE = "rsna-intracranial-hemorrhage-detection"
_FOLDERS = ("{}", "{}_images", "{0}/{0}", "{0}_images/{0}_images")
# Headers are kept only as what groups them: a million whole ones would take 5 GB.
_AT_ONCE = 50_000
# Of a patient's hash, enough to tell a hundred million of them apart.
_PATIENT_DIGITS = 16


@dataclass
class _Study:
    """The files of one study, each with its height along the patient in mm."""

    heights: dict[str, float] = field(default_factory=dict)


def recognizes(path: Path) -> bool:
    """Whether its table is there."""
    return _table(path) is not None


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each study with labels by slice, slices in order of height; patients by a hash of their ID.

    Raises:
        CohortError: the table is broken (with file and line), or there are no images.
    """
    del declared
    table_path = _table(path)
    if table_path is None:
        raise CohortError(f"none of {', '.join(_TABLES)} is there: give the folder that holds one")
    folder = _images(table_path)
    table, doubts = read_labels(table_path)
    yield from doubts
    names = sorted(file.name for file in folder.iterdir() if file.suffix.lower() == ".dcm")
    places = table.find([Path(name).stem for name in names])
    yield from _unmatched(table, places, table_path.name)
    rows = dict(zip(names, places.tolist(), strict=True))
    studies: dict[tuple[str, str], _Study] = {}
    yield from _group(folder, names, studies, progress)
    yield from _shared(studies)
    for (patient, study), found in studies.items():
        if patient:
            files = tuple(sorted(found.heights, key=lambda name: (found.heights[name], name)))
            slices = SliceLabels(LABELS, files, _values(table, [rows[name] for name in files]))
            paths = tuple(folder / name for name in files)
            yield Case(patient, study, folder, study_labels(slices), slices, files=paths)


def _table(path: Path) -> Path | None:
    if path.is_file():
        return path if path.name in _TABLES else None
    places = (path / inner / name for inner in ("", _ARCHIVE) for name in _TABLES)
    return next((place for place in places if place.is_file()), None)


def _images(table: Path) -> Path:
    places = [table.parent / name.format(table.stem) for name in _FOLDERS]
    for place in reversed(places):
        # The inner of two folders of one name comes first: the outer holds no files.
        if place.is_dir():
            return place
    raise CohortError(f"no folder {table.stem} lies beside {table.name}: unpack the images there")


def _values(table: SliceTable, rows: Sequence[int]) -> NDArray[np.int8]:
    values = table.values[rows]
    values[np.asarray(rows) < 0] = UNKNOWN
    return values


def _unmatched(table: SliceTable, places: NDArray[np.int64], file: str) -> Iterator[Doubt]:
    """IDs without a file, and files without an ID."""
    is_there = np.zeros(len(table.ids), bool)
    is_there[places[places >= 0]] = True
    if absent := sorted(table.lines[~is_there].tolist()):
        told = f"{len(absent)} slices of {file} have no file ({lines(absent)})"
        yield Doubt(Kind.NO_IMAGES, told, count=len(absent), blocks=False)
    if unlisted := int(np.count_nonzero(places < 0)):
        told = f"{unlisted} files have no row in {file}: what they show is not known"
        yield Doubt(Kind.NOT_LISTED, told, count=unlisted, blocks=False)


def _group(
    folder: Path,
    names: Sequence[str],
    studies: dict[tuple[str, str], _Study],
    progress: Progress | None,
) -> Iterator[Doubt]:
    """File images by patient and study; of those that cannot be, why."""
    nameless = 0
    for start in range(0, len(names), _AT_ONCE):
        files = [folder / name for name in names[start : start + _AT_ONCE]]
        found = scan(folder, files=files, progress=_part(progress, start, len(names)))
        for refusal in found.refused:
            told = f"{refusal}: left out"
            yield Doubt(Kind.UNREADABLE, told, count=refusal.count, blocks=False)
        images = (i for study in found.studies for series in study.series for i in series.instances)
        for image in images:
            patient = image.patient_key[:_PATIENT_DIGITS]
            nameless += not patient
            study = studies.setdefault((patient, image.study_uid), _Study())
            study.heights[image.location.name] = _height_mm(image)
    if nameless:
        told = f"{nameless} files name no patient: no split could keep them on one side; left out"
        yield Doubt(Kind.NO_PATIENT, told, count=nameless, blocks=False)


def _part(progress: Progress | None, start: int, count: int) -> Progress | None:
    """Progress over some files, told as of all."""
    if progress is None:
        return None

    def tell(done: int, total: int) -> None:  # noqa: ARG001
        progress(start + done, count)

    return tell


def _height_mm(image: Instance) -> float:
    """Along the normal of the slice; 0 where the header does not say."""
    if image.position_mm is None or image.orientation is None:
        return 0.0
    normal = np.cross(image.orientation[:3], image.orientation[3:])
    return float(normal @ image.position_mm)


def _shared(studies: dict[tuple[str, str], _Study]) -> Iterator[Doubt]:
    uids = [study for patient, study in studies if patient]
    if shared := len(uids) - len(set(uids)):
        told = (
            f"{shared} studies have images of more than one patient: each patient's count as a "
            "study of their own"
        )
        yield Doubt(Kind.CONTRADICTION, told, count=shared, blocks=False)

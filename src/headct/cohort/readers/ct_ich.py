"""CT-ICH 1.0.0: slices as JPEG through a brain and a bone window, labels slice by slice.

Hssayeni et al., Data 2020;5(1):14; physionet.org/content/ct-ich/1.0.0. Later releases hold NIfTI
files: the nifti reader takes those.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration
from headct.cohort.readers.slices import study_labels
from headct.cohort.tables import Row, read_rows
from headct.core.case import UNKNOWN, Case, Pictures, SliceLabels
from headct.core.finding import Progress
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.core.text import lines

TABLE, FOLDER = "hemorrhage_diagnosis.csv", "Patients_CT"
# (level, width) in HU, as the authors exported them.
BRAIN_WINDOW, BONE_WINDOW = (40.0, 120.0), (700.0, 3200.0)
_PATIENT, _SLICE, _NONE, _FRACTURE = (
    *("PatientNumber", "SliceNumber", "No_Hemorrhage", "Fracture_Yes_No"),
)
_COLUMNS = {
    "Intraventricular": INTRAVENTRICULAR,
    "Intraparenchymal": INTRAPARENCHYMAL,
    "Subarachnoid": SUBARACHNOID,
    "Epidural": EPIDURAL,
    "Subdural": SUBDURAL,
}
_LABELS = (*_COLUMNS.values(), ANY_HEMORRHAGE)
_PICTURE, _MASK = ".jpg", "_HGE_Seg.jpg"

_Slices = dict[int, Row]


def recognizes(path: Path) -> bool:
    """Whether its table and its folder of patients are there."""
    return (path / TABLE).is_file() and (path / FOLDER).is_dir()


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each patient with pictures, labels by slice, and masks where they are there.

    A patient's label comes from all rows of the table, those without a picture too.

    Raises:
        CohortError: the table is broken; with file and line.
    """
    del declared
    by_patient, again = _read_table(path / TABLE)
    if again:
        told = f"{TABLE} has {len(again)} rows twice ({lines(again)}); they agree, and count once"
        yield Doubt(Kind.REPEATED_ROW, told, count=len(again), blocks=False)
    folders = {
        int(folder.name): folder
        for folder in sorted((path / FOLDER).iterdir())
        if folder.name.isdecimal()
    }
    unseen: list[int] = []
    for done, (number, folder) in enumerate(folders.items(), start=1):
        slices = by_patient.pop(number, {})
        brain = _pictures(folder / "brain")
        unseen += [row.line for index, row in slices.items() if index not in brain]
        yield from _patient(folder, slices, brain)
        if progress is not None:
            progress(done, len(folders))
    if unseen:
        told = f"{len(unseen)} slices of {TABLE} have no picture ({lines(sorted(unseen))})"
        yield Doubt(Kind.NO_IMAGES, told, count=len(unseen), blocks=False)
    if by_patient:
        firsts = sorted(min(row.line for row in rows.values()) for rows in by_patient.values())
        told = f"{len(firsts)} patients of {TABLE} have no folder in {FOLDER} ({lines(firsts)})"
        yield Doubt(Kind.NO_IMAGES, told, count=len(firsts), blocks=False)


def _read_table(path: Path) -> tuple[dict[int, _Slices], list[int]]:
    """Rows by patient and slice, and the lines that say again what another said."""
    by_patient: dict[int, _Slices] = defaultdict(dict)
    again = []
    for row in read_rows(path, [_PATIENT, _SLICE, *_COLUMNS, _NONE], [_FRACTURE]):
        patient, number = (_whole(row, column) for column in (_PATIENT, _SLICE))
        other = by_patient[patient].setdefault(number, row)
        if other.cells != row.cells:
            raise row.error(
                f"the same slice as in line {other.line}, with other labels: find out which are "
                "right, and take the other row out"
            )
        if other is not row:
            again.append(row.line)
        for column in (*_COLUMNS, _NONE):
            row.flag(column)
    return by_patient, again


def _whole(row: Row, column: str) -> int:
    if not row.cells[column].isdecimal():
        raise row.error(f"column {column} holds no whole number")
    return int(row.cells[column])


def _pictures(folder: Path) -> dict[int, Path]:
    """Pictures by the number of their slice, lowest first; masks beside them left out."""
    found = (file for file in folder.glob(f"*{_PICTURE}") if file.stem.isdecimal())
    return {int(file.stem): file for file in sorted(found, key=lambda file: int(file.stem))}


def _patient(
    folder: Path, slices: Mapping[int, Row], brain: Mapping[int, Path]
) -> Iterator[Case | Doubt]:
    name = folder.name
    if not brain:
        told = f"a patient's folder holds no brain/NUMBER{_PICTURE}: copy the pictures"
        yield Doubt(Kind.NO_IMAGES, told, name, name)
        return
    bone = _pictures(folder / "bone")
    pictures = [Pictures(tuple(brain.values()), BRAIN_WINDOW)]
    if list(bone) == list(brain):
        pictures.append(Pictures(tuple(bone.values()), BONE_WINDOW))
    else:
        told = (
            f"{len(set(brain) ^ set(bone))} slices have a picture through one window only: bone "
            "is left out, and HU end at 100"
        )
        yield Doubt(Kind.UNREADABLE, told, name, name, blocks=False)
    if missing := sum(number not in slices for number in brain):
        told = f"{missing} of {len(brain)} slices have no row in {TABLE}: not known"
        yield Doubt(Kind.NOT_LISTED, told, name, name, count=missing, blocks=False)
    shown = tuple(file.name for file in brain.values())
    masks = _masks(brain)
    yield Case(
        patient=name,
        study=name,
        path=folder,
        labels=study_labels(_labels(tuple(map(str, slices)), list(slices.values()))),
        slice_labels=_labels(shown, [slices.get(number) for number in brain]),
        pictures=tuple(pictures),
        mask_pictures=masks,
        mask_names=(ANY_HEMORRHAGE,) if masks else (),
    )


def _masks(brain: Mapping[int, Path]) -> dict[str, Path]:
    """Masks by the picture that they are drawn on; only slices that bleed have one."""
    drawn = ((file.name, file.with_name(file.stem + _MASK)) for file in brain.values())
    return {name: mask for name, mask in drawn if mask.is_file()}


def _labels(files: tuple[str, ...], rows: Sequence[Row | None]) -> SliceLabels:
    values = np.full((len(files), len(_LABELS)), UNKNOWN, np.int8)
    for place, row in enumerate(rows):
        if row is None:
            continue
        none = row.flag(_NONE)
        said = chain(map(row.flag, _COLUMNS), [None if none is None else not none])
        values[place] = [UNKNOWN if flag is None else int(flag) for flag in said]
    return SliceLabels(_LABELS, files, values)

"""A plain CSV for everyone else: ``path,patient`` and what is known, a row a study or a slice."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from os.path import commonpath, normpath
from pathlib import Path

import numpy as np

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration
from headct.cohort.readers.slices import study_labels
from headct.cohort.tables import Row, read_header, read_rows
from headct.core.case import UNKNOWN, Case, SliceLabels
from headct.core.finding import Progress
from headct.core.labels import EPIDURAL, LABELS, SUBDURAL
from headct.core.text import lines
from headct.image.formats.pictures import PICTURE_SUFFIXES

FILE = "cohort.csv"
_PATH, _PATIENT, _STUDY, _SITE, _MASK = "path", "patient", "study", "site", "mask"
_OPTIONAL = (_STUDY, _SITE, _MASK, *LABELS)
# Files that hold a whole scan; any other file is one image of several.
_WHOLE = (".nii", ".nii.gz", ".zip")


@dataclass
class _Listed:
    """The rows of one study."""

    table: Path
    rows: list[Row] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


def recognizes(path: Path) -> bool:
    """Whether it is a CSV file with columns path and patient, or a folder with ``cohort.csv``."""
    return {_PATH, _PATIENT} <= set(read_header(_table(path)))


def _table(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each study; rows of several files with one patient and study are its slices.

    Raises:
        CohortError: a column is missing or unknown, a label is not 0, 1 or empty, one path has two
            patients or different labels, or a study mixes folders and files; with file and line.
    """
    table = _table(path)
    labels = tuple(name for name in LABELS if name in read_header(table))
    seen: dict[Path, Row] = {}
    studies: dict[tuple[str, str], _Listed] = {}
    again: list[int] = []
    absent: list[int] = []
    for row in read_rows(table, [_PATH, _PATIENT], _OPTIONAL):
        file = _check(row, table.parent)
        other = seen.setdefault(file, row)
        if other is not row:
            _check_same(row, other)
            again.append(row.line)
        elif not file.exists():
            absent.append(row.line)
        else:
            key = row.cells[_PATIENT], _study(row, file)
            listed = studies.setdefault(key, _Listed(table))
            listed.rows.append(row)
            listed.paths.append(file)
    if again:
        told = (
            f"{table.name} has {len(again)} rows twice ({lines(again)}); they agree, and count once"
        )
        yield Doubt(Kind.REPEATED_ROW, told, count=len(again), blocks=False)
    if absent:
        told = f"{len(absent)} paths of {table.name} do not exist ({lines(absent)}); left out"
        yield Doubt(Kind.NO_IMAGES, told, count=len(absent), blocks=False)
    for done, ((patient, study), listed) in enumerate(studies.items(), start=1):
        yield from _read_study(patient, study, listed, labels, declared)
        if progress is not None:
            progress(done, len(studies))


def _check(row: Row, folder: Path) -> Path:
    """Where the row's images are; every cell of it is looked at."""
    if not row.cells[_PATIENT]:
        raise row.error("no patient: without one no split can keep patients apart")
    if not row.cells[_PATH]:
        raise row.error("no path")
    for name in LABELS:
        if name in row.cells:
            row.flag(name)
    file = Path(normpath(folder / row.cells[_PATH]))
    if file.suffix.lower() in PICTURE_SUFFIXES:
        raise row.error("a picture does not say its scale: give DICOM or NIfTI")
    return file


def _check_same(row: Row, other: Row) -> None:
    if row.cells[_PATIENT] != other.cells[_PATIENT]:
        raise row.error(f"the path of line {other.line} again, for another patient: whose is it?")
    if row.cells != other.cells:
        raise row.error(
            f"the path of line {other.line} again, with other cells: find out which are right, and "
            "take the other row out"
        )


def _study(row: Row, file: Path) -> str:
    """The study as stated; else a folder or a whole scan is one, and so are files of a folder."""
    if stated := row.cells.get(_STUDY):
        return stated
    return row.cells[_PATH] if _is_whole(file) else str(Path(row.cells[_PATH]).parent)


def _is_whole(file: Path) -> bool:
    return file.name.lower().endswith(_WHOLE) or file.is_dir()


def _read_study(
    patient: str,
    study: str,
    listed: _Listed,
    labels: tuple[str, ...],
    declared: Declaration,
) -> Iterator[Case | Doubt]:
    first, rows = listed.rows[0], listed.rows
    for row in rows:
        for column in (_SITE, _MASK):
            if row.cells.get(column) != first.cells.get(column):
                raise row.error(f"another {column} than in line {first.line}, for the same study")
    case = Case(patient, study, listed.paths[0], site=first.cells.get(_SITE, ""))
    if len(rows) == 1:
        case = replace(case, labels={name: first.flag(name) for name in labels})
    else:
        slices = _slices(listed, labels)
        folder = Path(commonpath([file.parent for file in listed.paths]))
        case = replace(
            case,
            path=folder,
            labels=study_labels(slices),
            slice_labels=slices if labels else None,
            files=tuple(listed.paths),
        )
    mask = _mask(first, listed.table.parent)
    if mask is not None and mask.is_file():
        case = replace(case, mask=mask, mask_names=_mask_names(first, labels, declared))
    yield case
    if mask is not None and case.mask is None:
        told = f"the mask of {listed.table.name}, line {first.line}, does not exist: without it"
        yield Doubt(Kind.NO_LABEL, told, patient, study, blocks=False)


def _slices(listed: _Listed, labels: tuple[str, ...]) -> SliceLabels:
    """Labels by slice.

    Raises:
        CohortError: one row is a whole scan, or two files have one name.
    """
    rows = listed.rows
    names: dict[str, Row] = {}
    for row, file in zip(rows, listed.paths, strict=True):
        if _is_whole(file):
            other = rows[0] if row is not rows[0] else rows[1]
            raise row.error(
                f"the study of line {other.line} again: a whole scan stands alone in its study; "
                "give each a study of its own"
            )
        other = names.setdefault(file.name, row)
        if other is not row:
            raise row.error(f"a file of the same name as in line {other.line}, in one study")
    values = [[UNKNOWN if (said := r.flag(n)) is None else int(said) for n in labels] for r in rows]
    shaped = np.array(values, np.int8).reshape(len(rows), len(labels))
    return SliceLabels(labels, tuple(names), shaped)


def _mask(row: Row, folder: Path) -> Path | None:
    stated = row.cells.get(_MASK)
    return folder / stated if stated else None


def _mask_names(row: Row, labels: tuple[str, ...], declared: Declaration) -> tuple[str, ...]:
    if declared.mask_names or len(labels) == 1:
        return declared.mask_names or labels
    raise row.error(
        "what the values of the mask stand for is not said: declare it in cohort.toml, as in "
        f'mask_names = ["{EPIDURAL}", "{SUBDURAL}"] for 1 and 2'
    )

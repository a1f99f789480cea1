"""Which studies lie under a folder, however they are mixed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headct.core.errors import printable
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.image.formats.offer import NIFTI
from headct.image.formats.pictures import PICTURE_SUFFIXES

_ZIP = ".zip"


@dataclass(frozen=True)
class Found:
    """A study that could be analyzed.

    Args:
        name: where it lies, as seen from the folder; it may carry a patient's name.
        path: to read: a ZIP, a NIfTI file, a folder of pictures, or the folder of DICOM files.
        files: the DICOM files of the study, where the folder holds others; else empty.
        is_head: False where headers alone say that no series of it is a head CT.
    """

    name: str
    path: Path
    files: tuple[Path, ...] = ()
    is_head: bool = True

    @property
    def key(self) -> str:
        """Hash of where its files lie and how long they are: another study has another."""
        digest = hashlib.sha256(self.name.encode())
        whole = self.files or (tuple(sorted(self.path.iterdir())) if self.path.is_dir() else ())
        for file in whole or (self.path,):
            digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        return digest.hexdigest()


def studies_under(path: Path) -> tuple[Found, ...]:
    """The studies under a path, in the order of their names; a file is one.

    DICOM files are put together by the study that they say they are of, whatever folders they lie
    in; a ZIP, a NIfTI file and a folder of pictures are a study each.

    Raises:
        ScanError: nothing is there.
    """
    if not path.is_dir():
        return (Found(path.name, path),)
    files = sorted(one for one in path.rglob("*") if one.is_file() and not _hidden(one, path))
    alone = {one for one in files if one.name.lower().endswith((*NIFTI, _ZIP))}
    pictured = {one.parent for one in files if one.suffix.lower() in PICTURE_SUFFIXES}
    # A thumbnail beside DICOM files does not make their folder one of pictures.
    mixed = {one.parent for one in files if one not in alone and not _is_picture(one)}
    found = [Found(_name(one, path), one) for one in (*alone, *(pictured - mixed))]
    rest = [one for one in files if one.parent not in pictured - mixed and one not in alone]
    if rest:
        found += _dicom(path, [one for one in rest if not _is_picture(one)])
    return tuple(sorted(found, key=lambda one: one.name))


def _dicom(root: Path, files: list[Path]) -> Iterator[Found]:
    studies = scan(root, files=files).studies if files else ()
    names: dict[str, int] = {}
    for study in studies:
        own = sorted({image.location.path for one in study.series for image in one.instances})
        folders = {file.parent for file in own}
        shared = next(p for p in (own[0].parent, *own[0].parents) if _holds_all(p, folders))
        name = _name(shared, root)
        names[name] = names.get(name, 0) + 1
        told = name if names[name] == 1 else f"{name} ({names[name]})"
        yield Found(told, shared, tuple(own), bool(select(study).candidates))


def _holds_all(folder: Path, others: set[Path]) -> bool:
    return all(other.is_relative_to(folder) for other in others)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _name(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())

"""Which studies lie under a folder, however they are mixed."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zipfile import is_zipfile

from headct.core.errors import Refusal, ScanError, printable
from headct.core.finding import Progress
from headct.core.series import Location, Scan
from headct.dicom.files import find_files
from headct.dicom.scan import scan
from headct.image.formats.offer import NIFTI, are_pictures
from headct.image.formats.pictures import PICTURE_SUFFIXES

JOURNAL = "journal.jsonl"
"""In a folder of answers: which are there."""
_ZIP = ".zip"
_NO_WINDOW = "pictures, which do not say their scale: state it, as in --window 40 80"


@dataclass(frozen=True)
class Found:
    """A study that could be analyzed.

    Args:
        name: where it lies, as seen from the folder; it may carry a patient's name.
        path: to read: a NIfTI file, a folder of pictures, or what holds the DICOM files.
        key: hash of which files it has, how long they are, and of when: another study, or one
            that was changed, has another.
        files: its DICOM files, or members of a ZIP, with those beside them that are no study's;
            empty for other formats.
        uid: its StudyInstanceUID; never to print.
        refused: why it cannot be opened; empty where it can.
    """

    name: str
    path: Path
    key: str = ""
    files: tuple[Location, ...] = ()
    uid: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Studies:
    """What is under a folder.

    Args:
        found: the studies, in the order of their names.
        left_aside: files that are none, counted by kind.
    """

    found: tuple[Found, ...]
    left_aside: tuple[Refusal, ...] = ()


@dataclass
class _Files:
    """The files under a folder, by what is to be made of them."""

    alone: list[Path] = field(default_factory=list)
    pictured: list[Path] = field(default_factory=list)
    rest: list[Path] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)


def holds_many(path: Path, *, has_window: bool = False) -> bool:
    """Whether a folder holds, by its names, what is more than one DICOM study or scan in pictures.

    Studies that are mixed in one heap of DICOM files are not seen here, but when they are read.
    """
    if not path.is_dir() or are_pictures(path):
        return False
    files = _sorted(path, None)
    return bool(files.alone) or bool(files.pictured and (has_window or not files.rest))


def holds_list(out: Path) -> bool:
    """Whether a folder holds a work list to go on with."""
    return (out / JOURNAL).is_file()


def studies_under(
    path: Path,
    *,
    has_window: bool = False,
    leave_out: Path | None = None,
    progress: Progress | None = None,
) -> Studies:
    """The studies under a path, from headers alone.

    DICOM files are put together by the study that they say they are of, whatever folders they lie
    in, and so are those of each ZIP; a NIfTI file and a folder of pictures are a study each. A
    thumbnail beside DICOM files does not make their folder one of pictures.

    Args:
        path: a folder, or a ZIP.
        has_window: whether the window of pictures is known; else they are left aside.
        leave_out: a folder not to look into, where answers are written.
        progress: told how many DICOM files have been read.

    Raises:
        ScanError: nothing is there, or nothing but pictures without a window.
    """
    if not path.is_dir():
        return Studies(tuple(_of_archive(path, path.parent)))
    files = _sorted(path, None if leave_out is None else leave_out.absolute())
    found = [_closed(folder, path) for folder in files.closed]
    for file in files.alone:
        if file.name.lower().endswith(_ZIP):
            found += _of_archive(file, path)
        else:
            found.append(_alone(file, (file,), path))
    left_aside: tuple[Refusal, ...] = ()
    if files.rest:
        loose = scan(path, files=files.rest, progress=progress)
        found += _of_dicom(loose, [Location(file) for file in files.rest], path, path)
        left_aside = loose.refused
    if files.pictured and has_window:
        found += [_alone(one, sorted(one.iterdir()), path) for one in files.pictured]
    elif files.pictured and not found:
        raise ScanError(f"{path.name!r} holds {_NO_WINDOW}")
    elif files.pictured:
        count = len(files.pictured)
        left_aside += (Refusal(f"{count} folders" if count > 1 else "1 folder", _NO_WINDOW, count),)
    if not found:
        raise ScanError(f"no study is under {path.name!r}: check the folder")
    return Studies(tuple(sorted(found, key=lambda one: (one.name, one.uid))), left_aside)


def _sorted(root: Path, leave_out: Path | None) -> _Files:
    files = _Files()

    def closed(error: OSError) -> None:
        files.closed.append(Path(error.filename))

    for place, folders, names in os.walk(root, onerror=closed):
        folder = Path(place)
        folders[:] = sorted(one for one in folders if (folder / one).absolute() != leave_out)
        try:
            is_pictured = any(map(_is_picture, names)) and are_pictures(folder)
        except OSError:
            files.closed.append(folder)
            continue
        if is_pictured:
            files.pictured.append(folder)
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith((*NIFTI, _ZIP)):
                files.alone.append(folder / name)
            elif not (is_pictured and _is_picture(name)):
                files.rest.append(folder / name)
    return files


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(PICTURE_SUFFIXES)


def _closed(folder: Path, root: Path) -> Found:
    reason = "the folder cannot be opened: check its permissions"
    return Found(_name(folder, root), folder, _key(_name(folder, root), (), root), refused=reason)


def _alone(path: Path, files: Iterable[Path], root: Path) -> Found:
    name = _name(path, root)
    return Found(name, path, _key(name, [Location(file) for file in files], root))


def _of_archive(path: Path, root: Path) -> Iterator[Found]:
    name = _name(path, root)
    key = _key(name, (Location(path),), root)
    try:
        if not is_zipfile(path):
            raise ScanError("the ZIP archive is damaged: make or fetch it again")
        held = scan(path)
    except ScanError as error:
        yield Found(name, path, key, refused=str(error))
        return
    if not held.studies:
        told = "; ".join(map(str, held.refused[:3]))
        yield Found(name, path, key, refused=f"the ZIP holds no DICOM image: {told or 'no file'}")
        return
    yield from _of_dicom(held, find_files(path), path, root)


def _of_dicom(held: Scan, every: Iterable[Location], path: Path, root: Path) -> Iterator[Found]:
    """Each study with its files, and with those beside them that belong to none.

    So its answer names what is damaged there, as if its folder had been given alone.
    """
    images = list(_images(held))
    owned = {location for _, own in images for location in own}
    strays: dict[PurePosixPath | Path, list[Location]] = defaultdict(list)
    for location in every:
        if location not in owned:
            strays[_folder(location)].append(location)
    names: Counter[str] = Counter()
    for uid, own in images:
        folders = {_folder(location) for location in own}
        files = {*own, *(stray for folder in folders for stray in strays[folder])}
        whole = sorted(files, key=lambda one: (str(one.path), one.member or ""))
        name = _name(_shared(own), root)
        names[name] += 1
        told = name if names[name] == 1 else f"{name} ({names[name]})"
        yield Found(told, path, _key(uid or name, whole, root), tuple(whole), uid)


def _images(held: Scan) -> Iterator[tuple[str, list[Location]]]:
    """Studies with their files; of files that name no study, each folder's where no other is."""
    taken: set[PurePosixPath | Path] = set()
    nameless: dict[PurePosixPath | Path, list[Location]] = defaultdict(list)
    for study in held.studies:
        own = [image.location for series in study.series for image in series.instances]
        if study.uid:
            taken.update(map(_folder, own))
            yield study.uid, own
        for location in () if study.uid else own:
            nameless[_folder(location)].append(location)
    for folder, own in nameless.items():
        if folder not in taken:
            yield "", own


def _folder(location: Location) -> PurePosixPath | Path:
    if location.member is None:
        return location.path.parent
    return PurePosixPath(location.member).parent


def _shared(locations: list[Location]) -> Path:
    """The folder, or the archive, that holds all files of a study."""
    if locations[0].member is not None:
        return locations[0].path
    return Path(os.path.commonpath({location.path.parent for location in locations}))


def _key(first: str, files: Iterable[Location], root: Path) -> str:
    digest = hashlib.sha256(first.encode(errors="surrogateescape"))
    for one in files:
        try:
            stat = one.path.stat()
        except OSError:
            continue  # reading it will say what is wrong
        where = one.path.relative_to(root).as_posix()
        told = f"\n{where}\t{one.member or ''}\t{stat.st_size}\t{stat.st_mtime_ns}"
        digest.update(told.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _name(path: Path, root: Path) -> str:
    where = path.relative_to(root).as_posix()
    return printable(root.absolute().name if where == "." else where)

"""Where the files of a scan are, and their bytes: a folder tree, a ZIP archive, a single file."""

import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from headct.core.errors import ScanError
from headct.core.series import Location

# The largest object met in practice is an enhanced CT of some 2000 frames of 512 KB: 1 GB.
_MAX_MEMBER_BYTES = 1_000_000_000
# CT compresses 2 to 4 times. A single blank slice (2 MB at 1024 x 1024) may exceed the ratio and
# does no harm; something large that unfolds so far is a bomb.
_MAX_RATIO = 200
_HARMLESS_BYTES = 4_000_000

# RuntimeError is how zipfile says that a password is needed.
_UNREADABLE = (
    OSError,
    EOFError,
    BadZipFile,
    KeyError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
)


def find_files(path: Path) -> list[Location]:
    """Every file under a path, sorted by name; an archive's members where it is a ZIP.

    Raises:
        ScanError: nothing is there, the folder is empty, it holds a folder that cannot be opened,
            or the archive cannot be opened.
    """
    if path.is_dir():
        found = [Location(file) for file in _walk(path)]
        if not found:
            raise ScanError("the folder holds no files: give the one that holds the scan")
        return found
    if not path.is_file():
        raise ScanError("expected a folder, a ZIP archive or a file, found nothing at that path")
    if not is_zipfile(path):
        return [Location(path)]
    try:
        with ZipFile(path) as archive:
            names = sorted(info.filename for info in archive.infolist() if not info.is_dir())
    except BadZipFile as error:
        raise ScanError("the ZIP archive is damaged: make or fetch it again") from error
    return [Location(path, name) for name in names]


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders.sort()
        for name in sorted(names):
            yield Path(place) / name


def _refuse_folder(error: OSError) -> None:
    # Passed over, half of a scan could be missing and nothing would say so.
    raise ScanError(
        f"a folder cannot be opened ({type(error).__name__}): check its permissions, or give the "
        "folder that holds the scan"
    ) from error


class Reader:
    """Gives the bytes of files; keeps each archive open until it is closed.

    Members of archives are read in memory and never written to disk.
    """

    def __init__(self) -> None:
        self._archives: dict[Path, ZipFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def read(self, location: Location, limit: int = -1, *, start: int = 0) -> bytes:
        """``limit`` bytes of a file from ``start`` on, or all that follow.

        Raises:
            ScanError: it cannot be read, or a member's stated size is absurd.
        """
        try:
            if location.member is None:
                if not location.path.is_file():
                    # Opening a pipe would wait for ever.
                    raise ScanError("neither a file nor a link to one: left aside")
                with location.path.open("rb") as file:
                    file.seek(start)
                    return file.read(limit)
            archive = self._archive(location.path)
            info = archive.getinfo(location.member)
            _check_size(info)
            with archive.open(info) as member:
                member.seek(start)
                return member.read(limit)
        except _UNREADABLE as error:
            raise ScanError(
                f"it cannot be read ({type(error).__name__}): check its permissions, and that "
                "no password is set"
            ) from error

    def _archive(self, path: Path) -> ZipFile:
        if path not in self._archives:
            self._archives[path] = self._stack.enter_context(ZipFile(path))
        return self._archives[path]


def _check_size(info: ZipInfo) -> None:
    ratio = info.file_size / max(info.compress_size, 1)
    is_bomb = ratio > _MAX_RATIO and info.file_size > _HARMLESS_BYTES
    if is_bomb or info.file_size > _MAX_MEMBER_BYTES:
        raise ScanError(
            f"a member of {info.file_size / 1e6:.0f} MB, {ratio:.0f} times its packed size; up to "
            f"{_MAX_MEMBER_BYTES / 1e6:.0f} MB and {_MAX_RATIO} times are read: unpack it yourself "
            "if you trust it"
        )

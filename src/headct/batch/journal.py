"""What has been done, line by line, so that work that was cut off goes on where it was."""

import json
import os
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headct.core.errors import OutputError

if sys.platform != "win32":
    import fcntl

# Of the file's bytes none is to be changed, as Windows else would.
_BINARY = getattr(os, "O_BINARY", 0)
Entry = Mapping[str, Any]
_CHECK = b',"crc32":'


class Journal:
    """A file of JSON lines that only grows; each line is on the disk once ``append`` returns.

    Each line carries a checksum of itself. A last line that was cut off in writing is dropped when
    the file is opened again; any other damage is an error.
    """

    def __init__(self, path: Path) -> None:
        """Open a journal, or begin one.

        Raises:
            OutputError: a line is damaged, or another process has the journal open.
            OSError: the file cannot be read or written.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY
        self._handle = os.open(path, flags, 0o666)
        try:
            _lock(self._handle, path.parent.name)
            self._entries, whole = _read(path)
            os.ftruncate(self._handle, whole)
        except BaseException:
            os.close(self._handle)
            raise

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the file held when it was opened, in order."""
        return self._entries

    def append(self, entry: Entry) -> None:
        """Add an entry; OSError where it cannot be written, and then nothing is added."""
        line = _line(entry)
        end = os.lseek(self._handle, 0, os.SEEK_END)
        try:
            if os.write(self._handle, line) != len(line):
                # Part of it found room: writing the rest says why there is no more.
                os.write(self._handle, line)
                raise OSError("the journal's line was written in part")
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, end)
            raise

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The entries of a journal, without opening it for more; a cut-off last line is left out.

    Raises:
        OutputError: a line is damaged.
        OSError: the file cannot be read.
    """
    return _read(path)[0]


def _lock(handle: int, folder: str) -> None:
    """Keep others out for as long as the file is open, or this process lives."""
    if sys.platform == "win32":
        return  # the standard library has no lock there that goes with its process
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"another run is at work in {folder}: wait for it, or give another folder"
        ) from error


def _line(entry: Entry) -> bytes:
    text = json.dumps(entry, separators=(",", ":"), allow_nan=False).encode()
    body = text.removesuffix(b"}")
    return body + _CHECK + b"%d}\n" % zlib.crc32(body)


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Entries, and how many bytes they take."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    lines = content[:whole].split(b"\n")[:-1]
    return [_parse(line, number, path.name) for number, line in enumerate(lines, start=1)], whole


def _parse(line: bytes, number: int, name: str) -> dict[str, Any]:
    body, _, check = line.rpartition(_CHECK)
    if check == b"%d}" % zlib.crc32(body):
        entry: dict[str, Any] = json.loads(body + b"}")
        return entry
    raise OutputError(
        f"{name}, line {number}: damaged, its checksum does not fit: restore the file from a copy, "
        "or begin anew in another folder"
    )

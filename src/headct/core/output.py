"""A folder of results: all of it, or nothing."""

import atexit
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from headct.core.errors import OutputError


@contextmanager
def all_or_nothing(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``out`` at the end, or vanishes.

    Raises:
        OutputError: ``out`` holds something, or cannot be written.
    """
    out = out.absolute()
    check_free(out)
    folder = out.parent / f".{out.name}.{secrets.token_hex(4)}.partial"
    clean = partial(shutil.rmtree, folder, ignore_errors=True)
    # Ctrl-C may fall between this function and the block it serves, where no ``finally`` runs.
    atexit.register(clean)
    try:
        folder.mkdir(parents=True)
        yield folder
        for path in (*folder.rglob("*"), folder):
            _flush(path)
        if out.exists():
            out.rmdir()  # empty, as was checked: renaming onto a folder fails on some systems
        folder.rename(out)
        _flush(out.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write the answer into {out.name}: {error.strerror or error}; check that the "
            "disk has room and the folder above may be written, or give another --out"
        ) from error
    finally:
        clean()
        atexit.unregister(clean)


def check_free(out: Path) -> None:
    """Refuse a folder that holds something, before any work is done.

    Raises:
        OutputError: it is not a folder, or not empty.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() or out.is_symlink():
        what = "holds files already" if out.is_dir() else "is not a folder"
        raise OutputError(
            f"{out.name} {what}, and nothing is overwritten: give a new folder as --out, or "
            "remove this one first"
        )


def _flush(path: Path) -> None:
    """Ask the system to put a file or folder on the disk now."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and journals their names itself
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

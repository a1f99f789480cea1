"""An answer as a folder of files: all of them, or none."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headct.core.errors import OutputError
from headct.report.answer import Answer
from headct.report.findings import FINDINGS_NAME, as_findings
from headct.report.masks import EXACT_NAME, write_even, write_exact
from headct.report.page import PAGE_NAME, page
from headct.report.pictures import KeySlice, key_indices, key_slice
from headct.report.table import SLICES_NAME, write_slices

KEY_SLICES_NAME = "key_slices"


def save(answer: Answer, out: Path) -> None:
    """Write an answer into a new folder, all at once.

    The folder then holds findings.json, slices.csv, report.html and key_slices/, and where there
    is a mask, mask_exact.npz and mask.nii.gz, or mask_resampled.nii.gz for an uneven series. A
    scan without known spacing gets no NIfTI, which cannot leave it out. Until all of that is
    written, nothing is at ``out``; where something fails, nothing stays behind.

    Args:
        answer: what to write.
        out: a folder that does not exist yet, or is empty.

    Raises:
        OutputError: the folder holds something, or cannot be written.
    """
    with _all_or_nothing(out) as folder:
        _write(answer, folder)


def _write(answer: Answer, folder: Path) -> None:
    mask = answer.prediction.mask
    with ThreadPoolExecutor() as threads:
        # Compressing and encoding let go of the interpreter: they run beside the page.
        masks: list[Future[Any]] = []
        if mask is not None:
            masks.append(threads.submit(write_exact, mask, folder / EXACT_NAME))
            if mask.grid.is_measured:
                masks.append(threads.submit(write_even, mask, folder))
        keys = list(threads.map(lambda index: key_slice(answer, index), key_indices(answer)))
        findings = json.dumps(as_findings(answer), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / FINDINGS_NAME).write_text(findings + "\n", encoding="utf-8")
        write_slices(answer, folder / SLICES_NAME)
        _write_pictures(keys, folder / KEY_SLICES_NAME)
        (folder / PAGE_NAME).write_text(page(answer, keys), encoding="utf-8")
        for written in masks:
            written.result()


def _write_pictures(keys: list[KeySlice], folder: Path) -> None:
    folder.mkdir()
    for key in keys:
        (folder / f"slice_{key.index + 1:03d}.png").write_bytes(key.png)


@contextmanager
def _all_or_nothing(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``out`` at the end, or vanishes."""
    out = out.absolute()
    check_free(out)
    folder = out.parent / f".{out.name}.{secrets.token_hex(4)}.partial"
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
        shutil.rmtree(folder, ignore_errors=True)


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

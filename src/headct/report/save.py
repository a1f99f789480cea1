"""An answer as a folder of files: all of them, or none."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from headct.core.output import all_or_nothing, check_free
from headct.report.answer import Answer
from headct.report.findings import FINDINGS_NAME, as_findings
from headct.report.looked import looked_indices, looked_slice
from headct.report.masks import EXACT_NAME, write_even, write_exact
from headct.report.page import PAGE_NAME, page
from headct.report.pictures import KeySlice, key_indices, key_slice
from headct.report.table import SLICES_NAME, write_slices

KEY_SLICES_NAME, LOOKED_NAME = "key_slices", "looked_at"


def save(answer: Answer, out: Path) -> None:
    """Write an answer into a new folder, all at once.

    The folder then holds findings.json, slices.csv, report.html and key_slices/; looked_at/ where
    a network told where it looked; and where there is a mask, mask_exact.npz and mask.nii.gz, or
    mask_resampled.nii.gz for an uneven series. A scan without known spacing gets no NIfTI, which
    cannot leave it out. Until all of that is written, nothing is at ``out``; where something fails,
    nothing stays behind.

    Args:
        answer: what to write.
        out: a folder that does not exist yet, or is empty.

    Raises:
        OutputError: the folder holds something, or cannot be written.
    """
    check_free(out)
    with ThreadPoolExecutor() as threads:
        keys = list(threads.map(partial(key_slice, answer), key_indices(answer)))
        looks = list(threads.map(partial(looked_slice, answer), looked_indices(answer)))
    with all_or_nothing(out) as folder:
        _write(answer, keys, looks, folder)


def _write(answer: Answer, keys: list[KeySlice], looks: list[KeySlice], folder: Path) -> None:
    # By this thread alone: after Ctrl-C another could still write while the folder is removed.
    mask = answer.prediction.mask
    if mask is not None:
        write_exact(mask, folder / EXACT_NAME)
        if mask.grid.is_measured:
            write_even(mask, folder)
    findings = json.dumps(as_findings(answer), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FINDINGS_NAME).write_text(findings + "\n", encoding="utf-8")
    write_slices(answer, folder / SLICES_NAME)
    _write_pictures(keys, folder / KEY_SLICES_NAME)
    if looks:
        _write_pictures(looks, folder / LOOKED_NAME)
    (folder / PAGE_NAME).write_text(page(answer, keys, looks), encoding="utf-8")


def _write_pictures(keys: list[KeySlice], folder: Path) -> None:
    folder.mkdir()
    for key in keys:
        (folder / picture_name(key.index)).write_bytes(key.png)


def picture_name(index: int) -> str:
    """What the picture of a slice (from 0) is called in ``KEY_SLICES_NAME``."""
    return f"slice_{index + 1:03d}.png"

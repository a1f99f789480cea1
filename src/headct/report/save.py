"""An answer as a folder of files: all of them, or none."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from headct.core.output import all_or_nothing
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
    with all_or_nothing(out) as folder:
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

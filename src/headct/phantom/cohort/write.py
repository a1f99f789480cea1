"""A whole cohort: planned, made patient by patient, filed so that a second run goes on."""

import json
from dataclasses import asdict
from pathlib import Path

from headct.batch import map_items
from headct.core.errors import OutputError
from headct.core.finding import Progress
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.core.record import Record
from headct.phantom.cohort.hemorrhage import plan_hemorrhage
from headct.phantom.cohort.known import (
    TRUTH_FOLDER,
    Known,
    known_path,
    read_known,
    save_known,
    write_truth,
)
from headct.phantom.cohort.layouts import LAYOUT_OF
from headct.phantom.cohort.leukoencephalopathy import plan_leukoencephalopathy
from headct.phantom.cohort.make import Made, make_patient
from headct.phantom.cohort.plan import CQ500, Patient, Wish
from headct.phantom.cohort.with_masks import (
    MASKS_FOLDER,
    mask_stem,
    write_mask_table,
    write_nifti_mask,
)
from headct.phantom.series import write_mask

PLAN_FILE = "plan.json"
# Transfer syntaxes. Of those without loss JPEG-LS makes the smallest files and is among the
# fastest: a 16.8 MB study becomes 2.6 MB in 0.6 s (RLE 6.7 MB in 0.4 s, JPEG 2000 2.6 MB in 2 s).
_NATIVE, _JPEG_LS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
# CQ500's thin series are of 0.625 mm; at twice that a study takes half the time and space.
_THIN_MM = 1.25


def plan(wish: Wish) -> tuple[Patient, ...]:
    """Every patient of a cohort as data; the same wish gives the same patients."""
    if wish.task == LEUKOENCEPHALOPATHY:
        return plan_leukoencephalopathy(wish)
    return plan_hemorrhage(wish)


def write_cohort(
    wish: Wish, out: Path, *, workers: int = 1, progress: Progress | None = None
) -> tuple[Known, ...]:
    """Make a cohort in a folder, or what is missing of it there; the same wish, the same bytes.

    Args:
        wish: what cohort.
        out: a new or empty folder, or one in which the same wish was begun.
        workers: processes; each takes about 0.5 GB.
        progress: told after each patient.

    Returns:
        What is known of each patient, in the order of the plan.

    Raises:
        ValueError: fewer than one worker.
        OutputError: the folder holds something else, or cannot be written.
    """
    if workers < 1:
        raise ValueError(f"expected at least one worker, got {workers}")
    patients = plan(wish)
    layout = LAYOUT_OF[wish.layout]
    try:
        _begin(wish, out)
        missing = [p for p in patients if not known_path(out, layout.name_of(p)).exists()]
        there = len(patients) - len(missing)
        map_items(
            _make_one,
            [(patient, wish, out) for patient in missing],
            workers=workers,
            progress=progress and (lambda done, total: progress(there + done, there + total)),
        )
        all_known = tuple(read_known(out, layout.name_of(patient)) for patient in patients)
        write_truth(out, all_known)
        layout.finish(out, wish, all_known)
        if wish.masks:
            write_mask_table(out, wish, all_known)
    except OSError as error:
        raise OutputError(
            f"the cohort cannot be written ({error.strerror or error}): make room, and run the "
            "same command again: it goes on with the patients that are missing"
        ) from error
    return all_known


def _begin(wish: Wish, out: Path) -> None:
    """Say in the folder what it is; refuse one that is something else."""
    record = Record(command="phantom", arguments=asdict(wish), seed=wish.seed).as_dict()
    text = json.dumps({"note": "simulated: no patients", **record}, indent=1) + "\n"
    path = out / PLAN_FILE
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise OutputError(
                f"{out.name} holds a cohort of another plan, or of other versions (see "
                f"{PLAN_FILE}): give a new folder, or ask for the same again to go on"
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out.name} is not an empty folder: give a new one for the cohort")
    (out / TRUTH_FOLDER).mkdir(parents=True, exist_ok=True)
    if wish.masks:
        (out / MASKS_FOLDER).mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _make_one(item: tuple[Patient, Wish, Path]) -> None:
    """Make and file one patient; his truth comes last, as the sign that all is there."""
    patient, wish, out = item
    layout = LAYOUT_OF[wish.layout]
    made = make_patient(patient, wish.matrix, thin_mm=_THIN_MM if wish.layout == CQ500 else None)
    known = layout.save(made, out, wish, _JPEG_LS if wish.compress else _NATIVE)
    _write_masks(made, known.patient, out, wish)
    save_known(known, out)


def _write_masks(made: Made, name: str, out: Path, wish: Wish) -> None:
    """Masks of the axial heads: exact ones always, NIfTI where asked and where it can hold them."""
    for taken in made.series:
        if taken.mask is None:
            continue
        stem = mask_stem(name, taken.header.series_number)
        write_mask(taken.mask, out / TRUTH_FOLDER / f"{stem}.npz")
        if wish.masks and taken.mask.grid.is_uniform:
            write_nifti_mask(taken.mask, out, stem, wish)

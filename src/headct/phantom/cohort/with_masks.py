"""NIfTI masks of a cohort, and the table that says whose they are: ``headct prepare OUT/masks``.

No real layout of these tasks has a place for masks. The table names each axial head, its mask
where NIfTI can hold one, and what is really there, which a report may leave out or say wrongly.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY
from headct.core.volume import Mask
from headct.image.formats.nifti import write_nifti
from headct.phantom.cohort.known import Known, write_table
from headct.phantom.cohort.layouts import LAYOUT_OF
from headct.phantom.cohort.plan import Wish

MASKS_FOLDER, TABLE, DECLARATION = "masks", "cohort.csv", "cohort.toml"
_SUFFIX = ".nii.gz"


def masked_labels(wish: Wish) -> tuple[str, ...]:
    """What the values of the masks stand for, from 1 up, the same in each of them."""
    return (LEUKOENCEPHALOPATHY,) if wish.task == LEUKOENCEPHALOPATHY else HEMORRHAGE_SUBTYPES


def write_nifti_mask(mask: Mask, out: Path, stem: str, wish: Wish) -> None:
    """Write a mask, its values as ``masked_labels`` counts them; OSError where there is no room.

    Args:
        mask: on a grid of one slice distance, its values counted among what the scan shows.
        out: the cohort's folder.
        stem: of the file's name.
        wish: what cohort it is.
    """
    names = masked_labels(wish)
    codes = np.array([0, *(1 + names.index(name) for name in mask.names)], np.uint8)
    drawn = Mask(codes[mask.labels], mask.grid, names)
    write_nifti(drawn, out / MASKS_FOLDER / f"{stem}{_SUFFIX}")


def mask_stem(patient: str, series_number: int) -> str:
    """What a series' masks are called."""
    return patient if series_number == 1 else f"{patient}-{series_number}"


def write_mask_table(out: Path, wish: Wish, all_known: Sequence[Known]) -> None:
    """Write the table of all axial heads; OSError where there is no room."""
    labels = masked_labels(wish)
    if labels == HEMORRHAGE_SUBTYPES:
        labels = (ANY_HEMORRHAGE, *labels)
    rows = [row for known in all_known for row in _rows(out, wish, known, labels)]
    write_table(out / MASKS_FOLDER / TABLE, ("path", "patient", "study", "mask", *labels), rows)
    told = ", ".join(f'"{name}"' for name in masked_labels(wish))
    text = f"# What the values 1, 2, ... of every mask stand for.\nmask_names = [{told}]\n"
    (out / MASKS_FOLDER / DECLARATION).write_text(text, encoding="utf-8")


def _rows(
    out: Path, wish: Wish, known: Known, labels: Sequence[str]
) -> Iterator[Sequence[str | int]]:
    """Lines of one patient's scans."""
    there = {name for name in masked_labels(wish) if float(known.facts.get(f"{name}_ml", 0)) > 0}
    for images in LAYOUT_OF[wish.layout].images(out, known):
        stem = mask_stem(known.patient, images.series_number)
        mask = f"{stem}{_SUFFIX}"
        is_there = (out / MASKS_FOLDER / mask).is_file()
        shown = there if images.shown is None else images.shown
        # Of the label that stands for any of the others, where there is one.
        said = [int(name in shown or (name == ANY_HEMORRHAGE and bool(shown))) for name in labels]
        yield f"../{images.path}", known.patient, stem, mask if is_there else "", *said

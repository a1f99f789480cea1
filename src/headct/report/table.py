"""The scan slice by slice, for a spreadsheet."""

import csv
from pathlib import Path

from headct.report.answer import Answer

SLICES_NAME = "slices.csv"


def write_slices(answer: Answer, path: Path) -> None:
    """Write a row for each slice, lowest first.

    Columns: ``index`` from 0 as in findings.json; ``slice`` from 1 as in pictures; the file, frame
    and SOP instance UID that it came from (empty where the source is not known or not DICOM);
    position along the normal and height of its cell in mm (empty where spacing is not known); then
    for each label of the mask its mL in that slice, ``<label>_ml``, or its pixels,
    ``<label>_pixels``, where no mL can be given.
    """
    grid, unit = answer.volume.grid, "pixels" if answer.voxel_ml is None else "ml"
    labels = answer.amounts
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["index", "slice", "file", "frame", "sop_instance_uid", "position_mm", "height_mm"]
            + [f"{name}_{unit}" for name in labels]
        )
        for index in range(grid.shape[0]):
            amounts = (labels[name][index] for name in labels)
            rows.writerow(
                [index, index + 1, *_source(answer, index), *_place(answer, index)]
                + [f"{amount:.4f}" if unit == "ml" else int(amount) for amount in amounts]
            )


def _source(answer: Answer, index: int) -> tuple[str, str, str]:
    if not answer.volume.sources:
        return "", "", ""
    source = answer.volume.sources[index]
    return source.file, str(source.frame), source.sop_instance_uid


def _place(answer: Answer, index: int) -> tuple[str, str]:
    grid = answer.volume.grid
    if not grid.is_measured:
        return "", ""
    height = "" if answer.voxel_ml is None else f"{grid.heights_mm[index]:.3f}"
    return f"{grid.positions_mm[index]:.3f}", height

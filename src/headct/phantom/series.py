"""A phantom as files: a DICOM series, and the truth beside it."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from headct.core.errors import OutputError
from headct.core.finding import Progress
from headct.core.record import Record
from headct.core.volume import Mask
from headct.dicom.write import Header, write
from headct.phantom.scanner.scan import Phantom

DICOM_FOLDER, TRUTH_FILE, MASK_FILE = "dicom", "truth.json", "truth.npz"


def save_phantom(phantom: Phantom, out: Path | str, *, progress: Progress | None = None) -> Path:
    """Write a phantom into a new folder; returns the folder of the series.

    ``dicom/`` holds the slices and nothing else. ``truth.json`` says what was asked for and how
    many mL of it a binary mask can hold, ``truth.npz`` holds that mask with its grid.

    Raises:
        OutputError: the folder is there and not empty, or cannot be written.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError("the folder for the phantom is not empty: give a new one")
    header = Header(
        patient_name=f"Phantom^Head {phantom.head_seed}",
        patient_id=f"PHANTOM-{phantom.head_seed}",
        series_description="Digital head, simulated",
        kernel=phantom.protocol.kernel.upper(),
    )
    seed = f"phantom {phantom.head_seed} {phantom.seed} {phantom.protocol!r} {phantom.truth_ml!r}"
    write(
        phantom.volume,
        out / DICOM_FOLDER,
        header,
        seed=seed,
        thickness_mm=phantom.thickness_mm.tolist(),
        progress=progress,
    )
    try:
        text = json.dumps(describe(phantom), indent=2, sort_keys=True)
        (out / TRUTH_FILE).write_text(text + "\n", encoding="utf-8")
        write_mask(phantom.truth, out / MASK_FILE)
    except OSError as error:
        raise OutputError(f"the truth cannot be written: {error.strerror}") from error
    return out / DICOM_FOLDER


def write_mask(mask: Mask, path: Path) -> None:
    """Write a mask with its grid, an origin for each slice, as a compressed ``.npz``."""
    grid = mask.grid
    np.savez_compressed(
        path,
        labels=mask.labels,
        names=np.array(mask.names, dtype=np.str_),
        origins_mm=grid.origins_mm,
        column_axis=grid.column_axis,
        row_axis=grid.row_axis,
        spacing_mm=np.array(grid.spacing_mm),
    )


def describe(phantom: Phantom) -> dict[str, object]:
    """The truth as plain values, ready for JSON."""
    protocol = asdict(phantom.protocol)
    record = Record(
        command="phantom",
        arguments={
            "head_seed": phantom.head_seed,
            "scan_seed": phantom.seed,
            **{name: value for name, value in protocol.items() if name != "blocks"},
        },
        seed=phantom.head_seed,
    )
    return {
        "volume_ml": dict(phantom.truth_ml),
        # What a mask of whole voxels holds of it: the floor of any error measured with one.
        "mask_ml": {name: phantom.truth.volume_ml(name) for name in phantom.truth.names},
        "site": dict(phantom.sites),
        "slices": {name: phantom.slices_of(name) for name in phantom.truth.names},
        "blocks": protocol["blocks"],
        "record": record.as_dict(),
        "note": "simulated: no patient",
    }

"""A phantom as files: a DICOM series, and the truth beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from headct.core.output import all_or_nothing
from headct.core.record import Argument, Record
from headct.core.volume import Mask
from headct.dicom.write import Header, write
from headct.phantom.examination import Examination
from headct.phantom.scanner.scan import Phantom, inside_circle
from headct.phantom.scanner.vendors import VENDORS

DICOM_FOLDER, TRUTH_FILE, MASK_FILE = "dicom", "truth.json", "truth.npz"


def save_examination(made: Examination, out: Path | str) -> Path:
    """Write a head CT as ``save_phantom`` does, with its maker's header and all that is known.

    Raises:
        OutputError: the folder is there and not empty, or cannot be written.
    """
    scan = made.scan
    header = replace(_header(scan), patient_age_years=made.person.age_years)
    if made.maker:
        header = VENDORS[made.maker].dress(header, scan.protocol.kernel)
    wanted = made.diseased.wanted
    seed = f"phantom {made.person!r} {wanted!r} {scan.protocol!r} {made.maker}"
    return _save(scan, Path(out), header, seed, describe_examination(made))


def save_phantom(phantom: Phantom, out: Path | str) -> Path:
    """Write a phantom into a new folder; returns the folder of the series.

    ``dicom/`` holds the slices and nothing else. ``truth.json`` says what was asked for and how
    many mL of it a binary mask can hold, ``truth.npz`` holds that mask with its grid.

    Raises:
        OutputError: the folder is there and not empty, or cannot be written.
    """
    seed = f"phantom {phantom.head_seed} {phantom.seed} {phantom.protocol!r} {phantom.truth_ml!r}"
    return _save(phantom, Path(out), _header(phantom), seed, describe(phantom))


def _header(phantom: Phantom) -> Header:
    return Header(
        patient_name=f"Phantom^Head {phantom.head_seed}",
        patient_id=f"PHANTOM-{phantom.head_seed}",
        series_description="Digital head, simulated",
        kernel=phantom.protocol.kernel.upper(),
    )


def _save(
    phantom: Phantom, out: Path, header: Header, seed: str, truth: Mapping[str, object]
) -> Path:
    with all_or_nothing(out) as folder:
        write(
            phantom.volume,
            folder / DICOM_FOLDER,
            header,
            seed=seed,
            thickness_mm=phantom.thickness_mm.tolist(),
            outside=~inside_circle(phantom.protocol.matrix),
        )
        text = json.dumps(truth, indent=2, sort_keys=True)
        (folder / TRUTH_FILE).write_text(text + "\n", encoding="utf-8")
        write_mask(phantom.truth, folder / MASK_FILE)
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


def describe(phantom: Phantom, more: Mapping[str, Argument] | None = None) -> dict[str, object]:
    """The truth of a scan as plain values, ready for JSON; ``more`` is recorded of the run."""
    protocol = asdict(phantom.protocol)
    record = Record(
        command="phantom",
        arguments={
            "head_seed": phantom.head_seed,
            "scan_seed": phantom.seed,
            **{name: value for name, value in protocol.items() if name != "blocks"},
            **(more or {}),
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


def describe_examination(made: Examination) -> dict[str, object]:
    """The truth of a head CT as plain values: that of its scan, and what else is amiss."""
    person, diseased = made.person, made.diseased
    wanted = diseased.wanted
    asked = {"person": repr(person), "disease": repr(wanted), "maker": made.maker}
    return {
        **describe(made.scan, asked),
        "bleeds": [asdict(one) for one in diseased.bleeds],
        "midline_shift_mm": round(diseased.shift_mm, 2),
        "grade": wanted.grade,
        "lacunes": wanted.lacunes,
        "lookalike": diseased.lookalike,
        "is_fractured": diseased.is_fractured,
        # Painted, and part of no volume.
        "not_counted": {one.label: one.site for one in diseased.lesions if not one.counts},
        "age_years": person.age_years,
        "atrophy": round(diseased.head.traits.atrophy, 3),
    }

"""How cohorts are filed: as the hospital, RSNA 2019 and CQ500 have them."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.dicom.write import write
from headct.phantom.cohort.draws import ATROPHY_FROM
from headct.phantom.cohort.known import Known, facts_of, write_table
from headct.phantom.cohort.make import Made, Taken
from headct.phantom.cohort.plan import CQ500, HOSPITAL, MISSING, RSNA, Patient, Wish
from headct.phantom.cohort.readers import FINDINGS, KAPPA, READERS, draw_votes
from headct.phantom.cohort.reports import write_report

RSNA_TABLE, RSNA_FOLDER = "stage_2_train.csv", "stage_2_train"
CQ500_TABLE = "reads.csv"
# The last of the six rows that RSNA's table has for each slice; the five subtypes come first.
_ANY = "any"
# Of CQ500's 491 scans 214 are in its first batch.
_FIRST_BATCH = 214 / 491
_CQ500_STUDY, _THIN = "Unknown Study", "CT PLAIN THIN"
_CQ500_NAMES = {
    "IPH": INTRAPARENCHYMAL,
    "IVH": INTRAVENTRICULAR,
    "SDH": SUBDURAL,
    "EDH": EPIDURAL,
    "SAH": SUBARACHNOID,
}
# A side is said to bleed from a twentieth of the blood on; old blood is so after three weeks;
# a shift is called one from 5 mm, by the usual rule (CQ500's own).
_SIDE_SHARE, _CHRONIC_DAYS, _SHIFT_MM, _EFFECT_MM = 0.05, 21.0, 5.0, 2.0


@dataclass(frozen=True)
class Layout:
    """How one kind of cohort is filed.

    Args:
        name_of: the ID under which a patient is filed.
        save: files one patient's images and says what is known of them; what an earlier,
            interrupted try left is replaced.
        finish: writes the tables of the whole cohort, once all patients are there.
        images: where a patient's axial heads lie in the cohort's folder.
    """

    name_of: Callable[[Patient], str]
    save: Callable[[Made, Path, Wish, str], Known]
    finish: Callable[[Path, Wish, Sequence[Known]], None]
    images: Callable[[Path, Known], Iterator["Images"]]


@dataclass(frozen=True)
class Images:
    """A series, or one slice of it.

    Args:
        path: from the cohort's folder: a folder, or a file where a layout knows slices.
        series_number: which axial head of the patient.
        shown: the labels that it shows, where it is a slice; None for those of the patient.
    """

    path: str
    series_number: int = 1
    shown: frozenset[str] | None = None


def _write_series(taken: Taken, folder: Path, made: Made, wish: Wish, syntax: str) -> list[Path]:
    # Another wish's patient of the same number is another patient: the UIDs must differ.
    seed = f"{wish.identity} {made.plan.number}"
    header = replace(taken.header, syntax=syntax)
    files = write(
        taken.volume,
        folder,
        header,
        seed=seed,
        thickness_mm=taken.thickness_mm,
        outside=taken.outside,
    )
    return list(files)


def _empty(folder: Path) -> Path:
    """A folder to fill before it is moved to its place."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _move_into_place(folder: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    folder.rename(place)


def _save_hospital(made: Made, out: Path, wish: Wish, syntax: str) -> Known:
    """A folder named by the patient's number: all series' files side by side, and ID.json."""
    number = made.plan.number
    folder = _empty(out / f".{number}")
    count = 0
    for taken in made.series:
        part = folder / "series"
        for file in _write_series(taken, part, made, wish, syntax):
            count += 1
            file.rename(folder / f"{count:04d}.dcm")
        part.rmdir()
    if made.plan.flaw != MISSING:
        report = write_report(made.plan, made.plan.atrophy >= ATROPHY_FROM)
        text = json.dumps(report, indent=1, ensure_ascii=False)
        (folder / f"{number}.json").write_text(text + "\n", encoding="utf-8")
    _move_into_place(folder, out / number)
    return Known(number, facts_of(made))


def _images_hospital(_: Path, known: Known) -> Iterator[Images]:
    yield Images(known.patient)


def _save_rsna(made: Made, out: Path, wish: Wish, syntax: str) -> Known:
    """One file a slice in one flat folder; UIDs and position alone say what belongs together."""
    number = made.plan.number
    folder = _empty(out / RSNA_FOLDER / f".{number}")
    taken = made.series[0]
    header = replace(
        taken.header,
        patient_id=f"ID_{int(number):08x}",
        series_description="",
        protocol_name="",
        is_numbered=False,
    )
    files = _write_series(replace(taken, header=header), folder / "series", made, wish, syntax)
    slices: dict[str, list[str]] = {}
    for index, file in enumerate(files):
        name = _slice_name(int(number), index)
        slices[name] = _labels_in(taken, index)
        file.replace(out / RSNA_FOLDER / f"{name}.dcm")
    shutil.rmtree(folder)
    return Known(number, facts_of(made), slices)


def _images_rsna(_: Path, known: Known) -> Iterator[Images]:
    for name, labels in known.slices.items():
        yield Images(f"{RSNA_FOLDER}/{name}.dcm", shown=frozenset(labels))


def _slice_name(number: int, index: int) -> str:
    """A slice's ID: as if random, and no two alike.

    Multiplying by an odd number modulo a power of two loses nothing, so that numbers of
    patients under a million and 2048 slices each give different IDs.
    """
    return f"ID_{(number * 2048 + index) * 0x9E3779B97 % 2**36:09x}"


def _labels_in(taken: Taken, index: int) -> list[str]:
    if taken.mask is None:
        return []
    shown = np.unique(taken.mask.labels[index])
    return [name for value, name in enumerate(taken.mask.names, start=1) if value in shown]


def _finish_rsna(out: Path, _: Wish, all_known: Sequence[Known]) -> None:
    rows: list[tuple[str, int]] = []
    for known in all_known:
        for name, labels in known.slices.items():
            rows += [(f"{name}_{label}", int(label in labels)) for label in HEMORRHAGE_SUBTYPES]
            rows.append((f"{name}_{_ANY}", int(bool(labels))))
    write_table(out / RSNA_TABLE, ("ID", "Label"), rows)


def _save_cq500(made: Made, out: Path, wish: Wish, syntax: str) -> Known:
    """A folder a study, thick and thin series in folders of their own below it."""
    name = f"CQ500CT{made.plan.number}"
    folder = _empty(out / f".{name}")
    for taken, said in zip(made.series, ("CT 5mm", _THIN), strict=True):
        thick = taken.volume.grid.thickness_mm
        described = f"CT {thick:g}mm" if said == "CT 5mm" and thick else said
        header = replace(taken.header, series_description=described.removeprefix("CT "))
        place = folder / _CQ500_STUDY / described
        for index, file in enumerate(
            _write_series(replace(taken, header=header), place, made, wish, syntax)
        ):
            file.rename(file.with_name(f"CT{index:06d}.dcm"))
    _move_into_place(folder, out / f"{name} {name}")
    return Known(_cq500_name(made.plan), facts_of(made), findings=_findings_of(made))


def _images_cq500(out: Path, known: Known) -> Iterator[Images]:
    name = known.patient.replace("-", "")
    for folder in sorted((out / f"{name} {name}" / _CQ500_STUDY).iterdir()):
        yield Images(str(folder.relative_to(out)), 2 if folder.name == _THIN else 1)


def _cq500_name(patient: Patient) -> str:
    return f"CQ500-CT-{patient.number}"


def _findings_of(made: Made) -> list[bool]:
    """What a reader who makes no mistake says, in the order of the table's columns."""
    total_ml = made.diseased.left_ml + made.diseased.right_ml
    said = {name: label in made.truth_ml for name, label in _CQ500_NAMES.items()}
    said["ICH"] = bool(made.truth_ml)
    for name, side_ml in (("Left", made.diseased.left_ml), ("Right", made.diseased.right_ml)):
        said[f"BleedLocation-{name}"] = total_ml > 0 and side_ml >= _SIDE_SHARE * total_ml
    said["ChronicBleed"] = any(
        bleed.age_days >= _CHRONIC_DAYS and bleed.label in made.truth_ml
        for bleed in made.plan.bleeds
    )
    said["Fracture"] = said["CalvarialFracture"] = made.diseased.is_fractured
    said["OtherFracture"] = False
    said["MassEffect"] = _has_mass_effect(made)
    said["MidlineShift"] = made.diseased.shift_mm >= _SHIFT_MM
    return [said[name] for name in FINDINGS]


def _has_mass_effect(made: Made) -> bool:
    return max(made.diseased.shift_mm, 0.0) >= _EFFECT_MM


def _finish_cq500(out: Path, wish: Wish, all_known: Sequence[Known]) -> None:
    truth = np.array([known.findings for known in all_known], dtype=bool)
    votes = draw_votes(truth, KAPPA, np.random.default_rng([wish.seed, 5]))
    header = ["name", "Category"]
    header += [f"R{reader + 1}:{name}" for reader in range(READERS) for name in FINDINGS]
    first = round(_FIRST_BATCH * len(all_known))
    rows = [
        [known.patient, "B1" if index < first else "B2", *votes[:, index].ravel().tolist()]
        for index, known in enumerate(all_known)
    ]
    write_table(out / CQ500_TABLE, header, rows)


LAYOUT_OF = {
    HOSPITAL: Layout(
        lambda patient: patient.number, _save_hospital, lambda *_: None, _images_hospital
    ),
    RSNA: Layout(lambda patient: patient.number, _save_rsna, _finish_rsna, _images_rsna),
    CQ500: Layout(_cq500_name, _save_cq500, _finish_cq500, _images_cq500),
}
"""By the name that ``Wish.layout`` gives."""

import csv
import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.core.errors import OutputError
from headct.core.labels import HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY
from headct.core.volume import Mask
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.image.formats.nifti import read_nifti_mask
from headct.phantom.cohort.plan import Wish
from headct.phantom.cohort.readers import FINDINGS, READERS
from headct.phantom.cohort.write import plan, write_cohort

# One patient has a mixed, tilted, wide scan with coronal slices and a neck beside it; the other
# a straight one with sagittal slices. In the second cohort one of two bleeds, in two places.
HOSPITAL_WISH = Wish(2, "leukoencephalopathy", 444, matrix=64, masks=True)
RSNA_WISH = Wish(2, "hemorrhage", 44, matrix=64, compress=True, masks=True)
CQ500_WISH = Wish(1, "hemorrhage", 12, layout="cq500", matrix=64, masks=True)
ALL_LABELS = (*HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    out = tmp_path_factory.mktemp("hospital") / "cohort"
    write_cohort(HOSPITAL_WISH, out)
    return out


@pytest.fixture(scope="module")
def rsna(tmp_path_factory):
    out = tmp_path_factory.mktemp("rsna") / "cohort"
    write_cohort(RSNA_WISH, out)
    return out


@pytest.fixture(scope="module")
def cq500(tmp_path_factory):
    out = tmp_path_factory.mktemp("cq500") / "cohort"
    write_cohort(CQ500_WISH, out)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_mask(path: Path, grid) -> Mask:
    """A stored mask on the grid of the images it belongs to."""
    with np.load(path, allow_pickle=False) as stored:
        assert np.allclose(stored["origins_mm"], grid.origins_mm)
        return Mask(stored["labels"], grid, tuple(str(name) for name in stored["names"]))


def check_labels(row: dict[str, str], mask: Mask) -> None:
    """Labels of a table agree with a mask: the same labels, about the same mL."""
    true_ml = {label: float(row[f"{label}_ml"]) for label in ALL_LABELS}
    assert {label for label, ml in true_ml.items() if ml > 0} == set(mask.names)
    assert int(row["is_diseased"]) == int(bool(mask.names))
    for name in mask.names:
        # Where two labels meet, a voxel of 20 mm³ and more goes to one of them.
        assert mask.volume_ml(name) == pytest.approx(true_ml[name], rel=0.12, abs=0.5)


def test_a_patient_of_the_hospital_is_a_folder_of_images_and_a_report(hospital):
    patients = plan(HOSPITAL_WISH)

    folders = {path.name for path in hospital.iterdir() if path.is_dir()}

    assert folders == {"truth", "masks", *(patient.number for patient in patients)}
    for patient in patients:
        names = {path.name for path in (hospital / patient.number).iterdir()}
        report = f"{patient.number}.json"
        assert report in names
        assert all(name.endswith(".dcm") for name in names - {report})
        assert set(json.loads((hospital / patient.number / report).read_text("utf-8"))) == {
            "findings",
            "examination_number",
            "physician",
        }


def test_the_axial_head_is_found_and_all_else_refused(hospital):
    for patient in plan(HOSPITAL_WISH):
        (study,) = scan(hospital / patient.number).studies

        chosen = select(study)

        (series,) = chosen.candidates
        assert series.first.series_number == 1
        assert series.first.patient_age_years == patient.age_years
        assert len(chosen.refused) == len(patient.others) == len(study.series) - 1


def test_labels_of_the_hospital_agree_with_their_masks(hospital):
    rows = {row["patient"]: row for row in rows_of(hospital / "truth.csv")}

    for patient in plan(HOSPITAL_WISH):
        (study,) = scan(hospital / patient.number).studies
        volume = stack(select(study).candidates[0])
        mask = read_mask(hospital / "truth" / f"{patient.number}.npz", volume.grid)
        row = rows[patient.number]

        check_labels(row, mask)
        assert (LEUKOENCEPHALOPATHY in mask.names) == (patient.grade > 0)
        assert volume.hu.shape == (int(row["slices"]), int(row["rows"]), int(row["columns"]))
        assert int(row["columns"]) == (75 if patient.technique.is_wide else 64)


def test_nifti_masks_are_there_for_scans_of_even_distances_alone(hospital):
    even = {p.number for p in plan(HOSPITAL_WISH) if not p.technique.thin}

    masks = {path.name.removesuffix(".nii.gz") for path in (hospital / "masks").glob("*.nii.gz")}

    assert masks == even
    assert len(even) == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_in_two_processes_to_the_same_bytes(hospital, tmp_path):
    out = tmp_path / "killed"
    shutil.copytree(hospital, out)
    (out / "truth.csv").unlink()
    first, second = (patient.number for patient in plan(HOSPITAL_WISH))
    for number in (first, second):
        (out / "truth" / f"{number}.json").unlink()
    # One patient was in the making; of the other all but the truth was written.
    (out / first).rename(out / f".{first}")
    (out / f".{first}" / "0001.dcm").write_bytes(b"half")
    (out / second / "0001.dcm").write_bytes(b"half")
    told = []

    write_cohort(
        HOSPITAL_WISH, out, workers=2, progress=lambda made, total: told.append((made, total))
    )

    assert digests(out) == digests(hospital)
    assert not (out / f".{first}").exists()
    assert told == [(1, 2), (2, 2)]


def test_a_finished_cohort_is_left_as_it_is(hospital):
    before = {path: path.stat().st_mtime_ns for path in hospital.rglob("*.dcm")}

    known = write_cohort(HOSPITAL_WISH, hospital)

    assert [patient.patient for patient in known] == [p.number for p in plan(HOSPITAL_WISH)]
    assert {path: path.stat().st_mtime_ns for path in hospital.rglob("*.dcm")} == before


def test_a_folder_of_another_plan_is_refused(hospital):
    before = digests(hospital)

    with pytest.raises(OutputError, match="another plan"):
        write_cohort(replace(HOSPITAL_WISH, seed=2), hospital)

    assert digests(hospital) == before


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="not an empty folder"):
        write_cohort(HOSPITAL_WISH, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_too_few_workers_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="at least one worker"):
        write_cohort(HOSPITAL_WISH, tmp_path / "out", workers=0)

    assert not (tmp_path / "out").exists()


def test_each_slice_of_rsna_has_a_file_and_six_rows(rsna):
    files = sorted(path.stem for path in (rsna / "stage_2_train").iterdir())

    rows = [row["ID"].rsplit("_", 1) for row in rows_of(rsna / "stage_2_train.csv")]

    assert sorted({name for name, _ in rows}) == files
    assert len(rows) == 6 * len(files)
    assert [label for _, label in rows[:6]] == [*HEMORRHAGE_SUBTYPES, "any"]


def test_slices_of_rsna_are_grouped_by_uid_and_their_labels_are_those_of_the_mask(rsna):
    said = {row["ID"]: row["Label"] == "1" for row in rows_of(rsna / "stage_2_train.csv")}
    table = {f"ID_{int(row['patient']):08x}": row for row in rows_of(rsna / "truth.csv")}
    found = scan(rsna / "stage_2_train")
    assert len(found.studies) == RSNA_WISH.count

    for study in found.studies:
        volume = stack(study.series[0])
        heights = volume.grid.positions_mm
        row = next(row for row in table.values() if int(row["slices"]) == len(heights))
        mask = read_mask(rsna / "truth" / f"{row['patient']}.npz", volume.grid)
        check_labels(row, mask)
        for index, source in enumerate(volume.sources):
            name = Path(source.file).stem
            shown = {
                label: label in mask.names and mask.areas(label)[index] > 0
                for label in HEMORRHAGE_SUBTYPES
            }
            assert {label: said[f"{name}_{label}"] for label in shown} == shown
            assert said[f"{name}_any"] == any(shown.values())


def test_a_study_of_cq500_has_thin_and_thick_series_of_one_head(cq500):
    for patient in plan(CQ500_WISH):
        folder = cq500 / f"CQ500CT{patient.number} CQ500CT{patient.number}" / "Unknown Study"
        thick_mm = patient.technique.thickness_mm
        assert {path.name for path in folder.iterdir()} == {f"CT {thick_mm:g}mm", "CT PLAIN THIN"}
        assert (folder / "CT PLAIN THIN" / "CT000000.dcm").is_file()
        (study,) = scan(folder).studies

        thick, thin = (stack(series) for series in study.series)

        assert np.allclose(thick.grid.distances_mm.mean(), thick_mm, rtol=0.08)
        assert thin.grid.shape[0] > 1.9 * thick.grid.shape[0]


def test_masks_of_cq500_as_nifti_hold_what_the_exact_ones_hold_by_fixed_values(cq500):
    masks = sorted((cq500 / "masks").glob("*.nii.gz"))
    assert len(masks) == 2

    for path in masks:
        values = np.asarray(nibabel.load(path).dataobj).transpose(2, 1, 0)
        with np.load(cq500 / "truth" / path.name.replace(".nii.gz", ".npz")) as stored:
            assert stored["labels"].any()
            assert np.array_equal(values > 0, stored["labels"] > 0)
            for number, name in enumerate(stored["names"], start=1):
                expected = HEMORRHAGE_SUBTYPES.index(name) + 1
                assert set(values[stored["labels"] == number]) <= {expected}


@pytest.mark.parametrize("made", ["hospital", "rsna", "cq500"])
def test_the_table_of_masks_gives_scans_their_masks_and_what_is_really_there(made, request):
    out = request.getfixturevalue(made)
    facts = {row["patient"]: row for row in rows_of(out / "truth.csv")}

    cohort = open_cohort(out / "masks").cohort

    masked = [case for case in cohort.cases if case.mask is not None]
    assert len(masked) == len(list((out / "masks").glob("*.nii.gz"))) > 0
    assert {case.patient for case in cohort.cases} == set(facts)
    for case in masked:
        drawn = read_nifti_mask(case.mask, case.mask_names)
        volume = open_case(case).volume
        assert drawn.grid.shape == volume.hu.shape
        shown = {name for name in case.mask_names if drawn.areas(name).any()}
        true = {name for name in case.mask_names if float(facts[case.patient][f"{name}_ml"])}
        assert shown == true == {n for n in case.mask_names if case.labels[n]}
        if case.slice_labels is not None:
            files = tuple(source.file for source in volume.sources)
            said = case.slice_labels.of(files)
            for name in case.mask_names:
                column = case.slice_labels.labels.index(name)
                assert np.array_equal(said[:, column], drawn.areas(name) > 0)


def test_reads_of_cq500_have_its_header_and_no_part_without_the_whole(cq500):
    rows = rows_of(cq500 / "reads.csv")

    votes = [f"R{reader}:{name}" for reader in range(1, READERS + 1) for name in FINDINGS]

    assert list(rows[0]) == ["name", "Category", *votes]
    assert [row["name"] for row in rows] == ["CQ500-CT-0"]
    # Of a lone patient readers can report nobody else: they say the truth.
    (row,), (known,) = rows, rows_of(cq500 / "truth.csv")
    for reader in range(1, READERS + 1):
        said = {name for name in FINDINGS if row[f"R{reader}:{name}"] == "1"}
        sides = said & {"BleedLocation-Left", "BleedLocation-Right"}
        assert said - sides - {"MassEffect", "MidlineShift"} == {"ICH", "IPH"}
        assert sides == {"BleedLocation-" + known["sites"].split(": ")[1].split()[0].title()}
        assert ("MidlineShift" in said) == (float(known["midline_shift_mm"]) >= 5)
    assert all(row[vote] in ("0", "1") for row in rows for vote in votes)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("cohort", ["hospital", "rsna", "cq500"])
def test_dciodvfy_finds_every_series_clean(cohort, request):
    folder = request.getfixturevalue(cohort)
    series = [series for study in scan(folder).studies for series in study.series]

    for one in series:
        file = one.first.location.path
        result = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False)
        assert "Error" not in result.stderr, result.stderr
        assert "CTImage" in result.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_label_of_fifty_patients_agrees_with_its_mask(tmp_path):
    wish = Wish(50, "leukoencephalopathy", 7, matrix=128, flaws=True, compress=True)
    write_cohort(wish, tmp_path / "cohort", workers=2)
    rows = {row["patient"]: row for row in rows_of(tmp_path / "cohort" / "truth.csv")}
    patients = plan(wish)
    ill, well = (
        np.array([int(row["slices"]) for row in rows.values() if row["is_diseased"] == said])
        for said in ("1", "0")
    )

    # The chance that an ill patient has more slices; 0.08 is its deviation where none tells.
    assert np.mean(ill[:, None] > well) + np.mean(ill[:, None] == well) / 2 == pytest.approx(
        0.5, abs=0.25
    )
    assert len(rows) == 50
    assert sum(row["is_diseased"] == "1" for row in rows.values()) == round(50 * 633 / 1244)
    for patient in patients:
        folder = tmp_path / "cohort" / patient.number
        (study,) = scan(folder).studies
        chosen = select(study).candidates[0]
        volume = stack(chosen)
        mask = read_mask(tmp_path / "cohort" / "truth" / f"{patient.number}.npz", volume.grid)
        check_labels(rows[patient.number], mask)
        assert chosen.first.series_number == 1
        assert (folder / f"{patient.number}.json").exists() == (patient.flaw != "no report")
        if shutil.which("dciodvfy") is not None:
            for series in study.series:
                said = subprocess.run(
                    ["dciodvfy", series.first.location.path],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert "Error" not in said.stderr

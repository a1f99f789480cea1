import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from headct.analyze.offer import Reading
from headct.analyze.study import NothingUsable, analyze
from headct.core.errors import ScanError
from headct.dicom.write import Header, write
from headct.image.formats.nifti import write_nifti

DEFAULT = Reading()


@pytest.fixture(scope="module")
def answer(bleeding_folder):
    return analyze(bleeding_folder / "dicom", DEFAULT)


def test_a_series_is_answered_on_the_scan_as_it_was_read(answer, bleeding):
    assert answer.prediction.finding("any_hemorrhage").volume_ml == pytest.approx(30, rel=0.15)
    assert answer.prediction.mask.grid == bleeding.volume.grid
    assert answer.volume.sources[0].file.endswith(".dcm")
    assert set(answer.timing_s) == {"find", "read", "skull", "predict"}


def test_a_zip_gives_the_answer_of_its_folder(answer, bleeding_folder, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted((bleeding_folder / "dicom").iterdir()):
            packed.write(file, f"study/{file.name}")

    again = analyze(archive, DEFAULT)

    assert again.prediction.findings == answer.prediction.findings


def test_nifti_of_an_even_series_gives_the_same_volume(healthy, bleeding, tmp_path):
    path = tmp_path / "head.nii.gz"
    write_nifti(healthy.volume, path)

    found = analyze(path, DEFAULT)

    assert found.prediction.finding("any_hemorrhage").present is False
    assert found.intracranial_volume_ml == pytest.approx(1300, rel=0.3)


def test_pictures_give_a_finding_without_millilitres(bleeding, tmp_path):
    for number, hu in enumerate(bleeding.volume.hu, start=1):
        gray = np.clip((hu + 20) / 120 * 255, 0, 255).round().astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), gray)

    found = analyze(tmp_path, Reading(window=(40, 120)))

    finding = found.prediction.finding("any_hemorrhage")
    assert (finding.present, finding.volume_ml) == (True, None)
    assert any("spacing is not known" in warning for warning in found.warnings)
    assert any("window" in warning for warning in found.warnings)


def test_pictures_without_a_window_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8), np.uint8))

    with pytest.raises(ScanError, match="--window 40 80"):
        analyze(tmp_path, DEFAULT)


def test_a_window_for_dicom_is_refused(bleeding_folder):
    with pytest.raises(ScanError, match="leave --window out"):
        analyze(bleeding_folder / "dicom", Reading(window=(40, 80)))


def test_what_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(ScanError, match="nothing is at 'nowhere'"):
        analyze(tmp_path / "nowhere", DEFAULT)


def test_a_bone_kernel_beside_it_is_refused_with_its_reason(bleeding, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "soft")
    header = Header(series_description="Head bone", series_number=3, kernel="BONE")
    write(bleeding.volume, tmp_path / "bone", header, seed="phantom bone")

    study = analyze(tmp_path / "soft", DEFAULT)
    with pytest.raises(NothingUsable) as refused:
        analyze(tmp_path / "bone", DEFAULT)

    assert study.prediction.finding("any_hemorrhage").present
    assert any("kernel" in refusal.reason for refusal in refused.value.refused)


def test_two_studies_are_refused_rather_than_mixed(bleeding, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "all" / "one")
    write(bleeding.volume, tmp_path / "all" / "two", Header(), seed="another study")

    with pytest.raises(ScanError, match="2 studies with a head CT"):
        analyze(tmp_path / "all", DEFAULT)


def test_slices_missing_from_the_middle_are_refused_or_said(bleeding_folder, tmp_path):
    scan = tmp_path / "gap"
    shutil.copytree(bleeding_folder / "dicom", scan)
    for file in sorted(scan.iterdir())[20:22]:
        file.unlink()

    with pytest.raises(NothingUsable) as refused:
        analyze(scan, DEFAULT)
    allowed = analyze(scan, Reading(allow_gaps=True))

    assert "a slice may be missing" in refused.value.refused[0].reason
    assert allowed.missing_after == (19,)
    assert any("missing" in warning for warning in allowed.warnings)


def test_a_body_that_is_no_head_is_refused(bleeding, tmp_path):
    grid = bleeding.volume.grid
    hu = np.full(grid.shape, -1000, np.float32)
    rows, columns = np.mgrid[: grid.shape[1], : grid.shape[2]]
    hu[:, np.hypot(rows - 128, columns - 128) < 100] = 40
    folder = tmp_path / "water"
    write(type(bleeding.volume)(hu, grid), folder, Header())

    with pytest.raises(NothingUsable) as refused:
        analyze(folder, DEFAULT)

    assert any("no skull with a brain" in refusal.reason for refusal in refused.value.refused)


def test_the_real_series_reads_as_its_headers_and_its_pixels_say(ge_series: Path):
    answer = analyze(ge_series, DEFAULT)

    grid = answer.volume.grid
    assert grid.shape[0] == 28
    assert grid.tilt_deg == pytest.approx(18.5, abs=0.2)
    assert grid.distances_mm[[0, 13, 14]] == pytest.approx([4.00, 1.08, 7.00], abs=0.01)
    assert 1100 < answer.intracranial_volume_ml < 1700
    assert answer.prediction.finding("any_hemorrhage").volume_ml < 1.0

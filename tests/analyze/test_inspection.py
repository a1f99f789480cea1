import shutil

import pytest

from headct.analyze.inspection import inspect
from headct.core.errors import ScanError
from headct.dicom.write import Header, write


def test_every_series_has_a_verdict(bleeding, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "study" / "soft")
    header = Header(
        patient_name="Phantom^Head 4",
        patient_id="PHANTOM-4",
        series_description="Head bone",
        series_number=3,
        kernel="BONE",
    )
    write(bleeding.volume, tmp_path / "study" / "bone", header, seed="bone")
    (tmp_path / "study" / "readme.txt").write_text("not a scan")

    inspection = inspect(tmp_path / "study")

    verdicts = {v.name: v for study in inspection.studies for v in study.series}
    assert inspection.files == 2 * bleeding.volume.grid.shape[0] + 1
    used = verdicts["series 1 (Digital head, simulated)"]
    assert used.is_used
    assert used.verdict.startswith("would be used: 31 slices")
    assert (used.images, used.matrix, used.tilt) == (31, "256 x 256", "+15°")
    assert verdicts["series 3 (Head bone)"].verdict.startswith("refused: ")
    assert "kernel" in verdicts["series 3 (Head bone)"].verdict
    assert "not DICOM" in inspection.refused[0].reason


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ScanError, match="holds no files"):
        inspect(tmp_path)

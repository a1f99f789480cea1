import shutil
import zipfile

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
    assert used.thickness == "4, 7 mm"
    assert verdicts["series 3 (Head bone)"].verdict.startswith("refused: ")
    assert "kernel" in verdicts["series 3 (Head bone)"].verdict
    assert "not DICOM" in inspection.refused[0].reason


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ScanError, match="holds no files"):
        inspect(tmp_path)


@pytest.fixture
def two_studies(bleeding_folder, bleeding, tmp_path):
    """One study in two folders, whose names say who, and one beside them."""
    root = tmp_path / "disc"
    shutil.copytree(bleeding_folder / "dicom", root / "Doe^Jane" / "soft")
    (root / "Doe^Jane" / "more\x1b").mkdir()
    first, *_ = sorted((root / "Doe^Jane" / "soft").iterdir())
    shutil.move(first, root / "Doe^Jane" / "more\x1b" / first.name)
    write(bleeding.volume, tmp_path / "other", Header(), seed="another study")
    for file in (tmp_path / "other").iterdir():
        shutil.move(file, root / file.name)
    return root


def test_folders_are_named_only_where_asked_for(two_studies):
    plain, asked = inspect(two_studies), inspect(two_studies, folders=True)

    assert [study.folders for study in plain.studies] == [(), ()]
    # What cannot be printed would steer the terminal.
    assert {study.folders for study in asked.studies} == {
        (".",),
        ("Doe^Jane/more?", "Doe^Jane/soft"),
    }


def test_folders_of_an_archive_and_of_a_file_are_those_inside(two_studies, tmp_path):
    archive, one = tmp_path / "disc.zip", next(two_studies.glob("*.dcm"))
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(one, "a/b/1.dcm")

    assert [study.folders for study in inspect(archive, folders=True).studies] == [("a/b",)]
    assert [study.folders for study in inspect(one, folders=True).studies] == [(".",)]

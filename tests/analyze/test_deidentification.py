import json
import shutil

import numpy as np
import pydicom
import pytest

from headct.analyze.deidentification import NothingLeft, Wish, deidentify_folder
from headct.core.errors import OutputError
from headct.dicom.pseudonyms import Pseudonyms
from headct.dicom.write import Header, write

KEY = Pseudonyms(b"a secret of more than 16 bytes")


@pytest.fixture
def scans(bleeding, tmp_path):
    """A head with a name, an image with burned-in text, a report, a text file."""
    folder = tmp_path / "Doe_Jane"
    header = Header(
        patient_name="Doe^Jane",
        patient_id="4711-0815",
        study_description="CT head of Jane",
        series_description="Head without contrast",
    )
    files = write(bleeding.volume, folder / "Doe_Jane_1", header)
    burned = pydicom.dcmread(files[0])
    burned.BurnedInAnnotation = "YES"
    burned.save_as(folder / "Doe_Jane_burned.dcm")
    report = pydicom.dcmread(files[0])
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    report.Modality, report.SeriesInstanceUID = "SR", "1.99.2"
    report.save_as(folder / "Doe_Jane_dose.dcm")
    (folder / "Doe_Jane.txt").write_text("Doe, Jane")
    return folder


def images(out):
    return sorted((out / "images").rglob("*.dcm"))


def test_every_image_is_written_or_refused_with_the_reason(scans, bleeding, tmp_path):
    account = deidentify_folder(scans, tmp_path / "out", Wish(KEY))

    slices = bleeding.volume.grid.shape[0]
    assert account.images == len(images(tmp_path / "out")) == slices
    reasons = " ".join(refusal.reason for refusal in account.refused)
    assert len(account.refused) == 3
    for reason in ("show text", "Dose SR", "not DICOM"):
        assert reason in reasons


def test_files_that_are_no_images_are_counted_one_by_one(scans, tmp_path):
    for name in ("a.txt", "b.txt"):
        (scans / name).write_text("no image")

    account = deidentify_folder(scans, tmp_path / "out", Wish(KEY))

    report = json.loads((tmp_path / "out" / "deidentification.json").read_text())
    (unread,) = [r for r in report["refused"] if "not DICOM" in r["reason"]]
    # Two files and the one that the scans come with.
    assert unread["files"] == 3
    assert "3 files (.txt): not DICOM" in [str(r).split(" (no")[0] for r in account.refused]


def test_no_trace_of_the_patient_is_in_names_report_or_images(scans, tmp_path):
    deidentify_folder(scans, tmp_path / "out", Wish(KEY))

    for path in (tmp_path / "out").rglob("*"):
        text = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        for trace in (b"Doe", b"Jane", b"JANE", b"4711-0815", b"0815"):
            assert trace not in text, path.name


def test_the_report_counts_changes_and_holds_no_values(scans, bleeding, tmp_path):
    deidentify_folder(scans, tmp_path / "out", Wish(KEY))

    report = json.loads((tmp_path / "out" / "deidentification.json").read_text())
    slices = bleeding.volume.grid.shape[0]
    assert report["images"] == slices
    assert report["changes"]["PatientName"] == {"replaced by a pseudonym": slices}
    assert report["changes"]["SeriesDescription"] == {"removed": slices}
    assert sum(entry["files"] for entry in report["refused"]) == 3
    assert report["record"]["arguments"] == {"dates": "remove", "deface": False}
    assert any("--deface" in warning for warning in report["warnings"])


def test_the_same_key_gives_the_same_files(scans, tmp_path):
    deidentify_folder(scans, tmp_path / "one", Wish(KEY))
    deidentify_folder(scans, tmp_path / "two", Wish(KEY))

    one, two = images(tmp_path / "one"), images(tmp_path / "two")
    assert [path.relative_to(tmp_path / "one") for path in one] == [
        path.relative_to(tmp_path / "two") for path in two
    ]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))


def test_the_face_goes_and_all_other_pixels_stay(scans, bleeding, tmp_path):
    deidentify_folder(scans, tmp_path / "plain", Wish(KEY))
    account = deidentify_folder(scans, tmp_path / "defaced", Wish(KEY, deface=True))

    changed = 0
    for before, after in zip(images(tmp_path / "plain"), images(tmp_path / "defaced"), strict=True):
        old, new = pydicom.dcmread(before), pydicom.dcmread(after)
        where = old.pixel_array != new.pixel_array
        changed += np.count_nonzero(where)
        assert (new.pixel_array[where] == 0).all()
        assert new.RecognizableVisualFeatures == "NO"
    assert 0 < changed <= account.defaced_pixels


def test_what_has_no_face_to_find_is_refused_where_it_should_go(make_water, tmp_path):
    with pytest.raises(NothingLeft) as refused:
        deidentify_folder(make_water, tmp_path / "out", Wish(KEY, deface=True))

    assert "face cannot be found" in str(refused.value.refused[0])
    assert not (tmp_path / "out").exists()


@pytest.fixture
def make_water(bleeding, tmp_path):
    volume = bleeding.volume.with_step("water", np.zeros_like(bleeding.volume.hu))
    write(volume, tmp_path / "water")
    return tmp_path / "water"


def test_a_folder_that_holds_something_is_left_alone(scans, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("keep")

    with pytest.raises(OutputError, match="holds files already"):
        deidentify_folder(scans, tmp_path / "mine", Wish(KEY))


def test_nothing_is_left_where_it_is_stopped(scans, tmp_path):
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deidentify_folder(scans, tmp_path / "out", Wish(KEY), stop)

    assert {path.name for path in tmp_path.iterdir()} == {"Doe_Jane"}


def test_a_zip_gives_what_its_folder_gives(scans, tmp_path):
    shutil.make_archive(str(tmp_path / "packed"), "zip", scans)

    account = deidentify_folder(tmp_path / "packed.zip", tmp_path / "out", Wish(KEY))

    assert account.images == deidentify_folder(scans, tmp_path / "two", Wish(KEY)).images

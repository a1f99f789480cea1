"""Whole files that are not what headct reads, or not quite: refused, or warned about."""

import json
from dataclasses import replace

import numpy as np
import pytest

from headct.dicom.write import Header, write


def say(**attributes):
    def change(dataset):
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)

    return change


def test_nothing_at_the_path(refused, tmp_path):
    assert "nothing is at 'missing': check the path" in refused(tmp_path / "missing")


def test_an_empty_folder(refused, tmp_path):
    (tmp_path / "scan").mkdir()

    assert "the folder holds no files" in refused(tmp_path / "scan")


def test_an_empty_file(refused, tmp_path):
    (tmp_path / "empty.dcm").touch()

    assert "not DICOM (no DICM mark at byte 128)" in refused(tmp_path / "empty.dcm")


def test_no_dicom_inside(refused, tmp_path):
    (tmp_path / "scan").mkdir()
    for name in ("a.txt", "b.txt", "movie.mp4"):
        (tmp_path / "scan" / name).write_bytes(b"something else" * 50)

    said = refused(tmp_path / "scan")

    assert "2 files (.txt): not DICOM" in said
    assert "1 file (.mp4): not DICOM" in said


def test_a_text_file_named_as_dicom(refused, tmp_path):
    (tmp_path / "notes.dcm").write_text("Patient fell from a ladder.\n" * 20)

    assert "1 file (.dcm): not DICOM" in refused(tmp_path / "notes.dcm")


def test_a_scan_among_other_files_is_answered_and_they_are_counted(scan, answered, tmp_path):
    for index in range(5):
        (scan / f"{index}.txt").write_text("a note")

    answered(scan)

    stated = json.loads((tmp_path / "answer" / "findings.json").read_text())["series"]["refused"]
    assert [refusal["what"] for refusal in stated] == ["5 files (.txt)"]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Modality": "MR"}, "modality is MR, expected CT"),
        ({"Modality": "PT"}, "modality is PT, expected CT"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "stored as MR Image Storage"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "stored as Secondary Capture"),
        (
            {"SeriesDescription": "Thorax 5.0", "BodyPartExamined": "CHEST"},
            "described as another part of the body, expected the head",
        ),
        ({"SeriesDescription": "Lumbar spine"}, "another part of the body"),
        ({"SeriesDescription": "Neck"}, "described as neck"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "a localizer (scout view)"),
        ({"SeriesDescription": "CTA Circle of Willis"}, "described as angiography"),
        ({"ConvolutionKernel": "BONEPLUS"}, "made for bone or lung"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, "image type says MIP"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "a coronal reformat"),
        ({"SliceThickness": "25"}, "slices of 25 mm, expected at most 10 mm"),
    ],
)
def test_another_scan_is_refused_by_name(scan, refused, edit, attributes, reason):
    edit(scan, say(**attributes))

    assert reason in refused(scan)


def test_a_chest_that_says_it_is_a_head_is_refused_by_its_pixels(head, refused, tmp_path):
    rows, columns = np.mgrid[-1:1:128j, -1:1:128j]
    hu = np.full(head.hu.shape, -1000.0, np.float32)
    hu[:, (rows / 0.7) ** 2 + (columns / 0.9) ** 2 < 1] = 40
    for side in (-0.4, 0.4):
        hu[:, (rows / 0.45) ** 2 + ((columns - side) / 0.3) ** 2 < 1] = -850
    write(replace(head, hu=hu), tmp_path / "scan", Header())

    assert "skull" in refused(tmp_path / "scan")


def test_a_single_slice(scan, refused):
    for file in sorted(scan.iterdir())[1:]:
        file.unlink()

    assert "1 slice, a head needs at least 8" in refused(scan)


def test_localizers_only(scan, refused, edit):
    for file in sorted(scan.iterdir())[2:]:
        file.unlink()
    edit(scan, say(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesDescription="Scout"))

    assert "series 1 (Scout): a localizer (scout view), not slices" in refused(scan)


def test_mixed_patients_in_one_study(scan, refused, edit):
    edit(scan, say(PatientID="MRN-739163-B"), range(10))

    assert "its images name 2 different patients; expected one" in refused(scan)


@pytest.mark.parametrize(
    ("attributes", "warning"),
    [
        ({"ContrastBolusAgent": "Iomeprol 400"}, "contrast was given"),
        ({"SeriesDescription": "Head C+"}, "contrast was given"),
        ({"PatientAge": "006Y"}, "the patient is under 18"),
        ({"PatientAge": "003W"}, "the patient is under 18"),
        ({"PatientBirthDate": "20150101"}, "the patient is under 18"),
        ({"ProtocolName": "PED HEAD 0-1.5"}, "described as a child's"),
        ({"SeriesDescription": "Schädel Säugling nativ"}, "described as a child's"),
        ({"SeriesDescription": "Head post-op, EVD"}, "described as after an operation"),
        ({"SeriesDescription": "CCT nach Kraniotomie"}, "described as after an operation"),
        ({"ConvolutionKernel": "XYZ7"}, "kernel XYZ7 is not known"),
        ({"ConvolutionKernel": ""}, "kernel not stated is not known"),
    ],
)
def test_what_must_be_known_is_warned_about(scan, answered, edit, attributes, warning):
    edit(scan, say(**attributes))

    assert warning in answered(scan)


def test_a_plain_adult_head_is_answered_without_a_warning(scan, answered):
    assert "warning" not in answered(scan)


def test_half_a_head_is_warned_about(scan, answered):
    for file in sorted(scan.iterdir())[15:]:
        file.unlink()

    assert "less than a whole brain" in answered(scan)


def test_words_about_the_patient_are_not_taken_for_warnings(scan, answered, edit):
    edit(scan, say(SeriesDescription="Head kindly reviewed, open MRI failed"))

    assert "warning" not in answered(scan)


def test_an_answer_holds_no_patient(scan, answered, tmp_path):
    answered(scan)

    texts = [
        (tmp_path / "answer" / name).read_text().lower()
        for name in ("findings.json", "slices.csv", "report.html")
    ]
    assert not any("quisling" in text or "739163" in text for text in texts)


def test_two_patients_in_studies_of_their_own_are_never_read_as_one(scan, headct, edit, tmp_path):
    edit(scan, say(StudyInstanceUID="2.25.7391", PatientID="MRN-739163-B"), range(15))

    told = headct("analyze", scan, "--out", tmp_path / "answer", "--workers", 1)

    assert "2: " in told.text
    slices = [
        len((folder / "slices.csv").read_text().splitlines()) - 1
        for folder in (tmp_path / "answer" / "studies").iterdir()
    ]
    assert sorted(slices) == sorted([15, len(list(scan.iterdir())) - 15])

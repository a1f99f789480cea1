"""What is under a path, from headers alone."""

import io
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import MediaStorageDirectoryStorage

from headct.core.errors import ScanError
from headct.core.series import Location
from headct.dicom.damage import DamagedError
from headct.dicom.files import Reader
from headct.dicom.header import read_instances
from headct.dicom.scan import scan


def images(found):
    return [image for study in found.studies for part in study.series for image in part.instances]


def test_a_folder_tree_is_searched_through(written, tmp_path):
    _, files = written()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    for file in files[6:]:
        shutil.move(file, deep / file.name)

    found = scan(tmp_path)

    assert found.files == 12
    assert found.refused == ()
    assert len(found.studies) == 1
    assert len(found.studies[0].series) == 1
    assert len(images(found)) == 12


def test_a_single_file_is_a_scan_of_one_image(written):
    _, files = written()

    (image,) = images(scan(files[3]))

    header = pydicom.dcmread(files[3])
    assert image.sop_instance_uid == header.SOPInstanceUID
    assert image.series_uid == header.SeriesInstanceUID
    assert image.study_uid == header.StudyInstanceUID
    assert image.position_mm == tuple(header.ImagePositionPatient)
    assert image.orientation == tuple(header.ImageOrientationPatient)
    assert image.spacing_mm == tuple(header.PixelSpacing)
    assert image.thickness_mm == float(header.SliceThickness) == 5.0
    assert image.frame_of_reference_uid == header.FrameOfReferenceUID
    assert (image.rows, image.columns) == (header.Rows, header.Columns)
    assert (image.modality, image.kernel, image.body_part) == ("CT", "STANDARD", "HEAD")
    assert (image.instance_number, image.acquisition_number, image.series_number) == (4, 1, 1)


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_holds_what_the_folder_holds(written, tmp_path, packing):
    _, files = written()
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w", packing) as packed:
        for file in files:
            packed.write(file, f"deep/{file.name}")

    from_folder, from_archive = images(scan(files[0].parent)), images(scan(archive))

    nowhere = Location(Path())
    assert [image.location.name for image in from_archive] == [file.name for file in files]
    assert [replace(image, location=nowhere) for image in from_archive] == [
        replace(image, location=nowhere) for image in from_folder
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["scan.zip", "series"]


def test_a_bomb_in_an_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.dcm", bytes(20_000_000))

    (refusal,) = scan(tmp_path / "bomb.zip").refused

    assert refusal.what == "1 file (bomb.dcm)"
    assert "a member of 20 MB" in refusal.reason
    assert "and 200 times are read" in refusal.reason


def test_a_damaged_member_is_refused(written, tmp_path):
    _, files = written()
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(files[0], "one.dcm")
    content = bytearray(archive.read_bytes())
    content[60:200] = bytes(140)
    archive.write_bytes(content)

    (refusal,) = scan(archive).refused

    assert "cannot be read" in refusal.reason


def test_files_of_other_kinds_are_counted_by_kind(tmp_path):
    for index in range(200):
        (tmp_path / f"{index}.TXT").write_text("a note")
    (tmp_path / "empty").write_bytes(b"")

    found = scan(tmp_path)

    assert [refusal.what for refusal in found.refused] == ["200 files (.txt)", "1 file (no suffix)"]
    assert all("not DICOM" in refusal.reason for refusal in found.refused)


def test_nothing_at_a_path_is_an_error(tmp_path):
    with pytest.raises(ScanError, match="found nothing"):
        scan(tmp_path / "missing")


def test_the_index_of_a_disc_is_passed_over(written):
    _, files = written()
    index = pydicom.dcmread(files[0])
    index.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    index.save_as(files[0].with_name("DICOMDIR"))

    found = scan(files[0].parent)

    assert (found.files, len(images(found)), found.refused) == (13, 12, ())


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"]
)
def test_a_deflated_file_is_refused_before_it_unfolds(tmp_path, syntax):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    head = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(head, meta, enforce_standard=False)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(bytes(30_000_000)) + packer.flush()
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM" + head.getvalue() + body)

    (refusal,) = scan(tmp_path).refused

    assert "deflated transfer syntax" in refusal.reason


def nested(depth):
    """Sequences of undefined length, one within the other."""
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    ends = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return (sequence + item) * depth + ends * depth


def test_sequences_nested_without_end_are_refused(written):
    _, files = written()
    content = files[0].read_bytes()
    at = content.index(b"\x08\x00\x05\x00CS")
    files[0].write_bytes(content[:at] + nested(500) + content[at:])

    found = scan(files[0].parent)

    assert len(images(found)) == 11
    assert [refusal.what for refusal in found.refused] == ["1 file (0001.dcm)"]
    assert "RecursionError" in found.refused[0].reason


def test_a_header_longer_than_usual_is_read_as_a_whole(written):
    def edit(dataset, index):
        dataset.add_new(0x00091001, "OB", bytes(200_000))

    _, files = written(edit=edit)

    assert [image.rows for image in images(scan(files[0].parent))] == [32] * 12


def put(dataset, keyword, vr, value):
    """Write a value that pydicom would not."""
    tag = pydicom.tag.Tag(keyword)
    dataset[tag] = pydicom.dataelem.RawDataElement(tag, vr, len(value), value, 0, False, True)


@pytest.mark.parametrize(
    ("written_as", "expected"),
    [
        ("0.48828125000000000001\\0.5", (0.48828125, 0.5)),
        ("0,5\\0,25", (0.5, 0.25)),
        (" 5e-1 \\ +0.5 ", (0.5, 0.5)),
        ("0.5", None),
        ("0.5\\", None),
        ("0.5\\0.5\\0.5", None),
        ("0.5mm\\0.5mm", None),
        ("nan\\0.5", None),
        ("1e999\\0.5", None),
        ("", None),
    ],
)
def test_numbers_are_read_where_they_are_clear(written, written_as, expected):
    _, files = written()
    dataset = pydicom.dcmread(files[0])
    put(dataset, "PixelSpacing", "DS", (written_as + " " * (len(written_as) % 2)).encode())
    dataset.save_as(files[0])

    (image,) = images(scan(files[0]))

    assert image.spacing_mm == expected


def test_descriptions_are_read_in_their_character_set(written):
    def edit(dataset, index):
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.SeriesDescription = "Schädel nativ"

    _, files = written(edit=edit)

    assert images(scan(files[0]))[0].series_description == "Schädel nativ"


@pytest.mark.parametrize(
    ("stated", "years"),
    [
        ({"PatientAge": "034Y"}, 34),
        ({"PatientAge": "006M"}, 0.5),
        ({"PatientBirthDate": "19500630", "StudyDate": "20200629"}, 69),
        ({"PatientBirthDate": "19500630", "StudyDate": "20200630"}, 70),
        ({"PatientBirthDate": "", "StudyDate": "20200630"}, None),
    ],
)
def test_age_comes_from_the_header(written, stated, years):
    def edit(dataset, index):
        for keyword, value in stated.items():
            setattr(dataset, keyword, value)

    _, files = written(edit=edit)

    assert images(scan(files[0]))[0].patient_age_years == years


def test_patients_differ_by_their_id_and_are_not_named(written):
    def edit(dataset, index):
        dataset.PatientID = "A-77" if index < 6 else "B-88"
        dataset.PatientName = f"Spelling^{index}"

    _, files = written(edit=edit)
    found = images(scan(files[0].parent))

    assert len({image.patient_key for image in found}) == 2
    assert "A-77" not in repr(found)
    assert "Spelling" not in repr(found)


def test_without_an_id_patients_differ_by_name_and_birth_date(written):
    def edit(dataset, index):
        dataset.PatientID = ""
        dataset.PatientName = "" if index == 0 else f"Name^{index % 2}"

    _, files = written(edit=edit)
    keys = [image.patient_key for image in images(scan(files[0].parent))]

    assert keys[0] == ""
    assert len(set(keys[1:])) == 2


def test_two_processes_find_what_one_finds(written):
    _, files = written()
    told = []

    one = scan(files[0].parent, workers=1)
    two = scan(files[0].parent, workers=2, progress=lambda *at: told.append(at))

    assert one == two
    assert told == [(12, 12)]


def test_a_malformed_sequence_of_frames_is_damage(written):
    _, files = written()
    dataset = pydicom.dcmread(files[0])
    put(dataset, "PerFrameFunctionalGroupsSequence", "SQ", b"\x01\x02\x03\x04\x05\x06")
    dataset.save_as(files[0])

    with Reader() as reader, pytest.raises(DamagedError, match="PerFrameFunctionalGroups"):
        read_instances(reader, Location(files[0]))

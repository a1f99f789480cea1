"""Files that begin as DICOM and are broken, or contradict themselves: refused with the reason."""

import io
import struct
import time
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from headct.core.errors import HeadctError, ScanError
from headct.dicom.scan import scan as scan_files
from headct.dicom.select import select
from headct.dicom.stack import stack

DEFLATED = "1.2.840.10008.1.2.1.99"


def first(folder):
    return min(folder.iterdir())


def without(keyword):
    def change(dataset):
        delattr(dataset, keyword)

    return change


def emptied(keyword):
    def change(dataset):
        dataset[keyword].value = None

    return change


def written_as(keyword, value, vr="DS"):
    """A value as raw bytes, which pydicom would not write."""

    def change(dataset):
        tag = pydicom.tag.Tag(keyword)
        raw = value.encode() + b" " * (len(value) % 2)
        dataset[tag] = pydicom.dataelem.RawDataElement(tag, vr, len(raw), raw, 0, False, True)

    return change


def assign(**attributes):
    def change(dataset):
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)

    return change


NEEDED = {
    "Modality": "modality is not stated, expected CT",
    "Rows": "images of 0 x 128 pixels, expected up to 4096 x 4096",
    "Columns": "images of 128 x 0 pixels, expected up to 4096 x 4096",
    "ImagePositionPatient": "30 of 30 images state no position, orientation or pixel spacing",
    "ImageOrientationPatient": "30 of 30 images state no position, orientation or pixel spacing",
    "PixelSpacing": "30 of 30 images state no position, orientation or pixel spacing",
    "BitsAllocated": "expected 8 or 16 bits for a pixel, got 0",
    "BitsStored": "0 stored bits up to bit 15 do not fit into 16",
    "PixelRepresentation": "PixelRepresentation is missing, so that negative values cannot be told",
    "RescaleSlope": "RescaleSlope is missing or not a number",
    "RescaleIntercept": "RescaleIntercept is missing or not a number",
}
NOT_NEEDED = [
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "SeriesNumber",
    "InstanceNumber",
    "AcquisitionNumber",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "StudyDate",
    "SliceThickness",
    "ImageType",
    "GantryDetectorTilt",
    "ConvolutionKernel",
    "PatientPosition",
    "SeriesDescription",
    "ProtocolName",
    "BodyPartExamined",
    "SpecificCharacterSet",
    "SamplesPerPixel",
    "HighBit",
    "RescaleType",
    "PhotometricInterpretation",
    "FrameOfReferenceUID",
    "WindowCenter",
]


@pytest.mark.parametrize("spoil", [without, emptied])
@pytest.mark.parametrize("keyword", NEEDED)
def test_what_is_needed_and_missing_or_empty_is_named(scan, refused, edit, keyword, spoil):
    edit(scan, spoil(keyword))

    assert NEEDED[keyword] in refused(scan)


@pytest.mark.parametrize("spoil", [without, emptied])
def test_what_is_not_needed_may_be_missing_or_empty(scan, head, edit, spoil):
    def change(dataset):
        for keyword in NOT_NEEDED:
            spoil(keyword)(dataset)

    edit(scan, change)

    chosen = select(scan_files(scan).studies[0])
    volume = stack(chosen.candidates[0])

    assert np.array_equal(volume.hu, np.rint(head.hu))
    assert volume.grid.distances_mm == pytest.approx(head.grid.distances_mm)


def test_pixels_that_are_missing_are_named(scan, refused, edit):
    edit(scan, without("PixelData"))

    assert "0001.dcm: the file holds no pixels" in refused(scan)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (assign(RescaleSlope=0), "rescale slope 0 and intercept -1024 give no HU"),
        (written_as("RescaleSlope", "NaN"), "RescaleSlope is missing or not a number"),
        (written_as("RescaleIntercept", "inf"), "RescaleIntercept is missing or not a number"),
        (written_as("RescaleSlope", "1e999"), "RescaleSlope is missing or not a number"),
        (written_as("RescaleSlope", "1e308"), "rescale slope 1e+308 and intercept -1024 give no"),
        (written_as("RescaleSlope", "1e-310"), "rescale slope 1e-310 and intercept -1024 give no"),
        (written_as("RescaleIntercept", "-9e99"), "rescale slope 1 and intercept -9e+99 give no"),
        (assign(RescaleType="ED"), "values are rescaled to ED, expected Hounsfield units"),
        (written_as("PixelSpacing", "0.5\\NaN"), "images state no position, orientation or pixel"),
        (assign(PixelSpacing=[0, 0]), "spacing"),
        (assign(PixelSpacing=[-0.5, 0.5]), "spacing"),
        (assign(ImagePositionPatient=[0, 0, 0]), "two different images lie at one position"),
        (assign(ImageOrientationPatient=[0] * 6), "expected axial"),
        (assign(PixelRepresentation=7), "PixelRepresentation is 7, expected 0 or 1"),
        (assign(BitsStored=99), "99 stored bits up to bit 15 do not fit into 16"),
        (assign(BitsAllocated=32), "expected 8 or 16 bits for a pixel, got 32"),
        (assign(SamplesPerPixel=3), "expected one grey value for a pixel, got 3 colours"),
        (assign(NumberOfFrames=1_000_000), "expected 32768000000 bytes of pixels, got 32768"),
        (assign(NumberOfFrames=-3), "expected 1 frames or more, got -3"),
        (assign(Rows=129), "expected 33024 bytes of pixels, got 32768"),
        (assign(Rows=65535, Columns=65535), "images of 65535 x 65535 pixels, expected up to"),
        (assign(Rows=4096, Columns=4096), "expected 33554432 bytes of pixels, got 32768"),
    ],
)
def test_a_value_that_cannot_be_is_named(scan, refused, edit, change, reason):
    edit(scan, change)

    assert reason in refused(scan)


def test_pixels_cut_short_are_counted(scan, refused):
    file = sorted(scan.iterdir())[11]
    file.write_bytes(file.read_bytes()[:-1])

    assert "0012.dcm: expected 32768 bytes of pixels, got 32767" in refused(scan)


def test_one_broken_header_leaves_a_gap_that_is_refused(scan, refused):
    file = sorted(scan.iterdir())[11]
    file.write_bytes(file.read_bytes()[:700])

    said = refused(scan)

    assert "slice gap changes from 5.00 to 10.00 mm after slice 11 of 29" in said
    assert "images of 0 x 0 pixels" in said


def test_a_compressed_stream_that_unfolds_to_more_than_it_says_is_refused(scan, refused, edit):
    # 16384 x 16384 pixels of JPEG-LS: half a gigabyte out of some bytes.
    frame = struct.pack(">HBHHBBBB", 11, 16, 16384, 16384, 1, 1, 0x11, 0)
    bomb = b"\xff\xd8\xff\xf7" + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + bytes(100)

    def change(dataset):
        dataset.PixelData = encapsulate([bomb])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.80"

    edit(scan, change)

    said = refused(scan)

    assert "an image of 128 x 128 pixels, its compressed stream holds 16384 x 16384" in said


def test_a_deflated_file_that_unfolds_to_gigabytes_is_refused_at_once(scan, refused):
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush the same input gives the same bytes: two thousand times 1 MB.
    megabyte = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = DEFLATED
    head = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(head, meta, enforce_standard=False)
    for file in scan.iterdir():
        file.unlink()
    bomb = bytes(128) + b"DICM" + head.getvalue() + megabyte * 2000 + packer.flush()
    (scan / "bomb.dcm").write_bytes(bomb)
    begun = time.perf_counter()

    said = refused(scan)

    assert "bomb.dcm): a deflated transfer syntax, refused" in said
    assert len(bomb) < 2_500_000
    assert time.perf_counter() - begun < 5


def test_five_hundred_nested_sequences_are_refused(scan, refused):
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    ends = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    for file in scan.iterdir():
        content = file.read_bytes()
        at = content.index(b"\x08\x00\x05\x00CS")
        nested = (sequence + item) * 500 + ends * 500
        file.write_bytes(content[:at] + nested + content[at:])

    assert "its header breaks off or is malformed (RecursionError)" in refused(scan)


def test_a_character_set_of_another_type_is_refused(scan, refused):
    for file in scan.iterdir():
        content = file.read_bytes()
        file.write_bytes(content.replace(b"\x08\x00\x05\x00CS", b"\x08\x00\x05\x00FD"))

    assert "header breaks off or is malformed (BytesLengthException)" in refused(scan)


def test_a_length_that_swallows_the_name_prints_no_name(scan, headct):
    for file in scan.iterdir():
        content = bytearray(file.read_bytes())
        at = content.index(b"\x08\x00\x3e\x10LO")
        name_ends = content.index(b"Quisling^Xaverine") + 18
        content[at + 6 : at + 8] = struct.pack("<H", name_ends - at - 8)
        file.write_bytes(content)

    told = headct("inspect", scan)  # fails where the name is printed

    assert "series 1" in told.text


def cut(file, length, place):
    place.write_bytes(file.read_bytes()[:length])
    return place


def read(path):
    found = scan_files(path)
    if not found.studies:
        raise ScanError(str(found.refused[0]))
    return stack(found.studies[0].series[0])


def check_every_cut(file, place):
    whole = file.stat().st_size

    for length in range(0, whole, 1000):
        with pytest.raises(HeadctError, match=r"not DICOM|breaks off|pixels|position|bits"):
            read(cut(file, length, place))
    assert read(cut(file, whole, place)).hu.shape[0] == 1


def test_a_file_cut_at_every_kilobyte_is_refused(scan, tmp_path):
    check_every_cut(first(scan), tmp_path / "cut.dcm")


def test_a_header_cut_anywhere_is_refused(scan, tmp_path):
    file = first(scan)
    header = file.stat().st_size - 128 * 128 * 2

    for length in range(0, header, 3):
        with pytest.raises(HeadctError):
            read(cut(file, length, tmp_path / "cut.dcm"))


def test_a_real_file_cut_at_every_kilobyte_is_refused(ge_series, tmp_path):
    check_every_cut(ge_series / "14.dcm", tmp_path / "cut.dcm")

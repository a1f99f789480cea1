import csv
import io
import shutil
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

import headct.dicom
from headct.core.errors import ScanError
from headct.dicom.confidentiality import Dates
from headct.dicom.deidentify import Subject, deidentify
from headct.dicom.encode import SYNTAXES
from headct.dicom.pseudonyms import Pseudonyms
from headct.dicom.repaint import Paint
from headct.dicom.write import Header

TABLE = Path(headct.dicom.__file__).parent / "confidentiality.csv"
KEY = Pseudonyms(b"a secret of more than 16 bytes")
WHO = Subject("whoever", has_contrast=False)
# Command, file meta and DICOMDIR groups are never in a data set.
ROWS = [
    row
    for row in csv.DictReader(TABLE.read_text().splitlines())
    if int(row["tag"][:4], 16) > 4 and dictionary_has_tag(int(row["tag"], 16))
]
# What a CT Image must have: its codes leave no choice, and these tell who it is from now on.
NAMED_ANEW = {"PatientName", "PatientID"}
BORN, SEEN = "19510203", "20210304"
NUMBERS = {"DS": "47.11", "IS": "4711", "FD": 47.11, "FL": 47.11, "US": 4711, "SS": 4711}


def planted(row, number):
    """A value that could be a patient's, and can be told from every other."""
    vr = dictionary_VR(int(row["tag"], 16))
    if vr == "SQ":
        item = Dataset()
        item.CodeMeaning = f"PLANTED{number:04d}"
        item.ReferencedSOPInstanceUID = f"1.99.{number}"
        item.PatientName = f"PLANTED^{number:04d}"
        return Sequence([item])
    by_vr = {
        **NUMBERS,
        "DA": SEEN,
        "DT": f"{SEEN}112233",
        "TM": "112233",
        "UI": f"1.99.{number}",
        "AS": "077Y",
        "UR": f"http://planted/{number:04d}",
        **dict.fromkeys(("OB", "UN", "OW"), b"PLANTED%04d " % number),
    }
    return by_vr.get(vr, f"PLANTED{number:04d}")


def plant(dataset):
    for number, row in enumerate(ROWS):
        dataset.add_new(
            int(row["tag"], 16), dictionary_VR(int(row["tag"], 16)), planted(row, number)
        )


def as_bytes(dataset):
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def cleaned(dataset, *, dates=Dates.REMOVE, key=KEY, who=WHO, paint=None):
    content, _ = deidentify(as_bytes(dataset), who, key, dates, paint)
    return pydicom.dcmread(io.BytesIO(content))


@pytest.fixture
def image(written):
    _, files = written(distances_mm=(5.0,), rows=16, columns=16)
    return pydicom.dcmread(files[0])


@pytest.fixture
def full(image):
    """A CT image with every attribute of the table."""
    sop_class = image.SOPClassUID
    plant(image)
    image.SOPClassUID = sop_class
    image.PatientBirthDate = BORN
    return image


def test_the_table_is_the_standards():
    codes = {row["keyword"]: (row["basic_profile"], row["date_options"]) for row in ROWS}

    # Read off the published table, a few of each kind.
    assert (
        codes.items()
        >= {
            "AccessionNumber": ("Z", ""),
            "AcquisitionDate": ("X/Z", "date"),
            "AcquisitionDateTime": ("X/Z/D", "date"),
            "ContentTime": ("Z/D", "date"),
            "ContrastBolusAgent": ("Z/D", ""),
            "DeviceSerialNumber": ("X/Z/D", ""),
            "FrameOfReferenceUID": ("U", ""),
            "InstitutionName": ("X/Z/D", ""),
            "OperatorsName": ("X/Z/D", ""),
            "PatientAge": ("X", ""),
            "PatientBirthDate": ("Z", ""),
            "PatientBirthTime": ("X", ""),
            "PatientComments": ("X", ""),
            "PatientName": ("Z", ""),
            "PatientSex": ("Z", ""),
            "PersonName": ("D", ""),
            "ProtocolName": ("X/D", ""),
            "ReferencedImageSequence": ("X/Z/U*", ""),
            "SeriesDate": ("X/D", "date"),
            "SeriesDescription": ("X", ""),
            "StudyDate": ("Z", "date"),
            "TimezoneOffsetFromUTC": ("X", "date"),
        }.items()
    )


def test_every_attribute_of_the_table_meets_its_fate(full):
    result = cleaned(full)

    wrong = []
    for row in ROWS:
        tag, keyword = int(row["tag"], 16), row["keyword"]
        is_there, value = tag in result, result.get(keyword)
        fate = {
            "X": not is_there,
            "Z": is_there and not value,
            "D": is_there and bool(value) and value != full[keyword].value,
            "U": is_there and str(value).startswith("2.25."),
        }[row["basic_profile"][0]]
        if not fate and keyword not in NAMED_ANEW:
            wrong.append((keyword, row["basic_profile"]))
    assert wrong == []
    assert result.PatientName == result.PatientID == KEY.patient("whoever")


@pytest.mark.parametrize("dates", Dates)
def test_nothing_planted_stands_anywhere_in_the_file(full, dates):
    content, _ = deidentify(as_bytes(full), WHO, KEY, dates)

    for trace in (b"PLANTED", b"1.99.", b"4711", b"planted", b"077Y", BORN.encode()):
        assert trace not in content
    assert (SEEN.encode() in content) == (dates is Dates.KEEP)


def test_implicit_files_are_cleaned_alike(full):
    full.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    content = io.BytesIO()
    pydicom.dcmwrite(content, full, implicit_vr=True, little_endian=True)

    full.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    result, changes = deidentify(content.getvalue(), WHO, KEY, Dates.REMOVE)

    assert b"PLANTED" not in result
    assert b"1.99." not in result
    assert changes == deidentify(as_bytes(full), WHO, KEY, Dates.REMOVE)[1]


@pytest.mark.parametrize("sequence", ["ReferencedSeriesSequence", "ContributingEquipmentSequence"])
def test_sequences_are_cleaned_through_and_through(image, sequence):
    item = Dataset()
    plant(item)
    around = Dataset()
    around.PurposeOfReferenceCodeSequence = [item]
    setattr(image, sequence, [around])

    content, _ = deidentify(as_bytes(image), WHO, KEY, Dates.REMOVE)

    result = pydicom.dcmread(io.BytesIO(content))
    assert len(result[sequence].value[0].PurposeOfReferenceCodeSequence) == 1
    for trace in (b"PLANTED", b"1.99.", b"4711", SEEN.encode()):
        assert trace not in content


def test_shifted_dates_keep_their_distances_and_times(full):
    full.SeriesDate = "20210311"

    result = cleaned(full, dates=Dates.SHIFT)

    study, series = (
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
        for day in (result.StudyDate, result.SeriesDate)
    )
    assert (series - study).days == 7
    assert (study - date(2021, 3, 4)).days == KEY.days("whoever")
    assert result.StudyTime == "112233"
    assert result.AcquisitionDateTime == f"{study:%Y%m%d}112233"
    assert result.LongitudinalTemporalInformationModified == "MODIFIED"
    assert not result.PatientBirthDate


def test_kept_dates_are_kept_but_not_the_birth(full):
    result = cleaned(full, dates=Dates.KEEP)

    dated = [row["keyword"] for row in ROWS if row["date_options"]]
    assert [name for name in dated if result.get(name) != full.get(name)] == [
        "TimezoneOffsetFromUTC"
    ]
    assert not result.PatientBirthDate
    assert "PatientBirthTime" not in result


def test_what_is_no_date_does_not_stay_as_one(image):
    image.add_new("StudyDate", "SH", "Doe 1951")
    image["StudyDate"].VR = "DA"

    assert not cleaned(image, dates=Dates.KEEP).StudyDate
    assert not cleaned(image, dates=Dates.SHIFT).StudyDate


def test_uids_are_the_same_over_files_and_references(written):
    _, files = written(distances_mm=(5.0,), rows=16, columns=16)
    first, second = map(pydicom.dcmread, files)
    reference, series = Dataset(), Dataset()
    reference.ReferencedSOPClassUID = CTImageStorage
    reference.ReferencedSOPInstanceUID = first.SOPInstanceUID
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ReferencedInstanceSequence = [reference]
    second.ReferencedSeriesSequence = [series]

    first, second = cleaned(first), cleaned(second)

    seen = second.ReferencedSeriesSequence[0]
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    assert seen.SeriesInstanceUID == first.SeriesInstanceUID
    assert seen.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert seen.ReferencedInstanceSequence[0].ReferencedSOPClassUID == CTImageStorage
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_the_same_key_gives_the_same_names_and_another_key_others(image):
    again, other = cleaned(image), cleaned(image, key=Pseudonyms())

    assert again.SOPInstanceUID == cleaned(image).SOPInstanceUID
    assert again.SOPInstanceUID != other.SOPInstanceUID
    assert again.PatientID != other.PatientID


def test_uids_of_the_standard_and_of_vocabularies_stay(image):
    image.FrameOfReferenceUID = "1.2.840.10008.1.4.1.1"
    code = Dataset()
    code.CodingSchemeUID = "2.16.840.1.113883.6.96"
    image.AnatomicRegionSequence = [code]

    result = cleaned(image)

    assert result.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"
    assert result.AnatomicRegionSequence[0].CodingSchemeUID == "2.16.840.1.113883.6.96"


def test_private_unknown_and_drawn_things_go(image):
    image.private_block(0x0019, "SOMEONE", create=True).add_new(1, "LO", "PLANTED")
    image.add_new(0x00400FFE, "LO", "PLANTED")
    image.add_new(0x50000010, "US", 1)
    image.add_new(0x60000010, "US", 16)
    image.add_new(0x60003000, "OW", b"PLANTED!")

    content, changes = deidentify(as_bytes(image), WHO, KEY, Dates.REMOVE)

    assert b"PLANTED" not in content
    assert b"SOMEONE" not in content
    groups = {element.tag.group for element in pydicom.dcmread(io.BytesIO(content))}
    assert not groups & {0x0019, 0x5000, 0x6000}
    assert changes["private attributes", "removed"] == 2
    assert changes["overlay attributes", "removed"] == 2


def test_attributes_called_unknown_are_known_by_their_tag(image):
    # An item as implicit VR writes it, with one PatientName.
    item = b"\x10\x00\x10\x00\x08\x00\x00\x00PLANTED "
    value = b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item
    for tag, stored in ((0x00081115, value), (0x00104000, b"PLANTED ")):
        image[tag] = RawDataElement(Tag(tag), "UN", len(stored), stored, 0, False, True)

    assert as_bytes(image).count(b"PLANTED") == 2
    content, _ = deidentify(as_bytes(image), WHO, KEY, Dates.REMOVE)

    assert b"PLANTED" not in content


def test_a_name_in_a_text_that_the_table_lets_pass_empties_it(image):
    image.PatientName, image.PatientID = "Doe^Jane", "4711-B"
    image.ManufacturerModelName = "scanner of JANE"
    image.PositionReferenceIndicator = "for 4711-B"
    image.SoftwareVersions = "Doering 4711"

    result = cleaned(image)

    assert not result.ManufacturerModelName
    assert not result.PositionReferenceIndicator
    assert result.SoftwareVersions == "Doering 4711"


def test_nothing_stays_before_the_data_set(image):
    image.preamble = b"PLANTED!" * 16
    image.file_meta.SourceApplicationEntityTitle = "PLANTED"
    image.file_meta.PrivateInformationCreatorUID = "1.99.1"
    image.file_meta.PrivateInformation = b"PLANTED "

    content, _ = deidentify(as_bytes(image), WHO, KEY, Dates.REMOVE)

    assert b"PLANTED" not in content
    assert b"1.99.1" not in content


def test_it_says_what_was_done(image):
    plain = cleaned(image)
    kept = cleaned(image, dates=Dates.KEEP)
    defaced = cleaned(image, dates=Dates.SHIFT, paint=Paint(np.ones((16, 16), bool), -1024.0))

    def codes(result):
        return [item.CodeValue for item in result.DeidentificationMethodCodeSequence]

    assert plain.PatientIdentityRemoved == "YES"
    assert plain.DeidentificationMethod[0].startswith("headct ")
    assert plain.LongitudinalTemporalInformationModified == "REMOVED"
    # PS3.16, context group 7050.
    assert codes(plain) == ["113100", "113103"]
    assert codes(kept) == ["113100", "113103", "113106"]
    assert codes(defaced) == ["113100", "113102", "113103", "113107"]
    assert defaced.RecognizableVisualFeatures == "NO"
    assert "RecognizableVisualFeatures" not in plain


def test_that_contrast_was_given_stays_known_without_its_name(image):
    image.ContrastBolusAgent = "PLANTED 370"

    without = cleaned(image)
    given = cleaned(image, who=Subject("whoever", has_contrast=True))

    assert not without.ContrastBolusAgent
    assert given.ContrastBolusAgent == "CONTRAST"


def test_an_enhanced_object_keeps_what_it_must_have(full):
    full.SOPClassUID = full.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    reference = full.ReferencedImageSequence[0].ReferencedSOPInstanceUID

    result = cleaned(full)

    # Type 1 in PS3.3 C.7.6.16 and C.7.5.2; type 2 in C.7.6.14.
    assert result.ContentDate == "00010101"
    assert result.AcquisitionDateTime == "00010101000000"
    assert result.DeviceSerialNumber == "REMOVED"
    assert len(result.AcquisitionContextSequence) == 0
    assert result.ReferencedImageSequence[0].ReferencedSOPInstanceUID == KEY.uid(reference)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_pixels_keep_their_bits_and_their_syntax(written, syntax):
    _, files = written(rows=64, columns=64, distances_mm=(5.0,), header=Header(syntax=syntax))
    before = pydicom.dcmread(files[0])

    after = cleaned(before)

    assert after.file_meta.TransferSyntaxUID == syntax
    assert after.PixelData == before.PixelData


def burned_in(image):
    image.BurnedInAnnotation = "YES"


def scanned(image):
    image.ConversionType = "SI"


def screenshot(image):
    image.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]


def report(image):
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"  # X-Ray Radiation Dose SR


def drawn_into_pixels(image):
    image.add_new(0x60000102, "US", 12)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (burned_in, "show text"),
        (scanned, "scanned page"),
        (screenshot, "screenshot"),
        (report, "X-Ray Radiation Dose SR Storage: only CT images"),
        (drawn_into_pixels, "overlay"),
    ],
)
def test_what_may_show_text_is_refused_with_the_reason(image, change, reason):
    change(image)

    with pytest.raises(ScanError, match=reason):
        cleaned(image)


def test_a_comment_with_the_name_in_compressed_pixels_is_refused(written):
    _, files = written(rows=16, columns=16, header=Header(syntax=JPEGLSLossless))
    image = pydicom.dcmread(files[0])
    image.PatientName = "Planted^Person"
    frame = next(generate_frames(image.PixelData, number_of_frames=1))
    # A JPEG comment after the mark of the image's start: FFFE, its length with itself, text.
    comment = b"\xff\xfe\x00\x0aPLANTED "
    image.PixelData = encapsulate([frame[:2] + comment + frame[2:]])

    with pytest.raises(ScanError, match="comment"):
        deidentify(as_bytes(image), WHO, KEY, Dates.REMOVE)


def test_a_file_that_is_cut_off_is_refused(image):
    content = as_bytes(image)

    with pytest.raises(ScanError, match="cut off"):
        deidentify(content[:-2], WHO, KEY, Dates.REMOVE)


def test_a_broken_file_is_refused_without_quoting_it(image):
    content = as_bytes(image)[:400] + b"PLANTED" * 30

    with pytest.raises(ScanError) as refused:
        deidentify(content, WHO, KEY, Dates.REMOVE)

    assert "PLANTED" not in str(refused.value)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not here")
@pytest.mark.parametrize("dates", Dates)
def test_dciodvfy_finds_no_new_errors(image, tmp_path, dates):
    def errors(dataset, name):
        dataset.save_as(tmp_path / name)
        done = subprocess.run(
            ["dciodvfy", tmp_path / name], capture_output=True, text=True, check=False
        )
        return {line for line in done.stderr.splitlines() if line.startswith("Error")}

    before, after = errors(image, "before"), errors(cleaned(image, dates=dates), "after")

    assert after <= before

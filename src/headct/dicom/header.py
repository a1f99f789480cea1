"""One file's header → the frames it holds."""

import hashlib
import io

from pydicom.dataset import Dataset

from headct.core.series import Instance, Location, PixelModule
from headct.dicom.damage import NotDicomError
from headct.dicom.files import Reader
from headct.dicom.frames import frame_instances
from headct.dicom.parse import Parsed, is_dicom, parse, tags_of
from headct.dicom.values import (
    age_years,
    number,
    pair,
    raw,
    sextuple,
    string,
    strings,
    text,
    triple,
    unsigned,
    whole,
)

# Headers of single slices end within 2 to 20 KB; those that do not are read again as a whole.
HEADER_BYTES = 65_536
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"  # the DICOMDIR of an exported disc

KEYWORDS = (
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "Modality",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientAge",
    "ContrastBolusAgent",
    "ContrastBolusAgentSequence",
    "BodyPartExamined",
    "SliceThickness",
    "ProtocolName",
    "GantryDetectorTilt",
    "ConvolutionKernel",
    "PatientPosition",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "AcquisitionNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "SamplesPerPixel",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "LossyImageCompression",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
_TAGS = tags_of(KEYWORDS)


def read_instances(reader: Reader, location: Location) -> tuple[Instance, ...]:
    """The frames of one file, from its header alone; () for a DICOMDIR.

    Raises:
        NotDicomError: not a DICOM file.
        DamagedError: a DICOM file that cannot be read.
        ScanError: no bytes could be read.
    """
    start = reader.read(location, HEADER_BYTES)
    if not is_dicom(start):
        raise NotDicomError("no DICM mark at byte 128")
    parsed = parse(io.BytesIO(start), _TAGS)
    if len(start) == HEADER_BYTES and parsed.end >= HEADER_BYTES:
        parsed = parse(io.BytesIO(reader.read(location)), _TAGS)
    if parsed.media_class == MEDIA_DIRECTORY:
        return ()
    return frame_instances(parsed.dataset, _instance(location, parsed))


def _instance(location: Location, parsed: Parsed) -> Instance:
    header = parsed.dataset
    rows, columns = matrix(header)
    return Instance(
        location=location,
        study_uid=string(header, "StudyInstanceUID"),
        series_uid=string(header, "SeriesInstanceUID"),
        sop_instance_uid=string(header, "SOPInstanceUID"),
        sop_class_uid=string(header, "SOPClassUID") or parsed.media_class,
        transfer_syntax_uid=parsed.syntax,
        modality=string(header, "Modality"),
        image_type=tuple(value.upper() for value in strings(header, "ImageType")),
        rows=rows,
        columns=columns,
        position_mm=triple(header, "ImagePositionPatient"),
        orientation=sextuple(header, "ImageOrientationPatient"),
        spacing_mm=pair(header, "PixelSpacing"),
        thickness_mm=number(header, "SliceThickness"),
        gantry_tilt_deg=number(header, "GantryDetectorTilt"),
        instance_number=whole(header, "InstanceNumber"),
        acquisition_number=whole(header, "AcquisitionNumber"),
        series_number=whole(header, "SeriesNumber"),
        series_description=text(header, "SeriesDescription"),
        protocol_name=text(header, "ProtocolName"),
        body_part=text(header, "BodyPartExamined"),
        kernel=text(header, "ConvolutionKernel"),
        contrast_agent=text(header, "ContrastBolusAgent"),
        patient_position=string(header, "PatientPosition"),
        patient_age_years=age_years(header),
        patient_key=_patient_key(header),
        frame_of_reference_uid=string(header, "FrameOfReferenceUID"),
        pixel_module=pixel_module(header),
        header_bytes=parsed.end,
        is_implicit=parsed.is_implicit,
    )


def matrix(header: Dataset) -> tuple[int, int]:
    """Rows and columns that a header states; 0 where it states none."""
    return unsigned(header, "Rows") or 0, unsigned(header, "Columns") or 0


def pixel_module(header: Dataset) -> PixelModule:
    """What a header says of how its pixels are stored."""
    return PixelModule(
        samples_per_pixel=unsigned(header, "SamplesPerPixel"),
        number_of_frames=whole(header, "NumberOfFrames"),
        bits_allocated=unsigned(header, "BitsAllocated"),
        bits_stored=unsigned(header, "BitsStored"),
        high_bit=unsigned(header, "HighBit"),
        pixel_representation=unsigned(header, "PixelRepresentation"),
        padding_value=unsigned(header, "PixelPaddingValue"),
        padding_range_limit=unsigned(header, "PixelPaddingRangeLimit"),
        rescale_slope=number(header, "RescaleSlope"),
        rescale_intercept=number(header, "RescaleIntercept"),
        rescale_type=string(header, "RescaleType"),
        lossy_compression=string(header, "LossyImageCompression"),
    )


def _patient_key(header: Dataset) -> str:
    """A hash of the patient's ID; of name and birth date where there is no ID."""
    stated = raw(header, "PatientID").strip(b" \0")
    if not stated:
        name = raw(header, "PatientName").strip(b" \0^")
        born = raw(header, "PatientBirthDate").strip(b" \0")
        if not name and not born:
            return ""
        stated = b"name " + name + b" born " + born
    return hashlib.sha256(stated).hexdigest()

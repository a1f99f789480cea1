"""Slices → DICOM files, by pydicom alone; their headers can be spoiled before they are saved."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from bench.traps.truth import BALL_MM, Image, Planes, images_of


@dataclass(frozen=True)
class Rescale:
    """How HU are stored: slope times stored plus intercept."""

    slope: float = 1.0
    intercept: float = -1024.0


def slices_of(
    planes: Planes,
    name: str,
    *,
    ball_mm: tuple[float, float, float] = BALL_MM,
    part: str = "",
    number_from: int = 1,
) -> list[Dataset]:
    """One CT image for each plane, numbered upwards.

    Args:
        planes: where the images lie.
        name: of the trap; the same name gives the same series.
        ball_mm: where the ball lies.
        part: tells images of one series apart that would else be named alike.
        number_from: InstanceNumber of the first.
    """
    images = []
    for index, hu in enumerate(images_of(planes, ball_mm)):
        image = _shared(planes, name)
        image.SOPInstanceUID = generate_uid(entropy_srcs=[name, part, str(index)])
        image.InstanceNumber = number_from + index
        image.SliceThickness = format_number_as_ds(float(planes.thickness_mm[index]))
        image.ImagePositionPatient = _decimals(planes.origins_mm[index])
        put_pixels(image, hu)
        images.append(image)
    return images


def _shared(planes: Planes, name: str) -> Dataset:
    image = Dataset()
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = "20000101"
    image.StudyTime = image.SeriesTime = image.AcquisitionTime = "120000"
    image.Modality = "CT"
    image.Manufacturer = "GE MEDICAL SYSTEMS"
    image.SeriesDescription = "Head"
    image.PatientName = "Trap^Geometry"
    image.PatientID = "TRAP"
    image.BodyPartExamined = "HEAD"
    image.KVP = "120"
    image.GantryDetectorTilt = format_number_as_ds(planes.tilt_deg)
    image.ConvolutionKernel = "STANDARD"
    image.PatientPosition = "HFS"
    image.StudyInstanceUID = generate_uid(entropy_srcs=[name, "study"])
    image.SeriesInstanceUID = generate_uid(entropy_srcs=[name, "series"])
    image.FrameOfReferenceUID = generate_uid(entropy_srcs=[name, "frame of reference"])
    image.SeriesNumber = 2
    image.AcquisitionNumber = 1
    image.ImageOrientationPatient = _decimals(np.r_[planes.column_axis, planes.row_axis])
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows, image.Columns = planes.shape
    image.PixelSpacing = _decimals(np.array(planes.spacing_mm))
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    # Signed, as most scanners store: one reader straightens a tilt in such values alone.
    image.PixelRepresentation = 1
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def put_pixels(image: Dataset, hu: Image, rescale: Rescale | None = None) -> None:
    """Store HU in an image, by a rescale of choice."""
    rescale = Rescale() if rescale is None else rescale
    stored = np.rint((hu - rescale.intercept) / rescale.slope).astype("<i2")
    image.RescaleIntercept = format_number_as_ds(rescale.intercept)
    image.RescaleSlope = format_number_as_ds(rescale.slope)
    image.RescaleType = "HU"
    image.add_new("PixelData", "OW", stored.tobytes())


def write_badly(image: Dataset, keyword: str, written: str) -> None:
    """Put a decimal string into an image as no careful writer would."""
    value = written.encode()
    value += b" " * (len(value) % 2)
    tag = Tag(keyword)
    image[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)


def save(images: list[Dataset], folder: Path) -> None:
    """Write images to ``0001.dcm`` and on, in the order given."""
    folder.mkdir(parents=True)
    for index, image in enumerate(images, start=1):
        image.save_as(folder / f"{index:04d}.dcm", enforce_file_format=True)


def enhanced(images: list[Dataset]) -> Dataset:
    """One multi-frame object of single slices, frames in the order given.

    Source:
        DICOM PS3.3, A.38.1 Enhanced CT Image IOD; C.7.6.16 Multi-frame Functional Groups.
    """
    first = images[0]
    whole = Dataset()
    whole.update({element.tag: element for element in first if element.keyword not in _IN_GROUPS})
    whole.file_meta = first.file_meta
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    whole.NumberOfFrames = len(images)
    whole.InstanceNumber = 1
    whole.PixelData = b"".join(image.PixelData for image in images)
    shared = _groups(
        PlaneOrientation=_taken(first, "ImageOrientationPatient"),
        PixelMeasures=_taken(first, "PixelSpacing", "SliceThickness"),
        PixelValueTransformation=_taken(first, "RescaleIntercept", "RescaleSlope", "RescaleType"),
        CTReconstruction=_taken(first, "ConvolutionKernel"),
        CTAcquisitionDetails=_taken(first, "GantryDetectorTilt"),
    )
    whole.SharedFunctionalGroupsSequence = Sequence([shared])
    order = np.argsort([image.InstanceNumber for image in images]).argsort() + 1
    whole.PerFrameFunctionalGroupsSequence = Sequence(
        [
            _groups(
                PlanePosition=_taken(image, "ImagePositionPatient"),
                FrameContent=_content(int(place)),
            )
            for image, place in zip(images, order, strict=True)
        ]
    )
    return whole


_IN_GROUPS = {
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "PixelSpacing",
    "SliceThickness",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "ConvolutionKernel",
    "GantryDetectorTilt",
    "AcquisitionNumber",
}


def _content(place: int) -> Dataset:
    content = Dataset()
    content.FrameAcquisitionNumber = 1
    content.StackID = "1"
    content.InStackPositionNumber = place
    content.DimensionIndexValues = [1, place]
    return content


def _taken(image: Dataset, *keywords: str) -> Dataset:
    item = Dataset()
    for keyword in keywords:
        setattr(item, keyword, image[keyword].value)
    return item


def _groups(**items: Dataset) -> Dataset:
    """Functional groups, each a sequence of one item."""
    made = Dataset()
    for name, item in items.items():
        setattr(made, f"{name}Sequence", Sequence([item]))
    return made


def _decimals(values: np.ndarray) -> list[str]:
    return [format_number_as_ds(float(value)) for value in values]

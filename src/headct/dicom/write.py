"""A volume → a CT series as a scanner would write it, one file a slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from headct.core.errors import OutputError
from headct.core.finding import Progress
from headct.core.volume import Volume
from headct.dicom.encode import encode, is_native
from headct.dicom.storage import PLAIN, Storage


@dataclass(frozen=True)
class Header:
    """What the files say besides pixels and geometry.

    Args:
        patient_name: as DICOM writes it, ``Family^Given``.
        patient_id: of the patient.
        patient_age_years: whole years; None leaves it empty.
        study_date: YYYYMMDD; empty leaves date and time empty.
        study_description: of the visit.
        series_description: of this series.
        series_number: also part of the series' UID, so that one seed can hold several series.
        protocol_name: of the scanner's protocol.
        body_part: a defined term of DICOM PS3.16 Annex L.
        image_type: value by value.
        kernel: reconstruction kernel, in the words of the maker.
        contrast_agent: empty where none was given.
        manufacturer: of the scanner.
        syntax: UID of the transfer syntax, one of ``headct.dicom.encode.SYNTAXES``.
        storage: how HU are stored.
        is_numbered: whether images carry an InstanceNumber; some public sets lack it.
        has_negative_zeros: whether zeros of the orientation are written "-0", as some makers do.
    """

    patient_name: str = "Phantom^Head"
    patient_id: str = "PHANTOM"
    patient_age_years: int | None = None
    study_date: str = "20000101"
    study_description: str = "CT head"
    series_description: str = "Head"
    series_number: int = 1
    protocol_name: str = "Head"
    body_part: str = "HEAD"
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL")
    kernel: str = "STANDARD"
    contrast_agent: str = ""
    manufacturer: str = "headct"
    syntax: str = str(ExplicitVRLittleEndian)
    storage: Storage = PLAIN
    is_numbered: bool = True
    has_negative_zeros: bool = False


def write(
    volume: Volume,
    folder: Path | str,
    header: Header | None = None,
    *,
    seed: str = "headct",
    thickness_mm: Sequence[float] | None = None,
    outside: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write a volume as a CT series into a new or empty folder.

    HU are rounded to whole stored values and limited to what the header's storage can hold, by
    default -1024 to 64511. Positions are exact to the 16 characters of a decimal string, under
    1e-9 mm.

    Args:
        volume: its grid may be tilted and of mixed distances.
        folder: is made where it is not there.
        header: what else the files say; plain values where not given.
        seed: the same seed, series number and slice give the same UIDs.
        thickness_mm: of each slice, where it differs; else the grid's, else the cell's height.
        outside: (rows, columns), True outside the reconstruction: padded, where the storage has a
            padding value.
        progress: told after each file.

    Returns:
        The files, in the order of the slices.

    Raises:
        OutputError: the folder holds something, cannot be written, or the volume is not fit.
    """
    header = Header() if header is None else header
    folder = Path(folder)
    _check(volume)
    shared = _shared(volume, header, seed)
    files = []
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError("the folder for the series is not empty: give a new one")
        folder.mkdir(parents=True, exist_ok=True)
        for index, hu in enumerate(volume.hu):
            image = _image(shared, volume, index, seed)
            image.InstanceNumber = index + 1 if header.is_numbered else None
            if thickness_mm is not None:
                image.SliceThickness = format_number_as_ds(float(thickness_mm[index]))
            stored = header.storage.store(hu, outside)
            image.add_new("PixelData", "OW", encode(stored, header.syntax))
            if not is_native(header.syntax):
                image["PixelData"].VR = "OB"
                image["PixelData"].is_undefined_length = True
            files.append(folder / f"{index + 1:04d}.dcm")
            image.save_as(files[-1], enforce_file_format=True)
            if progress is not None:
                progress(index + 1, len(volume.hu))
    except OSError as error:
        raise OutputError(f"the series cannot be written: {error.strerror}") from error
    return tuple(files)


def _check(volume: Volume) -> None:
    if not volume.grid.is_measured:
        raise OutputError("pixel spacing is not known: a CT series cannot be written without it")
    if not np.isfinite(volume.hu).all():
        raise OutputError("some HU are not finite numbers: a CT series cannot hold them")


def _uid(*entropy: str | int) -> UID:
    return generate_uid(entropy_srcs=["headct", *map(str, entropy)])


def _decimals(values: NDArray[np.float64] | tuple[float, ...]) -> list[str]:
    return [format_number_as_ds(float(value)) for value in values]


def _shared(volume: Volume, header: Header, seed: str) -> Dataset:
    """The attributes that all slices have in common."""
    grid = volume.grid
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = list(header.image_type)
    image.SOPClassUID = CTImageStorage
    image.AccessionNumber = ""
    image.ReferringPhysicianName = ""
    image.StudyID = "1"
    image.StudyDate = header.study_date
    image.StudyTime = "000000" if header.study_date else ""
    image.Modality = "CT"
    image.Manufacturer = header.manufacturer
    image.StudyDescription = header.study_description
    image.SeriesDescription = header.series_description
    image.PatientName = header.patient_name
    image.PatientID = header.patient_id
    image.PatientBirthDate = ""
    image.PatientSex = ""
    if header.patient_age_years is not None:
        image.PatientAge = f"{header.patient_age_years:03d}Y"
    if header.contrast_agent:
        image.ContrastBolusAgent = header.contrast_agent
    image.BodyPartExamined = header.body_part
    image.KVP = "120"
    image.ProtocolName = header.protocol_name
    image.GantryDetectorTilt = format_number_as_ds(grid.tilt_deg)
    image.ConvolutionKernel = header.kernel
    image.PatientPosition = "HFS"
    image.StudyInstanceUID = _uid(seed, "study")
    image.SeriesInstanceUID = _uid(seed, "series", header.series_number)
    image.SeriesNumber = header.series_number
    image.AcquisitionNumber = 1
    axes = _decimals(np.concatenate([grid.column_axis, grid.row_axis]))
    zero = "-0" if header.has_negative_zeros else "0"
    image.ImageOrientationPatient = [zero if float(a) == 0 else a for a in axes]
    image.FrameOfReferenceUID = _uid(seed, "frame of reference")
    image.PositionReferenceIndicator = ""
    image.Rows, image.Columns = grid.shape[1:]
    image.PixelSpacing = _decimals(grid.spacing_mm)
    # The usual brain window, for viewers.
    image.WindowCenter = "40"
    image.WindowWidth = "80"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = UID(header.syntax)
    header.storage.describe(image)
    return image


def _image(shared: Dataset, volume: Volume, index: int, seed: str) -> Dataset:
    """The attributes of one slice."""
    grid = volume.grid
    image = Dataset()
    image.update(shared)
    image.file_meta = FileMetaDataset()
    image.file_meta.update(shared.file_meta)
    image.SOPInstanceUID = _uid(seed, "image", shared.SeriesNumber, index)
    image.ImagePositionPatient = _decimals(grid.origins_mm[index])
    thickness = grid.thickness_mm or grid.heights_mm[index]
    image.SliceThickness = format_number_as_ds(float(thickness))
    return image

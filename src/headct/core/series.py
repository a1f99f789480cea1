"""What a folder holds, from headers alone."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from headct.core.errors import Refusal

Triple = tuple[float, float, float]
Sextuple = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Location:
    """Where a stored object is: a file, or a member of a ZIP archive."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The bare file name, safe to print: folders may carry a patient's name."""
        return Path(self.member or self.path).name


@dataclass(frozen=True)
class PixelModule:
    """How the pixels of an object are stored and what they stand for, as its header states it.

    What the header lacks is None or empty; nothing is guessed or checked here.

    Source:
        DICOM PS3.3 C.7.6.3 Image Pixel, C.11.1 Modality LUT, C.7.6.1.1.5 Lossy Compression.
    """

    samples_per_pixel: int | None = None
    number_of_frames: int | None = None
    bits_allocated: int | None = None
    bits_stored: int | None = None
    high_bit: int | None = None
    pixel_representation: int | None = None
    padding_value: int | None = None
    padding_range_limit: int | None = None
    rescale_slope: float | None = None
    rescale_intercept: float | None = None
    rescale_type: str = ""
    lossy_compression: str = ""


@dataclass(frozen=True)
class Instance:
    """One image frame as its header describes it; a multi-frame object gives one for each frame.

    What the header lacks is None or empty; nothing is guessed here.
    """

    location: Location
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    frame: int = 1
    modality: str = ""
    image_type: tuple[str, ...] = ()
    rows: int = 0
    columns: int = 0
    position_mm: Triple | None = None
    orientation: Sextuple | None = None
    spacing_mm: tuple[float, float] | None = None
    thickness_mm: float | None = None
    gantry_tilt_deg: float | None = None
    instance_number: int | None = None
    acquisition_number: int | None = None
    series_number: int | None = None
    series_description: str = ""
    protocol_name: str = ""
    body_part: str = ""
    kernel: str = ""
    contrast_agent: str = ""
    patient_position: str = ""
    patient_age_years: float | None = None
    patient_key: str = ""
    """A one-way hash of who it is: to see that two differ, never to print."""
    frame_of_reference_uid: str = ""
    """Positions can be compared only where this is the same; never to print."""
    pixel_module: PixelModule = PixelModule()
    header_bytes: int = 0
    """Where in the file the header ends and Pixel Data begins."""
    is_implicit: bool = False
    """Whether the header names no value representations, whatever the syntax promises."""


@dataclass(frozen=True)
class Series:
    """The frames that share a SeriesInstanceUID, in the order found."""

    uid: str
    instances: tuple[Instance, ...]

    def __post_init__(self) -> None:
        if not self.instances:
            raise ValueError("a series holds at least one image")

    @property
    def first(self) -> Instance:
        """The frame that speaks for what all share."""
        return self.instances[0]

    @cached_property
    def name(self) -> str:
        """What to call it in print: its number and description, no identifiers."""
        number = self.first.series_number
        label = "series" if number is None else f"series {number}"
        description = self.first.series_description
        return f"{label} ({description})" if description else label


@dataclass(frozen=True)
class Study:
    """The series that share a StudyInstanceUID."""

    uid: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Scan:
    """What was found under one path."""

    studies: tuple[Study, ...]
    refused: tuple[Refusal, ...] = ()
    files: int = 0

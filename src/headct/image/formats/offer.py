"""What a path offers: scans to try in order, and what was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf, isfinite
from pathlib import Path

from headct.core.errors import Refusal, ScanError, SeveralStudies
from headct.core.series import Location, Series
from headct.core.volume import Volume
from headct.dicom.scan import scan
from headct.dicom.select import select, warnings_about
from headct.dicom.stack import stack
from headct.image.formats.nifti import read_nifti
from headct.image.formats.pictures import PICTURE_SUFFIXES, read_pictures, stack_pictures

NIFTI = (".nii", ".nii.gz")
SATURATED = "read from pictures: calcium and bone are cut off alike by the window"


@dataclass(frozen=True)
class Reading:
    """How to read a scan.

    Args:
        window: (level, width) in HU, through which pictures were saved; None for other files.
        spacing_mm: (slice, row, column) of pictures; None where not known.
        allow_gaps: whether a series with missing slices is read all the same.
    """

    window: tuple[float, float] | None = None
    spacing_mm: tuple[float, float, float] | None = None
    allow_gaps: bool = False

    def __post_init__(self) -> None:
        if self.window is not None and not 0 < self.window[1] < inf:
            raise ValueError(f"a window has a width above 0 HU, got {self.window[1]:g}")
        if self.window is not None and not isfinite(self.window[0]):
            raise ValueError(f"a window has a level in HU, got {self.window[0]:g}")
        if self.spacing_mm is not None and not all(0 < mm < inf for mm in self.spacing_mm):
            raise ValueError(f"spacing is three numbers above 0 mm, got {self.spacing_mm}")


@dataclass(frozen=True)
class Choice:
    """One scan that could be analyzed.

    Args:
        name: what to call it, without identifiers.
        read: gives its volume, or raises ScanError.
        warnings: what to know before trusting it.
        ranking: what it was ranked by, for the reason why another was preferred.
        thickness_mm: nominal, by SOP instance and frame, where slices state one.
        series: the DICOM series it is; None for other files.
    """

    name: str
    read: Callable[[], Volume]
    warnings: tuple[str, ...] = ()
    ranking: str = ""
    thickness_mm: Mapping[tuple[str, int], float | None] = field(default_factory=dict)
    series: Series | None = None


@dataclass(frozen=True)
class Offer:
    """Scans to try, the best first, and everything else that was there."""

    choices: tuple[Choice, ...]
    refused: tuple[Refusal, ...] = ()


def offer(path: Path, reading: Reading) -> Offer:
    """Find what can be analyzed under a path, without reading pixels yet.

    Args:
        path: a folder or ZIP of DICOM files, a DICOM file, a NIfTI file, a folder of pictures or
            a picture.
        reading: how to read it.

    Raises:
        ScanError: nothing is there, it holds several studies, or pictures come without a window.
    """
    try:
        if not path.exists():
            raise ScanError(f"nothing is at {path.name!r}: check the path")
        if are_pictures(path):
            return Offer((_pictures(path, reading),))
    except OSError as error:
        raise ScanError(f"the path cannot be looked at ({error.strerror}): check it") from error
    if reading.window is not None or reading.spacing_mm is not None:
        raise ScanError(
            f"a window or spacing was given, but {path.name!r} is not a folder of PNG or JPEG "
            "pictures; DICOM and NIfTI carry their own: leave --window and --spacing-mm out"
        )
    if path.name.lower().endswith(NIFTI):
        return Offer((Choice(path.name, partial(read_nifti, path)),))
    return offer_dicom(path, reading)


def are_pictures(path: Path) -> bool:
    """Whether a path is a picture, or a folder whose scan is in pictures.

    A thumbnail beside a DICOM series does not make it one: pictures count alone.
    """
    if not path.is_dir():
        return path.suffix.lower() in PICTURE_SUFFIXES
    files = [f for f in path.iterdir() if f.is_file() and not f.name.startswith(".")]
    pictures = [f for f in files if f.suffix.lower() in PICTURE_SUFFIXES]
    others = (f for f in files if f.suffix.lower() not in PICTURE_SUFFIXES)
    return bool(pictures) and not any(_is_dicom(f) for f in others)


def _is_dicom(path: Path) -> bool:
    """Whether a file has DICOM's mark (PS3.10, 7.1)."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _pictures(path: Path, reading: Reading) -> Choice:
    if reading.window is None:
        raise ScanError(
            f"{path.name!r} holds pictures, which do not say their scale: state the window they "
            "were saved through, as in --window 40 80"
        )
    read = partial(read_pictures, path) if path.is_dir() else partial(stack_pictures, [path])
    return Choice(
        f"pictures in {path.name}" if path.is_dir() else path.name,
        partial(read, window=reading.window, spacing_mm=reading.spacing_mm),
        warnings=(f"{SATURATED} (level {reading.window[0]:g}, width {reading.window[1]:g} HU)",),
    )


def offer_dicom(path: Path, reading: Reading, files: Sequence[Path | Location] = ()) -> Offer:
    """The head CT series of one study.

    Args:
        path: the folder or file that holds it.
        reading: how to read it.
        files: look at these alone; none for all that is under the path.

    Raises:
        ScanError: nothing is there.
        SeveralStudies: of which several show a head.
    """
    found = scan(path, files=files)
    selections = [select(study) for study in found.studies]
    usable = [selection for selection in selections if selection.candidates]
    refused = (*found.refused, *(r for selection in selections for r in selection.refused))
    if len(usable) > 1:
        raise SeveralStudies(
            f"{len(usable)} studies with a head CT are in {path.name!r}; expected one: give the "
            "folder of one study (headct inspect lists them), or ask for a work list of all"
        )
    if not usable:
        return Offer((), refused)

    def choice(series: Series, ranking: str) -> Choice:
        read = partial(stack, series, allow_gaps=reading.allow_gaps)
        thickness_mm = {(i.sop_instance_uid, i.frame): i.thickness_mm for i in series.instances}
        return Choice(series.name, read, warnings_about(series), ranking, thickness_mm, series)

    chosen = usable[0]
    choices = tuple(map(choice, chosen.candidates, chosen.ranking))
    return Offer(choices, refused)

"""What a path offers to analyze: scans to try in order, and what was refused."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from headct.core.errors import Refusal, ScanError
from headct.core.series import Series
from headct.core.volume import Volume
from headct.dicom.scan import scan
from headct.dicom.select import select, warnings_about
from headct.dicom.stack import stack
from headct.image.formats.nifti import read_nifti
from headct.image.formats.pictures import read_pictures, stack_pictures

PICTURES = (".png", ".jpg", ".jpeg")
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


@dataclass(frozen=True)
class Choice:
    """One scan that could be analyzed.

    Args:
        name: what to call it, without identifiers.
        read: gives its volume, or raises ScanError.
        warnings: what to know before trusting it.
        ranking: what it was ranked by, for the reason why another was preferred.
    """

    name: str
    read: Callable[[], Volume]
    warnings: tuple[str, ...] = ()
    ranking: str = ""


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
    if not path.exists():
        raise ScanError(f"nothing is at {path.name!r}: check the path")
    if path.name.lower().endswith(NIFTI):
        return Offer((Choice(path.name, partial(read_nifti, path)),))
    if _holds_pictures(path):
        return Offer((_pictures(path, reading),))
    if reading.window is not None:
        raise ScanError(
            f"a window was given, but there is no PNG or JPEG in {path.name!r}; "
            "DICOM and NIfTI carry their own scale: leave --window out"
        )
    return _dicom(path, reading)


def _holds_pictures(path: Path) -> bool:
    if path.is_dir():
        return any(f.suffix.lower() in PICTURES for f in path.iterdir() if f.is_file())
    return path.suffix.lower() in PICTURES


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


def _dicom(path: Path, reading: Reading) -> Offer:
    found = scan(path)
    selections = [select(study) for study in found.studies]
    usable = [selection for selection in selections if selection.candidates]
    refused = (*found.refused, *(r for selection in selections for r in selection.refused))
    if len(usable) > 1:
        raise ScanError(
            f"{len(usable)} studies with a head CT are in {path.name!r}; expected one: give the "
            "folder of one study (headct inspect lists them)"
        )
    if not usable:
        return Offer((), refused)

    def choice(series: Series, ranking: str) -> Choice:
        read = partial(stack, series, allow_gaps=reading.allow_gaps)
        return Choice(series.name, read, warnings=warnings_about(series), ranking=ranking)

    chosen = usable[0]
    choices = tuple(map(choice, chosen.candidates, chosen.ranking))
    return Offer(choices, refused)

"""What is under a path: studies and series, which would be used, and why not the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from headct.core.errors import Refusal, printable
from headct.core.finding import Progress
from headct.core.series import Location, Series, Study
from headct.dicom.scan import scan
from headct.dicom.select import Selection, select


@dataclass(frozen=True)
class SeriesView:
    """One series as its headers describe it, and what would become of it.

    Args:
        name: number and description.
        modality: as stated.
        images: how many frames.
        matrix: "512 x 512"; every size that occurs.
        thickness: "4, 7 mm"; every nominal thickness that occurs.
        kernel: as stated.
        tilt: "+18.5°"; as the gantry stated it.
        is_used: whether ``analyze`` would take it first.
        verdict: why it is used, comes next, or is refused.
    """

    name: str
    modality: str
    images: int
    matrix: str
    thickness: str
    kernel: str
    tilt: str
    is_used: bool
    verdict: str


@dataclass(frozen=True)
class StudyView:
    """One study: its series, and what to know before trusting the one used.

    Args:
        series: in the order found.
        warnings: about the one used.
        folders: that hold its files, as seen from the path looked at; only where asked for, as
            their names may carry a patient's.
    """

    series: tuple[SeriesView, ...]
    warnings: tuple[str, ...]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """What is under a path, from headers alone."""

    files: int
    studies: tuple[StudyView, ...]
    refused: tuple[Refusal, ...]

    @property
    def is_usable(self) -> bool:
        """Whether any series could be analyzed."""
        return any(series.is_used for study in self.studies for series in study.series)


def inspect(path: Path, progress: Progress | None = None, *, folders: bool = False) -> Inspection:
    """Look at headers alone and say what ``analyze`` would do with each series.

    Args:
        path: a folder or ZIP of DICOM files, or a DICOM file.
        progress: told how many files have been read.
        folders: whether to name those of each study, which may carry a patient's name.

    Raises:
        ScanError: nothing is there.
    """
    found = scan(path, progress=progress)
    root = path if path.is_dir() else path.parent
    studies = tuple(
        _study(study, _folders(study, root) if folders else ()) for study in found.studies
    )
    return Inspection(found.files, studies, found.refused)


def _study(study: Study, folders: tuple[str, ...]) -> StudyView:
    selection = select(study)
    return StudyView(
        tuple(_series(series, selection) for series in study.series), selection.warnings, folders
    )


def _folders(study: Study, root: Path) -> tuple[str, ...]:
    """Each folder once, in the order met; "." is the path looked at itself."""
    locations = (image.location for series in study.series for image in series.instances)
    return tuple(dict.fromkeys(_folder(location, root) for location in locations))


def _folder(location: Location, root: Path) -> str:
    if location.member is not None:
        name = str(PurePosixPath(location.member).parent)
    else:
        name = location.path.relative_to(root).parent.as_posix()
    return printable(name)


def _series(series: Series, selection: Selection) -> SeriesView:
    images = series.instances
    used = [candidate.uid for candidate in selection.candidates]
    is_used = series.uid in used[:1]
    return SeriesView(
        name=series.name,
        modality=series.first.modality,
        images=len(images),
        matrix=_each(f"{i.columns} x {i.rows}" for i in images if i.rows),
        thickness=_each((f"{i.thickness_mm:g}" for i in images if i.thickness_mm), " mm"),
        kernel=_each(i.kernel for i in images),
        tilt=_each((f"{i.gantry_tilt_deg:+g}" for i in images if i.gantry_tilt_deg), "°"),
        is_used=is_used,
        verdict=_verdict(series, selection, is_used=is_used),
    )


def _each(values: Iterable[str], unit: str = "") -> str:
    """Every value that occurs, once, in the order met."""
    joined = ", ".join(dict.fromkeys(v for v in values if v))
    return f"{joined}{unit}" if joined else ""


def _verdict(series: Series, selection: Selection, *, is_used: bool) -> str:
    ranking = [
        line.removeprefix(f"{series.name}: ")
        for candidate, line in zip(selection.candidates, selection.ranking, strict=True)
        if candidate.uid == series.uid
    ]
    lines = [f"{'would be used' if is_used else 'next choice'}: {line}" for line in ranking]
    lines += [
        f"refused: {refusal.reason}"
        for refusal in selection.refused
        if refusal.what in (series.name, "the study")
        or refusal.what.endswith(series.name)
        or refusal.what.startswith(f"{series.name}, part")
    ]
    return "; ".join(lines)

"""What is under a path: studies and series, which would be used, and why not the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from headct.core.errors import Refusal
from headct.core.finding import Progress
from headct.core.series import Series, Study
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
    """One study: its series, and what to know before trusting the one used."""

    series: tuple[SeriesView, ...]
    warnings: tuple[str, ...]


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


def inspect(path: Path, progress: Progress | None = None) -> Inspection:
    """Look at headers alone and say what ``analyze`` would do with each series.

    Raises:
        ScanError: nothing is there.
    """
    found = scan(path, progress=progress)
    return Inspection(found.files, tuple(map(_study, found.studies)), found.refused)


def _study(study: Study) -> StudyView:
    selection = select(study)
    return StudyView(
        tuple(_series(series, selection) for series in study.series), selection.warnings
    )


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

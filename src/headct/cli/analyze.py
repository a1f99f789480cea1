"""``headct analyze``: the main job."""

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import stage_shown
from headct.core.errors import ScanError
from headct.core.labels import HEMORRHAGE_SUBTYPES

if TYPE_CHECKING:
    from headct.report.answer import Answer


def analyze(
    scan: Annotated[
        Path, typer.Argument(help="Folder or ZIP of DICOM files, DICOM file, NIfTI, or pictures.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the answer.")],
    window: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LEVEL WIDTH", help="HU window that pictures were saved through."),
    ] = None,
    spacing_mm: Annotated[
        tuple[float, float, float] | None,
        typer.Option(
            metavar="SLICE ROW COLUMN", help="Spacing of pictures; without it there is no mL."
        ),
    ] = None,
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Analyze though slices are missing.")
    ] = False,
    truth: Annotated[
        Path | None, typer.Option(help="truth.json of a phantom: print found against true mL.")
    ] = None,
) -> None:
    """Say what is in a head CT: findings, mL, pictures, a report."""
    true_ml = None if truth is None else read_truth(truth)
    start = perf_counter()
    try:
        with stage_shown() as watch:
            answer = api.analyze(
                scan,
                out,
                window=window,
                spacing_mm=spacing_mm,
                allow_gaps=allow_gaps,
                watch=watch,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    console = Console(highlight=False, soft_wrap=True)
    tell(answer, console)
    console.print(f"  {'time':<13}{perf_counter() - start:.1f} s")
    if true_ml is not None:
        found_ml = answer.prediction.findings[0].volume_ml or 0.0
        console.print(f"  {'phantom':<13}true {true_ml:.1f} mL, found {found_ml:.1f} mL", end="")
        console.print(f" ({found_ml / true_ml - 1:+.1%})" if true_ml else "")
    console.print(f"  {'report':<13}{escape(str(out / 'report.html'))}")


def tell(answer: "Answer", console: Console) -> None:
    """Print an answer in a few lines."""
    grid = answer.volume.grid
    for finding in answer.prediction.findings:
        said = {True: "[bold]found[/]", False: "none found", None: "not decided"}[finding.present]
        amount = "" if finding.volume_ml is None else f", {finding.volume_ml:.1f} mL"
        if finding.volume_interval_ml is not None and finding.present:
            amount += " ({:.1f} to {:.1f})".format(*finding.volume_interval_ml)
        console.print(f"  {'hemorrhage':<13}{said}{amount if finding.present else ''}")
    if answer.intracranial_volume_ml is not None:
        console.print(f"  {'intracranial':<13}{answer.intracranial_volume_ml:.0f} mL")
    tilt = f", tilt {grid.tilt_deg:+.1f}°" if grid.is_tilted else ""
    console.print(
        f"  {'scan':<13}{escape(answer.series_name)}: {counted(grid.shape[0], 'slice')}{tilt}, "
        f"{counted(len(answer.refused), 'other')} refused"
    )
    for warning in answer.warnings:
        console.print(f"  [yellow]{'warning':<13}[/]{escape(warning)}")
    console.print(f"  {'method':<13}{answer.prediction.method} finder; for research use only")


def counted(number: int, what: str) -> str:
    """``1 slice``, ``28 slices``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def read_truth(path: Path) -> float:
    """The mL of blood that a phantom's truth.json states.

    Raises:
        ScanError: the file is not one.
    """
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        volumes_ml = stated["volume_ml"].items()
        return float(sum(ml for label, ml in volumes_ml if label in HEMORRHAGE_SUBTYPES))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScanError(
            f"{path.name} is not the truth.json of a phantom ({type(error).__name__}): "
            "give the file that headct phantom wrote"
        ) from error

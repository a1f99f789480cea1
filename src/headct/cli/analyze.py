"""``headct analyze``: the main job."""

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.api.bundles import BackendName
from headct.cli.progress import stage_shown
from headct.cli.worklist import Asked, analyze_many
from headct.core.errors import ScanError, SeveralStudies
from headct.core.labels import ANY_HEMORRHAGE, CLASSICAL, HEMORRHAGE_SUBTYPES

if TYPE_CHECKING:
    from headct.core.finding import Finding
    from headct.report.answer import Answer

_ONE = "--truth is of one study, and here are many: leave it out"

Window = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="LEVEL WIDTH", help="HU window that pictures were saved through."),
]
SpacingMm = Annotated[
    tuple[float, float, float] | None,
    typer.Option(
        metavar="SLICE ROW COLUMN", help="Spacing of pictures; without it there is no mL."
    ),
]
BundleOption = Annotated[
    Path | None,
    typer.Option(
        help="A bundle that gives the answer, with the classical finder as cross-check; usual: "
        "headct's own."
    ),
]
NoBundle = Annotated[bool, typer.Option("--no-bundle", help="Ask the classical finder alone.")]
Workers = Annotated[
    int | None,
    typer.Option(help="Make a work list, in so many processes, of 0.4 to 0.8 GB each."),
]
LimitS = Annotated[
    float | None,
    typer.Option(help="Of a work list: seconds that a study may take (usual: 600)."),
]


def analyze(
    scan: Annotated[
        Path, typer.Argument(help="Folder or ZIP of DICOM files, DICOM file, NIfTI, or pictures.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the answer.")],
    window: Window = None,
    spacing_mm: SpacingMm = None,
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Analyze though slices are missing.")
    ] = False,
    bundle: BundleOption = None,
    no_bundle: NoBundle = False,
    backend: Annotated[
        BackendName, typer.Option(help="What runs the bundle; openvino where it lists it.")
    ] = "onnxruntime",
    workers: Workers = None,
    limit_s: LimitS = None,
    truth: Annotated[
        Path | None, typer.Option(help="truth.json of a phantom: print found against true mL.")
    ] = None,
) -> None:
    """Say what is in a head CT: findings, mL, pictures, a report; of many studies a work list."""
    if no_bundle and (bundle is not None or backend != "onnxruntime"):
        raise typer.BadParameter("--no-bundle asks no bundle: leave --bundle and --backend out")
    chosen = None if no_bundle else bundle or "default"
    asked = Asked(scan, out, window, spacing_mm, allow_gaps, chosen, backend, workers, limit_s)
    try:
        if asked.is_of_many or api.is_work_list(scan, out, has_window=window is not None):
            raise SeveralStudies(_ONE)
        _analyze_one(asked, None if truth is None else read_truth(truth))
    except SeveralStudies:
        if truth is not None:
            raise typer.BadParameter(_ONE) from None
        analyze_many(asked)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _analyze_one(asked: Asked, true_ml: float | None) -> None:
    start = perf_counter()
    with stage_shown() as watch:
        answer = api.analyze(
            asked.scan,
            asked.out,
            window=asked.window,
            spacing_mm=asked.spacing_mm,
            allow_gaps=asked.allow_gaps,
            bundle=asked.bundle,
            backend=asked.backend,
            watch=watch,
        )
    console = Console(highlight=False, soft_wrap=True)
    tell(answer, console)
    console.print(f"  {'time':<13}{perf_counter() - start:.1f} s")
    if true_ml is not None:
        console.print(f"  {'phantom':<13}true {true_ml:.1f} mL, {_against(answer, true_ml)}")
    console.print(f"  {'report':<13}{escape(str(asked.out / 'report.html'))}")


def tell(answer: "Answer", console: Console) -> None:
    """Print an answer in a few lines."""
    grid = answer.volume.grid
    open_labels = [f.label for f in answer.prediction.findings[1:] if f.present is None]
    for finding in answer.prediction.findings:
        if finding.label not in open_labels:
            console.print(f"  {_word(finding.label):<13}{_said(finding)}")
    if open_labels:
        console.print(f"  {'not decided':<13}{', '.join(open_labels)}")
    if answer.cross_check is not None:
        for finding in answer.cross_check.findings:
            if finding.present is not None:
                told = f"{_word(finding.label)} {_said(finding)}"
                console.print(f"  {'cross-check':<13}{told}, by {answer.cross_check.method}")
    if answer.intracranial_volume_ml is not None:
        console.print(f"  {'intracranial':<13}{answer.intracranial_volume_ml:.0f} mL")
    tilt = f", tilt {grid.tilt_deg:+.1f}°" if grid.is_tilted else ""
    console.print(
        f"  {'scan':<13}{escape(answer.series_name)}: {counted(grid.shape[0], 'slice')}{tilt}, "
        f"{counted(len(answer.refused), 'other')} refused"
    )
    for warning in answer.warnings:
        console.print(f"  [yellow]{'warning':<13}[/]{escape(warning)}")
    method = answer.prediction.method
    named = f"{method} finder" if method == CLASSICAL else f"bundle {method}"
    console.print(f"  {'method':<13}{escape(named)}; for research use only")


def _against(answer: "Answer", true_ml: float) -> str:
    """How much blood the answer gives beside how much there is."""
    found = [f for f in answer.prediction.findings if f.label == ANY_HEMORRHAGE]
    if not found or (found[0].present and found[0].volume_ml is None):
        return "found no mL: the bundle measures none"
    found_ml = found[0].volume_ml or 0.0
    return f"found {found_ml:.1f} mL" + (f" ({found_ml / true_ml - 1:+.1%})" if true_ml else "")


def _word(label: str) -> str:
    """A label in the width of a column."""
    if label == ANY_HEMORRHAGE:
        return "hemorrhage"
    return label if len(label) < 13 else f"{label[:11]}."


def _said(finding: "Finding") -> str:
    """The answer about a label in a few words."""
    said = {True: "[bold]found[/]", False: "none found", None: "not decided"}[finding.present]
    if finding.present and finding.volume_ml is not None:
        said += f", {finding.volume_ml:.1f} mL"
        if finding.volume_interval_ml is not None:
            said += " ({:.1f} to {:.1f})".format(*finding.volume_interval_ml)
    if finding.probability is not None:
        said += f", probability {finding.probability:.2f}"
    return said


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

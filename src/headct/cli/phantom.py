"""``headct phantom``: a digital head as DICOM, or a cohort of them, with the truth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import files_bar
from headct.core.labels import HEMORRHAGE_SUBTYPES

if TYPE_CHECKING:
    from headct.phantom.cohort.known import Known
    from headct.phantom.scanner.scan import Phantom

BLEED = "intraparenchymal=30"
SLICES = "32x5"
_HEAD_ALONE = ("bleed", "slices", "tilt_deg", "noise_hu")
_COHORT_ALONE = ("task", "layout", "compress", "masks", "flaws", "workers")


def _option(panel: str, told: str, **more: Any) -> Any:
    return typer.Option(help=told, rich_help_panel=panel, **more)


def _flag(name: str, told: str) -> Any:
    return typer.Option(name, help=told, rich_help_panel="A cohort")


Bleed = Annotated[
    list[str],
    _option("One head", "A bleed; repeat for more, 'none' for none.", metavar="LABEL=ML"),
]
Slices = Annotated[
    str, _option("One head", "Blocks from the feet up: 14x4+14x7.", metavar="COUNTxMM[+...]")
]
TiltDeg = Annotated[float, _option("One head", "Gantry tilt, degrees.")]
NoiseHu = Annotated[float, _option("One head", "Noise in the brain at 5 mm, HU.")]
Cohort = Annotated[int | None, _option("A cohort", "Make this many patients.")]
Task = Annotated[str, _option("A cohort", "leukoencephalopathy or hemorrhage.")]
Layout = Annotated[str, _option("A cohort", "hospital, rsna or cq500; usual: by the task.")]
Compress = Annotated[bool, _flag("--compress", "Write JPEG-LS, without loss.")]
Masks = Annotated[bool, _flag("--masks", "Write masks as NIfTI too.")]
Flaws = Annotated[bool, _flag("--flaws", "Plant flawed reports, and scans filed twice.")]
Workers = Annotated[int, _option("A cohort", "Processes, of about 0.5 GB each.")]


def phantom(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    matrix: Annotated[int, typer.Option(help="Rows and columns.")] = 512,
    seed: Annotated[int, typer.Option(help="Which heads, lesions and noise.")] = 1,
    bleed: Bleed = [BLEED],  # noqa: B006 - typer copies it
    slices: Slices = SLICES,
    tilt_deg: TiltDeg = 0.0,
    noise_hu: NoiseHu = 3.6,
    cohort: Cohort = None,
    task: Task = "leukoencephalopathy",
    layout: Layout = "",
    compress: Compress = False,
    masks: Masks = False,
    flaws: Flaws = False,
    workers: Workers = 1,
) -> None:
    """Make a digital head as a DICOM series, or a cohort of them, every mL of it known."""
    _check_together(context, is_cohort=cohort is not None)
    try:
        if cohort is None:
            made = api.phantom(
                out,
                bleeds=parse_bleeds(bleed),
                blocks=parse_blocks(slices),
                tilt_deg=tilt_deg,
                noise_hu=noise_hu,
                matrix=matrix,
                seed=seed,
            )
            _tell_head(made, out)
            return
        with files_bar("making patients") as progress:
            known = api.phantom_cohort(
                out,
                count=cohort,
                task=task,
                seed=seed,
                layout=layout,
                matrix=matrix,
                compress=compress,
                masks=masks,
                flaws=flaws,
                workers=workers,
                progress=progress,
            )
        _tell_cohort(known, task, out)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _check_together(context: typer.Context, *, is_cohort: bool) -> None:
    """Refuse options that would be without effect.

    Raises:
        typer.BadParameter: an option of one head with --cohort, or of a cohort without it.
    """
    for name in _HEAD_ALONE if is_cohort else _COHORT_ALONE:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(
                f"{option} describes one head, and --cohort draws it for each: leave it out"
                if is_cohort
                else f"{option} describes a cohort: say with --cohort how many patients"
            )


def _tell_head(made: "Phantom", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for label, volume_ml in made.truth_ml.items():
        console.print(f"  {'bleed':<13}{label}, {volume_ml:.1f} mL, {made.sites[label]}")
    grid = made.volume.grid
    tilt = f", tilt {grid.tilt_deg:+.1f}°" if grid.is_tilted else ""
    console.print(f"  {'scan':<13}{grid.shape[0]} slices{tilt}: {escape(str(out / 'dicom'))}")


def _tell_cohort(known: "tuple[Known, ...]", task: str, out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    ill = sum(bool(patient.facts["is_diseased"]) for patient in known)
    console.print(f"  {'cohort':<13}{len(known)} patients, {ill} with {task}: {escape(str(out))}")
    console.print(f"  {'truth':<13}{escape(str(out / 'truth.csv'))}")


def parse_bleeds(texts: list[str]) -> dict[str, float]:
    """``["subdural=40"]`` → ``{"subdural": 40.0}``; ``["none"]`` → no bleed.

    Raises:
        ValueError: not of that form, or a label twice.
    """
    bleeds: dict[str, float] = {}
    for text in texts if texts != ["none"] else []:
        label, _, volume_ml = text.partition("=")
        if label not in HEMORRHAGE_SUBTYPES or label in bleeds:
            raise ValueError(
                f"--bleed {text}: expected LABEL=ML, each label once, of "
                f"{', '.join(HEMORRHAGE_SUBTYPES)}; or none"
            )
        try:
            bleeds[label] = float(volume_ml)
        except ValueError:
            raise ValueError(f"--bleed {text}: expected a number of mL after '='") from None
    return bleeds


def parse_blocks(text: str) -> tuple[tuple[int, float], ...]:
    """``"14x4+14x7"`` → ``((14, 4.0), (14, 7.0))``: slices, and mm between them.

    Raises:
        ValueError: not of that form.
    """
    blocks = []
    for block in text.split("+"):
        count, _, distance_mm = block.partition("x")
        try:
            blocks.append((int(count), float(distance_mm)))
        except ValueError:
            raise ValueError(
                f"--slices {text}: expected COUNTxMM, or several joined by +, as in 14x4+14x7"
            ) from None
    return tuple(blocks)

"""``headct phantom``: a digital head as DICOM, with its truth."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.core.labels import HEMORRHAGE_SUBTYPES

BLEED = "intraparenchymal=30"
SLICES = "32x5"


def phantom(
    out: Annotated[Path, typer.Option(help="Folder to make: dicom/, truth.json, truth.npz.")],
    bleed: Annotated[
        list[str],
        typer.Option(metavar="LABEL=ML", help="A bleed; repeat for more, 'none' for none."),
    ] = [BLEED],  # noqa: B006 - typer copies it
    slices: Annotated[
        str, typer.Option(metavar="COUNTxMM[+...]", help="Blocks from the feet up: 14x4+14x7.")
    ] = SLICES,
    tilt_deg: Annotated[float, typer.Option(help="Gantry tilt, degrees.")] = 0.0,
    noise_hu: Annotated[float, typer.Option(help="Noise in the brain at 5 mm, HU.")] = 3.6,
    matrix: Annotated[int, typer.Option(help="Rows and columns.")] = 512,
    seed: Annotated[int, typer.Option(help="Which head, bleed and noise.")] = 1,
) -> None:
    """Make a digital head as a DICOM series, every mL of it known."""
    try:
        made = api.phantom(
            out,
            bleeds=parse_bleeds(bleed),
            blocks=parse_blocks(slices),
            tilt_deg=tilt_deg,
            noise_hu=noise_hu,
            matrix=matrix,
            seed=seed,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    console = Console(highlight=False, soft_wrap=True)
    for label, volume_ml in made.truth_ml.items():
        console.print(f"  {'bleed':<13}{label}, {volume_ml:.1f} mL, {made.sites[label]}")
    grid = made.volume.grid
    tilt = f", tilt {grid.tilt_deg:+.1f}°" if grid.is_tilted else ""
    console.print(f"  {'scan':<13}{grid.shape[0]} slices{tilt}: {escape(str(out / 'dicom'))}")


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

"""``headct analyze`` on a folder of many studies."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.analyze.worklist import WorkList

# Window, spacing and whether gaps are allowed, as ``headct analyze`` takes them.
Reading = tuple[tuple[float, float] | None, tuple[float, float, float] | None, bool]
_MOST_SHOWN = 10


def analyze_many(
    folder: Path, out: Path, bundle: Path | None, workers: int | None, reading: Reading
) -> None:
    """Answer them all, and tell the list; exit code 1 where none could be answered."""
    try:
        with files_bar("answering studies") as progress:
            found = api.analyze_studies(
                folder,
                out,
                bundle=bundle,
                workers=workers or os.cpu_count() or 1,
                progress=progress,
                window=reading[0],
                spacing_mm=reading[1],
                allow_gaps=reading[2],
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        Console(stderr=True).print("what is done is kept: the same command goes on from there")
        raise
    _tell(found, out)
    if all(line.refused for line in found.lines):
        raise typer.Exit(1)


def _tell(found: "WorkList", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    refused = sum(bool(line.refused) for line in found.lines)
    with_finding = sum(bool(line.found) for line in found.lines)
    console.print(
        f"  {'studies':<13}{len(found.lines)}: {with_finding} with a finding, {refused} not read; "
        f"{found.answered} answered now"
    )
    for rank, line in enumerate(found.lines[:_MOST_SHOWN], start=1):
        told = line.refused or ", ".join(name.replace("_", " ") for name in line.found)
        if not told:
            told = "none found" if line.present is False else "not decided"
        ml = f", {line.volume_ml:.1f} mL" if line.found and line.volume_ml is not None else ""
        console.print(f"  {rank:<4}{escape(line.folder or '(no answer)'):<14}{escape(told)}{ml}")
    if len(found.lines) > _MOST_SHOWN:
        console.print(f"  {'':<4}and {len(found.lines) - _MOST_SHOWN} more")
    console.print(f"  {'list':<13}{escape(str(out / 'worklist.html'))}; for research use only")

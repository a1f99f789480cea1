"""``headct inspect``: what is in a folder, and what would be used."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headct import api
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.analyze.inspection import Inspection, StudyView

PIPED_COLUMNS = 160  # what is read by a file or a pager needs no narrow table


def inspect(
    folder: Annotated[Path, typer.Argument(help="Folder or ZIP of DICOM files, or a DICOM file.")],
    folders: Annotated[
        bool,
        typer.Option(
            "--folders", help="Name each study's folders; they may carry patients' names."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say what studies and series are there, which would be used, and why not the others."""
    with files_bar("reading headers") as progress:
        inspection = api.inspect(folder, folders=folders, progress=progress)
    if as_json:
        print(json.dumps(asdict(inspection), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        _tell(inspection, console if console.is_terminal else Console(width=PIPED_COLUMNS))
    if not inspection.is_usable:
        raise typer.Exit(1)


def _tell(inspection: "Inspection", console: Console) -> None:
    studies = "1 study" if len(inspection.studies) == 1 else f"{len(inspection.studies)} studies"
    console.print(f"{inspection.files} files, {studies}")
    for number, study in enumerate(inspection.studies, start=1):
        console.print(_table(study, f"study {number}"))
        if study.folders:
            console.print(f"in {escape(', '.join(study.folders))}", soft_wrap=True)
        for warning in study.warnings:
            console.print(f"[yellow]warning[/] {escape(warning)}")
    for refusal in inspection.refused:
        console.print(f"[dim]{escape(str(refusal))}[/]")


def _table(study: "StudyView", title: str) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True)
    for heading in ("series", "images", "matrix", "thickness", "kernel", "tilt", "verdict"):
        table.add_column(heading, justify="right" if heading == "images" else "left")
    for series in study.series:
        table.add_row(
            escape(series.name),
            f"{series.images} {series.modality}",
            series.matrix,
            series.thickness,
            escape(series.kernel),
            series.tilt,
            escape(series.verdict),
            style="green" if series.is_used else None,
        )
    return table

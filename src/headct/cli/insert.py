"""``headct insert``: a cohort's scans with bleeds of known place, to learn from."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from headct import api
from headct.cli.prepare import tell_store
from headct.cli.progress import files_bar


def insert(
    cohort: Annotated[Path, typer.Argument(help="Folder of a cohort, or its table.")],
    pipeline: Annotated[
        str, typer.Option(help="Name of a pipeline, or a JSON file that holds one.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the store, or to go on with.")],
    times: Annotated[int, typer.Option(help="How often each scan is given lesions.")] = 8,
    seed: Annotated[int, typer.Option(help="Draws everything.")] = 0,
    matrix: Annotated[
        int, typer.Option(help="Rows and columns that a scan is brought to before.")
    ] = 320,
    layout: Annotated[
        str, typer.Option(help="How the cohort is filed; found out where left out.")
    ] = "",
    decisions: Annotated[
        Path | None, typer.Option(help="The questions.csv of a check, with decisions filled in.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes, of about 0.6 GB each; usual: one a core.")
    ] = None,
) -> None:
    """Put bleeds of known place into a cohort's scans, into a store for training to add."""
    try:
        with files_bar("inserting") as progress:
            outcome = api.insert(
                cohort,
                out,
                pipeline=pipeline,
                times=times,
                seed=seed,
                matrix=matrix,
                layout=layout,
                decisions=decisions,
                workers=workers or os.cpu_count() or 1,
                progress=progress,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        Console(stderr=True).print("what is done is kept: the same command goes on from there")
        raise
    tell_store(outcome, out)
    if not outcome.store.studies:
        raise typer.Exit(1)

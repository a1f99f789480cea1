"""``headct cohort check``: labels, copies and image quality of a cohort, as a table and a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headct import api
from headct.cli.progress import files_bar
from headct.core.errors import printable

if TYPE_CHECKING:
    from headct.cohort.checking.check import Checked
    from headct.report.cohort_page import Kappa

_MOST_REMARKS = 8


def cohort_check(
    cohort: Annotated[Path, typer.Argument(help="Folder of a cohort, or its table.")],
    out: Annotated[Path, typer.Option(help="Folder to make for the page and the tables.")],
    decisions: Annotated[
        Path | None,
        typer.Option(help="A questions.csv of an earlier check, with decisions filled in."),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="How the cohort is filed; found out where left out.")
    ] = "",
    workers: Annotated[int, typer.Option(help="Processes, of about 0.4 GB each.")] = 1,
) -> None:
    """Check labels, copies and image quality of a cohort, and list what a person must decide."""
    try:
        with files_bar("checking the cohort") as progress:
            checked, kappas = api.cohort_check(
                cohort,
                out,
                decisions=decisions,
                layout=layout,
                workers=workers,
                progress=progress,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _tell(checked, kappas, out)


def _tell(checked: "Checked", kappas: "tuple[Kappa, ...]", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    patients = len({case.patient for case in checked.cohort.cases})
    standings = [standing.value for standing in checked.standings]
    console.print(
        f"{len(standings)} cases of {patients} patients: {standings.count('in')} ready, "
        f"{standings.count('open')} waiting for a decision, {standings.count('excluded')} excluded"
    )
    console.print(_labels(checked))
    if checked.counts:
        console.print(_doubts(checked))
    for reason, count in checked.faults.items():
        console.print(f"excluded: {escape(reason)}: {count}")
    remarks = {told: count for said in checked.remarks.values() for told, count in said.items()}
    for told, count in list(remarks.items())[:_MOST_REMARKS]:
        console.print(f"{escape(printable(told))}{'' if told[:1].isdigit() else f' (x {count})'}")
    if len(remarks) > _MOST_REMARKS:
        console.print(f"and {len(remarks) - _MOST_REMARKS} more remarks: see check.html")
    if kappas:
        console.print(_agreement(kappas))
    for reason, count in checked.others.items():
        console.print(f"[dim]not used: {escape(reason)}: {count}[/]")
    for name, what in (
        ("check.html", "the same with pictures"),
        ("cases.csv", "what became of every case"),
        ("questions.csv", "fill the column decision, and give it as --decisions"),
    ):
        console.print(f"{escape(str(out / name))}: {what}")


def _labels(checked: "Checked") -> Table:
    table = _table("label, of cases not excluded", "yes", "no", "not known")
    for name, said in checked.labels.items():
        table.add_row(name, *map(str, said))
    return table


def _doubts(checked: "Checked") -> Table:
    table = _table("in doubt", "found", "keep out")
    for kind, (found, blocking) in checked.counts.items():
        table.add_row(kind.value, str(found), str(blocking))
    return table


def _agreement(kappas: "tuple[Kappa, ...]") -> Table:
    table = _table("readers agree on", "Fleiss' kappa", "95 % interval")
    for row in kappas:
        table.add_row(escape(row.finding), row.value, row.interval)
    return table


def _table(first: str, *numbers: str) -> Table:
    table = Table()
    table.add_column(first)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table

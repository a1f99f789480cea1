"""The command line: every verb, and how failures are told."""

import sys
from io import TextIOWrapper

import typer
from rich.console import Console
from rich.markup import escape

import headct
from headct.cli.analyze import analyze
from headct.cli.bundle import bundle_check, bundle_export, bundle_show
from headct.cli.bundle_make import bundle_make
from headct.cli.cohort_check import cohort_check
from headct.cli.cohort_split import cohort_split
from headct.cli.deidentify import deidentify
from headct.cli.explain import explain
from headct.cli.insert import insert
from headct.cli.inspect import inspect
from headct.cli.measure import measure
from headct.cli.phantom import phantom
from headct.cli.prepare import prepare
from headct.cli.schema import schema
from headct.cli.tasks import tasks
from headct.cli.train import train
from headct.core.errors import HeadctError

REFUSED, INTERRUPTED = 1, 130

app = typer.Typer(
    name="headct",
    help="Read a non-contrast head CT and say what is in it, in mL. For research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    analyze,
    inspect,
    deidentify,
    phantom,
    prepare,
    insert,
    train,
    explain,
    measure,
    tasks,
    schema,
):
    app.command()(command)

cohort = typer.Typer(help="Check and split a cohort.", no_args_is_help=True)
app.add_typer(cohort, name="cohort")
cohort.command("check")(cohort_check)
cohort.command("split")(cohort_split)

bundle = typer.Typer(help="Make, show, check and export a bundle.", no_args_is_help=True)
app.add_typer(bundle, name="bundle")
bundle.command("make")(bundle_make)
bundle.command("show")(bundle_show)
bundle.command("check")(bundle_check)
bundle.command("export")(bundle_export)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"headct {headct.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_version, is_eager=True
    ),
) -> None:
    """Read a non-contrast head CT and say what is in it, in mL. For research use only."""


def main() -> None:
    """Run a command; a refusal is one line and exit code 1, wrong usage is 2."""
    # A file name or path may hold what the terminal's encoding does not.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except HeadctError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[bold red]refused[/] {escape(str(error))}"
        )
        for refusal in getattr(error, "refused", ()):
            print(f"  {refusal}", file=sys.stderr)
        sys.exit(REFUSED)
    except SystemExit as end:
        # Typer turns Ctrl-C into this code and says nothing.
        if end.code == INTERRUPTED:
            print("stopped; an answer is written whole or not at all", file=sys.stderr)
        raise

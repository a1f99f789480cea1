"""``headct cohort split``: a cohort by patient, into split.json; counts alone are printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headct import api
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.cohort.splitting.balance import Count
    from headct.cohort.splitting.divide import Divided, SplitPlan
    from headct.cohort.splitting.leaky import LeakySliceSplit

SHARES = "70:15:15"
TestShare = Annotated[
    float, typer.Option(help="Percent of patients to keep apart under --lock first.")
]
Lock = Annotated[
    Path | None,
    typer.Option(help="Lock of the patients kept apart: made with --test-share, else read."),
]


def cohort_split(
    cohort: Annotated[Path, typer.Argument(help="Folder of a cohort, or its table.")],
    out: Annotated[Path, typer.Option(help="File to make: split.json.")],
    shares: Annotated[
        str, typer.Option(help="Of training, validation and test patients.", metavar="A:B:C")
    ] = SHARES,
    folds: Annotated[int, typer.Option(help="Folds, in place of shares.")] = 0,
    inner: Annotated[int, typer.Option(help="Folds within the rest of each fold.")] = 0,
    seed: Annotated[int, typer.Option(help="Who goes where among those alike.")] = 1,
    test_share: TestShare = 0.0,
    lock: Lock = None,
    layout: Annotated[
        str, typer.Option(help="How the cohort is filed; found out where left out.")
    ] = "",
    decisions: Annotated[
        Path | None, typer.Option(help="The questions.csv of a check, with decisions filled in.")
    ] = None,
    leaky_slices: Annotated[
        bool,
        typer.Option("--leaky-slices", help="Split by slice, which leaks patients: to compare."),
    ] = False,
) -> None:
    """Split a cohort by patient, each part like the whole in labels and sites."""
    if leaky_slices and (folds or inner or test_share or lock):
        raise typer.BadParameter("--leaky-slices takes --shares and --seed alone")
    if (folds and shares != SHARES) or (inner and not folds):
        raise typer.BadParameter("--folds stands in place of --shares, and --inner within --folds")
    try:
        plan = _plan(shares, folds, inner, seed, test_share, lock)
        with files_bar("reading the cohort") as progress:
            if leaky_slices:
                leaky = api.leaky_slice_split(
                    cohort,
                    out,
                    shares=parse_shares(shares),
                    seed=seed,
                    layout=layout,
                    decisions=decisions,
                    progress=progress,
                )
            else:
                made = api.cohort_split(
                    cohort, out, plan, layout=layout, decisions=decisions, progress=progress
                )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if leaky_slices:
        _tell_leaky(leaky, out)
    else:
        _tell(made, out, is_checked=decisions is not None)


def _plan(
    shares: str, folds: int, inner: int, seed: int, test_share: float, lock: Path | None
) -> "SplitPlan":
    by = {"folds": folds, "inner": inner} if folds else {"shares": parse_shares(shares)}
    return api.SplitPlan(api.Scheme(**by), seed, test_share / 100, lock)


def parse_shares(text: str) -> tuple[float, ...]:
    """``"70:15:15"`` → ``(70.0, 15.0, 15.0)``.

    Raises:
        ValueError: not of that form.
    """
    try:
        return tuple(float(share) for share in text.split(":"))
    except ValueError:
        raise ValueError(f"--shares {text}: expected numbers joined by :, as in 70:15:15") from None


def _tell(made: "Divided", out: Path, *, is_checked: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{made.split}: {escape(str(out))}")
    console.print(_table(made.counts))
    if made.split.scheme.inner:
        sizes = sorted(len(one.parts["validation"]) for one in made.split.rounds)
        console.print(f"each inner fold validates on {sizes[0]} to {sizes[-1]} patients")
    if made.told:
        console.print(made.told)
    for refusal in made.left_out:
        console.print(f"[yellow]left out[/] {escape(str(refusal))}")
    if not is_checked:
        console.print(
            "[yellow]note[/] scans filed under two patients are not known: give the questions.csv "
            "of headct cohort check as --decisions"
        )


def _tell_leaky(split: "LeakySliceSplit", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold red]{split}[/]: {escape(str(out))}")
    console.print("it flatters whatever is measured with it: for comparison with papers alone")


def _table(counts: "tuple[Count, ...]") -> Table:
    """A column for each part; of each label how many have it, and of how many it is not known."""
    table = Table()
    table.add_column("patients")
    for count in counts:
        table.add_column(count.part, justify="right")
    table.add_row("all", *(str(count.patients) for count in counts))
    for label in counts[0].yes:
        is_unknown = any(count.unknown[label] for count in counts)
        table.add_row(f"with {label}", *(str(count.yes[label]) for count in counts))
        if is_unknown:
            table.add_row("  not known", *(str(count.unknown[label]) for count in counts))
    for site in sorted({site for count in counts for site in count.sites}):
        told = f"from {site or 'an unknown site'}"
        table.add_row(escape(told), *(str(count.sites.get(site, 0)) for count in counts))
    return table

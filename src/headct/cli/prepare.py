"""``headct prepare``: a cohort through a pipeline, into a store that training reads."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.analyze import counted
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.cohort.fitting.fit import Fitted
    from headct.cohort.preparing.prepare import Outcome

SplitFile = Annotated[
    Path | None,
    typer.Option(help="A split.json: fit kernel, mean and deviation on training patients."),
]
RoundName = Annotated[
    str, typer.Option("--round", help="Which round of the split, where it has several.")
]

# Of one reason; all are in refused.csv.
_MOST_SHOWN = 5


def prepare(
    cohort: Annotated[Path, typer.Argument(help="Folder of a cohort, or its table.")],
    pipeline: Annotated[
        str, typer.Option(help="Name of a pipeline, or a JSON file that holds one.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the store, or to go on with.")],
    layout: Annotated[
        str, typer.Option(help="How the cohort is filed; found out where left out.")
    ] = "",
    decisions: Annotated[
        Path | None, typer.Option(help="The questions.csv of a check, with decisions filled in.")
    ] = None,
    split: SplitFile = None,
    round_name: RoundName = "",
    workers: Annotated[
        int | None, typer.Option(help="Processes, of about 0.3 GB each; usual: one a core.")
    ] = None,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="HOST:PORT of a Ray cluster, in their place.")
    ] = "",
) -> None:
    """Run a pipeline over a cohort, into a store that training reads at memory speed."""
    if cluster and workers is not None:
        raise typer.BadParameter("--cluster brings its own processors: leave --workers out")
    if round_name and split is None:
        raise typer.BadParameter("--round is a round of a split: give --split")
    try:
        with files_bar("preparing the cohort") as progress:
            outcome = api.prepare(
                cohort,
                out,
                pipeline=pipeline,
                layout=layout,
                decisions=decisions,
                split=split,
                round_name=round_name,
                workers=workers or os.cpu_count() or 1,
                cluster=cluster,
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


def tell_store(outcome: "Outcome", out: Path) -> None:
    """What is in a store now, and what is not."""
    console = Console(highlight=False, soft_wrap=True)
    store = outcome.store
    studies = counted(len(store.studies), "study").replace("studys", "studies")
    frames = store.header.frames
    console.print(f"  {'store':<13}{studies}, {counted(len(store), 'slice')}: {escape(str(out))}")
    if frames is not None:
        console.print(f"  {'frames':<13}{escape(str(frames))}")
    checked = len(store.studies) - outcome.made
    if checked:
        whole = f"{checked - outcome.repaired} of {checked} as their checksums say"
        again = f", {outcome.repaired} damaged and made again" if outcome.repaired else ""
        console.print(f"  {'there before':<13}{whole}{again}")
    if outcome.fitted is not None:
        _tell_fitted(outcome.fitted, console)
    # Of inserted lesions nothing is said of whole studies: each slice has its own labels.
    by_study = bool((store.study_values >= 0).any())
    of = "" if by_study else " slices"
    for name, column in zip(
        store.labels, (store.study_values if by_study else store.slice_values).T, strict=True
    ):
        values = column.tolist()
        told = ", ".join(f"{values.count(v)}{of} {what}" for v, what in ((1, "yes"), (0, "no")))
        console.print(f"  {'label':<13}{name}: {told}, {values.count(-1)} not known")
    warned = Counter(warning for study in store.studies for warning in study.warnings)
    for warning, count in warned.items():
        console.print(f"  [yellow]{'warning':<13}[/]{count} times: {escape(warning)}")
    for refusal in outcome.left_out:
        console.print(f"  [yellow]{'left out':<13}[/]{escape(str(refusal))}")
    _tell_refused(outcome, console, out)


def _tell_fitted(fitted: "Fitted", console: Console) -> None:
    console.print(f"  {'fitted':<13}on {fitted.patients} training patients of {fitted.name}")
    if fitted.kernel is not None:
        console.print(f"  {'kernel':<13}{fitted.kernel.sigma_mm:g} mm, by {fitted.kernel.by}")
    if fitted.standardize is not None:
        mean, deviation = fitted.standardize.mean, fitted.standardize.deviation
        console.print(f"  {'on reading':<13}mean {mean:.4f}, deviation {deviation:.4f}")


def _tell_refused(outcome: "Outcome", console: Console, out: Path) -> None:
    reasons: dict[str, list[str]] = {}
    for refusal in outcome.refused:
        reasons.setdefault(refusal.reason, []).append(refusal.what)
    for reason, cases in reasons.items():
        more = f" and {len(cases) - _MOST_SHOWN} more" if len(cases) > _MOST_SHOWN else ""
        shown = ", ".join(cases[:_MOST_SHOWN])
        console.print(f"  [yellow]{'refused':<13}[/]{shown}{more}: {escape(reason)}")
    if reasons:
        console.print(f"  {'':<13}which these are: {escape(str(out / 'refused.csv'))}")

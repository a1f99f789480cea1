"""``headct explain``: where a trained network looks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.analyze import counted
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.train.explaining.explain import Explained

Label = Annotated[
    list[str] | None,
    typer.Option(help="Whose heatmaps to make; may be repeated. Usual: the task's first."),
]
Part = Annotated[str, typer.Option(help="test, validation or all. Usual: test, else validation.")]
CohortFolder = Annotated[
    Path | None, typer.Option("--cohort", help="What was prepared: find skulls in its scans.")
]
Layout = Annotated[str, typer.Option(help="How that cohort is filed; found out where left out.")]
Threshold = Annotated[
    float, typer.Option(help="A study is called whose highest slice scores as much; for figures.")
]
Rows = Annotated[int, typer.Option(min=0, help="Of a figure, at most; 0 for no figures.")]
Seed = Annotated[int, typer.Option(min=0, help="Draws the rows, and the samples of intervals.")]

_HEAD = ("region", "of the heatmap", "of the pixels", "times", "patients")


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished headct train.")],
    store: Annotated[Path, typer.Argument(help="Folder that headct prepare has made.")],
    out: Annotated[Path, typer.Option(help="Folder to make for figures and tables.")],
    label: Label = None,
    part: Part = "",
    cohort: CohortFolder = None,
    layout: Layout = "",
    threshold: Threshold = 0.5,
    rows: Rows = 6,
    seed: Seed = 0,
) -> None:
    """Say where a trained network looks: Grad-CAM figures, and its attention by region."""
    try:
        with files_bar("looking at studies") as progress:
            explained = api.explain(
                run,
                store,
                out,
                labels=label or (),
                part=part,
                cohort=cohort,
                layout=layout,
                threshold=threshold,
                rows=rows,
                seed=seed,
                progress=progress,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _tell(explained, out)


def _tell(explained: "Explained", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    studies = len(explained.rows) // len(explained.labels)
    told = counted(studies, "study").replace("studys", "studies")
    console.print(f"  {'looked at':<13}{told} ({explained.part})")
    for label, group in dict.fromkeys((mean.label, mean.group) for mean in explained.means):
        console.print(f"\n  {label}, patients {group}")
        console.print("".join(f"  {name:<24}" for name in _HEAD))
        for mean in explained.means:
            if (mean.label, mean.group) == (label, group):
                shares = mean.heat.show(2), mean.area.show(2), mean.times.show(1)
                cells = (mean.region, *shares, str(mean.patients))
                console.print("".join(f"  {cell:<24}" for cell in cells))
    console.print()
    for name in explained.figures:
        console.print(f"  {'figure':<13}{escape(str(out / name))}")
    console.print(f"  {'tables':<13}attention.csv by study, mean_attention.csv over patients")
    for refusal in explained.refused:
        console.print(
            f"  [yellow]{'not counted':<13}[/]{refusal.count} times: {escape(str(refusal))}"
        )
    for remark in explained.remarks:
        console.print(f"  [yellow]{'remark':<13}[/]{escape(remark)}")

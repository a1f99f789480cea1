"""``headct measure``: predictions beside truth, as figures with intervals, tables and a page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headct import api
from headct.cli.analyze import counted
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.measure.counts.proportions import Interval as Named
    from headct.measure.evaluate.measurement import LabelResult, Measurement, SystemResult
    from headct.measure.evaluate.settings import Settings

_WIDTH = 120

# In a terminal; the page has all of them.
_MOST_SYSTEMS = 6

Validation = Annotated[
    Path | None,
    typer.Option(
        help="Predictions of validation patients: thresholds and the like come from them."
    ),
]
Threshold = Annotated[float, typer.Option(help="Called positive from this score up.")]
SensitivityFloor = Annotated[
    float, typer.Option(help="A threshold is chosen that finds this share of positives.")
]
Prevalence = Annotated[
    float | None, typer.Option(help="PPV and NPV where this share of patients is positive.")
]
Subset = Annotated[
    bool, typer.Option("--subset", help="TRUTH may list rows that nothing was predicted of.")
]
Images = Annotated[Path | None, typer.Option(help="A cohort, whose images show the worst errors.")]
Interval = Annotated[
    str, typer.Option(help="Of proportions of patients: clopper-pearson or wilson.")
]
Aggregate = Annotated[
    str,
    typer.Option(
        help="From slices to patients: max, vote:3@0.5, top-mean:5, noisy-or; or vote or learned, "
        "fitted on --validation.",
        metavar="HOW",
    ),
]
Subgroup = Annotated[
    list[str] | None,
    typer.Option(help="A column of TRUTH whose values are measured apart; may be repeated."),
]
MaskLabel = Annotated[
    list[str] | None,
    typer.Option(help="What values 1, 2, ... of NIfTI masks stand for; repeated in that order."),
]


def measure(
    predictions: Annotated[
        Path, typer.Argument(help="CSV or Parquet of probabilities or mL; or a folder of masks.")
    ],
    truth: Annotated[Path, typer.Argument(help="The same of what is true.")],
    out: Annotated[Path, typer.Option(help="Folder to make for the report.")],
    validation: Validation = None,
    threshold: Threshold = 0.5,
    sensitivity_floor: SensitivityFloor = 0.95,
    prevalence: Prevalence = None,
    aggregate: Aggregate = "max",
    subgroup: Subgroup = None,
    subset: Subset = False,
    images: Images = None,
    interval: Interval = "clopper-pearson",
    confidence: Annotated[float, typer.Option(help="What each interval covers.")] = 0.95,
    samples: Annotated[int, typer.Option(help="How often patients are drawn anew.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of these draws.")] = 0,
    mask_label: MaskLabel = None,
) -> None:
    """Measure predictions beside truth: every figure with its interval, as tables and a page."""
    try:
        settings = api.Settings(
            confidence=confidence,
            interval=cast("Named", interval),
            samples=samples,
            seed=seed,
            threshold=threshold,
            sensitivity_floor=sensitivity_floor,
            prevalence=prevalence,
            aggregation=aggregate,
        )
        if predictions.is_dir():
            found = _masks(predictions, truth, out, settings, (mask_label, subset))
        else:
            with files_bar("measuring") as progress:
                found = api.measure(
                    predictions,
                    truth,
                    out,
                    settings,
                    validation=validation,
                    subgroups=tuple(subgroup or ()),
                    subset=subset,
                    images=images,
                    progress=progress,
                )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _tell(found, out)


def _masks(
    predictions: Path,
    truth: Path,
    out: Path,
    settings: "Settings",
    said: tuple[list[str] | None, bool],
) -> "Measurement":
    labels, subset = said
    reading = api.MaskReading(subset=subset)
    if labels:
        names = tuple(labels)
        reading = api.MaskReading(truth_names=names, predicted_names=names, subset=subset)
    workers = os.cpu_count() or 1
    return api.measure_masks(predictions, truth, out, settings, reading=reading, workers=workers)


def _tell(found: "Measurement", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    # A figure and its interval stay on one line, in a narrow window too.
    console.width = max(console.width, _WIDTH)
    rows = counted(found.rows, "row" if found.masks is None else "case")
    console.print(f"  {'measured':<13}{rows} of {counted(found.patients, 'patient')}")
    for refusal in found.left_out:
        console.print(f"  {'left out':<13}{escape(str(refusal))}")
    for system in found.systems[:_MOST_SYSTEMS]:
        _tell_system(system, console)
    if len(found.systems) > _MOST_SYSTEMS:
        console.print(f"  and {len(found.systems) - _MOST_SYSTEMS} more systems, in the report")
    if found.masks is not None:
        for one in found.masks.classes:
            dice, f1 = one.means["dice"].show(), one.lesions["f1"].show()
            console.print(f"  {one.label:<22}Dice {dice}, lesion F1 {f1}")
    for warning in found.warnings:
        console.print(f"  [yellow]note[/]         {escape(warning)}")
    console.print(f"  {'report':<13}{escape(str(out / 'report.html'))}")


def _tell_system(system: "SystemResult", console: Console) -> None:
    for at in system.levels:
        how = f", {at.how}" if at.how else ""
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        told = escape(f"{system.name}, by {at.level}{how}")
        for column in (told, "positive", "AUC", "sensitivity", "specificity"):
            table.add_column(column, no_wrap=True)
        for label in at.labels:
            table.add_row(*_row(label))
        console.print(table)
    for volume in system.volumes:
        bias = volume.compared.agreement["absolute"].bias.show(1)
        mae = volume.compared.errors["mae_ml"].show(1)
        console.print(f"  {volume.label:<22}volume off by {mae} mL, bias {bias} mL")


def _row(label: "LabelResult") -> list[str]:
    counts = f"{label.positives} of {label.rows}"
    if label.is_few or not label.points:
        return [label.label, counts, "too few patients", "", ""]
    scores = label.points[0].scores
    shown = [label.areas["auc"], scores["sensitivity"], scores["specificity"]]
    return [label.label, counts, *(one.show() for one in shown)]

"""``headct measure``: predictions beside truth, as figures with intervals, tables and a page."""

import os
from dataclasses import replace
from math import floor, isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from headct import api
from headct.cli.analyze import counted
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.measure.counts.proportions import Interval as Named
    from headct.measure.estimate import Estimate
    from headct.measure.evaluate.measurement import LabelResult, Measurement, SystemResult
    from headct.report.measurement.mask_folders import MaskReading

_WIDTH = 120

# In a terminal; the page has all of them.
_MOST_SYSTEMS = 6

# An end of a 95 % interval is the third of 100 samples; of fewer it is chance alone.
_LEAST_SAMPLES = 100

# What only tables, or only masks, are measured by.
_OF_TABLES = (
    *("validation", "threshold", "sensitivity_floor", "prevalence", "aggregate"),
    *("subgroup", "images", "interval"),
)
_OF_MASKS = ("mask_label", "mask_patients")

Predictions = Annotated[
    Path, typer.Argument(help="CSV or Parquet of probabilities or mL; or a folder of masks.")
]
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
    bool, typer.Option("--subset", help="TRUTH may have more than was predicted; it is counted.")
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
MaskPatients = Annotated[
    Path | None,
    typer.Option(help="CSV with columns case and patient: whose each mask is.", metavar="FILE"),
]
Confidence = Annotated[float, typer.Option(help="What each interval covers.")]
Samples = Annotated[
    int, typer.Option(help="How often patients are drawn anew.", min=_LEAST_SAMPLES)
]
Seed = Annotated[int, typer.Option(help="Of these draws.", min=0)]


def measure(
    ctx: typer.Context,
    predictions: Predictions,
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
    confidence: Confidence = 0.95,
    samples: Samples = 1000,
    seed: Seed = 0,
    mask_label: MaskLabel = None,
    mask_patients: MaskPatients = None,
) -> None:
    """Measure predictions beside truth: every figure with its interval, as tables and a page."""
    paths = predictions, truth, out
    _check_options(ctx, is_folder=predictions.is_dir())
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
            reading, workers = _reading(mask_label, mask_patients, subset), os.cpu_count() or 1
            found = api.measure_masks(*paths, settings, reading=reading, workers=workers)
        else:
            with files_bar("measuring") as progress:
                found = api.measure(
                    *paths,
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


def _check_options(ctx: typer.Context, *, is_folder: bool) -> None:
    """Refuse options that would do nothing."""
    others = _OF_TABLES if is_folder else _OF_MASKS
    sources = {name: ctx.get_parameter_source(name) for name in others}
    given = [name for name, source in sources.items() if source and source.name != "DEFAULT"]
    if given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        kinds = ("tables", "a folder") if is_folder else ("folders of masks", "a file")
        raise typer.BadParameter(
            f"{options}: for {kinds[0]} alone, and PREDICTIONS is {kinds[1]}; leave it out"
        )


def _reading(labels: list[str] | None, patients: Path | None, subset: bool) -> "MaskReading":
    if not labels:
        return api.MaskReading(patients=patients, subset=subset)
    names = tuple(labels)
    return api.MaskReading(
        truth_names=names, predicted_names=names, patients=patients, subset=subset
    )


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
        console.print(escape(f"{system.name}, by {at.level}{how}"))
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for column in ("label", "positive", "AUC", "sensitivity", "specificity"):
            table.add_column(column, overflow="fold")
        for label in at.labels:
            table.add_row(*_row(label))
        console.print(Padding(table, (0, 0, 0, 2)))
    for volume in system.volumes:
        bias = _ml(volume.compared.agreement["absolute"].bias)
        mae = _ml(volume.compared.errors["mae_ml"])
        console.print(f"  {volume.label:<22}volume off by {mae} mL, bias {bias} mL")


def _row(label: "LabelResult") -> list[str]:
    counts = f"{label.positives} of {label.rows}"
    if label.is_few or not label.points:
        return [label.label, counts, "too few patients", "", ""]
    scores = label.points[0].scores
    area = "calls of 0 and 1" if label.is_calls else label.areas["auc"].show()
    return [label.label, counts, area, *(scores[n].show() for n in ("sensitivity", "specificity"))]


def _ml(volume: "Estimate") -> str:
    """A volume with its interval: two digits of the largest of the three, at least one decimal."""
    given = [one for one in (volume.value, volume.low, volume.high) if one is not None]
    largest = max((abs(one) for one in given if isfinite(one)), default=0.0)
    digits = max(1, 1 - floor(log10(largest))) if largest else 1
    # A figure that rounds to nothing is 0, not -0.
    value, low, high = (
        None if one is None else round(one, digits) + 0.0
        for one in (volume.value, volume.low, volume.high)
    )
    return replace(volume, value=value, low=low, high=high).show(digits)

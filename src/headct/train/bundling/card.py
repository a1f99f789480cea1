"""The model card of a bundle: what people must know before they trust it, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2

from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import FEW_PATIENTS
from headct.measure.evaluate.settings import Settings
from headct.predict.bundle.manifest import Manifest
from headct.tasks.task import LEVELS
from headct.train.bundling.choose import CALIBRATION_RULE, Place
from headct.train.bundling.figures import Figure
from headct.train.bundling.finished import Finished
from headct.train.bundling.sources import has_imagenet_weights


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of how good a network is.

    Args:
        figures: by label and level; empty where nobody was left to measure on.
        measured_on: whom.
        chosen_on: whom operating points and calibration were chosen on.
        tried: how they were tried on others, as a sentence.
        is_sisters: the figures are those of folds, not of the network itself.
        remarks: what a reader must know before trusting it.
    """

    figures: Mapping[Place, Figure]
    measured_on: str = ""
    chosen_on: str = ""
    tried: str = ""
    is_sisters: bool = False
    remarks: tuple[str, ...] = ()


def card(
    run: Finished,
    manifest: Manifest,
    known: Known,
    settings: Settings,
    notes: str = "",
) -> str:
    """The card as Markdown.

    Args:
        run: that is bundled.
        manifest: of the bundle.
        known: figures, and whose they are.
        settings: of their intervals.
        notes: what it is bad at, in the words of who made it, as Markdown.
    """
    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701 - Markdown for people; readers escape it where they show it
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"words": _words, "figure": _figure}
    template = files("headct.train.bundling").joinpath("card.md.j2").read_text(encoding="utf-8")
    task, graph = manifest.task, manifest.graph
    data = run.said["data"]
    return environment.from_string(template).render(
        manifest=manifest,
        task=task,
        labels=list(zip(task.labels, task.codes, strict=True)),
        aggregation=task.aggregation,
        pipeline=task.steps,
        channels=graph.channels,
        rows=graph.rows,
        columns=graph.columns,
        trained=run.trained_on,
        cohort=data["cohort"]["name"],
        others="".join(_other(one) for one in data["others"]),
        recipe=list(_recipe(run)),
        figures=_tables(known.figures),
        measured_on=known.measured_on,
        is_sisters=known.is_sisters,
        confidence=f"{100 * settings.confidence:g} %",
        few=FEW_PATIENTS,
        rule=task.rule,
        chosen_on=known.chosen_on,
        tried=known.tried,
        points=[(one.label, one.level, one.point) for one in manifest.thresholds],
        calibration_rule=CALIBRATION_RULE,
        calibrated=list(_calibrated(manifest, known.figures)),
        shares=list(_shares(manifest, known.figures)),
        remarks=known.remarks,
        notes=notes.strip(),
        sources=manifest.sources,
        training=list(manifest.training.items()),
    )


def _words(label: str) -> str:
    return label.replace("_", " ")


def _figure(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "not defined" if estimate is None else f"not defined ({estimate.note})"
    return estimate.show()


def _other(one: Mapping[str, Any]) -> str:
    where = "" if one["folder"] == one["name"] else f" ({one['folder']})"
    return f", and {one['slices']} slices of {one['name']}{where}, {one['share']:.0%} of each batch"


def _recipe(run: Finished) -> Iterator[tuple[str, str]]:
    """How it was trained, for people; run.json has all of it."""
    plan, said = run.plan, run.said
    begun = "ImageNet weights" if has_imagenet_weights(run) else "weights drawn by chance"
    steps = f" of {plan.steps} steps" if plan.steps else ""
    positive = said["positive"]
    yield "network", f"{said['network']['name']}, from {begun}"
    yield "epochs", f"{plan.epochs}{steps}, {plan.batch_size} slices a step"
    yield "optimizer", f"{plan.optimizer}, learning rate {plan.learning_rate:g}, {plan.schedule}"
    yield "weights kept", f"moving average, decay {plan.ema:g}" if plan.ema else "the last"
    yield "precision, seed", f"{plan.precision}, {plan.seed}"
    for place, share in zip(("cohorts", "scans with lesions put in"), positive, strict=True):
        if share is not None and (place == "cohorts" or said["data"]["others"]):
            yield f"drawn of {place}", f"{100 * share:g} % of slices have the first label"
    yield "changed by chance", f"`{said['look']}`"
    yield "loss", ", ".join(f"{name} {value:g}" for name, value in said["loss"].items())


def _tables(figures: Mapping[Place, Figure]) -> list[tuple[str, Sequence[Figure]]]:
    tables = [
        (str(level), [one for (_, at), one in figures.items() if at == level and one.rows])
        for level in LEVELS
    ]
    return [(level, table) for level, table in tables if table]


def _calibrated(
    manifest: Manifest, figures: Mapping[Place, Figure]
) -> Iterator[Mapping[str, object]]:
    for one in manifest.calibrations:
        figure = figures.get((one.label, one.level))
        scores = {} if figure is None else figure.scores
        yield {
            "label": one.label,
            "level": one.level,
            "how": type(one.scaling).__name__.lower(),
            "brier": scores.get("brier"),
            "ratio": scores.get("observed_to_expected"),
            "slope": scores.get("calibration_slope"),
            "prevalence_brier": None if figure is None else figure.prevalence_brier,
        }


def _shares(manifest: Manifest, figures: Mapping[Place, Figure]) -> Iterator[str]:
    for one in manifest.calibrations:
        figure = figures.get((one.label, one.level))
        if figure is not None and figure.rows:
            share = 100 * figure.positives / figure.rows
            yield f"{_words(one.label)} in {share:.0f} % of {one.level}s"

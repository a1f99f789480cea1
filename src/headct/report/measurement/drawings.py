"""Which figures a measurement is drawn in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from headct.measure.evaluate.measurement import (
    LabelResult,
    LevelResult,
    Measurement,
    RunsResult,
    SystemResult,
    VolumeResult,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.figures.calibration import calibration_figure
from headct.measure.figures.confusion import confusion_figure
from headct.measure.figures.curves import (
    Marked,
    PrecisionRecallSeries,
    RocSeries,
    decision_figure,
    precision_recall_figure,
    roc_figure,
)
from headct.measure.figures.heading import Heading
from headct.measure.figures.rows import (
    ForestRow,
    Reference,
    RunsRow,
    forest_figure,
    runs_figure,
)
from headct.measure.figures.shares import detection_figure, vote_figure
from headct.measure.figures.volume import bland_altman_figure, volume_figure
from headct.measure.outcomes import Level
from headct.report.measurement import words
from headct.report.measurement.shown import at, claimed, leading, levels, of, shown_systems

MODELS, GROUPS, VOTES, VOLUMES, RUNS = "models", "groups", "votes", "volumes", "runs"
"""Sections of a page that figures belong to, besides one for each level and system."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure.

    Args:
        name: of its files, and of its identifiers on a page.
        section: where it belongs: a level's value, one of the sections above, or
            ``section_of`` a system at a level.
        figure: drawn.
    """

    name: str
    section: str
    figure: Figure


def section_of(place: int, level: Level) -> str:
    """The section of a system, by its place among the shown ones, at a level."""
    return f"{level.value}-{place + 1}"


def drawings(measurement: Measurement) -> Iterator[Drawing]:
    """Every figure, one at a time, as each takes memory.

    Labels that too few patients have, or lack, are not drawn.
    """
    systems = shown_systems(measurement)
    label, settings = leading(measurement), measurement.settings
    for level in levels(measurement):
        yield from _of_level(systems, level, label, settings)
        for place, system in enumerate(systems):
            found = at(system, level)
            if found is not None:
                yield from _of_system(found, section_of(place, level), settings)
                yield from _of_groups(system, (place, level, label), settings)
    for place, system in enumerate(systems):
        yield from _of_votes(system, place, label, settings)
        for one in system.volumes:
            yield from _of_volume(one, place, settings)
    for runs in claimed(measurement, measurement.runs):
        if runs.label == label:
            yield _of_runs(measurement, runs)


def _of_level(
    systems: Sequence[SystemResult], level: Level, label: str, settings: Settings
) -> Iterator[Drawing]:
    """The leading label of every shown system, in one figure each."""
    found = {system.name: one for system in systems if (one := of(system, level, label))}
    drawn = {name: one for name, one in found.items() if not one.is_few}
    if not drawn:
        return
    heading = _heading(next(iter(drawn.values())), level, settings)
    section = level.value
    series = [
        RocSeries(name, one.roc, one.areas["auc"], _marked(one) if len(drawn) == 1 else ())
        for name, one in drawn.items()
        if one.roc is not None
    ]
    if series:
        yield Drawing(f"roc-{level.value}-{_plain(label)}", section, roc_figure(series, heading))
    curves = {name: one.reliability for name, one in drawn.items() if one.reliability is not None}
    if curves:
        figure = calibration_figure(curves, heading)
        yield Drawing(f"calibration-{level.value}-{_plain(label)}", section, figure)
    decisions = {name: one.decision for name, one in drawn.items() if one.decision is not None}
    if decisions:
        figure = decision_figure(decisions, heading, is_stated=settings.prevalence is not None)
        yield Drawing(f"decision-{level.value}-{_plain(label)}", section, figure)


def _of_system(found: LevelResult, section: str, settings: Settings) -> Iterator[Drawing]:
    """Every label of one system."""
    drawn = [one for one in found.labels if not one.is_few]
    if not drawn:
        return
    largest = max(drawn, key=lambda one: one.rows)
    of_all = f"{len(drawn)} labels" if len(drawn) > 1 else words.label(drawn[0].label).lower()
    counts = (largest.rows, largest.patients)
    heading = Heading(of_all, found.level, *counts, confidence=settings.confidence)
    series = [
        RocSeries(words.label(one.label), one.roc, one.areas["auc"])
        for one in drawn
        if one.roc is not None
    ]
    if len(series) > 1:
        yield Drawing(f"roc-{section}", section, roc_figure(series, heading))
    recalls = [
        PrecisionRecallSeries(
            words.label(one.label), one.precision_recall, one.areas["average_precision"]
        )
        for one in drawn
        if one.precision_recall is not None
    ]
    if recalls:
        figure = precision_recall_figure(recalls, heading)
        yield Drawing(f"precision-recall-{section}", section, figure)
    confusions = {words.label(one.label): one.points[0].confusion for one in drawn if one.points}
    if confusions:
        yield Drawing(f"confusion-{section}", section, confusion_figure(confusions, heading))


def _of_groups(
    system: SystemResult, which: tuple[int, Level, str], settings: Settings
) -> Iterator[Drawing]:
    place, level, label = which
    one = of(system, level, label)
    if one is None or one.is_few or not one.groups:
        return
    heading = _heading(one, level, settings, system.name)
    for name in ("auc", "sensitivity", "specificity"):
        rows = [
            ForestRow(
                f"{group.column} {group.value}",
                f"{group.positives:,} of {group.rows:,}",
                group.scores[name],
            )
            for group in one.groups
            if name in group.scores
        ]
        if not rows:
            continue
        shares = one.points[0].scores if one.points else {}
        whole = one.areas["auc"] if name == "auc" else shares.get(name)
        all_rows = None if whole is None or whole.value is None else Reference("all", whole.value)
        figure = forest_figure(words.score(name), rows, heading, all_rows)
        yield Drawing(f"groups-{name}-{section_of(place, level)}", GROUPS, figure)


def _of_votes(
    system: SystemResult, place: int, label: str, settings: Settings
) -> Iterator[Drawing]:
    curve = system.votes.get(label)
    if curve is None or not curve.positives or not curve.negatives:
        return
    rows = curve.positives + curve.negatives
    named = _named(label, system.name)
    heading = Heading(
        named, curve.level, rows, rows, curve.positives, confidence=settings.confidence
    )
    yield Drawing(f"votes-{place + 1}", VOTES, vote_figure(curve, heading))


def _of_volume(one: VolumeResult, place: int, settings: Settings) -> Iterator[Drawing]:
    pairs = one.compared.pairs
    counts = (len(pairs), pairs.among)
    named = words.label(one.label).lower()
    heading = Heading(named, one.level, *counts, confidence=settings.confidence)
    name = f"{_plain(one.label)}-{place + 1}"
    yield Drawing(f"volume-{name}", VOLUMES, volume_figure(pairs, heading))
    absolute = one.compared.agreement.get("absolute")
    if absolute is not None:
        figure = bland_altman_figure(absolute, heading)
        yield Drawing(f"bland-altman-{name}", VOLUMES, figure)
    for curve in one.compared.detection:
        figure = detection_figure(curve, heading)
        yield Drawing(f"detection-by-{_plain(curve.of)}-{name}", VOLUMES, figure)


def _of_runs(measurement: Measurement, runs: RunsResult) -> Drawing:
    rows = []
    for model, found in runs.models.items():
        of_runs = [
            one.areas["auc"].value
            for system in measurement.systems
            if system.model == model and (one := of(system, runs.level, runs.label))
        ]
        best = found.of_best["auc"] if found.best else None
        is_optimistic = found.best is not None and found.best.is_optimistic
        average = found.averages["auc"].average
        rows.append(RunsRow(model or "model", of_runs, average, best, is_optimistic))
    first = of(measurement.systems[0], runs.level, runs.label)
    settings = measurement.settings
    counts = (measurement.rows, measurement.patients)
    heading = (
        _heading(first, runs.level, settings)
        if first is not None
        else Heading(words.label(runs.label), runs.level, *counts, confidence=settings.confidence)
    )
    return Drawing(f"runs-{runs.level.value}", RUNS, runs_figure("AUC", rows, heading))


def _marked(one: LabelResult) -> list[Marked]:
    return [Marked(point.chosen.rule, point.confusion) for point in one.points]


def _heading(one: LabelResult, level: Level, settings: Settings, system: str = "") -> Heading:
    counts = (one.rows, one.patients, one.positives)
    return Heading(_named(one.label, system), level, *counts, confidence=settings.confidence)


def _named(label: str, system: str) -> str:
    return ", ".join(part for part in (words.label(label).lower(), system) if part)


def _plain(name: str) -> str:
    """For a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")

"""The figures of labels as tables: what a page shows, and tables/ holds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import isnan

from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import (
    FEW_PATIENTS,
    LabelResult,
    LevelResult,
    SystemResult,
)
from headct.measure.levels.vote import VoteCurve
from headct.measure.outcomes import Level
from headct.report.measurement import words
from headct.report.measurement.noted import noted
from headct.report.measurement.paper_tables import methods_of
from headct.report.measurement.shown import at, of
from headct.report.measurement.tables import Cell, Table

AREAS = ("auc", "partial_auc", "average_precision")
CALLED = ("sensitivity", "specificity", "ppv", "npv")
AT_PREVALENCE = ("ppv_at", "npv_at")
OTHERS = ("accuracy", "f1", "balanced_accuracy", "mcc", "lr_positive", "lr_negative")

Systems = Sequence[SystemResult]

_FEW = (
    f"With fewer than {FEW_PATIENTS} patients who have it, or who lack it, a "
    "label's counts are given and nothing is claimed."
)

_UNTESTED = "Groups are not tested against each other."


def summary_table(systems: Systems, levels: Sequence[Level], label: str) -> Table:
    """Every system in one line a level: the leading label alone."""
    rows: list[tuple[Cell, ...]] = []
    for level in levels:
        for system in systems:
            one = of(system, level, label)
            if one is None:
                continue
            shares = one.points[0].scores if one.points else {}
            cells = (one.areas.get("auc"), one.areas.get("average_precision"))
            called = (shares.get("sensitivity"), shares.get("specificity"))
            rows.append(
                (words.LEVELS[level], system.name, *_counts(one), *_claimed(one, *cells, *called))
            )
    points = [one.points[0] for one in _labels(systems, levels, label) if one.points]
    notes = (
        [f"Sensitivity and specificity at the stated score of {points[0].chosen.threshold:g}."]
        if points
        else []
    )
    columns = (
        *("level", "system", "positive", "rows", "AUC", "average precision"),
        *("sensitivity", "specificity"),
    )
    notes += _notes(rows, _labels(systems, levels, label))
    return noted(Table(words.label(label), columns, tuple(rows), tuple(notes), row_heads=2))


def areas_table(systems: Systems, level: Level) -> Table:
    """AUC, partial AUC and average precision."""
    results = list(_each(systems, level))
    names = [name for name in AREAS if any(name in one.areas for _, one in results)]
    columns = ("positive", "rows", *map(words.score, names))
    found = [
        (system, one, (*_counts(one), *_claimed(one, *map(one.areas.get, names))))
        for system, one in results
    ]
    return _by_label(f"Discrimination, {_low(level)}", systems, columns, found)


def points_table(systems: Systems, level: Level) -> Table:
    """Calls counted, with sensitivity, specificity and predictive values, at each threshold."""
    columns = ("point", "threshold", "TP", "FP", "FN", "TN", *map(words.score, CALLED))
    found = [
        (system, one, (rule, threshold, *counts, *cells))
        for system, one, rule, threshold, counts, cells in _points(systems, level, CALLED)
    ]
    unmet = dict.fromkeys(
        f"{words.label(one.label)}, {point.rule}: no threshold, as there were {point.note} "
        f"(in {point.chosen_on})."
        for _, one in _each(systems, level)
        for point in one.unmet
    )
    table = _by_label(f"Operating points, {_low(level)}", systems, columns, found)
    return replace(table, notes=(*table.notes, *unmet))


def more_scores_table(systems: Systems, level: Level) -> Table:
    """The other scores at each threshold."""
    columns = ("point", "threshold", *(words.score(name) for name in OTHERS))
    found = [
        (system, one, (rule, threshold, *cells))
        for system, one, rule, threshold, _, cells in _points(systems, level, OTHERS)
    ]
    return _by_label(f"More scores, {_low(level)}", systems, columns, found)


def predictive_table(systems: Systems, level: Level) -> Table:
    """PPV and NPV where the test is to be used; no row where no prevalence was stated."""
    columns = ("point", "threshold", *map(words.score, AT_PREVALENCE))
    found = [
        (system, one, (rule, threshold, *cells))
        for system, one, rule, threshold, _, cells in _points(systems, level, AT_PREVALENCE)
        if any(cells)
    ]
    return _by_label(f"Predictive values elsewhere, {_low(level)}", systems, columns, found)


def calibration_table(systems: Systems, level: Level) -> Table:
    """How true the probabilities are; and after scaling, where validation could fit one."""
    results = [(system, one) for system, one in _each(systems, level) if not one.is_calls]
    names = [*dict.fromkeys(n for _, one in results for n in one.areas if n not in AREAS)]
    scaled = [*dict.fromkeys(name for _, one in results for name in one.rescaled)]
    columns = tuple(words.score(name) for name in (*names, *scaled))
    found = [
        (
            system,
            one,
            tuple(
                _claimed(
                    one,
                    *(one.areas.get(name) for name in names),
                    *(one.rescaled.get(name) for name in scaled),
                )
            ),
        )
        for system, one in results
    ]
    return _by_label(f"Calibration, {_low(level)}", systems, columns, found)


def groups_table(systems: Systems, level: Level, label: str = "") -> Table:
    """Subgroups; of one label, or of all."""
    scores = ("auc", "sensitivity", "specificity")
    columns = ("column", "group", "positive", "rows", "patients", *map(words.score, scores))
    found = [
        (
            system,
            one,
            (
                *(group.column, group.value, group.positives, group.rows, group.patients),
                *_claimed(one, *(group.scores.get(name) for name in scores)),
            ),
        )
        for system, one in _each(systems, level)
        if label in ("", one.label)
        for group in one.groups
    ]
    title = f"Subgroups, {_low(level)}" + (f": {words.label(label).lower()}" if label else "")
    told = _UNTESTED + (
        f" AUC is left out of groups in which fewer than {FEW_PATIENTS} patients have the label or "
        "lack it."
        if any(group.is_few for _, one in _each(systems, level) for group in one.groups)
        else ""
    )
    table = _by_label(title, systems, columns, found)
    return replace(table, notes=(told, *table.notes))


def averages_table(systems: Systems, levels: Sequence[Level]) -> Table:
    """Micro and macro scores over all labels."""
    rows: list[tuple[Cell, ...]] = []
    for level in levels:
        for system in systems:
            averages = found.averages if (found := at(system, level)) else {}
            names = dict.fromkeys(name.partition(" ")[2] for name in averages)
            rows += [
                (
                    words.LEVELS[level],
                    system.name,
                    words.score(name),
                    averages.get(f"micro {name}"),
                    averages.get(f"macro {name}"),
                )
                for name in names
            ]
    labels = {one.label for level in levels for _, one in _each(systems, level)}
    pooled = (
        [f"{words.label(ANY_HEMORRHAGE)} is one of them beside its own types: bleeds count twice."]
        if ANY_HEMORRHAGE in labels and len(labels) > 1
        else []
    )
    table = Table(
        "Over all labels",
        ("level", "system", "score", "micro", "macro"),
        tuple(rows),
        (
            "Micro counts all labels together; macro is the mean over labels.",
            *pooled,
            *methods_of(rows),
        ),
        row_heads=3,
    )
    return noted(table)


def votes_table(systems: Systems, label: str = "", most: int | None = None) -> Table:
    """Sensitivity and specificity over the number of slices that must agree."""
    rows: list[tuple[Cell, ...]] = []
    for system in systems:
        for name, curve in system.votes.items():
            if label not in ("", name):
                continue
            # The last number is one that no patient reaches: it tells nothing.
            there = max(len(curve.slices) - 1, 1)
            shown = there if most is None else min(most, there)
            named = (*([system.name] if len(systems) > 1 else []), words.label(name))
            rows.extend((*named, *_agreeing(curve, i)) for i in range(shown))
    heads = (*(["system"] if len(systems) > 1 else []), "label")
    return Table(
        "Slices that must agree",
        (*heads, "slices", "sensitivity", "specificity"),
        tuple(rows),
        row_heads=len(heads),
    )


def _agreeing(curve: VoteCurve, i: int) -> tuple[Cell, ...]:
    found = (curve.sensitivity, curve.sensitivity_low, curve.sensitivity_high)
    spared = (curve.specificity, curve.specificity_low, curve.specificity_high)
    return (
        int(curve.slices[i]),
        *(_estimate(*(float(x[i]) for x in of)) for of in (found, spared)),
    )


def _estimate(value: float, low: float, high: float) -> Estimate | None:
    return None if isnan(value) else Estimate(value, low, high)


def _each(systems: Systems, level: Level) -> Iterator[tuple[SystemResult, LabelResult]]:
    for system in systems:
        found: LevelResult | None = at(system, level)
        for one in found.labels if found else ():
            yield system, one


def _labels(systems: Systems, levels: Sequence[Level], label: str) -> list[LabelResult]:
    found = (of(system, level, label) for level in levels for system in systems)
    return [one for one in found if one is not None]


def _points(
    systems: Systems, level: Level, names: Sequence[str]
) -> Iterator[
    tuple[SystemResult, LabelResult, str, float | None, tuple[int, ...], tuple[Cell, ...]]
]:
    for system, one in _each(systems, level):
        for point in one.points:
            counts = point.confusion
            yield (
                system,
                one,
                f"{point.chosen.rule}; {point.chosen.chosen_on}",
                point.chosen.threshold,
                (counts.tp, counts.fp, counts.fn, counts.tn),
                tuple(_claimed(one, *(point.scores.get(name) for name in names))),
            )


def _claimed(one: LabelResult, *cells: Estimate | None) -> list[Cell]:
    """Nothing of a label with too few positive patients."""
    return [None] * len(cells) if one.is_few else list(cells)


def _counts(one: LabelResult) -> tuple[int, int]:
    return one.positives, one.rows


def _by_label(
    title: str,
    systems: Systems,
    columns: tuple[str, ...],
    found: Sequence[tuple[SystemResult, LabelResult, tuple[Cell, ...]]],
) -> Table:
    """A line begins with its system, where there are several, and its label."""
    has_many = len(systems) > 1
    rows = [
        (*([system.name] if has_many else []), words.label(one.label), *cells)
        for system, one, cells in found
    ]
    heads = (*(["system"] if has_many else []), "label")
    notes = _notes(rows, [one for _, one, _ in found])
    return noted(Table(title, (*heads, *columns), tuple(rows), notes, row_heads=len(heads)))


def _notes(rows: Sequence[tuple[Cell, ...]], results: Iterable[LabelResult]) -> tuple[str, ...]:
    return (*([_FEW] if any(one.is_few for one in results) else []), *methods_of(rows))


def _low(level: Level) -> str:
    return words.LEVELS[level].lower()

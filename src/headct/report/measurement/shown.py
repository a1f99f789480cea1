"""What of a measurement a page shows first: one run of each model, one label, the top level."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from headct.measure.evaluate.measurement import (
    AgreementResult,
    Error,
    LabelResult,
    LevelResult,
    Measurement,
    ModelComparison,
    RunsResult,
    SystemResult,
)
from headct.measure.outcomes import Level
from headct.report.measurement.words import leading_label

MOST_SYSTEMS = 6
"""Models that are drawn: more lines in one figure cannot be told apart. Tables have all."""

MOST_ERRORS = 4
"""Of a label, misses and as many false alarms."""

MOST_ON_PAGE = 36
"""Errors that a page shows: more would not be looked at. tables/worst_errors.csv has all."""


def levels(measurement: Measurement) -> tuple[Level, ...]:
    """From patients down to the rows, as far as there are labels."""
    there = {level.level for system in measurement.systems for level in system.levels}
    return tuple(level for level in (Level.PATIENT, Level.STUDY, Level.SLICE) if level in there)


def leading(measurement: Measurement) -> str:
    """The label of the first figures; empty where there are volumes or masks alone."""
    labels = [
        one.label for system in measurement.systems for at in system.levels for one in at.labels
    ]
    return leading_label(tuple(dict.fromkeys(labels)))


def shown_systems(measurement: Measurement) -> tuple[SystemResult, ...]:
    """One run of each model: the one that validation chose, or else the first."""
    by_model: dict[str, list[SystemResult]] = {}
    for system in measurement.systems:
        by_model.setdefault(system.model, []).append(system)
    chosen = [_one_run(measurement, model, runs) for model, runs in by_model.items()]
    return tuple(chosen[:MOST_SYSTEMS])


def at(system: SystemResult, level: Level) -> LevelResult | None:
    """One level of a system; None where it has no truth there."""
    return next((one for one in system.levels if one.level is level), None)


def of(system: SystemResult, level: Level, label: str) -> LabelResult | None:
    """One label at one level of a system."""
    found = at(system, level)
    return next((one for one in found.labels if one.label == label), None) if found else None


Told = TypeVar("Told", ModelComparison, RunsResult, AgreementResult)


def claimed(measurement: Measurement, told: Sequence[Told]) -> list[Told]:
    """What is told of labels that enough patients have, from patients down to the rows.

    All systems are measured on the same patients: too few of one are too few of all.
    """
    return [
        one
        for level in levels(measurement)
        for one in told
        if one.level is level and not _is_few(measurement, one.level, one.label)
    ]


def _is_few(measurement: Measurement, level: Level, label: str) -> bool:
    found = (of(system, level, label) for system in measurement.systems)
    return any(one.is_few for one in found if one is not None)


def shown_errors(measurement: Measurement) -> tuple[Error, ...]:
    """The errors that a page shows."""
    return tuple(error for _, _, error in page_errors(measurement))


def page_errors(measurement: Measurement) -> list[tuple[int, SystemResult, Error]]:
    """Those of the listed errors that a page has room for, under their numbers in that list.

    Of each system, label and kind as many of the worst as fit; where one of each is too much,
    those of the leading label.
    """
    ranks: Counter[tuple[str, str, bool]] = Counter()
    ranked = []
    for number, (system, _, error) in enumerate(listed_errors(measurement), start=1):
        kind = (system.name, error.label, error.truth)
        ranked.append((ranks[kind], (number, system, error)))
        ranks[kind] += 1
    for most in range(MOST_ERRORS, 0, -1):
        found = [one for rank, one in ranked if rank < most]
        if len(found) <= MOST_ON_PAGE:
            return found
    of_leading = [one for _, one in ranked if one[2].label == leading(measurement)]
    return of_leading[:MOST_ON_PAGE]


def listed_errors(measurement: Measurement) -> Iterator[tuple[SystemResult, Level, Error]]:
    """The errors of the shown systems, at the level of their rows, with whose they are.

    Of each label the worst misses and the worst false alarms.
    """
    for system in shown_systems(measurement):
        if not system.levels:
            continue
        rows = system.levels[0]
        for label in rows.labels:
            for truth in (True, False):
                worst = [error for error in label.worst if error.truth is truth]
                for error in worst[:MOST_ERRORS]:
                    yield system, rows.level, error


def _one_run(measurement: Measurement, model: str, systems: list[SystemResult]) -> SystemResult:
    found = _leading_runs(measurement)
    best = found.models[model].best if found and model in found.models else None
    if best is None or best.on_validation is None:
        return systems[0]
    names = [system.run or str(number) for number, system in enumerate(systems, start=1)]
    return systems[names.index(best.run)]


def _leading_runs(measurement: Measurement) -> RunsResult | None:
    """Of the leading label at the top level."""
    for level in levels(measurement):
        for one in measurement.runs:
            if one.level is level and one.label == leading(measurement):
                return one
    return None

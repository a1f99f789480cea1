"""The one call: predictions beside truth → every figure."""

from collections.abc import Iterable

import numpy as np

from headct.core.errors import MeasureError, Refusal
from headct.core.finding import Progress
from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.evaluate.agree import agree
from headct.measure.evaluate.classes import count_classes
from headct.measure.evaluate.level import (
    Both,
    aggregations,
    at_levels,
    measure_level,
    told_by_label,
    votes,
)
from headct.measure.evaluate.measurement import (
    FEW_PATIENTS,
    Measurement,
    SystemResult,
    Validation,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.evaluate.systems import compare_models, gather_runs
from headct.measure.evaluate.volumes import measure_volumes
from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Max
from headct.measure.outcomes import Level
from headct.measure.reading.pair import Pair, System


def measure(
    pair: Pair,
    validation: Pair | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Measure every system of a pair of files.

    Args:
        pair: predictions and truth, as ``reading.predictions.read_pair`` gives them.
        validation: the same systems on other patients: thresholds, votes, calibration and BEST
            are chosen there.
        settings: what to measure, and how; None for the usual.
        progress: told as systems are measured.

    Raises:
        MeasureError: a patient is on both sides, or validation lacks a system.
        ValueError: the aggregation is fitted on validation, which is not given.
    """
    wanted = settings or Settings()
    if validation is not None:
        check_apart(pair, validation)
    systems: list[SystemResult] = []
    levels: dict[str, list[Both]] = {}
    ordered = sorted(pair.systems, key=lambda system: (system.model, system.run))
    for done, system in enumerate(ordered, start=1):
        beside = None if validation is None else _same_system(validation, system)
        found, both = _measure_system(system, beside, wanted)
        systems.append(found)
        levels.setdefault(system.model, []).extend(both)
        if progress is not None:
            progress(done, len(pair.systems))
    if not any(system.levels or system.volumes for system in systems):
        raise MeasureError(
            "no row has both a truth and a prediction: truth may be empty for all of them; fill in "
            "0 and 1, or true volumes"
        )
    first = pair.systems[0].outcomes
    chosen_on = None if validation is None else describe(validation)
    return Measurement(
        settings=wanted,
        systems=tuple(systems),
        comparisons=compare_models(levels, wanted),
        runs=gather_runs(systems, levels, wanted),
        agreement=agree(levels, wanted),
        patients=len(np.unique(first.patients)),
        rows=len(first),
        validation=chosen_on,
        left_out=(*pair.left_out, *_unused_abc2(pair)),
        remarks=pair.remarks,
        warnings=warnings_of(systems, chosen_on),
    )


def _measure_system(
    system: System, validation: System | None, settings: Settings
) -> tuple[SystemResult, tuple[Both, ...]]:
    """One system's figures, and the outcomes they come from, to compare it with others."""
    how = aggregations(system, validation, settings)
    both = at_levels(system, validation, how)
    result = SystemResult(
        model=system.model,
        run=system.run,
        levels=tuple(measure_level(one, settings) for one in both),
        votes=votes(system, settings),
        aggregation=told_by_label(system, how),
        classes=count_classes(system.outcomes, settings),
        volumes=measure_volumes(system, settings),
    )
    return result, both


def check_apart(pair: Pair, validation: Pair) -> None:
    """Refuse a patient on both sides: what was chosen would have been chosen on the test.

    Raises:
        MeasureError: with how many there are.
    """
    ours, theirs = (set(one.systems[0].outcomes.names[:, 0]) for one in (pair, validation))
    if shared := ours & theirs:
        raise MeasureError(
            f"{len(shared)} of {len(theirs)} patients of validation are also among those measured: "
            "nothing may be chosen on patients who are measured; split by patient"
        )


def describe(validation: Pair) -> Validation:
    """Who validation is; its systems have the same rows and truth."""
    outcomes = validation.systems[0].outcomes
    kinds = {label: _patients_of(validation.systems[0], label) for label in outcomes.labels}
    return Validation(
        patients=len(np.unique(outcomes.patients)),
        rows=len(outcomes),
        positive_patients={label: positive for label, (positive, _) in kinds.items()},
        negative_patients={label: negative for label, (_, negative) in kinds.items()},
    )


def warnings_of(systems: list[SystemResult], validation: Validation | None) -> tuple[str, ...]:
    """What a reader must know before trusting a figure."""
    found = []
    results = [label for system in systems for at in system.levels for label in at.labels]
    if validation is None and any(not label.is_calls for label in results):
        found.append(
            "No validation was given: operating points that are not stated beforehand are chosen "
            "on the data that they are reported on, and look better than they are."
        )
    if validation is not None:
        by_kind = (validation.positive_patients, validation.negative_patients)
        few = dict.fromkeys(
            label for kind in by_kind for label, count in kind.items() if count < FEW_PATIENTS
        )
        if few:
            found.append(
                f"In validation fewer than {FEW_PATIENTS} patients have, or fewer lack, "
                f"{_listed(few)}: what was chosen there is little more than chance."
            )
    names = dict.fromkeys(label.label for label in results if label.is_few)
    if names:
        found.append(
            f"Fewer than {FEW_PATIENTS} patients have, or fewer lack, {_listed(names)}: counts are "
            "given, and nothing is claimed."
        )
    return tuple(found)


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(label.replace("_", " ") for label in labels)


def _patients_of(system: System, label: str) -> tuple[int, int]:
    """Patients with a positive row, and with a negative one, by whatever truth they have."""
    outcomes = system.outcomes
    if system.stated is not None:
        outcomes = system.stated.of(aggregate(outcomes, Max(), Level.PATIENT))
    truth = outcomes.truth[:, outcomes.labels.index(label)]
    positive, negative = (len(np.unique(outcomes.patients[truth == value])) for value in (1, 0))
    return positive, negative


def _unused_abc2(pair: Pair) -> tuple[Refusal, ...]:
    given = pair.systems[0].volumes
    if given is None or given.abc2_ml is None or ANY_HEMORRHAGE in given.labels:
        return ()
    return (
        Refusal(
            "abc2_ml",
            f"ABC/2 is of all blood, and stands beside {ANY_HEMORRHAGE}_ml, which is not there",
        ),
    )


def _same_system(validation: Pair, system: System) -> System:
    for one in validation.systems:
        if (one.model, one.run) == (system.model, system.run):
            return one
    # Names of models and runs are the user's own, and no identifiers of patients.
    named = " ".join(part for part in (system.model, system.run) if part) or "without a name"
    raise MeasureError(
        f"validation has no rows of the system {named}: give it for every model and run, or leave "
        "it out"
    )

"""The one call: predictions beside truth → every figure."""

import numpy as np

from headct.core.errors import MeasureError
from headct.core.finding import Progress
from headct.measure.evaluate.classes import count_classes
from headct.measure.evaluate.level import Both, at_levels, measure_level, votes
from headct.measure.evaluate.measurement import (
    FEW_POSITIVE_PATIENTS,
    Measurement,
    SystemResult,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.evaluate.systems import agree, compare_models, gather_runs
from headct.measure.evaluate.volumes import measure_volumes
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
    for done, system in enumerate(pair.systems, start=1):
        beside = None if validation is None else _same_system(validation, system)
        both = at_levels(system, beside, wanted)
        levels.setdefault(system.model, []).extend(both)

        systems.append(
            SystemResult(
                model=system.model,
                run=system.run,
                levels=tuple(measure_level(one, wanted) for one in both),
                votes=votes(system, wanted),
                classes=count_classes(system.outcomes, wanted),
                volumes=measure_volumes(system, wanted),
            )
        )
        if progress is not None:
            progress(done, len(pair.systems))
    first = pair.systems[0].outcomes
    return Measurement(
        settings=wanted,
        systems=tuple(systems),
        comparisons=compare_models(levels, wanted),
        runs=gather_runs(systems, levels, wanted),
        agreement=agree(levels, wanted),
        patients=len(np.unique(first.patients)),
        rows=len(first),
        has_validation=validation is not None,
        left_out=pair.left_out,
        remarks=pair.remarks,
        warnings=warnings_of(systems, validation is not None),
    )


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


def warnings_of(systems: list[SystemResult], has_validation: bool) -> tuple[str, ...]:
    """What a reader must know before trusting a figure."""
    found = []
    if not has_validation:
        found.append(
            "No validation was given: operating points that are not stated beforehand are chosen "
            "on the data that they are reported on, and look better than they are."
        )
    results = (label for system in systems for at in system.levels for label in at.labels)
    names = dict.fromkeys(label.label for label in results if label.is_few)
    if names:
        found.append(
            f"Fewer than {FEW_POSITIVE_PATIENTS} patients have {', '.join(names)}: counts are "
            "given, and nothing is claimed."
        )
    return tuple(found)


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

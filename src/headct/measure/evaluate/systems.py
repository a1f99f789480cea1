"""Several systems beside each other: models on the same rows, and the runs of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from headct.measure.curves.delong import delong_test
from headct.measure.curves.roc import auc
from headct.measure.estimate import Comparison
from headct.measure.evaluate.level import Both
from headct.measure.evaluate.measurement import (
    LabelResult,
    ModelComparison,
    RunsResult,
    SystemResult,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import UNKNOWN, Level, Outcomes
from headct.measure.resampling.obuchowski import obuchowski_test
from headct.measure.runs.calls import mcnemar
from headct.measure.runs.correction import adjust
from headct.measure.runs.model import ModelRuns, model_runs
from headct.measure.runs.paired import Given, PairedTest, corrected_t
from headct.measure.runs.pairs import compare_all

CHOSEN_BY = "auc"
AREAS = ("auc", "average_precision", "brier")
SHARES = ("accuracy", "sensitivity", "specificity", "ppv", "npv", "f1")


def compare_models(
    levels: Mapping[str, Sequence[Both]], settings: Settings
) -> tuple[ModelComparison, ...]:
    """Every two models in the area under the ROC curve, on the rows that both scored.

    A model of several runs is taken as the mean of their scores. DeLong's test where rows are
    patients, Obuchowski's where patients have several; p is corrected by Holm for all comparisons
    of this measurement.

    Args:
        levels: of each model, each run's levels, run after run.
        settings: how much the intervals cover.
    """
    models = {model: mean_of_runs(runs) for model, runs in levels.items()}
    found: list[ModelComparison] = []
    for first, second in combinations(models, 2):
        for level in models[first]:
            one, other = models[first][level], models[second][level]
            for label in one.labels:
                tested = _tested(one, other, label, settings)
                if tested is not None:
                    found.append(ModelComparison(level, label, first, second, *tested))
    adjusted = adjust([one.tested.p for one in found])
    return tuple(replace(one, adjusted_p=p) for one, p in zip(found, adjusted, strict=True))


def gather_runs(
    systems: Sequence[SystemResult], levels: Mapping[str, Sequence[Both]], settings: Settings
) -> tuple[RunsResult, ...]:
    """AVG and BEST of every model with several runs, by level and label.

    BEST is the run with the highest AUC on validation; without one, on the data measured, which
    its warning says.

    Args:
        systems: measured.
        levels: of each model, each run's levels, run after run, which hold validation.
        settings: how much the intervals cover.
    """
    places = dict.fromkeys(
        (level.level, label.label)
        for system in systems
        for level in system.levels
        for label in level.labels
    )
    found = []
    for level, label in places:
        models: dict[str, ModelRuns] = {}
        areas: dict[str, Given] = {}
        for model in dict.fromkeys(system.model for system in systems):
            runs = [
                (system.run, result)
                for system in systems
                if system.model == model and (result := _of(system, level, label)) is not None
            ]
            if len(runs) > 1:
                on_validation = _on_validation(levels[model], level, label)
                models[model] = _model_runs(runs, on_validation, settings)
                areas[model] = [result.areas[CHOSEN_BY].value for _, result in runs]
        if models:
            alike = len({len(one) for one in areas.values()}) == 1
            test = partial(corrected_t, test_to_train=0.0, level=settings.confidence)
            compared = compare_all(areas, test) if alike else ()
            found.append(RunsResult(level, label, models, compared))
    return tuple(found)


def _model_runs(
    runs: Sequence[tuple[str, LabelResult]], validation: Given, settings: Settings
) -> ModelRuns:
    by_area = {name: [result.areas[name].value for _, result in runs] for name in AREAS}
    by_share = {
        name: [result.points[0].scores[name].value if result.points else None for _, result in runs]
        for name in SHARES
    }
    return model_runs(
        {**by_area, **by_share},
        chosen_by=CHOSEN_BY,
        validation=validation,
        names=[run or str(number) for number, (run, _) in enumerate(runs, start=1)],
        lower=("brier",),
        shares=(*AREAS, *SHARES),
        level=settings.confidence,
    )


def _of(system: SystemResult, level: Level, label: str) -> LabelResult | None:
    results = (one for at in system.levels if at.level is level for one in at.labels)
    return next((one for one in results if one.label == label), None)


def _on_validation(runs: Sequence[Both], level: Level, label: str) -> Given:
    """The AUC of each run on validation; nothing where validation is not there."""
    chosen = [both.validation for both in runs if both.own.level is level]
    there = [one for one in chosen if one is not None and label in one.labels]
    if not there or len(there) < len(chosen):
        return ()
    rows = [one.of(label) for one in there]
    return [auc(one.truth, one.scores) for one in rows]


def mean_of_runs(runs: Sequence[Both]) -> dict[Level, Outcomes]:
    """A model of several runs as one: the mean of their scores, by level."""
    found: dict[Level, Outcomes] = {}
    for level in dict.fromkeys(both.own.level for both in runs):
        own = [both.own for both in runs if both.own.level is level]
        scores = np.mean([one.scores for one in own], axis=0)
        found[level] = replace(own[0], scores=scores)
    return found


def _tested(
    one: Outcomes, other: Outcomes, label: str, settings: Settings
) -> tuple[Comparison, None, PairedTest] | None:
    """Areas and calls of two models, p not adjusted yet; None without both kinds of rows."""
    first, second = (outcomes.scores[:, outcomes.labels.index(label)] for outcomes in (one, other))
    truth = one.truth[:, one.labels.index(label)]
    known = (truth != UNKNOWN) & ~np.isnan(first) & ~np.isnan(second)
    rows, flags, level = one.at(known), truth[known] == 1, settings.confidence
    if flags.all() or not flags.any():
        return None
    scores = first[known], second[known]
    called = (of >= settings.threshold for of in scores)
    calls = mcnemar(flags, *called, patients=rows.patients, level=level)
    if rows.rows_are_patients:
        return delong_test(flags, *scores, level=level), None, calls
    return obuchowski_test(flags, *scores, rows.patients, level=level), None, calls

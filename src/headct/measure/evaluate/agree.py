"""How far models, or readers filed as models, agree with each other and with the truth."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from headct.measure.agreement.kappa import Agreement, cohen_kappa, fleiss_kappa
from headct.measure.evaluate.level import Both
from headct.measure.evaluate.measurement import AgreementResult
from headct.measure.evaluate.settings import Settings
from headct.measure.evaluate.systems import mean_of_runs
from headct.measure.outcomes import UNKNOWN, Level, Outcomes, Scores


def agree(levels: Mapping[str, Sequence[Both]], settings: Settings) -> tuple[AgreementResult, ...]:
    """Kappa of the calls at the stated threshold: of all, of every two, and with the truth.

    A model of several runs calls by the mean of their scores. Readers filed as models, with calls
    of 0 and 1 for scores, make it a reader study.
    """
    models = {model: mean_of_runs(runs) for model, runs in levels.items()}
    if len(models) < 2:
        return ()
    first = next(iter(models.values()))
    return tuple(
        _agreement({name: one[level] for name, one in models.items()}, level, label, settings)
        for level, outcomes in first.items()
        for label in outcomes.labels
    )


def _agreement(
    models: Mapping[str, Outcomes], level: Level, label: str, settings: Settings
) -> AgreementResult:
    calls = {name: _calls(outcomes, label, settings) for name, outcomes in models.items()}
    first = next(iter(models.values()))
    truth = first.truth[:, first.labels.index(label)].astype(np.float64)
    truth[truth == UNKNOWN] = np.nan
    patients = () if first.rows_are_patients else first.patients

    def cohen(one: Scores, other: Scores) -> Agreement:
        return cohen_kappa(one, other, patients=patients, level=settings.confidence)

    table = np.stack(list(calls.values()), axis=1)
    return AgreementResult(
        level=level,
        label=label,
        models=tuple(models),
        kappa=fleiss_kappa(table, patients=patients, level=settings.confidence),
        pairs={pair: cohen(*(calls[name] for name in pair)) for pair in combinations(calls, 2)},
        with_truth={name: cohen(of, truth) for name, of in calls.items()},
    )


def _calls(outcomes: Outcomes, label: str, settings: Settings) -> Scores:
    """(rows,) 1 or 0, NaN where there is no score."""
    scores = outcomes.scores[:, outcomes.labels.index(label)]
    return np.where(np.isnan(scores), np.nan, scores >= settings.threshold)

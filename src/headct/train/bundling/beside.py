"""The classical finder beside a network: what it marks in a cohort's scans, and what that is worth.

The weight of its marks is a number fitted like any other: on patients whom the network did not
learn from, and for the figures without those that it is tried on.
"""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from headct.batch import Processes
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.store.store import open_store
from headct.core.case import Case
from headct.core.errors import CohortError, Refusal, ScanError, TrainError
from headct.core.finding import Progress
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.calibration.probabilities import log_odds, of_log_odds
from headct.measure.outcomes import UNKNOWN, Outcomes, Scores
from headct.measure.reading.pair import System
from headct.predict.beside import Beside, marked_mm2, regressor
from headct.predict.classical import VERSION, find_in
from headct.train.bundling.finished import Finished
from headct.train.gather import identity_of

MARKED = "marked_mm2"
"""A column beside the rows: what the finder marks on each slice."""

# Scores are written with six digits: what lies nearer to 0 or 1 is not told apart.
_LEAST = 5e-7


@dataclass(frozen=True)
class Scans:
    """Where the finder sees what a network saw.

    Args:
        store: that the runs were trained on.
        cohort: whose scans it was made of.
        layout: how the cohort is filed; empty to find out.
    """

    store: Path
    cohort: Path
    layout: str = ""


def marks_of(scans: Scans, run: Finished, progress: Progress | None = None) -> Scores:
    """(slices of the store,) what the finder marks in each, mm²; 0 where it sees no skull.

    Raises:
        CohortError: store or cohort cannot be read, or lacks a scan of the other.
        TrainError: the store is not the one of the run, or its task asks for no hemorrhage.
    """
    if ANY_HEMORRHAGE not in run.task.labels:
        raise TrainError(
            f"task {run.task.name} does not ask for {ANY_HEMORRHAGE}, and the finder marks nothing "
            "else: leave --beside out"
        )
    store = open_store(scans.store)
    if identity_of(store) != run.said["store"]:
        raise TrainError(
            f"store {scans.store.name} is not the one that {run.name} was trained on: give that"
        )
    cases = {case.key: case for case in open_cohort(scans.cohort, scans.layout).cohort.cases}
    if missing := sum(study.key not in cases for study in store.studies):
        raise CohortError(
            f"cohort {scans.cohort.name} lacks {missing} of {len(store.studies)} studies of store "
            f"{scans.store.name}: give the cohort that was prepared"
        )
    asked = [(cases[study.key], study.grid) for study in store.studies]
    marks = np.zeros(len(store))
    workers = Processes(os.cpu_count() or 1)
    with closing(workers(_marks, asked)) as found:
        for number, (study, areas) in enumerate(zip(store.studies, found, strict=True), start=1):
            marks[study.slices] = areas
            if progress is not None:
                progress(number, len(asked))
    return marks


def _marks(asked: tuple[Case, Grid]) -> Scores:
    case, onto = asked
    try:
        classical = find_in(open_case(case).volume)
    except ScanError as error:
        raise CohortError(
            f"a scan that was prepared cannot be read any more: {error}; give the cohort as it was"
        ) from error
    if isinstance(classical, Refusal):
        return np.zeros(onto.shape[0])
    return marked_mm2(classical, onto)


def with_marks(system: System, marks: Scores) -> System:
    """Scores of slices with what the finder marks on them."""
    outcomes = system.outcomes
    slices = outcomes.names[:, 2].astype(np.int64)
    groups: Mapping[str, Scores] = {**outcomes.groups, MARKED: marks[slices]}
    return replace(system, outcomes=replace(outcomes, groups=groups))


def fit_beside(system: System) -> Beside | None:
    """What the finder's marks are worth beside the network's log odds; None without marks.

    The likeliest weights of both by logistic regression on slices, held to 0 as by a normal
    distribution of deviation 1, lest a handful of patients give marks any weight. That of marks is
    told for a weight of 1 of the network.

    Raises:
        TrainError: there are no slices of both kinds, or the network's scores say nothing.
    """
    outcomes = system.outcomes
    if MARKED not in outcomes.groups:
        return None
    place = outcomes.labels.index(ANY_HEMORRHAGE)
    known = outcomes.truth[:, place] != UNKNOWN
    truth = outcomes.truth[known, place] == 1
    if truth.all() or not truth.any():
        raise TrainError(
            "what the finder's marks are worth is fitted on slices with and without a bleed, and "
            "these are all of one kind: give folds, or a run that left more patients out"
        )
    odds, marks = odds_of(outcomes.scores[:, place]), regressor(_marks_of(outcomes))
    columns = np.stack([np.ones(len(truth)), odds[known], marks[known]])

    def unlikeliness(weights: Scores) -> tuple[float, Scores]:
        odds, held = weights @ columns, np.array([0.0, *weights[1:]])
        value = np.logaddexp(0, np.where(truth, -odds, odds)).sum() + held @ held / 2
        return float(value), columns @ (of_log_odds(odds) - truth) + held

    _, network, finder = minimize(unlikeliness, np.zeros(3), jac=True).x
    if network <= 0:
        raise TrainError("beside the classical finder the network's scores say nothing: train more")
    return Beside(max(0.0, float(finder / network)), VERSION)


def weighed(system: System, beside: Beside | None) -> System:
    """The scores with what the finder's marks add; as they are without a weight."""
    if beside is None:
        return system
    outcomes = system.outcomes
    place = outcomes.labels.index(ANY_HEMORRHAGE)
    scores = outcomes.scores.copy()
    scores[:, place] = of_log_odds(odds_of(scores[:, place]) + beside.added(_marks_of(outcomes)))
    return replace(system, outcomes=replace(outcomes, scores=scores))


def odds_of(scores: Scores) -> Scores:
    """Log odds of scores as they were written, all finite."""
    return log_odds(np.clip(scores, _LEAST, 1 - _LEAST))


def _marks_of(outcomes: Outcomes) -> Scores:
    return np.asarray(outcomes.groups[MARKED], np.float64)

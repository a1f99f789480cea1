from dataclasses import replace

import numpy as np
import pytest
from tests.train.bundling.written_run import FOLDS

from headct.core.errors import TrainError
from headct.measure.calibration.stored import Isotonic, Logistic
from headct.measure.levels.choices import Learned, Max, parse_aggregation
from headct.measure.outcomes import Level, Outcomes
from headct.measure.reading.pair import System
from headct.tasks.hemorrhage import TASK
from headct.tasks.leukoencephalopathy import TASK as PATIENTS
from headct.train.bundling.choose import at_level, choose
from headct.train.bundling.finished import runs_under
from headct.train.bundling.scored import pooled

ANY = "any_hemorrhage"
ONE = replace(TASK, labels=(ANY,))
WRITTEN = np.concatenate(list(FOLDS.values()))


@pytest.fixture(scope="module")
def system(folds) -> System:
    return pooled(runs_under([folds])).system


@pytest.fixture(scope="module")
def choice(system):
    return choose(system, TASK, "max", "them")


def least_to_find(scores: np.ndarray, share: float) -> float:
    """The lowest of the highest scores that are so large a share."""
    return np.sort(scores)[::-1][int(np.ceil(share * len(scores))) - 1]


def test_thresholds_of_slices_and_patients_follow_the_rule_of_the_task(choice):
    slices = WRITTEN[..., 0][WRITTEN[..., 1] == 1]
    patients = WRITTEN[..., 0].max(axis=1)[WRITTEN[..., 1].any(axis=1)]

    points = choice.points

    assert TASK.rule == "sensitivity>=0.95"
    assert points[ANY, "slice"].threshold == pytest.approx(least_to_find(slices, 0.95))
    assert points[ANY, "patient"].threshold == pytest.approx(least_to_find(patients, 0.95))
    assert points[ANY, "patient"].chosen_on == "them"
    assert set(points) == {
        (label, level) for label in TASK.labels for level in ("slice", "patient")
    }


def test_of_a_label_that_nobody_has_there_is_no_threshold_and_it_is_said(choice):
    point = choice.points["epidural", "patient"]

    assert point.threshold is None
    assert point.note == "no positives"


def test_of_a_label_of_which_nothing_is_known_there_is_no_threshold(choice):
    point = choice.points["subdural", "slice"]

    assert point.threshold is None
    assert "of nobody it is known" in point.note


def test_a_threshold_of_few_patients_says_so(system):
    outcomes = system.outcomes
    # Of those who bleed, the first nine; all of the others.
    bleeding = np.unique(outcomes.patients[outcomes.truth[:, outcomes.labels.index(ANY)] == 1])
    few = replace(system, outcomes=outcomes.at(~np.isin(outcomes.patients, bleeding[9:])))

    choice = choose(few, TASK, "max", "them")

    point = choice.points[ANY, "patient"]
    assert point.threshold is not None
    assert "9 patients with it and 25 without: little more than chance" in point.note
    assert (ANY, "patient") not in choice.scalings


@pytest.mark.parametrize(
    ("positive", "negative", "kind"),
    [
        (19, 300, None),
        (300, 19, None),
        (20, 20, Logistic),
        (199, 500, Logistic),
        (200, 200, Isotonic),
    ],
)
def test_calibration_has_as_many_numbers_as_patients_allow(positive, negative, kind):
    choice = choose(of_patients(positive, negative), ONE, "max", "them")

    kinds = {level: type(scaling) for (_, level), scaling in choice.scalings.items()}

    # A slice of a patient is one row; ten times as many rows of as many patients are no more.
    assert kinds == ({} if kind is None else {"slice": kind, "patient": kind})


def of_patients(positive: int, negative: int) -> System:
    """Patients of ten slices each, which all have the label or all lack it."""
    chance = np.random.default_rng(0)
    truth = np.repeat(np.repeat([1, 0], [positive, negative]), 10)
    patients = np.repeat(np.arange(positive + negative), 10)
    scores = np.clip(chance.normal(np.where(truth, 0.6, 0.4), 0.2), 0.01, 0.99)
    outcomes = Outcomes(
        level=Level.SLICE,
        labels=(ANY,),
        names=np.array([[f"{p}", f"{p}", f"{i}"] for i, p in enumerate(patients)], object),
        patients=patients,
        studies=patients,
        scores=scores[:, None],
        truth=truth[:, None].astype(np.int8),
    )
    return System("", "", outcomes)


def test_a_task_of_patients_takes_their_threshold_for_slices(system):
    task = replace(PATIENTS, labels=(ANY,), rule="youden", aggregation="vote:1@0.5")

    choice = choose(system, task, task.aggregation, "them")

    patient, of_slice = choice.points[ANY, "patient"], choice.points[ANY, "slice"]
    assert of_slice.threshold == patient.threshold
    assert {level for _, level in choice.scalings} == {"patient"}
    # Exactly those patients are called who have a slice that is.
    called = WRITTEN[..., 0].max(axis=1) >= patient.threshold
    np.testing.assert_array_equal((WRITTEN[..., 0] >= of_slice.threshold).any(axis=1), called)


def test_no_threshold_of_slices_follows_from_a_mean(system):
    task = replace(PATIENTS, labels=(ANY,))

    choice = choose(system, task, "top-mean:2", "them")

    assert choice.points[ANY, "slice"].threshold is None
    assert choice.points[ANY, "patient"].threshold is not None


def test_an_aggregation_can_be_learned_and_written_down(system):
    choice = choose(system, TASK, "learned", "them")

    written = str(choice.aggregation)

    assert isinstance(choice.aggregation, Learned)
    assert parse_aggregation(written) == choice.aggregation
    column = system.outcomes.labels.index(ANY)
    scores = at_level(system, choice.aggregation, "patient").scores[:, column]
    assert choice.points[ANY, "patient"].threshold in scores


def test_an_aggregation_is_not_learned_of_patients_of_one_kind(system):
    outcomes = system.outcomes
    clear = ~np.isin(
        outcomes.patients, outcomes.patients[outcomes.truth[:, outcomes.labels.index(ANY)] == 1]
    )

    with pytest.raises(TrainError, match="all of one kind"):
        choose(replace(system, outcomes=outcomes.at(clear)), TASK, "learned", "them")


def test_another_aggregation_than_the_known_ones_is_wrong(system):
    with pytest.raises(ValueError, match="expected vote"):
        choose(system, TASK, "median", "them")


def test_slices_are_as_they_are_and_patients_by_their_highest(system):
    column = system.outcomes.labels.index(ANY)

    patients = at_level(system, Max(), "patient")

    assert at_level(system, Max(), "slice") is system.outcomes
    assert sorted(patients.scores[:, column]) == sorted(WRITTEN[..., 0].max(axis=1))

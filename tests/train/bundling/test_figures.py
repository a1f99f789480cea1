from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from statsmodels.stats.proportion import proportion_confint
from tests.train.bundling.test_choose import least_to_find
from tests.train.bundling.written_run import FOLDS

from headct.measure.calibration.scaling import fit_logistic
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import LabelRows
from headct.tasks.hemorrhage import TASK
from headct.train.bundling.choose import choose
from headct.train.bundling.figures import (
    Answered,
    answered,
    crossed,
    measure_answers,
    worth_having,
)
from headct.train.bundling.finished import runs_under
from headct.train.bundling.scored import Scored, pooled

ANY = "any_hemorrhage"
SETTINGS = Settings(samples=200)


@pytest.fixture(scope="module")
def scored(folds) -> Scored:
    return pooled(runs_under([folds]))


@pytest.fixture(scope="module")
def answers(scored):
    return crossed(scored, TASK, "max")


@pytest.fixture(scope="module")
def figures(answers):
    return measure_answers(answers, SETTINGS)


def by_patient(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth of the patients of a fold."""
    rows = FOLDS[name]
    return rows[..., 0].max(axis=1), rows[..., 1].any(axis=1)


def test_each_fold_is_called_by_the_threshold_of_the_others(figures):
    found = missed = alarms = 0
    for own, other in (("fold 1", "fold 2"), ("fold 2", "fold 1")):
        scores, truth = by_patient(other)
        threshold = least_to_find(scores[truth], 0.95)
        scores, truth = by_patient(own)
        found += ((scores >= threshold) & truth).sum()
        missed += ((scores < threshold) & truth).sum()
        alarms += ((scores >= threshold) & ~truth).sum()

    told = figures[ANY, "patient"].told

    assert (told["found"], told["missed"], told["false_alarms"]) == (found, missed, alarms)
    assert told["undecided"] == 0


def test_sensitivity_of_patients_has_its_exact_interval(figures):
    figure = figures[ANY, "patient"]
    low, high = proportion_confint(figure.told["found"], 25, method="beta")

    sensitivity = figure.scores["sensitivity"]

    assert sensitivity.value == pytest.approx(figure.told["found"] / 25)
    assert (sensitivity.low, sensitivity.high) == pytest.approx((low, high))


@pytest.mark.parametrize("level", ["slice", "patient"])
def test_areas_are_those_of_the_pooled_scores(figures, level):
    rows = np.concatenate(list(FOLDS.values()))
    scores, truth = (rows[..., 0].ravel(), rows[..., 1].ravel() == 1)
    if level == "patient":
        scores, truth = rows[..., 0].max(axis=1), rows[..., 1].any(axis=1)

    found = figures[ANY, level].scores

    assert found["auc"].value == pytest.approx(roc_auc_score(truth, scores))
    assert found["average_precision"].value == pytest.approx(average_precision_score(truth, scores))
    assert found["auc"].low < found["auc"].value < found["auc"].high


def test_probabilities_are_of_patients_that_they_were_not_fitted_on(scored, answers):
    given, choice = answers[ANY, "patient"], {}
    # Of 25 with the label and 25 without there is a slope and an intercept; 12 of them fit it.
    fits = {(ANY, "patient"): fit_logistic}
    for group in scored.groups:
        choice[group] = choose(scored.without(group), TASK, "max", "others", fits=fits)

    expected = np.concatenate(
        [
            choice[group].scalings[ANY, "patient"](answered_scores(scored, group))
            for group in scored.groups
        ]
    )

    np.testing.assert_allclose(given.probabilities, expected)
    different = {repr(one.scalings[ANY, "patient"]) for one in choice.values()}
    assert len(different) == 2


def answered_scores(scored: Scored, group: str) -> np.ndarray:
    """(patients,) highest scores of a group, in the order of its patients."""
    outcomes = scored.within(group).outcomes
    scores = outcomes.scores[:, outcomes.labels.index(ANY)]
    return np.array(
        [scores[outcomes.patients == one].max() for one in np.unique(outcomes.patients)]
    )


def test_calibration_is_measured_as_scikit_learn_does(figures, answers):
    given = answers[ANY, "patient"]

    figure = figures[ANY, "patient"]

    expected = brier_score_loss(given.rows.truth, given.probabilities)
    assert figure.scores["brier"].value == pytest.approx(expected)
    assert figure.prevalence_brier == pytest.approx(0.25)


def test_of_few_patients_counts_are_given_and_nothing_is_claimed(figures):
    figure = figures["epidural", "patient"]

    assert figure.is_few
    assert (figure.rows, figure.positives) == (50, 0)
    assert figure.scores == {}


def test_validation_chooses_and_test_is_measured(scored):
    choice = choose(scored.within("fold 1"), TASK, "max", "validation")

    given = answered(choice, scored.within("fold 2"), TASK)[ANY, "patient"]

    scores, truth = by_patient("fold 1")
    threshold = least_to_find(scores[truth], 0.95)
    scores, truth = by_patient("fold 2")
    assert given.calls.sum() == (scores >= threshold).sum()
    assert given.rows.truth.sum() == truth.sum()


def test_a_task_of_patients_claims_nothing_of_slices(scored):
    task = replace(TASK, level="patient")

    given = crossed(scored, task, "max")

    assert {level for _, level in given} == {"patient"}


def test_a_calibration_that_knows_no_more_than_the_share_is_not_worth_having(scored):
    choice = choose(scored.system, TASK, "max", "them")
    scaling = {(ANY, "patient"): choice.scalings[ANY, "patient"]}
    truth = np.repeat([True, False], 20)
    rows = LabelRows(truth, np.full(40, 0.5), np.arange(40))

    def kept(probabilities: np.ndarray) -> bool:
        answers = {(ANY, "patient"): Answered(rows, np.zeros(40), probabilities)}
        return bool(worth_having(scaling, answers))

    assert not kept(np.full(40, 0.5))
    assert not kept(np.full(40, np.nan))
    assert not kept(np.where(truth, 0.4, 0.6))
    assert kept(np.where(truth, 0.6, 0.4))

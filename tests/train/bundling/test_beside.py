"""What the finder's marks are worth is fitted on the patients asked about, and on no others."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_curve
from tests.train.bundling.written_run import edited
from typer.testing import CliRunner

from headct.cli import app
from headct.core.errors import CohortError, TrainError
from headct.measure.outcomes import Level, Outcomes
from headct.measure.reading.pair import System
from headct.tasks.hemorrhage import TASK
from headct.train.bundling.beside import Scans, fit_beside, marks_of, weighed, with_marks
from headct.train.bundling.choose import choose
from headct.train.bundling.figures import crossed
from headct.train.bundling.finished import read_finished
from headct.train.bundling.make import Wish, make_bundle
from headct.train.bundling.scored import GROUP, Scored

ANY = "any_hemorrhage"
ONE = replace(TASK, labels=(ANY,))
SLICES = 8000


def simulated(weight: float, seed: int = 3) -> tuple[System, np.ndarray]:
    """Slices whose log odds are the network's and so much of the marks' logarithm."""
    chance = np.random.default_rng(seed)
    marks = np.where(chance.random(SLICES) < 0.3, chance.lognormal(3, 1, SLICES), 0)
    odds = chance.normal(-1, 1.5, SLICES)
    truth = chance.random(SLICES) < expit(0.5 + odds + weight * np.log(1 + marks / 2.5))
    return of(expit(odds), truth), marks


def of(scores: np.ndarray, truth: np.ndarray) -> System:
    """Forty slices a patient, in two groups."""
    patients = np.arange(len(scores)) // 40
    names = np.array([[str(p), f"{p}/1", str(i)] for i, p in enumerate(patients)], object)
    return System(
        "net",
        "0",
        Outcomes(
            Level.SLICE,
            (ANY,),
            names,
            patients,
            patients,
            np.round(scores, 6)[:, None],
            truth.astype(np.int8)[:, None],
            {GROUP: np.where(patients % 2, "fold 1", "fold 2").astype(object)},
        ),
    )


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.8])
def test_the_weight_that_slices_were_drawn_by_is_found(weight):
    system, marks = simulated(weight)

    found = fit_beside(with_marks(system, marks))

    assert found.weight == pytest.approx(weight, abs=0.06)
    assert found.version == "1"


def test_scores_are_those_of_the_sum():
    system, marks = simulated(0.7)
    system = with_marks(system, marks)
    beside = fit_beside(system)

    scores = weighed(system, beside).outcomes.scores[:, 0]

    before = system.outcomes.scores[:, 0]
    expected = expit(logit(before) + beside.weight * np.log(1 + marks / 2.5))
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def test_marks_against_bleeding_count_for_nothing():
    system, marks = simulated(-0.5)

    assert fit_beside(with_marks(system, marks)).weight == 0


def test_without_marks_nothing_is_fitted_or_changed():
    system, _ = simulated(0.5)

    assert fit_beside(system) is None
    assert weighed(system, None) is system


def test_marks_that_are_never_wrong_among_few_are_worth_something_and_not_everything():
    chance = np.random.default_rng(1)
    truth = np.arange(80) % 4 == 1
    scores = expit(chance.normal(np.where(truth, 1, -1), 1))
    system = with_marks(of(scores, truth), np.where(truth, 100.0, 0))

    assert 0.3 < fit_beside(system).weight < 5


def test_slices_of_one_kind_are_refused():
    system = with_marks(of(np.linspace(0.1, 0.9, 80), np.zeros(80, bool)), np.arange(80.0))

    with pytest.raises(TrainError, match="all of one kind"):
        fit_beside(system)


def test_scores_that_say_nothing_are_refused():
    system, marks = simulated(0.5)
    outcomes = system.outcomes
    turned = replace(system, outcomes=replace(outcomes, scores=1 - outcomes.scores))

    with pytest.raises(TrainError, match="say nothing"):
        fit_beside(with_marks(turned, marks))


def test_each_group_is_tried_with_the_weight_of_the_others():
    """Fold 2 has no marks to fit a weight to, so they count for nothing in fold 1."""
    system, marks = simulated(0.8)
    first = system.outcomes.groups[GROUP] == "fold 1"
    scored = Scored(with_marks(system, np.where(first, marks, 0)), "them")

    answers = crossed(scored, ONE, "max")[ANY, "slice"]

    assert choose(scored.without("fold 1"), ONE, "max", "them").beside.weight == 0
    assert choose(scored.without("fold 2"), ONE, "max", "them").beside.weight > 0.5
    as_they_were = system.outcomes.scores[:, 0]
    np.testing.assert_allclose(answers.rows.scores[: first.sum()], as_they_were[first])


def test_thresholds_are_of_the_sum():
    system, marks = simulated(0.8)
    system = with_marks(system, marks)

    choice = choose(system, replace(ONE, rule="youden"), "max", "them")

    outcomes = weighed(system, choice.beside).outcomes
    found = roc_curve(outcomes.truth[:, 0], outcomes.scores[:, 0], drop_intermediate=False)
    best = (found[1] - found[0]).argmax()
    assert choice.points[ANY, "slice"].threshold == pytest.approx(found[2][best], abs=1e-9)


@pytest.fixture
def scans(store, balls, tmp_path) -> Scans:
    return Scans(store.folder, table_of(balls, tmp_path / "balls.csv"))


def table_of(cohort, path):
    """The cohort as a table that ``open_cohort`` reads."""
    rows = [f"{case.path},{case.patient},{case.study}" for case in cohort.cases]
    path.write_text("\n".join(["path,patient,study", *rows]) + "\n")
    return path


def test_the_finder_marks_the_slices_that_were_drawn_on(scans, everybody, store):
    marks = marks_of(scans, read_finished(everybody))

    drawn = store.slice_values[:, store.labels.index(ANY)] == 1
    # Balls of 20 x 20 pixels of 1 mm in five slices of half of ten heads.
    assert marks.shape == (len(store),)
    assert (marks[drawn] > 200).all()
    assert not marks[~drawn].any()


def test_a_cohort_without_the_scans_is_refused(scans, everybody, balls, tmp_path):
    few = table_of(replace(balls, cases=balls.cases[:4]), tmp_path / "few.csv")

    with pytest.raises(CohortError, match="lacks 6 of 10 studies"):
        marks_of(replace(scans, cohort=few), read_finished(everybody))


def test_another_store_is_refused(scans, everybody, tmp_path):
    other = edited(everybody, tmp_path / "run", store={"pipeline": "0"})

    with pytest.raises(TrainError, match="is not the one"):
        marks_of(scans, read_finished(other))


def test_a_task_without_hemorrhage_is_refused(scans, everybody, tmp_path):
    other = edited(everybody, tmp_path / "run", labels=["leukoencephalopathy"])

    with pytest.raises(TrainError, match="does not ask for any_hemorrhage"):
        marks_of(scans, read_finished(other))


def test_where_nobody_is_left_to_fit_it_on_it_is_refused(scans, everybody, tmp_path):
    with pytest.raises(TrainError, match="--beside needs patients"):
        make_bundle(Wish(everybody, tmp_path / "a.headct", beside=scans))


def test_the_command_wants_both(everybody, tmp_path):
    options = ["--out", str(tmp_path / "a.headct"), "--beside", str(tmp_path)]

    told = CliRunner().invoke(app, ["bundle", "make", str(everybody), *options])

    assert told.exit_code == 2
    assert "go together" in told.output

"""A store for one round of a split: what is fitted has seen its training patients alone."""

import numpy as np
import pytest

from headct.cohort.fitting.file import read_fit
from headct.cohort.preparing.one_round import FIT_FILE, RoundPlan, prepare_round
from headct.cohort.splitting.by_patient import folds, holdout
from headct.cohort.splitting.file import write_split
from headct.core.errors import CohortError
from headct.image.encoders import Gray
from headct.image.filters import Gaussian
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline

SMOOTH = Pipeline("smooth", (Gaussian(5.0), Reshape(64, 64), Rescale(0.0, 80.0), Gray()))
PLAIN = Pipeline("plain", (Reshape(64, 64), Rescale(0.0, 80.0), Gray()))


@pytest.fixture(scope="module")
def plan(bleeding_balls, tmp_path_factory):
    path = tmp_path_factory.mktemp("split") / "split.json"
    write_split(holdout(bleeding_balls, seed=1), path)
    return RoundPlan(path)


@pytest.fixture(scope="module")
def made(bleeding_balls, plan, tmp_path_factory):
    """A store whose pipeline has a kernel to be fitted; the outcome, and where it lies."""
    out = tmp_path_factory.mktemp("round") / "store"
    return prepare_round(bleeding_balls, SMOOTH, out, plan), out


def test_the_store_is_made_with_the_kernel_that_was_chosen(made):
    outcome, _ = made

    stored = outcome.store.header.pipeline
    chosen = max(outcome.fitted.kernel.candidates, key=lambda one: one.auc).sigma_mm

    assert stored.steps[0] == Gaussian(chosen)
    assert chosen != 5.0


def test_mean_and_deviation_are_those_of_training_patients_alone(made, bleeding_balls, plan):
    outcome, out = made
    train = holdout(bleeding_balls, seed=1).round().parts["train"]

    mine = np.array([study.patient in train for study in outcome.store.studies])
    pixels = np.load(out / "pixels.npy")[mine[outcome.store.study_of]] / 255

    assert 0 < mine.sum() < len(mine)
    assert outcome.fitted.standardize.mean == pytest.approx(pixels.mean(), rel=1e-9)
    assert outcome.fitted.standardize.deviation == pytest.approx(pixels.std(), rel=1e-9)


def test_a_second_run_takes_what_was_fitted_from_the_store(made, bleeding_balls, plan):
    outcome, out = made
    before = (out / FIT_FILE).read_bytes()

    again = prepare_round(bleeding_balls, SMOOTH, out, plan)

    assert again.made == 0
    assert again.fitted == outcome.fitted
    assert (out / FIT_FILE).read_bytes() == before


def test_several_rounds_need_a_name_and_keep_their_own_fit(bleeding_balls, tmp_path):
    split = folds(bleeding_balls, 3, seed=1)
    write_split(split, tmp_path / "folds.json")

    with pytest.raises(CohortError, match="say which round"):
        prepare_round(bleeding_balls, PLAIN, tmp_path / "a", RoundPlan(tmp_path / "folds.json"))
    named = RoundPlan(tmp_path / "folds.json", "fold 2")
    outcome = prepare_round(bleeding_balls, PLAIN, tmp_path / "b", named)

    fit = read_fit(tmp_path / "b" / FIT_FILE, split)
    assert fit.round("fold 2") == outcome.fitted
    assert fit.round("fold 1") is None

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from headct.measure.resampling import areas
from headct.measure.resampling.areas import (
    area_samples,
    auc_samples,
    average_precision_samples,
)
from headct.measure.resampling.draws import draw

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=40
)


def by_scikit_learn(score, truth, scores, patients, drawn):
    """One score of each sample, by weighing rows; NaN where it is not defined."""
    whose = np.unique(patients, return_inverse=True)[1]
    found = []
    for times in drawn:
        weights = times[whose]
        has = {bool(kind) for kind in truth[weights > 0]}
        needed = {True, False} if score is roc_auc_score else {True}
        defined = needed <= has
        found.append(score(truth, scores, sample_weight=weights) if defined else np.nan)
    return np.array(found)


@given(rows=ROWS, seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_areas_are_scikit_learns_in_every_sample_with_ties(rows, seed):
    truth, scores, patients = (np.array(column) for column in zip(*rows, strict=True))
    drawn = draw(len(np.unique(patients)), 4, np.random.default_rng(seed))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = area_samples(truth, scores, patients, rng=np.random.default_rng(seed), samples=4)

    for mine, score in (
        (found.auc, roc_auc_score),
        (found.average_precision, average_precision_score),
    ):
        theirs = by_scikit_learn(score, truth, scores / 3, patients, drawn)
        assert mine == pytest.approx(theirs, abs=1e-9, nan_ok=True)


def test_long_orders_are_summed_in_stretches(monkeypatch):
    rng = np.random.default_rng(1)
    truth, scores = rng.random(900) < 0.3, rng.integers(0, 300, 900) / 7
    patients = rng.integers(0, 40, 900)
    monkeypatch.setattr(areas, "_CACHED", 50)

    found = area_samples(truth, scores, patients, rng=np.random.default_rng(2), samples=10)

    drawn = draw(40, 10, np.random.default_rng(2))
    for mine, score in (
        (found.auc, roc_auc_score),
        (found.average_precision, average_precision_score),
    ):
        assert mine == pytest.approx(
            by_scikit_learn(score, truth, scores, patients, drawn), abs=1e-9
        )


def test_one_area_alone_is_that_of_both():
    rng = np.random.default_rng(3)
    rows = (rng.random(200) < 0.4, rng.normal(size=200), rng.integers(0, 20, 200))

    both = area_samples(*rows, rng=np.random.default_rng(4), samples=30)

    assert np.array_equal(auc_samples(*rows, rng=np.random.default_rng(4), samples=30), both.auc)
    assert np.array_equal(
        average_precision_samples(*rows, rng=np.random.default_rng(4), samples=30),
        both.average_precision,
    )


def test_systems_that_order_alike_differ_in_no_sample_of_one_state():
    rng = np.random.default_rng(5)
    truth, scores = rng.random(100) < 0.5, rng.normal(size=100)

    first, second = (
        auc_samples(truth, given, None, rng=np.random.default_rng(6), samples=50)
        for given in (scores, np.exp(scores))
    )

    assert np.array_equal(first, second)


def test_samples_without_a_kind_are_not_numbers():
    none = area_samples([False] * 3, [0.1, 0.2, 0.3], None, rng=np.random.default_rng(7), samples=4)
    every = area_samples([True] * 3, [0.1, 0.2, 0.3], None, rng=np.random.default_rng(7), samples=4)

    assert np.isnan(none.auc).all()
    assert np.isnan(none.average_precision).all()
    assert np.isnan(every.auc).all()
    assert (every.average_precision == 1).all()


def test_no_rows_have_no_area():
    found = area_samples([], [], [], rng=np.random.default_rng(8), samples=3)

    assert np.isnan(found.auc).all()


@pytest.mark.parametrize("scores", [[0.1], [0.1, np.nan], [0.1, np.inf]])
def test_nonsense_is_refused(scores):
    with pytest.raises(ValueError, match="expected"):
        auc_samples([True, False], scores, None, rng=np.random.default_rng(9))

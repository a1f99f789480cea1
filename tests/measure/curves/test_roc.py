import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score, roc_curve

from headct.measure.curves.roc import auc, partial_auc, roc

# Scores in tenths tie often; the others hardly ever.
SCORES = st.one_of(st.integers(0, 10).map(lambda n: n / 10), st.floats(0, 1))
CASES = st.integers(2, 60).flatmap(
    lambda n: st.tuples(arrays(np.bool_, n), arrays(np.float64, n, elements=SCORES))
)

# R's pROC, tests/testthat/helper-roc-expected.R: WFNS grades 1 to 5 at admission of 41
# patients with a poor and 72 with a good outcome, as its sensitivities and specificities tell.
WFNS_POOR, WFNS_GOOD = (2, 12, 1, 8, 18), (37, 20, 3, 8, 4)
WFNS_TRUTH = np.repeat([True, False], [41, 72])
WFNS = np.concatenate([np.repeat(range(1, 6), n) for n in (WFNS_POOR, WFNS_GOOD)]).astype(float)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_the_curve_is_that_of_scikit_learn(cases):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    along, up, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    found = roc(truth, scores)

    assert found.thresholds.tolist() == thresholds.tolist()
    np.testing.assert_allclose(found.sensitivity, up, atol=1e-12)
    np.testing.assert_allclose(found.false_positive_rate, along, atol=1e-12)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_the_area_is_that_of_scikit_learn_and_of_mann_and_whitney(cases):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    pairs = truth.sum() * (~truth).sum()
    ranked = mannwhitneyu(scores[truth], scores[~truth]).statistic / pairs

    assert auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert auc(truth, scores) == pytest.approx(ranked, abs=1e-12)


@given(CASES, st.floats(0.01, 1))
@settings(max_examples=60, deadline=None)
def test_the_area_of_few_false_alarms_is_that_of_scikit_learn(cases, limit):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    expected = roc_auc_score(truth, scores, max_fpr=limit)

    found = partial_auc(truth, scores, max_false_positive_rate=limit)
    assert found == pytest.approx(expected, abs=1e-9)


@given(CASES, st.floats(0, 0.99))
@settings(max_examples=60, deadline=None)
def test_the_area_of_few_misses_is_that_of_few_false_alarms_with_the_roles_exchanged(cases, floor):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    exchanged = roc_auc_score(~truth, -scores, max_fpr=1 - floor)

    assert partial_auc(truth, scores, min_sensitivity=floor) == pytest.approx(exchanged, abs=1e-9)


@pytest.mark.parametrize(
    ("limit", "standardized", "expected"),
    [
        ({"max_false_positive_rate": 0.1}, False, 0.0334417344173442),
        ({"max_false_positive_rate": 0.1}, True, 0.649693339038653),
        ({"min_sensitivity": 0.9}, False, 0.0400999322493225),
        ({"min_sensitivity": 0.9}, True, 0.68473648552275),
        ({"min_sensitivity": 0.0}, True, 0.823678861788618),
        ({"max_false_positive_rate": 1.0}, True, 0.823678861788618),
    ],
)
def test_areas_are_those_that_proc_prints(limit, standardized, expected):
    # R's pROC, tests/testthat/test-auc.R, r.wfns.
    found = partial_auc(WFNS_TRUTH, WFNS, **limit, standardized=standardized)

    assert found == pytest.approx(expected, abs=1e-14)
    assert auc(WFNS_TRUTH, WFNS) == pytest.approx(0.823678861788618, abs=1e-14)


def test_a_part_under_the_diagonal_is_below_a_half():
    assert partial_auc([True, False], [0.1, 0.9], max_false_positive_rate=0.5) < 0.5


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_without_collinear_points_it_is_the_same_curve_in_no_more_points(cases):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    whole, few = roc(truth, scores), roc(truth, scores, drop_collinear=True)
    kept = np.isin(whole.thresholds, few.thresholds)

    # Along sensitivity + false positive rate every point of the curve has a place of its own.
    places = whole.sensitivity + whole.false_positive_rate
    drawn = np.interp(places, places[kept], few.sensitivity)
    np.testing.assert_allclose(drawn, whole.sensitivity, atol=1e-12)
    # No three in a row on a line: scikit-learn leaves out some of these, so never more.
    assert len(few.thresholds) <= len(roc_curve(truth, scores)[0])


def test_a_straight_line_keeps_its_ends_alone():
    # Steps of two cases, two cases and four.
    truth, scores = [True, False] * 4, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3]

    found = roc(truth, scores, drop_collinear=True)

    assert found.sensitivity.tolist() == [0, 1]
    assert found.false_positive_rate.tolist() == [0, 1]


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_one_kind_alone_has_no_curve_and_no_area(truth):
    scores = np.linspace(0, 1, len(truth))

    assert roc(truth, scores) is None
    assert auc(truth, scores) is None
    assert partial_auc(truth, scores, min_sensitivity=0.9) is None


def test_all_correct_is_1_and_all_scores_the_same_a_half():
    truth = [False, False, True]

    assert auc(truth, [0.1, 0.2, 0.3]) == 1
    assert auc(truth, [0.5, 0.5, 0.5]) == 0.5
    assert partial_auc(truth, [0.1, 0.2, 0.3], min_sensitivity=0.9) == pytest.approx(1)
    assert partial_auc(truth, [0.5] * 3, min_sensitivity=0.9) == pytest.approx(0.5)


def test_the_area_does_not_depend_on_the_order_of_rows():
    chance = np.random.default_rng(0)
    truth, scores = chance.random(1000) < 0.3, chance.integers(0, 50, 1000) / 50
    order = chance.permutation(1000)

    assert auc(truth[order], scores[order]) == auc(truth, scores)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({}, "one limit"),
        ({"max_false_positive_rate": 0.1, "min_sensitivity": 0.9}, "one limit"),
        ({"max_false_positive_rate": 0.0}, "got 0.0"),
        ({"max_false_positive_rate": 1.1}, "got 1.1"),
        ({"min_sensitivity": 1.0}, "got 1.0"),
        ({"min_sensitivity": float("nan")}, "got nan"),
    ],
)
def test_other_limits_are_refused(limits, told):
    with pytest.raises(ValueError, match=told):
        partial_auc([True, False], [0.9, 0.1], **limits)

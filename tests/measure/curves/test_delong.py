import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from headct.measure.curves.delong import delong, delong_test
from headct.measure.curves.roc import auc

SCORES = st.one_of(st.integers(0, 10).map(lambda n: n / 10), st.floats(0, 1))
# Two positives and two negatives at least, and scores of two models.
PAIRS = st.integers(4, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n - 4).map(lambda truth: np.append(truth, [True, True, False, False])),
        arrays(np.float64, (2, n), elements=SCORES),
    )
)
REACH = norm.ppf(0.975)

# R's pROC, tests/testthat/helper-roc-expected.R: WFNS grades 1 to 5 at admission of 41
# patients with a poor and 72 with a good outcome, as its sensitivities and specificities tell.
WFNS_TRUTH = np.repeat([True, False], [41, 72])
WFNS = np.repeat([1, 2, 3, 4, 5] * 2, [2, 12, 1, 8, 18, 37, 20, 3, 8, 4]).astype(float)

# DeLong, DeLong and Clarke-Pearson 1988: 43 patients with ovarian cancer and all three tests, as
# printed in the SAS/STAT User's Guide, The LOGISTIC Procedure, Comparing Receiver Operating
# Characteristic Curves: albumin, total protein, K-G total score (lower is better), benefit.
OVARIAN = np.fromstring(
    """
    3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0
    1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1
    4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1
    3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1
    3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1
    3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1
    3.6 6.6 5 1
    """,
    sep=" ",
).reshape(-1, 4)
BENEFIT = OVARIAN[:, 3] == 1
TESTS = {"albumin": OVARIAN[:, 0], "protein": OVARIAN[:, 1], "kg": -OVARIAN[:, 2]}


def covariance(truth, models):
    """DeLong's covariance of areas as his paper defines it, pair by pair."""
    wins = np.array(
        [np.heaviside(scores[truth][:, None] - scores[~truth][None, :], 0.5) for scores in models]
    )
    by_positive, by_negative = np.cov(wins.mean(axis=2)), np.cov(wins.mean(axis=1))
    return by_positive / truth.sum() + by_negative / (~truth).sum()


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_areas_and_intervals_are_those_of_every_pair(pair):
    truth, (first, second) = pair
    expected = covariance(truth, (first, second))

    found = delong_test(truth, first, second)

    for estimate, scores, variance in zip(
        (found.first, found.second), (first, second), np.diag(expected), strict=True
    ):
        area, reach = roc_auc_score(truth, scores), REACH * np.sqrt(variance)
        assert estimate.value == pytest.approx(area, abs=1e-12)
        if estimate.low is None:
            assert variance == pytest.approx(0, abs=1e-12)
        else:
            ends = np.clip([area - reach, area + reach], 0, 1)
            assert [estimate.low, estimate.high] == pytest.approx(ends, abs=1e-9)


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_the_test_is_that_of_every_pair(pair):
    truth, (first, second) = pair
    expected = covariance(truth, (first, second))
    error = np.sqrt(max(expected[0, 0] + expected[1, 1] - 2 * expected[0, 1], 0))
    apart = roc_auc_score(truth, first) - roc_auc_score(truth, second)

    found = delong_test(truth, first, second)

    assert found.difference.value == pytest.approx(apart, abs=1e-12)
    if found.difference.low is None:
        assert error == pytest.approx(0, abs=1e-6)
    else:
        ends = np.clip([apart - REACH * error, apart + REACH * error], -1, 1)
        assert [found.difference.low, found.difference.high] == pytest.approx(ends, abs=1e-9)
        assert found.z == pytest.approx(apart / error, abs=1e-9)
        assert found.p == pytest.approx(2 * norm.sf(abs(apart / error)), abs=1e-9)


def test_the_interval_is_the_one_that_proc_prints():
    # R's pROC, tests/testthat/test-var.R and test-auc.R, r.wfns.
    reach = REACH * np.sqrt(0.00146991470882363)

    found = delong(WFNS_TRUTH, WFNS)

    assert found.value == pytest.approx(0.823678861788618, abs=1e-14)
    assert found.low == pytest.approx(0.823678861788618 - reach, abs=1e-12)
    assert found.high == pytest.approx(0.823678861788618 + reach, abs=1e-12)
    assert found.method == "DeLong"


@pytest.mark.parametrize(
    ("test", "area", "low", "high"),
    [
        ("albumin", 0.7366, 0.5549, 0.9182),
        ("kg", 0.7258, 0.5243, 0.9273),
        ("protein", 0.6478, 0.4518, 0.8439),
    ],
)
def test_areas_of_the_papers_example_are_those_that_sas_prints(test, area, low, high):
    # SAS/STAT User's Guide, as above: ROC Association Statistics.
    found = delong(BENEFIT, TESTS[test])

    assert (found.value, found.low, found.high) == pytest.approx((area, low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("test", "difference", "low", "high", "chi_square", "p"),
    [
        ("albumin", 0.0108, -0.1761, 0.1976, 0.0127, 0.9102),
        ("protein", -0.0780, -0.2830, 0.1271, 0.5554, 0.4561),
    ],
)
def test_comparisons_of_the_papers_example_are_those_that_sas_prints(
    test, difference, low, high, chi_square, p
):
    # SAS/STAT User's Guide, as above: ROC Contrast Estimation and Testing Results by Row.
    found = delong_test(BENEFIT, TESTS[test], TESTS["kg"])
    apart = found.difference

    assert (apart.value, apart.low, apart.high) == pytest.approx((difference, low, high), abs=5e-5)
    assert (found.z**2, found.p) == pytest.approx((chi_square, p), abs=5e-5)


def test_the_level_widens_the_interval_as_the_normal_quantile():
    narrow, wide = delong(WFNS_TRUTH, WFNS, level=0.5), delong(WFNS_TRUTH, WFNS, level=0.9)

    ratio = (wide.high - wide.low) / (narrow.high - narrow.low)

    assert ratio == pytest.approx(norm.ppf(0.95) / norm.ppf(0.75))


def test_the_interval_holds_the_true_area_19_times_in_20():
    # Normal scores one deviation apart: area Φ(1/√2).
    true, chance = norm.cdf(1 / np.sqrt(2)), np.random.default_rng(0)
    truth = np.repeat([True, False], [60, 140])

    found = [delong(truth, chance.normal(size=200) + truth) for _ in range(1000)]
    held = np.mean([one.low <= true <= one.high for one in found])

    # Three standard errors of 1000 trials at 95 %.
    assert held == pytest.approx(0.95, abs=0.021)


def test_the_test_is_wrong_1_time_in_20_where_models_are_alike():
    truth, chance = np.repeat([True, False], [60, 140]), np.random.default_rng(1)
    shared = [chance.normal(size=200) + truth for _ in range(1000)]

    found = [
        delong_test(truth, one + chance.normal(size=200), one + chance.normal(size=200))
        for one in shared
    ]

    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(0.05, abs=0.021)


def test_exchanging_the_models_turns_the_sign():
    there = delong_test(BENEFIT, TESTS["albumin"], TESTS["protein"])
    back = delong_test(BENEFIT, TESTS["protein"], TESTS["albumin"])

    assert there.difference.value == -back.difference.value
    assert (there.z, there.p) == (-back.z, back.p)
    assert there.first == back.second


def test_models_that_order_the_cases_alike_do_not_differ():
    found = delong_test(WFNS_TRUTH, WFNS, WFNS / 5 + 100)

    assert (found.difference.value, found.z, found.p) == (0, 0, 1)
    assert found.difference.low is None


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_one_kind_alone_has_no_area_and_no_test(truth):
    scores = np.linspace(0, 1, len(truth))

    found = delong_test(truth, scores, scores)

    assert delong(truth, scores).value is None
    assert "positives and negatives" in delong(truth, scores).note
    assert (found.difference.value, found.z, found.p) == (None, None, None)


@pytest.mark.parametrize("truth", [[False, True, False], [True, False, True]])
def test_one_positive_or_one_negative_has_no_interval(truth):
    found = delong(truth, [0.1, 0.2, 0.3])

    assert found.value == 0.5
    assert found.low is None
    assert "one positive or one negative" in found.note


def test_all_correct_has_no_interval_instead_of_a_certain_one():
    truth = np.repeat([True, False], 20)

    found = delong(truth, truth.astype(float))

    assert (found.value, found.low, found.high) == (1, None, None)
    assert "sees no error" in found.note


def test_a_perfect_model_against_a_reversed_one_has_a_difference_without_a_test():
    truth = np.repeat([True, False], 5)

    found = delong_test(truth, truth.astype(float), ~truth * 1.0)

    assert found.difference.value == 1
    assert (found.difference.low, found.z, found.p) == (None, None, None)


def test_the_area_is_that_of_the_curve_to_the_last_digit():
    chance = np.random.default_rng(2)
    truth, scores = chance.random(5000) < 0.1, chance.integers(0, 300, 5000) / 300

    assert delong(truth, scores).value == auc(truth, scores)


@pytest.mark.parametrize("level", [0, 1, 95, float("nan")])
def test_another_level_is_refused(level):
    with pytest.raises(ValueError, match="a level between 0 and 1"):
        delong(WFNS_TRUTH, WFNS, level=level)


def test_models_on_other_rows_are_refused():
    with pytest.raises(ValueError, match="for each row"):
        delong_test(WFNS_TRUTH, WFNS, WFNS[:-1])

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pingouin import multicomp
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from headct.measure.runs.correction import adjust

P_VALUES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.05, 1.0]), min_size=1)
NAMES = {"holm": "holm", "benjamini-hochberg": "fdr_bh", "bonferroni": "bonf"}


@pytest.mark.parametrize("how", NAMES)
@given(p_values=P_VALUES)
@settings(max_examples=100, deadline=None)
def test_adjusted_values_are_those_of_pingouin(how, p_values):
    expected = multicomp(p_values, method=NAMES[how])[1]

    assert adjust(p_values, how) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("how", NAMES)
def test_adjusted_values_of_many_tests_are_those_of_statsmodels(how):
    p_values = np.random.default_rng(1).random(500) ** 4

    expected = multipletests(p_values, method=NAMES[how])[1]

    assert adjust(p_values.tolist(), how) == pytest.approx(expected, abs=1e-12)


@given(P_VALUES)
@settings(max_examples=100, deadline=None)
def test_benjamini_and_hochbergs_are_those_of_scipy(p_values):
    expected = false_discovery_control(p_values, method="bh")

    assert adjust(p_values, "benjamini-hochberg") == pytest.approx(expected, abs=1e-12)


def test_holms_worked_by_hand():
    # Ascending 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, and never below the one before.
    assert adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_holm_keeps_false_claims_of_ten_true_nulls_under_one_in_twenty():
    p_values = np.random.default_rng(0).random((2000, 10))

    claimed = np.mean([min(adjust(row)) < 0.05 for row in p_values])

    # Three standard errors of 2000 trials; ten tests without correction would claim in 40 %.
    assert claimed < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert np.mean(p_values.min(axis=1) < 0.05) > 0.3


def test_a_test_that_was_not_made_stays_none_and_does_not_count():
    assert adjust([None, 0.02, None, 0.03], "bonferroni") == (None, 0.04, None, 0.06)


def test_without_correction_they_are_as_they_were():
    assert adjust([0.2, None, 0.01], "none") == (0.2, None, 0.01)


@pytest.mark.parametrize("how", ["holm", "benjamini-hochberg", "bonferroni", "none"])
def test_no_tests_give_no_values(how):
    assert adjust([], how) == ()
    assert adjust([None], how) == (None,)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(value):
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([0.1, value])


def test_an_unknown_correction_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"'sidak'.*holm"):
        adjust([0.1], "sidak")

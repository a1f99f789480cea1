import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix

from headct.measure.curves.decision import THRESHOLDS, net_benefit

CASES = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n),
        arrays(np.float64, n, elements=st.integers(0, 20).map(lambda twentieth: twentieth / 20)),
    )
)


def counts(truth, called):
    (_, false_positives), (_, true_positives) = confusion_matrix(
        truth, called, labels=[False, True]
    )
    return true_positives, false_positives


@given(CASES)
@settings(max_examples=40, deadline=None)
def test_net_benefit_is_that_of_the_counts_of_scikit_learn(cases):
    truth, probabilities = cases
    thresholds = [0.0, 0.05, 0.1, 0.25, 0.5, 0.95]

    found = net_benefit(truth, probabilities, thresholds)

    for i, threshold in enumerate(thresholds):
        right, wrong = counts(truth, probabilities >= threshold)
        worth = (right - wrong * threshold / (1 - threshold)) / len(truth)
        assert found.model[i] == pytest.approx(worth, abs=1e-12)
        right, wrong = counts(truth, np.full(len(truth), True))
        worth = (right - wrong * threshold / (1 - threshold)) / len(truth)
        assert found.treat_all[i] == pytest.approx(worth, abs=1e-12)


def test_a_false_alarm_at_10_percent_costs_a_ninth_of_a_case_found():
    # 100 cases, 10 positive: 8 found with 18 false alarms. 8/100 - 18/100 / 9 = 0.06.
    truth = np.repeat([True, False], [10, 90])
    probabilities = np.repeat([0.4, 0.05, 0.4, 0.05], [8, 2, 18, 72])

    found = net_benefit(truth, probabilities, [0.1])

    assert found.model[0] == pytest.approx(0.06)
    # 10/100 - 90/100 / 9 = 0.
    assert found.treat_all[0] == pytest.approx(0)
    assert found.prevalence == 0.1


def test_a_stated_prevalence_is_that_of_a_cohort_with_such_a_share():
    chance = np.random.default_rng(0)
    truth = np.repeat([True, False], [50, 50])
    probabilities = np.clip(truth * 0.3 + chance.random(100) * 0.7, 0, 1)

    # Every negative nine times over: 50 of 500, with sensitivity and specificity as before.
    repeated = np.concatenate([np.arange(50), np.tile(np.arange(50, 100), 9)])
    expected = net_benefit(truth[repeated], probabilities[repeated])
    found = net_benefit(truth, probabilities, prevalence=0.1)

    np.testing.assert_allclose(found.model, expected.model, atol=1e-12)
    np.testing.assert_allclose(found.treat_all, expected.treat_all, atol=1e-12)
    assert found.prevalence == 0.1


def test_thresholds_are_all_whole_percents_where_none_are_named():
    found = net_benefit([True, False], [0.9, 0.1])

    assert found.thresholds.tolist() == list(THRESHOLDS)
    assert (THRESHOLDS[0], THRESHOLDS[-1], len(THRESHOLDS)) == (0.01, 0.99, 99)


def test_calling_all_is_worth_what_treating_all_is():
    found = net_benefit([True, False, False], [1.0, 1.0, 1.0])

    np.testing.assert_allclose(found.model, found.treat_all)


def test_without_rows_there_is_no_curve_and_without_positives_only_harm():
    harm = net_benefit([False, False], [0.6, 0.2], [0.5])

    assert net_benefit([], []) is None
    assert harm.model.tolist() == [-0.5]
    assert harm.prevalence == 0


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_a_stated_prevalence_needs_both_kinds(truth):
    assert net_benefit(truth, [0.2, 0.8], prevalence=0.1) is None


@pytest.mark.parametrize(
    ("probabilities", "thresholds", "prevalence", "told"),
    [
        ([0.5, 1.5], [0.5], None, "probabilities from 0 to 1"),
        ([0.5, -0.1], [0.5], None, "probabilities from 0 to 1"),
        ([0.5, 0.5], [1.0], None, "thresholds from 0 below 1"),
        ([0.5, 0.5], [np.nan], None, "thresholds from 0 below 1"),
        ([0.5, 0.5], [0.5], 1.5, "a prevalence from 0 to 1, got 1.5"),
        ([0.5, np.nan], [0.5], None, "finite scores"),
    ],
)
def test_nonsense_is_refused(probabilities, thresholds, prevalence, told):
    with pytest.raises(ValueError, match=told):
        net_benefit([True, False], probabilities, thresholds, prevalence)

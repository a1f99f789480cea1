import numpy as np
import pytest
from scipy.special import expit, logit

from headct.measure.calibration.probabilities import (
    TINY,
    certain,
    checked_probabilities,
    inside,
    log_odds,
    of_log_odds,
)


def test_log_odds_are_those_of_scipy():
    values = np.linspace(0.001, 0.999, 301)

    expected = logit(values)

    np.testing.assert_allclose(log_odds(values), expected, rtol=1e-12, atol=1e-15)


def test_probabilities_of_log_odds_are_those_of_scipy_at_any_odds():
    odds = np.array([-np.inf, -800.0, -37.0, -1.5, 0.0, 0.25, 20.0, 800.0, np.inf, np.nan])

    expected = expit(odds)

    np.testing.assert_allclose(of_log_odds(odds), expected, rtol=1e-14)
    assert of_log_odds(odds.astype(np.float32)).dtype == np.float64


def test_log_odds_of_certainty_are_finite_and_come_back():
    odds = log_odds(np.array([0.0, 1.0]))

    assert np.all(np.abs(odds) < 37)
    assert expit(odds) == pytest.approx([0, 1], abs=1e-15)


def test_only_certainty_is_moved():
    values = np.array([0.0, 1e-9, 0.5, 1 - 1e-9, 1.0])

    assert inside(values).tolist() == [TINY, 1e-9, 0.5, 1 - 1e-9, 1 - TINY]
    assert certain(values) == 2


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ValueError, match="expected"):
        checked_probabilities([True], [value])


def test_a_probability_without_truth_is_refused():
    with pytest.raises(ValueError, match="for each row"):
        checked_probabilities([True], [0.5, 0.5])

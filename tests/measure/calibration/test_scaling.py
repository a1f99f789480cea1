import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from headct.measure.calibration.scaling import (
    Isotonic,
    Logistic,
    Temperature,
    fit_isotonic,
    fit_logistic,
    fit_temperature,
)

SCALINGS = [Temperature(3.0), Logistic(0.5, -1.0), Isotonic((0.2, 0.6), (0.1, 0.9))]


def _parts(of):
    return st.integers(0, of).map(lambda n: n / of)


def test_the_temperature_has_the_least_cross_entropy(rows):
    drawn = rows(100, slope=0.5)

    peer = minimize_scalar(
        lambda log_t: log_loss(drawn.truth, expit(logit(drawn.said) / np.exp(log_t))),
        bounds=(-3, 3),
        method="bounded",
        options={"xatol": 1e-9},
    )
    found = fit_temperature(drawn.truth, drawn.said)

    assert found.temperature == pytest.approx(np.exp(peer.x), rel=1e-5)


def test_log_odds_said_twice_as_far_have_a_temperature_of_two():
    truth = np.concatenate([np.arange(10_000) < share * 10_000 for share in expit([1, -1])])
    said = np.repeat(expit([2, -2]), 10_000)

    found = fit_temperature(truth, said)

    assert found.temperature == pytest.approx(2, rel=1e-3)
    assert found(expit([2, 0, -4])) == pytest.approx(expit([1, 0, -2]), rel=1e-3)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ([], []),
        ([1, 1, 0], [0.9, 0.6, 0.1]),
        ([1, 0, 1, 0], [0.4, 0.6, 0.2, 0.9]),
        ([1, 0], [0.5, 0.5]),
        ([1, 0], [0.9, 0.9]),
    ],
    ids=["no rows", "separated", "worse than a coin", "no opinion", "as good as a coin"],
)
def test_where_no_temperature_is_best_there_is_none(truth, said):
    assert fit_temperature(truth, said) is None


def test_slope_and_intercept_are_those_of_scikit_learn_with_one_more_of_either_kind(rows):
    drawn = rows(100, slope=0.5)
    positives, negatives = int(drawn.truth.sum()), int((~drawn.truth).sum())
    # Each row as a positive and a negative, weighed by the share that is meant.
    share = np.where(drawn.truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    odds = logit(drawn.said)[:, None]

    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.concatenate([odds, odds]),
        np.repeat([1, 0], len(odds)),
        sample_weight=np.concatenate([share, 1 - share]),
    )
    found = fit_logistic(drawn.truth, drawn.said)

    assert found.slope == pytest.approx(float(peer.coef_[0, 0]), rel=1e-4)
    assert found.intercept == pytest.approx(float(peer.intercept_[0]), abs=1e-4)


def test_a_score_that_separates_is_made_less_than_certain():
    truth, said = np.repeat([False, True], 10), np.repeat([0.2, 0.7], 10)

    scaled = fit_logistic(truth, said)([0.2, 0.7])

    # Two numbers and two values: each comes out as the share that is meant, 1/12 and 11/12.
    np.testing.assert_allclose(scaled, [1 / 12, 11 / 12], atol=1e-6)


@pytest.mark.parametrize(
    ("truth", "said"),
    [([], []), ([1, 1], [0.2, 0.9]), ([1, 0, 1, 0], [0.4, 0.6, 0.2, 0.9])],
    ids=["no rows", "no negatives", "worse than a coin"],
)
def test_where_no_slope_is_above_zero_there_is_none(truth, said):
    assert fit_logistic(truth, said) is None


@given(
    table=st.lists(
        st.tuples(st.booleans(), st.sampled_from([8, 1000]).flatmap(_parts)),
        min_size=2,
        max_size=50,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_steps_are_those_of_scikit_learn(table):
    truth, said = (np.array(column) for column in zip(*table, strict=True))
    if truth.all() or not truth.any():
        assert fit_isotonic(truth, said) is None
        return
    edge = 1 / (len(truth) + 2)
    asked = np.linspace(0, 1, 401)

    peer = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(said, truth)
    found = fit_isotonic(truth, said)

    np.testing.assert_allclose(found(asked), peer.predict(asked), atol=1e-9)


def test_only_the_ends_of_steps_are_kept():
    truth, said = [0, 0, 0, 1, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]

    found = fit_isotonic(truth, said)

    assert found.x == (0.1, 0.3, 0.4, 0.5, 0.6, 0.8)
    assert found.y == pytest.approx((0.1, 0.1, 0.5, 0.5, 0.9, 0.9))


def test_scaling_mends_what_is_too_sure(rows):
    fitted_on, measured_on = rows(300, seed=1, slope=0.4), rows(300, seed=2, slope=0.4)

    before = log_loss(measured_on.truth, measured_on.said)
    after = [
        log_loss(measured_on.truth, fit(fitted_on.truth, fitted_on.said)(measured_on.said))
        for fit in (fit_temperature, fit_logistic, fit_isotonic)
    ]

    assert max(after) < before - 0.02


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_missing_score_stays_missing_and_the_repr_is_a_record(scaling):
    scaled = scaling([0.3, np.nan])

    assert np.isnan(scaled).tolist() == [False, True]
    assert eval(repr(scaling)) == scaling


@pytest.mark.parametrize("scaling", SCALINGS)
def test_what_is_no_probability_is_refused(scaling):
    with pytest.raises(ValueError, match="from 0 to 1"):
        scaling([1.2])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Temperature(0.0),
        lambda: Temperature(np.inf),
        lambda: Logistic(0.0, 1.0),
        lambda: Logistic(1.0, np.nan),
        lambda: Isotonic((), ()),
        lambda: Isotonic((0.1,), (0.1, 0.2)),
        lambda: Isotonic((0.2, 0.1), (0.1, 0.2)),
        lambda: Isotonic((0.1, 0.2), (0.2, 0.1)),
        lambda: Isotonic((0.1, 1.2), (0.1, 0.2)),
    ],
)
def test_a_scaling_that_is_none_cannot_be(make):
    with pytest.raises(ValueError, match="expected"):
        make()

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from headct.measure.calibration.logistic import fit_intercept, fit_log_odds


def test_the_fit_is_that_of_scikit_learn():
    chance = np.random.default_rng(1)
    columns = np.c_[np.ones(400), chance.normal(size=(400, 2))]
    truth = chance.random(400) < 1 / (1 + np.exp(-columns @ [-1, 2, 0.5]))

    peer = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, solver="newton-cholesky")
    expected = peer.fit(columns, truth).coef_[0]
    found = fit_log_odds(columns, truth, offset=np.zeros(400), patients=None)

    assert found.coefficients == pytest.approx(expected, rel=1e-6)


def test_errors_by_patient_are_those_of_statsmodels(rows):
    drawn = rows(50, seed=2)
    columns = np.c_[np.ones(len(drawn.said)), drawn.said]
    offset = np.linspace(-1, 1, len(drawn.said))

    model = sm.GLM(drawn.truth.astype(float), columns, sm.families.Binomial(), offset=offset)
    clusters = {"groups": drawn.patients, "use_correction": False}
    expected = model.fit(tol=1e-13, cov_type="cluster", cov_kwds=clusters)
    found = fit_log_odds(columns, drawn.truth, offset=offset, patients=drawn.patients)

    assert found.coefficients == pytest.approx(expected.params, rel=1e-8)
    assert found.errors == pytest.approx(expected.bse * np.sqrt(50 / 49), rel=1e-6)
    assert found.patients == 50


def test_an_intercept_is_the_same_by_either_way(rows):
    drawn = rows(50, seed=2)
    offset = np.linspace(-1, 1, len(drawn.said))

    model = sm.GLM(
        drawn.truth.astype(float), np.ones(len(offset)), sm.families.Binomial(), offset=offset
    )
    clusters = {"groups": drawn.patients, "use_correction": False}
    expected = model.fit(tol=1e-13, cov_type="cluster", cov_kwds=clusters)
    found = fit_intercept(drawn.truth, offset=offset, patients=drawn.patients)

    assert found.coefficients == pytest.approx(expected.params, rel=1e-8)
    assert found.errors == pytest.approx(expected.bse * np.sqrt(50 / 49), rel=1e-6)


def test_an_offset_far_off_is_no_hindrance():
    truth = np.array([True] + [False] * 9)

    found = fit_intercept(truth, offset=np.full(10, 35.0), patients=None)

    # One of ten: the log odds must come to ln(1/9).
    assert found.coefficients[0] == pytest.approx(np.log(1 / 9) - 35)


def test_one_patient_has_no_errors():
    found = fit_log_odds(
        np.ones((4, 1)), np.array([1, 0, 0, 0], bool), offset=np.zeros(4), patients=[1] * 4
    )

    assert found.coefficients[0] == pytest.approx(np.log(1 / 3))
    assert found.errors is None


def test_no_answer_is_said_to_be_none():
    columns = np.array([[-1.0], [1.0]])

    with pytest.raises(ValueError, match=r"separated|[Ss]ingular"):
        fit_log_odds(columns, np.array([False, True]), offset=np.zeros(2), patients=None)

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import t

from headct.measure.calibration.slope import (
    calibration_intercept,
    calibration_slope,
    observed_to_expected,
)

SCORES = (calibration_slope, calibration_intercept, observed_to_expected)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_slope_and_intercept_are_those_of_statsmodels(rows, level):
    drawn = rows(80, slope=0.6, shift=0.4)
    truth, odds, patients = drawn.truth.astype(float), logit(drawn.said), drawn.patients

    clusters = {"cov_type": "cluster", "cov_kwds": {"groups": patients, "use_correction": False}}
    binomial = sm.families.Binomial()
    steep = sm.GLM(truth, sm.add_constant(odds), binomial).fit(tol=1e-13, **clusters)
    large = sm.GLM(truth, np.ones(len(odds)), binomial, offset=odds).fit(tol=1e-13, **clusters)
    reach = t.ppf(0.5 + level / 2, 79) * np.sqrt(80 / 79)

    for score, value, error in (
        (calibration_slope, steep.params[1], steep.bse[1]),
        (calibration_intercept, large.params[0], large.bse[0]),
    ):
        found = score(drawn.truth, drawn.said, patients, level=level)
        expected = (value, value - reach * error, value + reach * error)
        assert (found.value, found.low, found.high) == pytest.approx(expected, rel=1e-6)


def test_the_slope_of_logit_is_that_of_statsmodels_logit(rows):
    drawn = rows(40, seed=3)

    expected = sm.Logit(drawn.truth, sm.add_constant(logit(drawn.said))).fit(disp=0).params[1]

    assert calibration_slope(drawn.truth, drawn.said).value == pytest.approx(expected, rel=1e-6)


def test_too_sure_halves_the_slope_and_too_many_lowers_the_intercept():
    # Of log odds 1 and -1 in truth, said twice as far; and said one higher than they are.
    shares = expit([1, -1])
    truth = np.concatenate([np.arange(10_000) < share * 10_000 for share in shares])
    twice, higher = (np.repeat(expit(odds), 10_000) for odds in ([2, -2], [2, 0]))

    assert calibration_slope(truth, twice).value == pytest.approx(0.5, abs=1e-3)
    assert calibration_intercept(truth, higher).value == pytest.approx(-1, abs=1e-3)


def test_observed_to_expected_is_a_ratio_of_sums():
    truth, said = np.array([1, 0, 0, 1, 0, 0]), np.full(6, 0.5)

    # Of six patients: pulls are 2/3 twice and -1/3 four times.
    error = np.sqrt(6 / 5 * (2 * 4 / 9 + 4 / 9)) / 2
    reach = t.ppf(0.975, 5) * error
    found = observed_to_expected(truth, said)

    assert found.value == pytest.approx(2 / 3)
    assert (found.low, found.high) == pytest.approx(2 / 3 * np.exp([-reach, reach]))


@pytest.mark.parametrize("slope", [1.0, 0.7])
def test_intervals_cover_what_is_true_where_patients_repeat(slope):
    # Whether log odds carried over a patient's rows come true is drawn once for all of them.
    chance, held = np.random.default_rng(0), []
    for _ in range(400):
        patients = np.repeat(np.arange(150), chance.integers(1, 6, 150))
        odds = chance.normal(-0.5, 1.2, 150)
        truth = (chance.random(150) < expit(slope * odds))[patients]
        found = calibration_slope(truth, expit(odds)[patients], patients)
        held.append(found.low <= slope <= found.high)

    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("truth", "said", "why"),
    [
        ([], [], "no rows"),
        ([0, 0], [0.1, 0.2], "no positives"),
        ([1, 1], [0.1, 0.2], "no negatives"),
        ([0, 1, 0], [0.3, 0.3, 0.3], "the same"),
        ([0, 0, 1], [0.1, 0.2, 0.9], "separates"),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9], "separates"),
        ([1, 1, 0], [0.1, 0.2, 0.9], "separates"),
        ([0, 1, 0], [0.0, 1e-17, 1e-18], "the same"),
    ],
)
def test_a_slope_that_is_not_defined_says_why(truth, said, why):
    found = calibration_slope(truth, said)

    assert found.value is None
    assert why in found.note


def test_the_intercept_needs_both_outcomes_and_no_spread():
    found = calibration_intercept([0, 1, 0, 0], [0.5] * 4)

    assert found.value == pytest.approx(np.log(1 / 3))
    assert calibration_intercept([0, 0], [0.1, 0.2]).note == "no positives"
    assert calibration_intercept([], []).note == "no rows"


def test_the_ratio_at_its_edges():
    nothing = observed_to_expected([1, 0], [0.0, 0.0])
    none = observed_to_expected([0, 0], [0.5, 0.5])

    assert (nothing.value, nothing.note) == (None, "nothing is expected")
    assert (none.value, none.low, none.note) == (0, None, "no interval: no positives")
    assert observed_to_expected([], []).note == "no rows"


def test_rows_of_one_patient_have_no_interval():
    truth, said = [1, 0, 1, 0], [0.9, 0.2, 0.4, 0.6]

    found = [score(truth, said, [7] * 4) for score in SCORES]

    assert all(one.value is not None for one in found)
    assert [one.low for one in found] == [None] * 3
    assert all("one patient" in one.note for one in found)


def test_certainty_is_told():
    found = calibration_slope([1, 0, 1, 0], [0.9, 0.0, 0.4, 1.0])

    assert "2 probabilities of 0 or 1" in found.note


@given(
    table=st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 1e-6, 0.1, 0.5, 0.9, 1]), st.integers(0, 3)),
        max_size=25,
    )
)
@settings(max_examples=80, deadline=None)
def test_no_rows_whatever_break_them(table):
    truth, said, patients = ([row[i] for row in table] for i in range(3))

    found = [score(truth, said, patients) for score in SCORES]

    assert all(one.value is not None or one.note for one in found)


def test_patients_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="patient for each of 3 rows"):
        calibration_slope([1, 0, 1], [0.2, 0.6, 0.9], [1])

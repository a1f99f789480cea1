import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import brier_score_loss, log_loss

from headct.measure.calibration.curve import reliability
from headct.measure.calibration.estimates import (
    CALIBRATION,
    calibration_error,
    calibration_scores,
    proper_scores,
)


def test_every_figure_of_calibration_comes_with_its_interval(rows):
    drawn = rows(100)

    found = calibration_scores(
        drawn.truth, drawn.said, drawn.patients, rng=np.random.default_rng(0), samples=200
    )

    assert tuple(found) == CALIBRATION
    assert found["brier"].value == pytest.approx(brier_score_loss(drawn.truth, drawn.said))
    assert found["cross_entropy"].value == pytest.approx(log_loss(drawn.truth, drawn.said))
    assert all(
        one.low < one.value < one.high for name, one in found.items() if name != "calibration_error"
    )


def test_proper_scores_have_the_errors_of_means_over_patients(rows):
    drawn = rows(400)
    errors = (drawn.said - drawn.truth) ** 2

    # A mean of clustered rows: each patient pulls by the sum of its rows about the mean.
    pulls = np.bincount(drawn.patients, weights=errors - errors.mean())
    width = 2 * 1.96 * np.sqrt(pulls @ pulls) / len(errors)
    found = proper_scores(
        drawn.truth, drawn.said, drawn.patients, rng=np.random.default_rng(0), samples=4000
    )["brier"]

    assert found.high - found.low == pytest.approx(width, rel=0.06)
    assert found.method == "bootstrap by patient, 4000 samples"


def test_the_error_of_a_calibrated_model_is_what_chance_makes():
    chance, values, notes = np.random.default_rng(3), [], []
    for _ in range(300):
        said = chance.uniform(0.05, 0.95, 500)
        found = calibration_error(chance.random(500) < said, said)
        values.append(found.value)
        notes.append(float(re.search(r"about ([\d.]+)", found.note)[1]))

    assert np.mean(notes) == pytest.approx(np.mean(values), rel=0.03)


def test_what_chance_makes_is_told_apart_from_what_is_wrong():
    # 0.5 is said of 400 patients, of whom 360 are ill: a standard error of sqrt(0.09 / 399).
    truth = np.arange(400) < 360

    found = calibration_error(truth, np.full(400, 0.5))

    assert found.value == pytest.approx(0.4)
    assert f"about {np.sqrt(2 / np.pi * 0.09 / 399):.4f} " in found.note


def test_rows_of_one_patient_that_agree_leave_more_to_chance(rows):
    drawn = rows(80)
    # Every row of a patient eight times over says nothing more of the patient.
    again = [np.repeat(column, 8) for column in (drawn.truth, drawn.said, drawn.patients)]

    once = calibration_error(drawn.truth, drawn.said, drawn.patients)
    often = calibration_error(*again)

    assert (often.value, often.note) == (pytest.approx(once.value), once.note)
    assert calibration_error(*again[:2]).note != once.note


def test_the_error_is_that_of_the_curve(rows):
    drawn = rows(50, slope=2.0)

    expected = reliability(drawn.truth, drawn.said, binning="quantile", bins=7).expected_error
    found = calibration_error(drawn.truth, drawn.said, binning="quantile", bins=7)

    assert found.value == pytest.approx(expected)
    assert found.low is None


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "most"), [(1.0, 0.02), (0.9, 0.85)])
def test_a_bootstrap_of_the_error_does_not_cover_which_is_why_there_is_none(slope, most):
    chance, held = np.random.default_rng(1), []
    odds = chance.normal(-1, 1.5, 1_000_000)
    true = _error(expit(odds), expit(slope * odds))
    for _ in range(100):
        odds = chance.normal(-1, 1.5, 2000)
        truth = chance.random(2000) < expit(slope * odds)
        drawn = chance.integers(0, 2000, (400, 2000))
        samples = [_error(expit(odds[rows]), truth[rows]) for rows in drawn]
        low, high = np.quantile(samples, [0.025, 0.975])
        held.append(low <= true <= high)

    assert np.mean(held) <= most


def _error(said, truth):
    """Written anew: mean of truth less what was said, by tenths."""
    place = np.minimum((said * 10).astype(int), 9)
    return np.abs(np.bincount(place, weights=truth - said)).sum() / len(said)


def test_nothing_has_no_figures():
    found = calibration_scores([], [], rng=np.random.default_rng(0))

    assert tuple(found) == CALIBRATION
    assert {(one.value, one.note) for one in found.values()} == {(None, "no rows")}


@given(
    table=st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 0.1, 0.5, 0.9, 1]), st.integers(0, 3)),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=50, deadline=None)
def test_no_rows_whatever_break_them(table):
    truth, said, patients = ([row[i] for row in table] for i in range(3))

    found = calibration_scores(truth, said, patients, rng=np.random.default_rng(0), samples=20)

    assert all(one.value is not None or one.note for one in found.values())

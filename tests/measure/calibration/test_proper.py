import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from headct.measure.calibration.curve import bin_of
from headct.measure.calibration.proper import (
    binary_cross_entropy,
    brier,
    brier_parts,
    log_losses,
    squared_errors,
)

# Ties and certainty come often among eighths.
ROWS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.integers(0, 8).map(lambda n: n / 8), st.floats(0, 1))),
    min_size=1,
    max_size=40,
)


@given(table=ROWS)
@settings(max_examples=60, deadline=None)
def test_both_scores_are_those_of_scikit_learn(table):
    truth, said = (np.array(column) for column in zip(*table, strict=True))

    expected = brier_score_loss(truth, said, labels=[False, True])
    expected_entropy = log_loss(truth, said, labels=[False, True])

    assert brier(truth, said) == pytest.approx(expected, abs=1e-12)
    assert binary_cross_entropy(truth, said) == pytest.approx(expected_entropy, rel=1e-9, abs=1e-12)


@given(table=ROWS, bins=st.sampled_from([None, 1, 4, 10]))
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_score_however_rows_are_grouped(table, bins):
    truth, said = (np.array(column) for column in zip(*table, strict=True))
    groups = None if bins is None else bin_of(said, bins)

    parts = brier_parts(truth, said, groups)

    assert parts.brier == pytest.approx(brier_score_loss(truth, said, labels=[False, True]))
    assert min(parts.reliability, parts.resolution, parts.uncertainty) >= 0
    if bins is None:
        assert parts.within == pytest.approx(0, abs=1e-12)


def test_the_parts_are_murphys():
    # Ten days of 0.8, of which six rained; ten of 0.2, of which two did.
    said = np.repeat([0.8, 0.2], 10)
    truth = np.array([1] * 6 + [0] * 4 + [1] * 2 + [0] * 8)

    parts = brier_parts(truth, said)

    assert parts.reliability == pytest.approx((0.2**2 + 0.0**2) / 2)
    assert parts.resolution == pytest.approx(0.2**2)
    assert parts.uncertainty == pytest.approx(0.4 * 0.6)
    assert parts.skill == pytest.approx(1 - 0.22 / 0.24)


def test_rows_are_the_terms_of_the_means():
    truth, said = [1, 0, 1], [0.25, 0.25, 1.0]

    assert squared_errors(truth, said) == pytest.approx([0.5625, 0.0625, 0])
    assert log_losses(truth, said) == pytest.approx([np.log(4), np.log(4 / 3), 0], abs=1e-15)


def test_a_wrong_certainty_costs_much_but_not_infinity():
    loss = binary_cross_entropy([True], [0.0])

    assert loss == pytest.approx(52 * np.log(2))


def test_nothing_has_no_score():
    assert brier([], []) is None
    assert binary_cross_entropy([], []) is None
    assert brier_parts([], []) is None


def test_skill_needs_both_outcomes():
    assert brier_parts([0, 0], [0.1, 0.2]).skill is None


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="group for each of 2 rows"):
        brier_parts([0, 1], [0.1, 0.2], np.array([1]))

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as reference

from headct.measure.runs.calls import mcnemar

CELLS = st.tuples(*[st.integers(0, 30)] * 4)


def calls(both, first_alone, second_alone, neither):
    """Rows that are all positive, with what two models call of them."""
    first = np.repeat([True, True, False, False], [both, first_alone, second_alone, neither])
    second = np.repeat([True, False, True, False], [both, first_alone, second_alone, neither])
    return np.ones(len(first), dtype=bool), first, second


@given(CELLS)
@settings(max_examples=100, deadline=None)
def test_p_is_that_of_statsmodels_exact_test(cells):
    both, first_alone, second_alone, neither = cells
    found = mcnemar(*calls(*cells))

    expected = reference([[both, first_alone], [second_alone, neither]], exact=True)

    if sum(cells):
        assert found.p == pytest.approx(1.0 if np.isnan(expected.pvalue) else expected.pvalue)
        assert found.difference.value == pytest.approx((first_alone - second_alone) / sum(cells))
    else:
        assert (found.p, found.difference.value) == (None, None)


def test_the_interval_of_airway_responses_is_the_published_one():
    # Bentur et al. 2009 as in Fagerland, Lydersen and Laake 2014, table V: 1, 1, 7 and 12 of 21.
    found = mcnemar(*calls(1, 1, 7, 12))

    # 2/23 - 8/23 and its deviation, by hand: -0.26087 and sqrt((0.43478 - 0.06805) / 23) = 0.12627.
    ends = (found.difference.low, found.difference.high)
    assert ends == pytest.approx(
        (-0.26087 - 1.95996 * 0.12627, -0.26087 + 1.95996 * 0.12627), abs=1e-4
    )
    assert found.difference.value == pytest.approx(-6 / 21)
    assert found.p == pytest.approx(2 * (1 + 8) / 2**8)
    assert found.note == ("the first alone is right in 1 of 21 rows, the second alone in 7")


def test_rows_of_one_patient_are_exchanged_together():
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(8), [1, 5, 2, 3, 1, 4, 2, 2])
    truth, first, second = rng.random((3, len(patients))) < 0.5

    # All 256 ways of taking one model for the other, patient by patient.
    pulls = (first == truth).astype(int) - (second == truth).astype(int)
    sums = np.array([pulls[patients == one].sum() for one in range(8)])
    ways = np.array(list(product((-1, 1), repeat=8))) @ sums
    expected = np.mean(np.abs(ways) >= abs(sums.sum()))

    assert mcnemar(truth, first, second, patients=patients).p == pytest.approx(expected)


def test_twice_the_same_rows_of_each_patient_say_no_more():
    truth, first, second = calls(20, 15, 4, 6)
    rows = np.arange(len(truth))

    once = mcnemar(truth, first, second, patients=rows)
    twice = mcnemar(*(np.tile(one, 2) for one in (truth, first, second)), patients=np.tile(rows, 2))
    naive = mcnemar(*(np.tile(one, 2) for one in (truth, first, second)))

    assert twice.p == pytest.approx(once.p)
    assert naive.p < once.p / 5


def test_the_interval_by_patient_is_that_of_leaving_out_one_after_another():
    rng = np.random.default_rng(1)
    patients = np.repeat(np.arange(150), rng.integers(1, 12, 150))
    first, second = rng.random((2, len(patients))) < np.array([[0.8], [0.7]])
    truth = np.ones(len(patients), dtype=bool)
    found = mcnemar(truth, first, second, patients=patients)

    left = [np.mean(first[patients != p]) - np.mean(second[patients != p]) for p in range(150)]
    error = np.sqrt(149 / 150 * np.square(left - np.mean(left)).sum())

    assert found.difference.value == pytest.approx(first.mean() - second.mean())
    # Student's t of 149 degrees of freedom at 97.5 %.
    assert found.difference.high - found.difference.value == pytest.approx(1.976 * error, rel=0.02)


def test_false_alarms_on_clustered_rows_are_one_in_twenty_by_patient_and_more_without():
    rng = np.random.default_rng(2)
    patients = np.repeat(np.arange(40), 10)
    truth = np.ones(400, dtype=bool)
    found = []
    for _ in range(300):
        # A patient is hard for the one model or for the other, in nine rows of ten.
        harder = np.repeat(rng.random(40) < 0.5, 10) ^ (rng.random(400) < 0.1)
        by_patient = mcnemar(truth, ~harder, harder, patients=patients).p
        found.append((by_patient < 0.05, mcnemar(truth, ~harder, harder).p < 0.05))

    by_patient, naive = np.mean(found, axis=0)

    assert by_patient < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert naive > 0.3


def test_models_that_agree_do_not_differ():
    truth, first, _ = calls(5, 3, 0, 2)

    found = mcnemar(truth, first, first)
    clustered = mcnemar(truth, first, first, patients=np.arange(10) // 2)

    assert (found.difference.value, found.p) == (0.0, 1.0)
    assert (clustered.difference.value, clustered.difference.low, clustered.p) == (0.0, None, 1.0)


def test_one_patient_tells_nothing():
    found = mcnemar(*calls(1, 5, 0, 0), patients=np.zeros(6, dtype=int))

    assert (found.p, found.pairs, found.difference.low) == (1.0, 1, None)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"one length, got \[2, 2, 3, 2\]"):
        mcnemar([True, False], [True, True], [True, True, False])

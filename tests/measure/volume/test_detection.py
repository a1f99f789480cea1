import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import recall_score

from headct.measure.volume.detection import (
    MINIMA_ML,
    detection_by_predicted,
    detection_by_true,
)
from headct.measure.volume.pairs import volume_pairs

TRUE = np.array([0.0, 0.0, 0.0, 0.3, 1.0, 1.5, 8.0, 30.0])
PREDICTED = np.array([0.0, 0.4, 0.0, 0.0, 0.0, 2.0, 7.0, 33.0])


def chance():
    return np.random.default_rng(3)


def test_what_must_be_predicted_trades_sensitivity_for_specificity():
    pairs = volume_pairs(TRUE, PREDICTED)
    least = (0.1, 0.5, 5.0)

    found = detection_by_predicted(pairs, least, rng=chance())

    for i, minimum in enumerate(least):
        called = minimum <= PREDICTED
        assert found.sensitivity[i].value == recall_score(TRUE > 0, called)
        assert found.specificity[i].value == recall_score(TRUE == 0, ~called)
    assert found.positives.tolist() == [5, 5, 5]
    assert found.between.tolist() == [0, 0, 0]


def test_small_bleeds_count_neither_way_where_the_true_volume_must_be_large():
    found = detection_by_true(volume_pairs(TRUE, PREDICTED), (0.1, 1.0, 1.5, 100.0), rng=chance())

    # Found are those of 1.5, 8 and 30 mL; one of three without bleed is called.
    assert [one.value for one in found.sensitivity] == [3 / 5, 3 / 4, 1, None]
    assert [one.value for one in found.specificity] == [2 / 3] * 4
    assert found.positives.tolist() == [5, 4, 3, 0]
    assert found.between.tolist() == [0, 1, 2, 5]
    assert found.sensitivity[3].note == "no positives"


def test_intervals_are_exact_where_rows_are_patients():
    found = detection_by_true(volume_pairs(TRUE, PREDICTED), (1.0,), rng=chance()).sensitivity[0]

    expected = binomtest(3, 4).proportion_ci(0.95, "exact")

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_patients_with_several_rows_make_an_interval_no_narrower():
    rng = np.random.default_rng(5)
    true = np.where(rng.random(60) < 0.5, 0.0, rng.gamma(1, 10, 60))
    predicted = np.where(rng.random(60) < 0.3, 0.0, true)
    one = volume_pairs(true, predicted)
    five = volume_pairs(
        np.repeat(true, 5), np.repeat(predicted, 5), patients=np.repeat(range(60), 5)
    )

    alone = detection_by_true(one, (1.0,), rng=chance()).sensitivity[0]
    found = detection_by_true(five, (1.0,), rng=chance()).sensitivity[0]

    assert found.value == pytest.approx(alone.value)
    # Rows alone would make it narrower by sqrt(5).
    assert found.high - found.low > 0.7 * (alone.high - alone.low)


def test_calls_may_come_from_elsewhere():
    pairs = volume_pairs(TRUE, PREDICTED)

    found = detection_by_true(pairs, (0.1,), called=TRUE > 0, rng=chance())

    assert (found.sensitivity[0].value, found.specificity[0].value) == (1, 1)


def test_no_rows_have_no_sensitivity():
    found = detection_by_predicted(volume_pairs([], []), rng=chance())

    assert {one.value for one in found.sensitivity} == {None}
    assert len(found.minimum_ml) == len(MINIMA_ML)


def test_minima_that_do_not_rise_and_calls_of_other_rows_are_refused():
    pairs = volume_pairs(TRUE, PREDICTED)

    for least in ((), (0.0, 1.0), (2.0, 1.0)):
        with pytest.raises(ValueError, match="above 0 mL that rise"):
            detection_by_predicted(pairs, least, rng=chance())
    with pytest.raises(ValueError, match="a call for each of 8 rows"):
        detection_by_true(pairs, called=[True], rng=chance())

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_curve
from statsmodels.stats.proportion import proportion_confint

from headct.measure.curves.operating import (
    STATED,
    OperatingPoint,
    at_sensitivity,
    at_threshold,
    at_youden,
)

SCORES = st.one_of(st.integers(0, 10).map(lambda n: n / 10), st.floats(0, 1))
CASES = st.integers(2, 60).flatmap(
    lambda n: st.tuples(arrays(np.bool_, n), arrays(np.float64, n, elements=SCORES))
)


def sensitivity(truth, scores, threshold):
    return (scores[truth] >= threshold).sum() / truth.sum()


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_the_youden_point_is_the_highest_of_the_curve_of_scikit_learn(cases):
    truth, scores = cases
    assume(0 < truth.sum() < len(truth))

    along, up, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    found = at_youden(truth, scores, chosen_on="validation")

    # The first threshold of the curve calls nothing.
    index = (up - along)[1:]
    best = thresholds[1:][index > index.max() - 1e-9]
    assert found.threshold == best.min()
    assert bool(found.note) == (index.max() < 1e-9)


def test_of_two_youden_points_the_one_with_fewer_misses_is_taken():
    # From 0.9: sensitivity 1/2, no false alarm. From 0.5: 2/2, half of the alarms. Both 1/2.
    truth, scores = [True, True, False, False], [0.9, 0.5, 0.5, 0.1]

    found = at_youden(truth, scores, chosen_on="validation")

    assert found.threshold == 0.5
    assert found.calls(np.array(scores)).tolist() == [True, True, True, False]


@given(CASES, st.integers(1, 100).map(lambda percent: percent / 100))
@settings(max_examples=60, deadline=None)
def test_the_floor_is_reached_and_by_no_larger_threshold(cases, floor):
    truth, scores = cases
    assume(truth.any())

    found = at_sensitivity(truth, scores, floor, chosen_on="validation")

    above = np.unique(scores[scores > found.threshold])
    assert sensitivity(truth, scores, found.threshold) >= floor
    assert all(sensitivity(truth, scores, one) < floor for one in above)
    assert found.threshold in scores


@pytest.mark.parametrize(("found", "of"), [(55, 100), (29, 100), (7, 10), (19, 20)])
def test_a_floor_that_is_met_exactly_is_met(found, of):
    # In floating point 0.55 * 100 is more than 55, and 0.29 * 100 less than 29.
    truth, scores = np.full(of, True), np.arange(of, dtype=float)

    point = at_sensitivity(truth, scores, found / of, chosen_on="validation")

    assert point.calls(scores).sum() == found


@given(
    st.integers(1, 400),
    st.integers(50, 99).map(lambda percent: percent / 100),
    st.sampled_from([0.8, 0.9, 0.95]),
)
@settings(max_examples=60, deadline=None)
def test_the_guarded_floor_is_reached_by_the_exact_interval_of_statsmodels(positives, floor, level):
    truth, scores = np.full(positives, True), np.arange(positives, dtype=float)
    found = np.arange(positives + 1)
    low = proportion_confint(found, positives, alpha=1 - level, method="beta")[0]
    enough = found[low >= floor]

    point = at_sensitivity(truth, scores, floor, chosen_on="validation", guard_level=level)

    if point.threshold is None:
        assert not enough.size
        assert f"{low[-1]:.3f}" in point.note
    else:
        assert point.calls(scores).sum() == enough.min()


def test_of_positives_all_found_72_vouch_for_95_percent_and_71_do_not():
    # 0.025 ** (1 / 72) = 0.9501, 0.025 ** (1 / 71) = 0.9494.
    points = [
        at_sensitivity(np.full(n, True), np.ones(n), 0.95, chosen_on="tuning", guard_level=0.95)
        for n in (72, 71)
    ]

    assert [point.threshold for point in points] == [1, None]
    assert points[1].note == "all of 71 positives vouch for no more than 0.949"
    assert points[0].rule.endswith("at least 0.95 by the lower end of the exact 95 % interval")


def test_a_point_says_what_it_is_for_and_where_it_was_chosen():
    truth, scores = [True, False], [0.9, 0.1]

    floor = at_sensitivity(truth, scores, 0.95, chosen_on="validation")
    stated = at_threshold(0.5)

    assert (floor.rule, floor.chosen_on) == ("sensitivity of at least 0.95", "validation")
    assert (stated.threshold, stated.rule, stated.chosen_on) == (0.5, "threshold 0.5", STATED)


def test_a_score_at_the_threshold_is_called_positive():
    assert at_threshold(0.5).calls(np.array([0.4, 0.5, 0.6])).tolist() == [False, True, True]


def test_without_positives_no_threshold_is_found_and_none_can_be_used():
    scores = np.array([0.1, 0.2])

    points = [
        at_youden([False, False], scores, chosen_on="validation"),
        at_youden([True, True], scores, chosen_on="validation"),
        at_sensitivity([False, False], scores, 0.9, chosen_on="validation"),
        at_sensitivity([], [], 0.9, chosen_on="validation", guard_level=0.95),
    ]

    assert [point.threshold for point in points] == [None] * 4
    assert all("no positives" in point.note for point in points)
    with pytest.raises(ValueError, match="no threshold to call by: no positives"):
        points[0].calls(scores)


@pytest.mark.parametrize(("floor", "guard"), [(0, None), (1.1, None), (1, 0.95), (0.9, 1)])
def test_a_floor_or_level_out_of_range_is_refused(floor, guard):
    with pytest.raises(ValueError, match="expected a"):
        at_sensitivity([True, False], [1, 0], floor, chosen_on="validation", guard_level=guard)


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_that_is_no_number_is_refused(threshold):
    with pytest.raises(ValueError, match="finite threshold"):
        at_threshold(threshold)


def test_a_point_without_a_threshold_must_say_why():
    with pytest.raises(ValueError, match="says why"):
        OperatingPoint(None, "sensitivity of at least 0.9", "validation")

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from headct.measure.runs.summary import expected_best, summarize

SCORES = st.lists(st.floats(0, 1).map(lambda x: round(x, 4)), min_size=2, max_size=12)


@given(SCORES)
@settings(max_examples=100, deadline=None)
def test_average_and_spread_are_those_of_pandas_and_scipy(scores):
    expected = pd.Series(scores).agg(["mean", "std", "min", "max"])

    found = summarize(scores)

    assert found.average.value == pytest.approx(expected["mean"], abs=1e-12)
    assert found.deviation == pytest.approx(expected["std"], abs=1e-12)
    assert (found.lowest, found.highest) == (expected["min"], expected["max"])
    if len(set(scores)) > 1:
        interval = ttest_1samp(scores, 0).confidence_interval(0.95)
        assert (found.average.low, found.average.high) == pytest.approx(tuple(interval), abs=1e-12)


@given(SCORES, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_runs_changes_no_figure(scores, chance):
    shuffled = chance.sample(scores, len(scores))

    found, again = summarize(scores), summarize(shuffled)

    assert again.average.value == pytest.approx(found.average.value)
    assert again.best.score == found.best.score == max(scores)


@pytest.mark.parametrize(
    ("runs", "expected"),
    # Harter, Biometrika 1961;48:151-165, table 1.
    [(1, 0.0), (2, 0.56419), (3, 0.84628), (5, 1.16296), (10, 1.53875), (100, 2.50759)],
)
def test_the_best_of_some_normal_draws_lies_where_the_table_has_it(runs, expected):
    assert expected_best(runs) == pytest.approx(expected, abs=1e-5)


def test_best_is_chosen_on_validation_where_there_is_one():
    found = summarize([0.95, 0.90, 0.97], validation=[0.91, 0.96, 0.94], names=["7", "8", "9"])

    assert (found.best.run, found.best.score) == ("8", 0.90)
    assert found.best.on_validation == 0.96
    assert not found.best.is_optimistic
    assert "validation score of 0.960 is optimistic" in found.best.warning


def test_best_without_validation_is_called_optimistic():
    found = summarize([0.95, 0.90, 0.97], names=["7", "8", "9"])

    assert (found.best.run, found.best.score) == ("9", 0.97)
    assert found.best.above_average == pytest.approx(0.03)
    assert found.best.is_optimistic
    assert "chosen on the data it is reported on" in found.best.warning


def test_what_chance_alone_promises_is_what_equal_runs_show():
    # Runs that differ by chance only: five of one normal distribution, many times over.
    drawn = np.random.default_rng(0).normal(0.9, 0.02, (2000, 5))

    found = [summarize(list(scores)).best for scores in drawn]
    seen = np.array([best.above_average - best.by_chance for best in found])

    assert seen.mean() == pytest.approx(0, abs=4 * seen.std() / np.sqrt(len(seen)))
    assert np.mean([best.by_chance for best in found]) == pytest.approx(0.02 * 1.16296, rel=0.03)


def test_the_interval_over_runs_holds_the_true_average_19_times_in_20():
    drawn = np.random.default_rng(1).normal(0.9, 0.02, (2000, 5))

    averages = [summarize(list(scores)).average for scores in drawn]
    held = np.mean([one.low <= 0.9 <= one.high for one in averages])

    assert held == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))


def test_the_best_error_is_the_lowest_one():
    found = summarize([0.20, 0.10, 0.15], better="lower")

    assert (found.best.run, found.best.score) == ("2", 0.10)
    assert found.best.above_average == pytest.approx(0.05)
    assert found.best.by_chance > 0


def test_runs_that_tie_for_best_are_counted_and_the_first_is_named():
    found = summarize([0.90, 0.95, 0.95])

    assert (found.best.run, found.best.tied) == ("2", 2)


def test_a_run_without_a_score_is_left_out_and_counted():
    found = summarize([0.9, None, 0.8], names=["a", "b", "c"])

    assert found.average.value == pytest.approx(0.85)
    assert (found.runs, found.left_out, found.best.run) == (2, 1, "a")


def test_a_run_without_a_validation_score_cannot_be_chosen():
    found = summarize([0.9, 0.8], validation=[None, 0.7])

    assert (found.best.run, found.best.score, found.best.warning) == ("2", 0.8, "")
    assert summarize([0.9, 0.8], validation=[None, None]).best is None


def test_one_run_is_average_and_best_without_spread():
    found = summarize([0.9])

    assert (found.average.value, found.average.low, found.deviation) == (0.9, None, None)
    assert (found.best.score, found.best.by_chance, found.best.is_optimistic) == (0.9, None, False)


def test_runs_that_do_not_differ_have_no_interval_over_runs():
    found = summarize([0.9, 0.9, 0.9])

    assert (found.average.value, found.average.low, found.deviation) == (0.9, None, 0.0)
    assert (found.best.tied, found.best.above_average, found.best.by_chance) == (3, 0.0, 0.0)


def test_no_runs_are_not_defined():
    found = summarize([None, None])

    assert (found.average.value, found.best, found.lowest, found.runs) == (None, None, None, 0)
    assert found.average.note == "no run has a score"


@pytest.mark.parametrize(
    ("scores", "more"),
    [
        ([0.9, 0.8], {"names": ["a"]}),
        ([0.9, 0.8], {"validation": [0.9]}),
        ([0.9, float("nan")], {}),
        ([0.9, 0.8], {"validation": [0.9, float("inf")]}),
    ],
)
def test_nonsense_is_refused(scores, more):
    with pytest.raises(ValueError, match=r"each of 2 runs|finite"):
        summarize(scores, **more)


def test_no_run_has_no_expected_best():
    with pytest.raises(ValueError, match="one run or more, got 0"):
        expected_best(0)


def test_the_interval_of_a_share_ends_where_shares_do():
    found = summarize([0.99, 0.80, 0.99], is_share=True).average
    free = summarize([0.99, 0.80, 0.99]).average

    assert free.high > 1
    assert (found.low, found.high) == (free.low, 1.0)
    assert "cut at 0 or 1" in found.note

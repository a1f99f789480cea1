import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from headct.measure.counts.proportions import clopper_pearson, proportion, wilson

COUNTS = st.integers(1, 100_000).flatmap(
    lambda trials: st.tuples(st.integers(0, trials), st.just(trials))
)
LEVELS = st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999])
PEERS = [(clopper_pearson, "exact", "beta"), (wilson, "wilson", "wilson")]


@pytest.mark.parametrize(("makes", "peer", "_"), PEERS, ids=["exact", "Wilson"])
@given(counts=COUNTS, level=LEVELS)
@settings(max_examples=100, deadline=None)
def test_each_interval_is_that_of_scipy(makes, peer, _, counts, level):
    successes, trials = counts

    expected = binomtest(successes, trials).proportion_ci(level, method=peer)
    low, high = makes(successes, trials, level)

    # SciPy's root finding of the exact one stops at 1e-12 of p, or so.
    assert [low, high] == pytest.approx([expected.low, expected.high], abs=1e-9)


@pytest.mark.parametrize(("makes", "_", "peer"), PEERS, ids=["exact", "Wilson"])
def test_whole_arrays_are_those_of_statsmodels(makes, _, peer):
    chance = np.random.default_rng(4)
    trials = chance.integers(1, 5000, (40, 50))
    successes = chance.binomial(trials, chance.random(trials.shape))

    expected = proportion_confint(successes, trials, alpha=0.1, method=peer)
    found = makes(successes, trials, 0.9)

    assert found[0].shape == (40, 50)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


# R 3.6.2: binom.test and prop.test without correction, as SciPy's own tests quote their output
# (scipy/stats/tests/test_morestats.py, TestBinomTest).
@pytest.mark.parametrize(
    ("makes", "successes", "trials", "level", "expected"),
    [
        (clopper_pearson, 20, 100, 0.95, (0.1266555521019559, 0.2918426890886281)),
        (clopper_pearson, 3, 50, 0.99, (0.006872485, 0.202706269)),
        (clopper_pearson, 0, 10, 0.95, (0.0, 0.3084971)),
        (clopper_pearson, 10, 10, 0.95, (0.6915029, 1.0)),
        (wilson, 3, 10, 0.95, (0.1077913, 0.6032219)),
        (wilson, 3, 10, 0.99, (0.07956632, 0.6799753)),
        (wilson, 0, 10, 0.95, (0.0, 0.2775328)),
        (wilson, 10, 10, 0.95, (0.7224672, 1.0)),
    ],
)
def test_each_interval_is_what_r_prints(makes, successes, trials, level, expected):
    found = makes(successes, trials, level)

    assert found == pytest.approx(expected, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("trials", [5, 30, 200])
def test_the_exact_interval_covers_at_its_level_whatever_the_proportion(trials):
    truths = np.linspace(0.001, 0.999, 499)
    successes = np.arange(trials + 1)
    low, high = clopper_pearson(successes, trials)

    within = (low <= truths[:, None]) & (truths[:, None] <= high)
    coverage = (binom.pmf(successes, trials, truths[:, None]) * within).sum(axis=1)

    assert coverage.min() >= 0.95


@pytest.mark.parametrize("makes", [clopper_pearson, wilson])
def test_ends_are_exactly_0_and_1_where_nothing_or_all_succeeds(makes):
    low, high = makes([0, 7, 0], [7, 7, 0])

    assert low[0] == 0
    assert high[1] == 1
    assert (low[2], high[2]) == (0, 1)


def test_one_of_one_reaches_down_to_half_the_rest():
    assert clopper_pearson(1, 1)[0] == pytest.approx(0.025)


def test_a_proportion_says_how_its_interval_was_made():
    exact = proportion(65, 69)
    approximate = proportion(65, 69, interval="wilson")

    assert exact.value == approximate.value == 65 / 69
    assert exact.method == "Clopper-Pearson"
    assert approximate.method == "Wilson"


def test_a_proportion_of_nothing_is_not_defined():
    nothing = proportion(0, 0)

    assert (nothing.value, nothing.low) == (None, None)
    assert nothing.note == "of no rows"


@pytest.mark.parametrize(
    ("successes", "trials", "level"),
    [(-1, 5, 0.95), (6, 5, 0.95), (1, np.inf, 0.95), (np.nan, 5, 0.95), (1, 5, 95), (1, 5, 0)],
)
def test_nonsense_is_refused(successes, trials, level):
    with pytest.raises(ValueError, match="expected"):
        clopper_pearson(successes, trials, level)


def test_an_interval_of_another_name_is_refused():
    with pytest.raises(ValueError, match="clopper-pearson, wilson, got 'wald'"):
        proportion(1, 5, interval="wald")

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, t, ttest_rel, wilcoxon

from headct.measure.runs.paired import corrected_t, signed_rank

# Demsar, J Mach Learn Res 2006;7, table 2: areas of C4.5 and C4.5+m on 14 sets of data.
C45 = (0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661)
C45 += (0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957)
C45_M = (0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668)
C45_M += (0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978)

# Hollander and Wolfe, table 3.1, as in the examples of R's wilcox.test: depression before, after.
BEFORE = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
AFTER = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)

PAIRS = st.lists(st.tuples(*[st.floats(0, 1).map(lambda x: round(x, 3))] * 2), min_size=2)


@given(PAIRS)
@settings(max_examples=100, deadline=None)
def test_without_a_correction_it_is_scipys_paired_t_test(pairs):
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    assume(np.ptp(first - second) > 1e-9)

    expected = ttest_rel(first, second)
    found = corrected_t(first.tolist(), second.tolist(), test_to_train=0)

    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    ends = tuple(expected.confidence_interval(0.95))
    assert (found.difference.low, found.difference.high) == pytest.approx(ends, abs=1e-9)


def test_the_correction_is_the_published_formula():
    first, second = [0.9, 0.8, 0.85, 0.95, 0.9], [0.85, 0.82, 0.8, 0.9, 0.8]

    # Differences 0.05, -0.02, 0.05, 0.05, 0.10: mean 0.046, variance 0.00183 (n - 1); five folds
    # have a quarter as many cases to test as to train.
    expected = 0.046 / np.sqrt((1 / 5 + 1 / 4) * 0.00183)
    found = corrected_t(first, second, test_to_train=1 / 4)

    assert found.statistic == pytest.approx(expected)
    assert found.p == pytest.approx(2 * t.sf(expected, 4))
    assert found.difference.value == pytest.approx(0.046)


def test_the_correction_keeps_false_alarms_of_correlated_resamples_at_one_in_twenty():
    # Nadeau and Bengio's model: resamples of 40 cases to train and 20 to test share what moves
    # them with correlation 20 / 60.
    chance = np.random.default_rng(0)
    shared, own = chance.normal(size=(2000, 1)), chance.normal(size=(2000, 15))
    scores = np.sqrt(1 / 3) * shared + np.sqrt(2 / 3) * own

    plain, found = (
        np.mean([corrected_t(row, [0] * 15, test_to_train=of).p < 0.05 for row in scores.tolist()])
        for of in (0, 20 / 40)
    )

    assert found == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 2000))
    assert plain > 0.4


def test_demsars_example_of_signed_ranks():
    found = signed_rank(C45, C45_M)

    # He shares the two ties out, T = 12, and rejects at 0.05. Without them C4.5 is the better one
    # by 0.005, which shares rank 1.5, and by 0.008, after 0.005, 0.005, 0.006 and 0.007 rank 5.
    assert found.statistic == 6.5
    assert found.p < 0.05
    assert found.difference.value < 0


def test_hollander_and_wolfes_example_as_r_has_it():
    found = signed_rank(BEFORE, AFTER)

    # R: V = 40, one-sided p 0.01953; the interval is theirs for 96.1 %.
    assert found.statistic == 40
    assert found.p == pytest.approx(2 * 10 / 512)
    ends = (found.difference.value, found.difference.low, found.difference.high)
    assert ends == pytest.approx((0.46, 0.01, 0.786), abs=5e-4)


@given(st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=1, max_size=30, unique=True))
@settings(max_examples=100, deadline=None)
def test_p_without_ties_is_scipys_exact_one(differences):
    sizes = [abs(one) for one in differences if one]
    assume(sizes and len(set(sizes)) == len(sizes))

    expected = wilcoxon([one for one in differences if one], method="exact")
    found = signed_rank(differences, [0.0] * len(differences))

    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_p_with_ties_is_the_share_of_all_signs(differences):
    moved = np.array([one for one in differences if one])
    assume(len(moved))
    ranks = rankdata(np.abs(moved))
    signs = np.array(list(product((-1, 1), repeat=len(moved))))

    expected = np.mean(np.abs(signs @ ranks) >= abs(np.sign(moved) @ ranks) - 1e-9)

    found = signed_rank([float(one) for one in differences], [0.0] * len(differences))
    assert found.p == pytest.approx(expected)


def test_the_interval_holds_just_what_the_test_does_not_reject():
    differences = np.random.default_rng(3).normal(0.02, 0.05, 12)
    found = signed_rank(differences.tolist(), [0.0] * 12).difference

    p_values = [
        wilcoxon(differences - moved, method="exact").pvalue
        for moved in (found.low - 1e-6, found.low + 1e-6, found.high - 1e-6, found.high + 1e-6)
    ]

    assert [p < 0.05 for p in p_values] == [True, False, False, True]


def test_the_interval_of_many_pairs_is_as_near_as_the_exact_one():
    differences = np.random.default_rng(4).normal(0.02, 0.05, 301)

    exact = signed_rank(differences[:300].tolist(), [0.0] * 300).difference
    normal = signed_rank(differences.tolist(), [0.0] * 301).difference

    assert (normal.low, normal.high) == pytest.approx((exact.low, exact.high), abs=5e-4)


def test_five_seeds_cannot_reach_one_in_twenty_and_it_says_so():
    found = signed_rank([0.9, 0.91, 0.92, 0.93, 0.94], [0.1] * 5)

    assert found.p == pytest.approx(2 / 32)
    assert found.note == "with 5 differing pairs p is 0.0625 or more, whatever they show"
    assert found.difference.note == "5 pairs are too few for an interval at 0.95"


@pytest.mark.parametrize(
    "test", [signed_rank, lambda one, other: corrected_t(one, other, test_to_train=0.25)]
)
def test_swapping_the_models_turns_the_difference_and_keeps_p(test):
    found, swapped = test(C45, C45_M), test(C45_M, C45)

    assert swapped.p == pytest.approx(found.p)
    assert swapped.difference.value == pytest.approx(-found.difference.value)
    assert swapped.difference.low == pytest.approx(-found.difference.high)


@pytest.mark.parametrize(
    "test", [signed_rank, lambda one, other: corrected_t(one, other, test_to_train=0.25)]
)
def test_edges_are_not_defined_and_say_why(test):
    nothing, same, missing = test([], []), test([0.5] * 8, [0.5] * 8), test([0.5, None], [0.4, 0.3])

    assert (nothing.difference.value, nothing.p, nothing.pairs) == (None, None, 0)
    assert (same.difference.value, same.p) == (0.0, 1.0)
    assert missing.pairs == 1
    assert "1 of 2 pairs left out for a score not defined" in missing.note


def test_a_difference_that_never_varies_cannot_be_tested_by_t():
    found = corrected_t([0.75, 0.5], [0.5, 0.25], test_to_train=0.25)

    assert (found.difference.value, found.difference.low, found.p) == (0.25, None, None)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="one length, got 1 and 2"):
        signed_rank([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="finite"):
        corrected_t([float("nan")], [0.1], test_to_train=0)
    with pytest.raises(ValueError, match="0 or more, got -1"):
        corrected_t([0.2], [0.1], test_to_train=-1)

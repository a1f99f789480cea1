import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import f as f_distribution
from scipy.stats import friedmanchisquare

from headct.measure.runs.many import friedman

# Demsar, J Mach Learn Res 2006;7, table 6: areas of four kinds of C4.5 on 14 sets of data. Voting
# he prints as 0.975 twice, with ranks 2 and 3: a fourth digit stands for what he saw.
DEMSAR_NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)
TABLES = arrays(
    np.int64,
    st.tuples(st.integers(2, 12), st.integers(3, 6)),
    elements=st.integers(0, 5),
)


def test_demsars_example_has_his_ranks_and_critical_difference():
    found = friedman(DEMSAR, DEMSAR_NAMES)

    assert found.ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    # At 0.05 he finds 1.25, at 0.10 that C4.5 is worse than both with m: 1.12.
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    at_ten = friedman(DEMSAR, DEMSAR_NAMES, level=0.90)
    assert at_ten.critical_difference == pytest.approx(2.291 * np.sqrt(20 / 84), abs=5e-4)
    worse = [(p.first, p.second) for p in found.pairs if 0.05 < p.p < 0.10]
    assert worse == [("C4.5", "C4.5+m"), ("C4.5", "C4.5+m+cf")]
    assert min(pair.p for pair in found.pairs) > 0.05


def test_demsars_statistics_follow_but_for_his_ties():
    found = friedman(DEMSAR, DEMSAR_NAMES)

    # He does not correct for ties: chi-square 9.28 and F 3.69. Corrected both are larger.
    squares = sum(rank**2 for rank in found.ranks)
    assert 12 * 14 / (4 * 5) * (squares - 4 * 25 / 4) == pytest.approx(9.28, abs=0.02)
    assert found.chi_square > 9.28
    assert found.f > 3.69
    assert found.p < 0.05


@given(TABLES)
@settings(max_examples=150, deadline=None)
def test_the_statistic_is_scipys(scores):
    assume(any(len(set(row)) > 1 for row in scores.tolist()))
    names = [str(model) for model in range(scores.shape[1])]

    expected = friedmanchisquare(*scores.T).statistic
    found = friedman(scores, names, better="lower")

    assert found.chi_square == pytest.approx(expected, abs=1e-9)


def test_f_and_its_p_are_iman_and_davenports():
    scores = np.random.default_rng(0).random((10, 4))
    found = friedman(scores, "abcd")

    expected = 9 * found.chi_square / (10 * 3 - found.chi_square)

    assert found.f == pytest.approx(expected)
    assert found.p == pytest.approx(f_distribution.sf(expected, 3, 27))


@pytest.mark.parametrize(
    ("models", "expected"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)]
)
def test_the_critical_difference_is_that_of_demsars_table_5(models, expected):
    scores = np.random.default_rng(1).random((20, models))

    found = friedman(scores, [str(model) for model in range(models)])

    error = np.sqrt(models * (models + 1) / (6 * 20))
    assert found.critical_difference / error == pytest.approx(expected, abs=1e-3)


def test_models_that_are_further_apart_than_the_critical_difference_have_p_under_one_in_twenty():
    scores = np.random.default_rng(2).random((12, 5)) + np.array([0, 0.2, 0.4, 0.6, 0.8])

    found = friedman(scores, "abcde")

    apart = [abs(pair.difference) > found.critical_difference for pair in found.pairs]
    assert [pair.p < 0.05 for pair in found.pairs] == apart
    assert 0 < sum(apart) < 10


def test_the_better_model_has_the_lower_rank():
    scores = [[0.9, 0.8, 0.7], [0.95, 0.85, 0.7], [0.8, 0.7, 0.6]]

    assert friedman(scores, "abc").ranks == (1, 2, 3)
    assert friedman(scores, "abc", better="lower").ranks == (3, 2, 1)


def test_blocks_that_all_rank_alike_take_p_from_chi_square():
    found = friedman([[0.9, 0.8, 0.7]] * 4, "abc")

    # 4 blocks of 3 in one order: chi-square is 8, of which exp(-4) is left above.
    assert (found.chi_square, found.f) == (pytest.approx(8), None)
    assert found.p == pytest.approx(np.exp(-4))


def test_a_block_without_a_score_is_left_out_and_counted():
    found = friedman([[0.9, 0.8], [None, 0.7], [0.8, 0.9], [0.7, 0.6]], "ab")

    assert (found.blocks, found.left_out) == (3, 1)


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([[0.9, 0.8]], "fewer than two"),
        (np.zeros((0, 2)), "fewer than two"),
        ([[0.5, 0.5], [0.7, 0.7]], "no block tells"),
    ],
)
def test_what_cannot_be_tested_says_why(scores, why):
    found = friedman(scores, "ab")

    assert (found.p, found.ranks, found.pairs) == (None, None, ())
    assert why in found.note


@pytest.mark.parametrize("scores", [[0.1, 0.2], [[0.1, 0.2, 0.3]], [[0.1, float("inf")]]])
def test_what_is_no_table_of_the_models_is_refused(scores):
    with pytest.raises(ValueError, match="2 models"):
        friedman(scores, "ab")

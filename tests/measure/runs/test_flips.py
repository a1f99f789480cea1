from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from headct.measure.runs.flips import flip_p, subset_sums

SMALL = st.lists(st.integers(-6, 6), max_size=9)


@given(SMALL)
@settings(max_examples=100, deadline=None)
def test_p_is_the_share_of_all_signs_that_go_as_far(differences):
    sizes = np.array(differences, dtype=np.int64)

    signs = product((-1, 1), repeat=len(sizes))
    expected = np.mean([abs(sum(one * sizes)) >= abs(sum(sizes)) for one in signs])

    assert flip_p(sizes) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("up", "down"), [(1, 7), (10, 20), (5, 5), (0, 40), (300, 250), (1, 0)])
def test_differences_of_one_are_the_binomial_test(up, down):
    differences = np.repeat([1, -1], [up, down])

    expected = binomtest(up, up + down).pvalue

    assert flip_p(differences) == pytest.approx(expected, rel=1e-9)


def test_very_many_differences_are_taken_as_normal_and_agree():
    # 20,000 of one each, 10,200 of them up: the binomial distribution has it exactly.
    differences = np.repeat([1, -1], [10_200, 9_800])

    expected = binomtest(10_200, 20_000).pvalue

    assert flip_p(differences) == pytest.approx(expected, rel=0.01)
    assert flip_p(60 * differences) == pytest.approx(expected, rel=0.01)
    assert expected == pytest.approx(2 * norm.sf(399 / np.sqrt(20_000)), rel=0.01)


def test_nothing_that_differs_is_no_evidence():
    assert flip_p(np.zeros(5, dtype=np.int64)) == 1.0
    assert flip_p(np.zeros(0, dtype=np.int64)) == 1.0


def test_every_sum_of_three_sizes_is_as_likely_as_there_are_ways_to_it():
    # 1, 2, 3: 3 is reached as 3 and as 1 + 2.
    assert subset_sums(np.array([3, 1, 2])) == pytest.approx(np.array([1, 1, 1, 2, 1, 1, 1]) / 8)

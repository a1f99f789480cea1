from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headct.measure.counts.published import Fit, counts_behind


def printed(correct, total, places, rounding):
    share = Decimal(100 * correct) / Decimal(total)
    return str(share.quantize(Decimal(1).scaleb(-places), rounding))


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=200, deadline=None)
def test_the_counts_that_made_a_percentage_are_among_those_found(counts):
    correct, total = counts

    for places in (0, 1, 2):
        for rounding in (ROUND_HALF_UP, ROUND_HALF_DOWN):
            found = counts_behind(printed(correct, total, places, rounding), [total])
            assert Fit(correct, total) in found


@given(st.integers(0, 10_000), st.integers(1, 400))
@settings(max_examples=200, deadline=None)
def test_every_count_found_prints_as_the_percentage(hundredths, total):
    percent = f"{hundredths / 100:.2f}"

    for fit in counts_behind(percent, [total]):
        ways = {
            printed(fit.correct, total, 2, rounding)
            for rounding in (ROUND_HALF_UP, ROUND_HALF_DOWN)
        }
        assert percent in ways


def test_the_test_accuracy_of_the_hemorrhage_paper_is_65_of_69():
    # 100 * 64/69 = 92.75, 65/69 = 94.20, 66/69 = 95.65: the next ones are far.
    assert [str(fit) for fit in counts_behind("94.20", [69])] == ["65/69"]


def test_a_percentage_that_no_count_gives_has_nothing_behind_it():
    # 100 * 321/341 = 94.13 and 322/341 = 94.43.
    assert counts_behind("94.20", [341]) == ()


@pytest.mark.parametrize("percent", ["94,20", "94.20 %", "-3", "101", "100.01", "", "1e2"])
def test_what_is_no_percentage_is_refused(percent):
    with pytest.raises(ValueError, match="percentage as printed"):
        counts_behind(percent, [69])


def test_a_total_of_nothing_is_refused():
    with pytest.raises(ValueError, match="total of 1 or more"):
        counts_behind("50", [0])

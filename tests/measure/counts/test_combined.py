from itertools import product
from math import atanh, inf, sqrt, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, multinomial, norm
from sklearn.metrics import matthews_corrcoef
from statsmodels.stats.proportion import confint_proportions_2indep

from headct.measure.counts.combined import (
    balanced_accuracy,
    f1,
    likelihood_ratio,
    mcc,
    ratio_of,
)
from headct.measure.counts.confusion import Confusion
from headct.measure.counts.proportions import proportion

FULL = st.integers(1, 300)
CONFUSIONS = st.builds(Confusion, FULL, FULL, FULL, FULL)


def phi(cells):
    """The correlation of four cells, or of their shares, by scikit-learn."""
    return matthews_corrcoef([1, 0, 1, 0], [1, 1, 0, 0], sample_weight=cells)


def share(successes, trials, interval="clopper-pearson"):
    return proportion(successes, trials, interval=interval)


@given(CONFUSIONS)
@settings(max_examples=100, deadline=None)
def test_the_interval_of_f1_is_the_exact_one_of_its_share_carried_over(confusion):
    ends = binomtest(confusion.tp, confusion.tp + confusion.fp + confusion.fn).proportion_ci()

    found = f1(confusion)

    assert [found.low, found.high] == pytest.approx([2 * e / (1 + e) for e in ends], abs=1e-9)


@pytest.mark.parametrize("shares", [(0.2, 0.1, 0.1, 0.6), (0.05, 0.02, 0.01, 0.92)])
def test_the_interval_of_f1_covers_at_its_level_over_all_tables_of_25(shares):
    tables = [c for c in product(range(26), repeat=4) if sum(c) == 25 and sum(c[:3])]
    truth = 2 * shares[0] / (2 * shares[0] + shares[1] + shares[2])

    within = [one.low <= truth <= one.high for one in (f1(Confusion(*c)) for c in tables)]
    chances = multinomial.pmf(tables, 25, shares)

    assert chances @ within / chances.sum() >= 0.95


@given(CONFUSIONS)
@settings(max_examples=100, deadline=None)
def test_balanced_accuracy_has_newcombe_s_interval_of_a_difference(confusion):
    # Balanced accuracy is (1 + d) / 2, d = sensitivity - (1 - specificity).
    counts = (confusion.tp, confusion.positives, confusion.fp, confusion.negatives)
    ends = confint_proportions_2indep(*counts, compare="diff", method="newcomb")

    found = balanced_accuracy(
        share(confusion.tp, confusion.positives, "wilson"),
        share(confusion.tn, confusion.negatives, "wilson"),
    )

    assert found.value == pytest.approx(
        (confusion.tp / confusion.positives + confusion.tn / confusion.negatives) / 2
    )
    assert [found.low, found.high] == pytest.approx([(1 + end) / 2 for end in ends], abs=1e-9)


@given(CONFUSIONS)
@settings(max_examples=40, deadline=None)
def test_the_interval_of_mcc_is_fisher_s_z_of_the_delta_method(confusion):
    rows = confusion.rows
    shares = confusion.as_counts / rows
    value, step = phi(shares), 1e-5 * shares.min()
    slopes = np.array(
        [(phi(shares + step * e) - phi(shares - step * e)) / (2 * step) for e in np.eye(4)]
    )
    spread = np.diag(shares) - np.outer(shares, shares)
    reach = norm.ppf(0.975) * sqrt(slopes @ spread @ slopes / rows) / (1 - value**2)

    found = mcc(confusion)

    assert found.value == pytest.approx(value, abs=1e-9)
    ends = [tanh(atanh(value) + side * reach) for side in (-1, 1)]
    assert [found.low, found.high] == pytest.approx(ends, abs=1e-5)


def test_mcc_of_all_right_or_all_wrong_has_no_interval():
    right, wrong = mcc(Confusion(5, 0, 0, 9)), mcc(Confusion(0, 5, 9, 0))

    assert (right.value, right.low) == (1, None)
    assert (wrong.value, wrong.low) == (-1, None)
    assert right.note == wrong.note == "all right, or all wrong: no interval"


@given(CONFUSIONS, st.sampled_from([0.9, 0.95, 0.99]))
@settings(max_examples=100, deadline=None)
def test_likelihood_ratios_have_the_log_interval_of_statsmodels(confusion, level):
    ill, well = confusion.positives, confusion.negatives
    pairs = {
        "lr_positive": (confusion.tp, ill, confusion.fp, well),
        "lr_negative": (confusion.fn, ill, confusion.tn, well),
    }

    for name, counts in pairs.items():
        expected = confint_proportions_2indep(
            *counts, compare="ratio", method="log", alpha=1 - level
        )
        found = likelihood_ratio(confusion, name, level=level)
        assert found.method == "log method"
        assert [found.low, found.high] == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["clopper-pearson", "wilson"]))
@settings(max_examples=200, deadline=None)
def test_at_the_ends_of_a_ratio_the_difference_has_an_end_of_0(first, second, interval):
    over, under = share(first, 30, interval), share(second, 30, interval)

    found = ratio_of(over, under)

    if first == second == 0:
        assert found.value is None
        return
    # MOVER (Zou and Donner 2008) of over - ratio * under, whose ends lie at 0 by definition.
    if found.low > 0:
        gap = over.value - found.low * under.value
        reach = sqrt((over.value - over.low) ** 2 + (found.low * (under.high - under.value)) ** 2)
        assert gap == pytest.approx(reach, abs=1e-9)
    if found.high < inf:
        gap = over.value - found.high * under.value
        reach = sqrt((over.high - over.value) ** 2 + (found.high * (under.value - under.low)) ** 2)
        assert -gap == pytest.approx(reach, abs=1e-9 * (1 + found.high))


@pytest.mark.parametrize("rates", [(0.98, 0.02), (0.9, 0.01), (0.99, 0.4)])
@pytest.mark.parametrize("name", ["lr_positive", "lr_negative"])
def test_likelihood_ratios_near_their_bounds_cover_at_their_level(rates, name):
    trials = 30
    sensitivity, false_alarms = rates
    true = (
        sensitivity / false_alarms
        if name == "lr_positive"
        else (1 - sensitivity) / (1 - false_alarms)
    )

    covered = defined = 0.0
    for tp, fp in product(range(trials + 1), repeat=2):
        chance = binom.pmf(tp, trials, sensitivity) * binom.pmf(fp, trials, false_alarms)
        found = likelihood_ratio(Confusion(tp, fp, trials - tp, trials - fp), name)
        if found.value is not None:
            defined += chance
            covered += chance * (found.low <= true <= found.high)

    assert covered / defined >= 0.95


def test_a_ratio_without_false_alarms_is_infinite_and_has_a_lower_end():
    found = likelihood_ratio(Confusion(tp=10, fp=0, fn=0, tn=20), "lr_positive")

    # With 10 of 10 and 0 of 20: ends of the two proportions by 0.025 ** (1 / n).
    sensitivity_low, false_alarms_high = 0.025 ** (1 / 10), 1 - 0.025 ** (1 / 20)
    low = sqrt(sensitivity_low * (2 - sensitivity_low)) / false_alarms_high

    assert (found.value, found.high) == (inf, inf)
    assert found.low == pytest.approx(low)
    assert "a count is 0" in found.note


def test_a_ratio_of_a_call_that_is_always_made_is_1():
    found = likelihood_ratio(Confusion(tp=10, fp=20, fn=0, tn=0), "lr_positive")

    assert found.value == 1
    assert [found.low, found.high] == pytest.approx([0.025 ** (1 / 10), 1 / 0.025 ** (1 / 20)])

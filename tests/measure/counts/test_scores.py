from math import exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn import metrics

from headct.measure.counts.confusion import Confusion
from headct.measure.counts.scores import SCORES, predictive_values, score_values, scores

CELLS = st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 400))
CONFUSIONS = st.builds(Confusion, CELLS, CELLS, CELLS, CELLS)


def as_columns(confusion):
    """Truth and calls that come to these counts."""
    cells = [confusion.tp, confusion.fp, confusion.fn, confusion.tn]
    return np.repeat([1, 0, 1, 0], cells), np.repeat([1, 1, 0, 0], cells)


def by_scikit_learn(confusion):
    """Each score by scikit-learn, NaN where there is none."""
    columns = as_columns(confusion)
    both_true, both_called = ({0, 1} <= set(column) for column in columns)
    if not confusion.rows:
        return dict.fromkeys(SCORES, np.nan)
    ratios = metrics.class_likelihood_ratios(*columns, labels=[0, 1])
    either = confusion.tp + confusion.fp + confusion.fn > 0
    plain = {"zero_division": np.nan}
    return {
        "accuracy": metrics.accuracy_score(*columns),
        "sensitivity": metrics.recall_score(*columns, **plain),
        "specificity": metrics.recall_score(*columns, pos_label=0, **plain),
        "ppv": metrics.precision_score(*columns, **plain),
        "npv": metrics.precision_score(*columns, pos_label=0, **plain),
        "f1": metrics.f1_score(*columns) if either else np.nan,
        "balanced_accuracy": metrics.balanced_accuracy_score(*columns) if both_true else np.nan,
        "mcc": metrics.matthews_corrcoef(*columns) if both_true and both_called else np.nan,
        # Where scikit-learn gives none for a denominator of 0, the ratio is infinite.
        "lr_positive": inf if both_true and confusion.tp > confusion.fp == 0 else ratios[0],
        "lr_negative": inf if both_true and confusion.fn > confusion.tn == 0 else ratios[1],
    }


@given(CONFUSIONS)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn")
def test_every_score_is_that_of_scikit_learn(confusion):
    expected = by_scikit_learn(confusion)

    found = dict(zip(SCORES, score_values(confusion.as_counts), strict=True))

    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("size", [1, 3, 7, 1000, 10**8 + 7])
def test_mcc_of_all_right_and_all_wrong_is_exact(size):
    counts = [(size, 0, 0, 3), (0, size, 3, 0), (0, 3, size, 0)]

    assert score_values(counts)[:, SCORES.index("mcc")].tolist() == [1, -1, -1]


@given(CONFUSIONS, st.sampled_from(["clopper-pearson", "wilson"]), st.sampled_from([0.8, 0.95]))
@settings(max_examples=150, deadline=None)
def test_every_score_comes_with_its_value_within_its_interval_or_with_a_reason(
    confusion, interval, level
):
    values = dict(zip(SCORES, score_values(confusion.as_counts), strict=True))

    found = scores(confusion, level=level, interval=interval)

    assert tuple(found) == SCORES
    for name, estimate in found.items():
        if np.isnan(values[name]):
            assert estimate.value is None
            assert estimate.note
        else:
            assert estimate.value == pytest.approx(values[name], abs=1e-12)
            if estimate.low is None:
                assert (name, abs(estimate.value), estimate.method) == ("mcc", 1, "")
                assert estimate.note
            else:
                assert estimate.low <= estimate.value <= estimate.high
                assert estimate.method


# Example 1 of epi.tests in the manual of the R package epiR 2.0.53 (data of Scott et al. 2008).
def test_the_published_example_of_epir_comes_out():
    found = scores(Confusion(tp=670, fp=202, fn=74, tn=640))

    assert found["sensitivity"].show(2) == "0.90 (0.88 to 0.92)"
    assert found["specificity"].show(2) == "0.76 (0.73 to 0.79)"
    assert found["lr_positive"].show(2) == "3.75 (3.32 to 4.24)"


def test_what_is_not_defined_says_what_is_lacking():
    found = scores(Confusion(tp=0, fp=0, fn=0, tn=7))

    assert found["accuracy"].value == 1
    assert found["sensitivity"].note == "no positives"
    assert found["ppv"].note == "nothing is called positive"
    assert found["lr_positive"].note == "no positives, nothing is called positive"
    assert {one.note for one in scores(Confusion(0, 0, 0, 0)).values()} == {"no rows"}


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("prevalence", [0.03, 0.5])
def test_predictive_values_at_a_prevalence_are_mercaldo_s_logit_intervals(prevalence, level):
    # Counts of Mercaldo, Lau and Zhou 2007, table VIII: ApoE e4 in Alzheimer's disease.
    found = scores(Confusion(tp=240, fp=87, fn=178, tn=288), level=level)
    sensitivity, specificity, ill, well = 240 / 418, 288 / 375, 418, 375
    z = norm.ppf(0.5 + level / 2)
    yes = (prevalence * sensitivity, (1 - prevalence) * (1 - specificity))
    no = ((1 - prevalence) * specificity, prevalence * (1 - sensitivity))
    errors = (
        sqrt((1 - sensitivity) / sensitivity / ill + specificity / (1 - specificity) / well),
        sqrt(sensitivity / (1 - sensitivity) / ill + (1 - specificity) / specificity / well),
    )

    at = predictive_values(found, prevalence)

    for name, (right, wrong), error in zip(("ppv_at", "npv_at"), (yes, no), errors, strict=True):
        ends = [1 / (1 + exp(-(log(right / wrong) + side * z * error))) for side in (-1, 1)]
        assert at[name].value == pytest.approx(right / (right + wrong), abs=1e-12)
        assert [at[name].low, at[name].high] == pytest.approx(ends, abs=1e-12)


@given(CONFUSIONS, st.floats(0.001, 0.999))
@settings(max_examples=80, deadline=None)
def test_predictive_values_at_the_prevalence_of_the_rows_are_those_of_the_rows(confusion, share):
    found = scores(confusion)
    both = confusion.positives and confusion.negatives
    prevalence = confusion.positives / confusion.rows if both else share

    at = predictive_values(found, prevalence)

    for name in ("ppv", "npv"):
        if both:
            assert at[f"{name}_at"].value == pytest.approx(found[name].value, abs=1e-9)
        if at[f"{name}_at"].value is None:
            assert at[f"{name}_at"].note


@pytest.mark.parametrize("prevalence", [0, 1, 3.5, -0.1, float("nan")])
def test_a_prevalence_outside_0_and_1_is_refused(prevalence):
    with pytest.raises(ValueError, match="prevalence between 0 and 1"):
        predictive_values(scores(Confusion(1, 2, 3, 4)), prevalence)

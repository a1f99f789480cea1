import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, precision_recall_curve

from headct.measure.curves.precision_recall import (
    average_precision,
    mean_average_precision,
    precision_recall,
)
from headct.measure.outcomes import UNKNOWN

# Scores in tenths tie often; the others hardly ever.
SCORES = st.one_of(st.integers(0, 10).map(lambda n: n / 10), st.floats(0, 1))
CASES = st.integers(1, 60).flatmap(
    lambda n: st.tuples(arrays(np.bool_, n), arrays(np.float64, n, elements=SCORES))
)
TABLES = st.tuples(st.integers(1, 30), st.integers(1, 6)).flatmap(
    lambda shape: st.tuples(
        arrays(np.int8, shape, elements=st.sampled_from([UNKNOWN, 0, 1])),
        arrays(np.float64, shape, elements=st.one_of(SCORES, st.just(np.nan))),
    )
)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_the_curve_is_that_of_scikit_learn(cases):
    truth, scores = cases
    assume(truth.any())

    # From the lowest threshold up, and without a threshold for the point where nothing is called.
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    found = precision_recall(truth, scores)

    assert found.thresholds.tolist() == [np.inf, *thresholds[::-1]]
    np.testing.assert_allclose(found.precision, precision[::-1], atol=1e-12)
    np.testing.assert_allclose(found.recall, recall[::-1], atol=1e-12)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_average_precision_is_that_of_scikit_learn(cases):
    truth, scores = cases
    assume(truth.any())

    expected = average_precision_score(truth, scores)

    assert average_precision(truth, scores) == pytest.approx(expected, abs=1e-12)


@given(TABLES)
@settings(max_examples=60, deadline=None)
def test_the_mean_over_labels_is_that_of_scikit_learn_over_what_is_known(table):
    truth, scores = table
    known = (truth != UNKNOWN) & ~np.isnan(scores)
    columns = [(truth[k, i], scores[k, i]) for i, k in enumerate(known.T)]
    with_positives = [(true, score) for true, score in columns if (true == 1).any()]
    assume(with_positives)

    macro = np.mean([average_precision_score(*one) for one in with_positives])
    micro = average_precision_score(truth[known], scores[known])

    found = mean_average_precision(truth, scores, "macro")
    assert found.value == pytest.approx(macro, abs=1e-12)
    assert mean_average_precision(truth, scores, "micro").value == pytest.approx(micro, abs=1e-12)
    assert bool(found.note) == (len(with_positives) < len(columns))


def test_labels_without_positives_are_counted():
    truth = np.array([[1, 0, UNKNOWN], [0, 0, UNKNOWN]])
    scores = np.array([[0.9, 0.1, 0.3], [0.1, 0.2, 0.4]])

    found = mean_average_precision(truth, scores)

    assert found.value == 1
    assert found.note == "without 2 of 3 labels, which have no positives"


def test_without_positives_nothing_is_defined():
    truth, scores = np.zeros((3, 2), dtype=np.int8), np.full((3, 2), 0.5)

    assert precision_recall(truth[:, 0], scores[:, 0]) is None
    assert average_precision(truth[:, 0], scores[:, 0]) is None
    assert mean_average_precision(truth, scores, "macro").value is None
    assert mean_average_precision(truth, scores, "micro").value is None
    assert average_precision([], []) is None


def test_without_negatives_precision_is_1_everywhere():
    found = precision_recall([True, True], [0.2, 0.8])

    assert found.precision.tolist() == [1, 1, 1]
    assert found.recall.tolist() == [0, 0.5, 1]


def test_scores_that_are_all_the_same_give_the_share_of_positives():
    assert average_precision([True, False, False, False], [0.5] * 4) == 0.25


@pytest.mark.parametrize(
    ("truth", "scores", "average", "told"),
    [
        (np.zeros((2, 2)), np.zeros((2, 3)), "macro", "as \\(rows, labels\\)"),
        (np.zeros(2), np.zeros(2), "macro", "as \\(rows, labels\\)"),
        (np.zeros((2, 2)), np.zeros((2, 2)), "weighted", '"micro" or "macro"'),
        (np.full((2, 2), 2), np.zeros((2, 2)), "macro", "truth of 0 and 1"),
    ],
)
def test_nonsense_is_refused(truth, scores, average, told):
    with pytest.raises(ValueError, match=told):
        mean_average_precision(truth, scores, average)

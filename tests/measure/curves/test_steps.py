import numpy as np
import pytest

from headct.measure.curves.steps import steps
from headct.measure.resampling.rows import checked


def test_cases_of_one_score_are_called_together():
    truth = [True, False, True, False, True]
    scores = [0.9, 0.5, 0.5, 0.5, 0.1]

    found = steps(truth, scores)

    assert found.thresholds.tolist() == [0.9, 0.5, 0.1]
    assert found.true_positives.tolist() == [1, 2, 3]
    assert found.false_positives.tolist() == [0, 2, 2]
    assert (found.positives, found.negatives) == (3, 2)


def test_zero_and_minus_zero_are_one_score():
    assert steps([True, False], [0.0, -0.0]).true_positives.tolist() == [1]


def test_nothing_has_no_steps_but_the_one_before_all():
    found = steps([], [])

    assert [len(one) for one in found.from_none] == [1, 1, 1]
    assert found.from_none[0][0] == np.inf


def test_truth_of_0_and_1_is_taken_for_no_and_yes():
    assert checked([0, 1], [0.1, 0.2])[0].tolist() == [False, True]


@pytest.mark.parametrize(
    ("truth", "scores", "told"),
    [
        ([True, False], [0.5], "a truth and a score for each row"),
        ([[True, False]], [[0.5, 0.5]], "a truth and a score for each row"),
        ([1, -1], [0.5, 0.5], "truth is not known"),
        ([True, False], [0.5, np.nan], "finite scores"),
        ([True, False], [0.5, np.inf], "finite scores"),
    ],
)
def test_nonsense_is_refused(truth, scores, told):
    with pytest.raises(ValueError, match=told):
        steps(truth, scores)

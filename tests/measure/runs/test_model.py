import numpy as np
import pytest

from headct.measure.runs.model import model_runs

SCORES = {
    "accuracy": [0.90, 0.95, 0.93],
    "sensitivity": [0.99, 0.90, 0.95],
    "brier": [0.10, 0.20, None],
}


def test_best_is_one_run_with_all_its_scores():
    found = model_runs(SCORES, chosen_by="accuracy", names=["7", "8", "9"])

    assert found.best.run == "8"
    assert found.of_best == {"accuracy": 0.95, "sensitivity": 0.90, "brier": 0.20}
    assert found.averages["sensitivity"].best is None
    assert found.averages["sensitivity"].average.value == pytest.approx(np.mean([0.99, 0.9, 0.95]))


def test_validation_chooses_where_it_is_given():
    found = model_runs(SCORES, chosen_by="accuracy", validation=[0.8, 0.7, 0.9])

    assert (found.best.run, found.best.on_validation) == ("3", 0.9)
    assert found.of_best == {"accuracy": 0.93, "sensitivity": 0.95, "brier": None}


def test_a_score_that_is_better_the_lower_it_is_chooses_so():
    found = model_runs(SCORES, chosen_by="brier", lower={"brier"})

    assert (found.best.run, found.of_best["accuracy"]) == ("1", 0.90)


def test_without_a_run_to_choose_there_is_no_best():
    found = model_runs({"accuracy": [None, None]}, chosen_by="accuracy")

    assert (found.best, found.of_best) == (None, {"accuracy": None})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"chosen_by": "auc"}, "no score 'auc'"),
        ({"chosen_by": "accuracy", "names": ["1", "1", "2"]}, "different names"),
        ({"chosen_by": "accuracy", "names": ["1", "2"]}, "each of 3 runs"),
        ({"chosen_by": "accuracy", "validation": [0.9]}, "each of 3 runs"),
    ],
)
def test_nonsense_is_refused(more, told):
    with pytest.raises(ValueError, match=told):
        model_runs(SCORES, **more)

import json

import pytest
from tests.train.bundling.written_run import FOLDS, as_round, edited

from headct.core.errors import TrainError
from headct.train.bundling.finished import check_folds, read_finished, runs_under


def test_a_run_says_what_it_is(everybody, store):
    run = read_finished(everybody)

    assert run.has_all
    assert run.task.name == "hemorrhage"
    assert run.task.aggregation == "max"
    assert run.pipeline == store.header.pipeline
    assert run.shape == (1, 64, 64)
    assert run.measured_part is None
    assert run.trained_on["patients"] == 10


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(TrainError, match=r"holds no run\.json"):
        read_finished(tmp_path)


@pytest.mark.parametrize("name", ["network.onnx", "weights.pt", "truth.csv", "validation.csv"])
def test_a_run_that_is_not_finished_is_refused(folds, tmp_path, name):
    run = edited(folds / "fold 1", tmp_path / "run")
    (run / name).unlink()

    with pytest.raises(TrainError, match=f"lacks {name}.*--resume"):
        read_finished(run)


@pytest.mark.parametrize("name", ["data", "declaration", "round", "look"])
def test_a_run_of_an_older_headct_is_refused(everybody, tmp_path, name):
    run = edited(everybody, tmp_path / "run")
    said = json.loads((run / "run.json").read_text())
    del said[name]
    (run / "run.json").write_text(json.dumps(said))

    with pytest.raises(TrainError, match="older headct: train it anew"):
        read_finished(run)


def test_runs_are_found_under_a_folder_and_one_by_one(folds):
    under = runs_under([folds])
    single = runs_under([folds / "fold 2", folds / "fold 1"])

    assert [run.round_name for run in under] == ["fold 1", "fold 2"]
    assert under == single


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(TrainError, match="holds none"):
        runs_under([tmp_path])


def test_folds_of_the_same_recipe_fit_a_run_of_everybody(everybody, folds):
    assert check_folds(read_finished(everybody), runs_under([folds])) == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": {"name": "resnet18"}}, "network"),
        ({"split": "another"}, "split"),
        ({"store": {"truth": "another"}}, "store"),
        ({"frames": {"rows": 128}}, "frames"),
        ({"plan": {"learning_rate": 1.0}}, "learning_rate"),
        ({"data": {"others": [{"name": "s", "kind": "", "share": 0.5}]}}, "shares of other stores"),
    ],
)
def test_a_fold_that_was_asked_for_something_else_is_refused(
    everybody, folds, tmp_path, changes, told
):
    other = edited(folds / "fold 1", tmp_path / "other", **changes)

    with pytest.raises(TrainError, match=f"differ in {told}"):
        check_folds(read_finished(everybody), [read_finished(other)] * 2)


def test_more_steps_for_everybody_are_told_and_not_refused(everybody, folds, tmp_path):
    longer = edited(everybody, tmp_path / "longer", plan={"steps": 3})

    told = check_folds(read_finished(longer), runs_under([folds]))

    assert told == ("steps: 3 for the network of every patient, 2 in folds",)


def test_folds_say_nothing_of_a_run_that_did_not_learn_from_everybody(folds):
    with pytest.raises(TrainError, match=r"trained on fold 1.*--round all"):
        check_folds(read_finished(folds / "fold 1"), runs_under([folds / "fold 2"]))


def test_a_fold_that_is_given_twice_is_refused(everybody, folds, tmp_path):
    again = as_round(everybody, tmp_path / "x", "fold 1", {"validation": FOLDS["fold 1"]})

    with pytest.raises(TrainError, match="fold 1 more than once"):
        check_folds(read_finished(everybody), runs_under([folds, again]))


def test_a_fold_that_predicted_nobody_is_refused(everybody):
    with pytest.raises(TrainError, match="predicted nobody"):
        check_folds(read_finished(everybody), runs_under([everybody, everybody]))


def test_a_single_fold_leaves_nobody_to_try_it_on(everybody, folds):
    with pytest.raises(TrainError, match="two runs or more"):
        check_folds(read_finished(everybody), runs_under([folds / "fold 1"]))

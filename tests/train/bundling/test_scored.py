from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from scipy.special import expit, logit
from tests.train.bundling.written_run import FOLDS, SLICES, as_round, drawn

from headct.core.errors import TrainError
from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Max
from headct.measure.outcomes import Level
from headct.train.bundling.finished import read_finished, runs_under
from headct.train.bundling.scored import GROUP, neighboured, pooled, scores_of


def test_folds_are_pooled_to_every_patient_once(folds):
    scored = pooled(runs_under([folds]))
    outcomes = scored.system.outcomes

    written = np.concatenate([rows.reshape(-1, 2) for rows in FOLDS.values()])

    assert scored.groups == ("fold 1", "fold 2")
    assert len(np.unique(outcomes.patients)) == 50
    assert len(np.unique(outcomes.studies)) == 50
    # Patients of a fold stand in the order of their names; as a table they are those written.
    column = outcomes.labels.index("any_hemorrhage")
    read = np.stack([outcomes.scores[:, column], outcomes.truth[:, column]], axis=1)
    assert sorted(map(tuple, read.tolist())) == sorted(map(tuple, written.tolist()))
    assert "50 patients of balls, out of fold (2 networks" in scored.whose


def test_a_fold_is_left_out_whole(folds):
    scored = pooled(runs_under([folds]))

    within, without = scored.within("fold 1"), scored.without("fold 1")

    assert len(within.outcomes) == len(without.outcomes) == 25 * SLICES
    assert {name.partition("-")[0] for name in within.outcomes.names[:, 0]} == {"fold 1"}
    assert set(without.outcomes.groups[GROUP]) == {"fold 2"}


def test_folds_that_share_a_patient_are_refused(everybody, folds, tmp_path):
    other = as_round(everybody, tmp_path / "x", "fold 3", {"validation": FOLDS["fold 2"]})
    for file in ("validation.csv", "truth.csv"):
        text = (other / file).read_text().replace("fold 3-validation-0,", "fold 2-validation-0,")
        (other / file).write_text(text)

    with pytest.raises(TrainError, match="fold 3 and fold 2 measure the same patient"):
        pooled(runs_under([folds, other]))


def test_slices_of_a_study_speak_with_their_neighbours(folds):
    scored = pooled(runs_under([folds]))
    # Rows need not lie in order, and no study ends where the next begins.
    mixed = np.random.default_rng(2).permutation(len(scored.system.outcomes))
    scored = replace(
        scored, system=replace(scored.system, outcomes=scored.system.outcomes.at(mixed))
    )

    found = neighboured(scored, 0.3).system.outcomes

    before = scored.system.outcomes
    for study in np.unique(before.studies):
        rows = np.flatnonzero(before.studies == study)
        rows = rows[np.argsort([int(name) for name in before.names[rows, 2]])]
        odds = logit(np.clip(before.scores[rows], 5e-7, 1 - 5e-7))
        averaged = ndimage.convolve1d(odds, [0.3, 0.4, 0.3], axis=0, mode="nearest")
        np.testing.assert_allclose(found.scores[rows], expit(averaged), rtol=1e-9)
    assert neighboured(scored, 0.0) is scored


def test_groups_of_a_single_run_are_alike_in_the_first_label(everybody, tmp_path):
    run = as_round(everybody, tmp_path / "x", "holdout", {"validation": drawn(10, 15, 3)})

    scored = scores_of(read_finished(run), "validation")

    patients = aggregate(scored.system.outcomes, Max(), Level.PATIENT)
    column = patients.labels.index("any_hemorrhage")
    for group in scored.groups:
        truth = patients.truth[patients.groups[GROUP] == group, column]
        assert truth.tolist().count(1) == 10 / 5
        assert truth.tolist().count(0) == 15 / 5
    assert len(scored.groups) == 5


def test_it_is_said_where_validation_chose_the_epoch(everybody, tmp_path):
    rows = {"validation": drawn(3, 3, 3)}
    run = as_round(everybody, tmp_path / "x", "holdout", rows, plan={"patience": 2})

    scored = scores_of(read_finished(run), "validation")

    assert scored.whose.endswith("who did not train the network but chose its epoch")


def test_truth_of_whole_studies_is_pooled_too(everybody, tmp_path):
    for name, rows in FOLDS.items():
        run = as_round(everybody, tmp_path / name, name, {"validation": rows})
        by_study = (
            pd.read_csv(run / "truth.csv").drop(columns="slice").groupby(["patient", "study"])
        )
        by_study.max().reset_index().to_csv(run / "truth.csv", index=False)

    system = pooled(runs_under([tmp_path])).system

    patients = system.stated.of(aggregate(system.outcomes, Max(), Level.PATIENT))
    column = patients.labels.index("any_hemorrhage")
    assert (system.outcomes.truth == -1).all()
    assert (patients.truth[:, column] == 1).sum() == 12 + 13
    assert (patients.truth[:, column] == 0).sum() == 13 + 12
    # Those who bleed are the first of each fold, by the number in their name.
    for (name,), truth in zip(patients.names, patients.truth[:, column], strict=True):
        fold, _, number = name.split("-")
        assert truth == (int(number) < {"fold 1": 12, "fold 2": 13}[fold])


def test_scores_that_were_edited_are_refused(folds, everybody, tmp_path):
    run = as_round(everybody, tmp_path / "x", "fold 3", {"validation": drawn(2, 2, 1)})
    lines = (run / "validation.csv").read_text().splitlines()
    (run / "validation.csv").write_text("\n".join(lines[: 1 + 3 * SLICES]) + "\n")

    with pytest.raises(TrainError, match=r"3 patients.*4"):
        scores_of(read_finished(run), "validation")

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from headct.measure.levels.aggregate import SEVERAL, aggregate, only
from headct.measure.levels.choices import Learned, Max, NoisyOr, TopMean, Vote
from headct.measure.outcomes import UNKNOWN, Level


def _nth(n):
    return lambda scores: scores.nlargest(n).iloc[-1] if scores.count() >= n else 0.0


PEERS = [
    (Vote(3), _nth(3)),
    (Max(), "max"),
    (TopMean(5), lambda scores: scores.nlargest(5).mean()),
    (NoisyOr(), lambda scores: 1 - (1 - scores).prod()),
    (
        Learned(-2.0, (1, 3), (3.0, 1.0)),
        lambda scores: 1 / (1 + np.exp(2 - 3 * _nth(1)(scores) - _nth(3)(scores))),
    ),
]


@pytest.mark.parametrize(("how", "peer"), PEERS, ids=lambda value: str(value)[:8])
def test_scores_are_those_of_pandas_study_by_study(cohort, how, peer):
    outcomes = cohort(60, seed=4)

    table = pd.DataFrame(outcomes.scores, columns=outcomes.labels).assign(
        patient=outcomes.patients, study=outcomes.studies
    )
    by_study = table.groupby(["patient", "study"]).agg(
        lambda column: column.dropna().agg(peer) if column.count() else np.nan
    )
    studies = aggregate(outcomes, how, Level.STUDY)
    patients = aggregate(outcomes, how, Level.PATIENT)

    np.testing.assert_allclose(studies.scores, by_study, atol=1e-12)
    np.testing.assert_allclose(patients.scores, by_study.groupby("patient").max(), atol=1e-12)


def test_truth_is_that_of_pandas(cohort):
    outcomes = cohort(60, seed=4, missing=0.3)

    truth = pd.DataFrame(outcomes.truth.astype(float)).replace(float(UNKNOWN), np.nan)
    whole = truth.isna().groupby(outcomes.patients).sum() == 0
    expected = truth.groupby(outcomes.patients).max()
    expected = expected.where((expected == 1) | whole).fillna(UNKNOWN)
    found = aggregate(outcomes, Max(), Level.PATIENT)

    assert set(np.unique(found.truth)) == {UNKNOWN, 0, 1}
    np.testing.assert_array_equal(found.truth, expected)


def test_any_positive_slice_makes_a_study_positive_and_all_known_negative_negative(slices):
    outcomes = slices(
        *((0, 0, 0.1, 1), (0, 0, 0.1, UNKNOWN)),
        *((1, 1, 0.1, 0), (1, 1, 0.1, 0)),
        *((2, 2, 0.1, 0), (2, 2, 0.1, UNKNOWN)),
    )

    found = aggregate(outcomes, Max(), Level.STUDY)

    assert found.truth[:, 0].tolist() == [1, 0, UNKNOWN]


def test_slices_without_a_score_count_for_truth_alone(slices):
    outcomes = slices((0, 0, None, 1), (0, 0, 0.4, 0), (1, 1, None, 0))

    found = aggregate(outcomes, TopMean(2), Level.STUDY)

    assert found.truth[:, 0].tolist() == [1, 0]
    assert found.scores[0, 0] == 0.4
    assert np.isnan(found.scores[1, 0])


def test_slices_of_two_scans_do_not_vote_together(slices):
    outcomes = slices((0, 0, 0.9, 1), (0, 1, 0.8, 1), (1, 2, 0.7, 0), (1, 2, 0.6, 0))

    found = aggregate(outcomes, Vote(2), Level.PATIENT)

    assert found.scores[:, 0].tolist() == [0.0, 0.6]


def test_a_patient_is_as_the_study_with_the_highest_score(slices):
    studies = replace(slices((0, 0, 0.3, 0), (0, 1, 0.8, 1), (1, 2, 0.6, 0)), level=Level.STUDY)

    found = aggregate(studies, Vote(2), Level.PATIENT)

    assert found.scores[:, 0].tolist() == [0.8, 0.6]
    assert found.truth[:, 0].tolist() == [1, 0]


def test_each_label_may_have_its_own_choice(cohort):
    outcomes = cohort(20)
    first, second = outcomes.labels

    mixed = aggregate(outcomes, {first: Max(), second: TopMean(3)}, Level.STUDY)

    expected = [aggregate(outcomes, how, Level.STUDY).scores for how in (Max(), TopMean(3))]
    np.testing.assert_array_equal(mixed.scores[:, 0], expected[0][:, 0])
    np.testing.assert_array_equal(mixed.scores[:, 1], expected[1][:, 1])


def test_names_go_as_far_as_the_level(slices):
    outcomes = slices((0, 0, 0.9, 1), (0, 1, 0.8, 1), (1, 2, 0.7, 0))

    studies, patients = (aggregate(outcomes, Max(), to) for to in (Level.STUDY, Level.PATIENT))

    assert studies.names.tolist() == [["p0", "s0"], ["p0", "s1"], ["p1", "s2"]]
    assert patients.names.tolist() == [["p0"], ["p1"]]
    assert (studies.level, patients.level) == (Level.STUDY, Level.PATIENT)
    assert patients.rows_are_patients


def test_a_patient_of_two_sites_is_of_several(slices):
    outcomes = slices((0, 0, 0.9, 1), (0, 1, 0.8, 1), (1, 2, 0.7, 0), site=["a", "b", "b"])

    found = aggregate(outcomes, Max(), Level.PATIENT)

    assert found.groups["site"].tolist() == [SEVERAL, "b"]


def test_the_order_of_rows_does_not_matter(cohort):
    outcomes = cohort(30)
    shuffled = outcomes.at(np.random.default_rng(1).permutation(len(outcomes)))

    one, other = (aggregate(each, Vote(3), Level.PATIENT) for each in (outcomes, shuffled))

    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.truth, other.truth)
    np.testing.assert_array_equal(one.names, other.names)


def test_the_same_level_is_left_as_it_is(cohort):
    outcomes = cohort(5)

    assert aggregate(outcomes, Max(), Level.SLICE) is outcomes


def test_no_rows_give_none(cohort):
    nothing = cohort(5).at(np.zeros(0, int))

    assert len(aggregate(nothing, Vote(2), Level.PATIENT)) == 0


def test_one_label_alone_has_its_column(cohort):
    outcomes = cohort(5)

    alone = only(outcomes, outcomes.labels[1])

    assert alone.labels == outcomes.labels[1:]
    np.testing.assert_array_equal(alone.scores[:, 0], outcomes.scores[:, 1])


def test_what_cannot_be_aggregated_is_refused(slices):
    outcomes = slices((0, 0, 0.9, 1), (1, 1, 0.2, 0))
    studies = aggregate(outcomes, Max(), Level.STUDY)
    beyond = replace(outcomes, scores=outcomes.scores + 1)
    torn = replace(outcomes, studies=np.array([0, 0]))

    with pytest.raises(ValueError, match="rows are by study"):
        aggregate(studies, Max(), Level.SLICE)
    with pytest.raises(ValueError, match="from 0 to 1"):
        aggregate(beyond, Max(), Level.STUDY)
    with pytest.raises(ValueError, match="two patients"):
        aggregate(torn, Max(), Level.STUDY)
    with pytest.raises(ValueError, match="no aggregation for subdural"):
        aggregate(outcomes, {}, Level.STUDY)

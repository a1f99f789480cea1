import numpy as np

from headct.measure.levels.slices import ranked

SCORES = np.array([0.2, 0.9, 0.4, 0.7, 0.7, 0.1])
STUDIES = np.array([1, 0, 1, 0, 1, 2])


def test_slices_stand_by_study_from_the_highest_down():
    found = ranked(SCORES, STUDIES)

    assert found.scores.tolist() == [0.9, 0.7, 0.7, 0.4, 0.2, 0.1]
    assert found.starts.tolist() == [0, 2, 5]
    assert found.counts.tolist() == [2, 3, 1]


def test_a_rank_that_a_study_lacks_is_zero():
    found = ranked(SCORES, STUDIES)

    assert found.nth(1).tolist() == [0.9, 0.7, 0.1]
    assert found.nth(2).tolist() == [0.7, 0.4, 0]
    assert found.nth(3).tolist() == [0, 0.2, 0]


def test_sums_and_places_are_by_study():
    found = ranked(SCORES, STUDIES)

    assert found.sums(np.ones(6)).tolist() == [2, 3, 1]
    assert found.below(2).tolist() == [1, 1, 1, 1, 0, 1]

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Max, Vote
from headct.measure.levels.vote import choose_votes, vote_curve
from headct.measure.outcomes import UNKNOWN, Level

LABEL = "subdural"


@pytest.fixture
def voters(slices):
    """Four ill patients with 4, 3, 1 and 0 slices for it, four well ones with 2, 1, 0 and 0."""

    def patient(number: int, votes: int, ill: int) -> list[tuple[int, int, float, int]]:
        return [(number, number, 0.9 if i < votes else 0.2, ill) for i in range(5)]

    ill = [patient(n, votes, 1) for n, votes in enumerate((4, 3, 1, 0))]
    well = [patient(n + 4, votes, 0) for n, votes in enumerate((2, 1, 0, 0))]
    return slices(*(row for rows in (*ill, *well) for row in rows))


def test_sensitivity_falls_and_specificity_rises_with_the_slices_that_must_agree(voters):
    found = vote_curve(voters, LABEL)

    assert found.slices.tolist() == [1, 2, 3, 4, 5]
    assert found.sensitivity.tolist() == [0.75, 0.5, 0.5, 0.25, 0]
    assert found.specificity.tolist() == [0.5, 0.75, 1, 1, 1]
    assert (found.positives, found.negatives) == (4, 4)


def test_intervals_of_patients_are_exact(voters):
    found = vote_curve(voters, LABEL, level=0.9)

    expected = binomtest(3, 4).proportion_ci(0.9, "exact")

    assert found.sensitivity_low[0] == pytest.approx(expected.low)
    assert found.sensitivity_high[0] == pytest.approx(expected.high)
    assert found.specificity_low[1] == pytest.approx(expected.low)


@pytest.mark.parametrize("to", [Level.STUDY, Level.PATIENT])
@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_every_point_is_what_the_vote_calls(cohort, to, threshold):
    outcomes = cohort(80, seed=3)

    judged = aggregate(outcomes, Max(), to)
    found = vote_curve(outcomes, LABEL, judged=judged, threshold=threshold, most=6)

    for at, slices in enumerate(found.slices):
        rows = aggregate(outcomes, Vote(int(slices), threshold), to).of(LABEL)
        tn, fp, fn, tp = confusion_matrix(rows.truth, rows.scores >= threshold).ravel()
        assert found.sensitivity[at] == pytest.approx(tp / (tp + fn))
        assert found.specificity[at] == pytest.approx(tn / (tn + fp))
    assert (found.positives, found.negatives) == (tp + fn, tn + fp)
    assert found.level == to


def test_studies_of_few_patients_give_wider_intervals(slices):
    # Ten patients, ten scans each, who are all found or all missed.
    outcomes = slices(
        *((p, 10 * p + s, 0.9 if p < 5 else 0.1, p % 2) for p in range(10) for s in range(10))
    )
    studies = aggregate(outcomes, Max(), Level.STUDY)

    found = vote_curve(outcomes, LABEL, judged=studies)

    naive = binomtest(20, 50).proportion_ci(0.95, "exact")
    assert found.sensitivity[0] == found.specificity[0] == 0.4
    assert found.sensitivity_high[0] - found.sensitivity_low[0] > 2 * (naive.high - naive.low)


def test_truth_may_be_stated_of_patients_and_not_of_slices(voters):
    unknown = replace(voters, truth=np.full_like(voters.truth, UNKNOWN))
    patients = aggregate(voters, Max(), Level.PATIENT)

    found = vote_curve(unknown, LABEL, judged=patients)

    assert vote_curve(unknown, LABEL) is None
    assert found.sensitivity.tolist() == vote_curve(voters, LABEL).sensitivity.tolist()


def test_patients_without_truth_or_without_any_score_do_not_count(slices):
    outcomes = slices(
        *((0, 0, 0.9, 1), (1, 1, 0.2, 0), (2, 2, 0.9, UNKNOWN), (3, 3, None, 1)),
    )

    found = vote_curve(outcomes, LABEL)

    assert (found.positives, found.negatives) == (1, 1)


def test_without_both_kinds_there_is_no_curve(slices):
    assert vote_curve(slices((0, 0, 0.9, 1)), LABEL) is None
    assert vote_curve(slices((0, 0, 0.9, 0)), LABEL) is None
    assert choose_votes(slices((0, 0, 0.9, 0)), LABEL) is None


def test_youden_chooses_the_best_sum_and_of_equals_the_fewest_slices(voters, slices):
    # Sums are 1.25, 1.25, 1.5, 1.25 and 1.
    assert choose_votes(voters, LABEL) == Vote(3)

    # One slice or two: 1.5 either way.
    tied = slices((0, 0, 0.9, 1), (0, 0, 0.9, 1), (1, 1, 0.1, 1), (2, 2, 0.1, 0))
    assert choose_votes(tied, LABEL) == Vote(1)


def test_a_floor_takes_the_most_slices_that_keep_it(voters):
    assert choose_votes(voters, LABEL, floor=0.5) == Vote(3)
    assert choose_votes(voters, LABEL, floor=0.51) == Vote(1)
    assert choose_votes(voters, LABEL, floor=0.76) is None
    assert choose_votes(voters, LABEL, floor=1.0, threshold=0.2) == Vote(5, 0.2)


def test_a_choice_looks_at_patients_or_at_studies(slices):
    # The ill patient's second scan shows it on one slice alone.
    outcomes = slices(
        *((0, 0, 0.9, 1), (0, 0, 0.9, 1), (0, 1, 0.9, 1), (0, 1, 0.1, 1), (1, 2, 0.1, 0))
    )
    studies = aggregate(outcomes, Max(), Level.STUDY)

    assert choose_votes(outcomes, LABEL, floor=1.0) == Vote(2)
    assert choose_votes(outcomes, LABEL, judged=studies, floor=1.0) == Vote(1)


def test_nonsense_is_refused(voters):
    patients = aggregate(voters, Max(), Level.PATIENT)
    others = replace(patients, patients=patients.patients + 100)

    for call in (
        lambda: vote_curve(patients, LABEL),
        lambda: vote_curve(voters, LABEL, judged=voters),
        lambda: vote_curve(voters, LABEL, judged=others),
        lambda: vote_curve(voters, LABEL, threshold=0.0),
        lambda: vote_curve(voters, LABEL, most=0),
        lambda: choose_votes(voters, LABEL, floor=0.0),
    ):
        with pytest.raises(ValueError, match=r"expected|no slices"):
            call()

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from headct.measure.curves.delong import delong, delong_test
from headct.measure.resampling.areas import auc_samples
from headct.measure.resampling.obuchowski import obuchowski, obuchowski_test
from headct.measure.resampling.rows import checked


def slices(seed, patients=30, ties=False):
    """Rows of patients with a habit of their own, of whom half bleed."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(patients), rng.integers(5, 20, patients))
    truth = (whose % 2 == 0) & (rng.random(len(whose)) < 0.4)
    scores = rng.normal(size=patients)[whose] + rng.normal(size=len(whose)) + 1.5 * truth
    return truth, np.round(scores) if ties else scores, whose


def as_printed(truth, score_lists, patients):
    """(models, models) covariance of the areas by the paper's sums, pair by pair."""
    kinds = np.unique(patients)
    placed = []
    for scores in score_lists:
        first, second = scores[truth][:, None], scores[~truth][None, :]
        wins = (first > second) + (first == second) / 2
        area = wins.mean()
        by_patient = [
            (
                wins.mean(axis=1)[patients[truth] == one].sum()
                - area * (truth & (patients == one)).sum(),
                wins.mean(axis=0)[patients[~truth] == one].sum()
                - area * (~truth & (patients == one)).sum(),
            )
            for one in kinds
        ]
        placed.append(np.array(by_patient))
    m, n, everyone = truth.sum(), (~truth).sum(), len(kinds)
    ill, well = len(np.unique(patients[truth])), len(np.unique(patients[~truth]))

    def covariance(one, other):
        s10 = ill / ((ill - 1) * m) * (one[:, 0] @ other[:, 0])
        s01 = well / ((well - 1) * n) * (one[:, 1] @ other[:, 1])
        s11 = everyone / (everyone - 1) * (one[:, 0] @ other[:, 1])
        s11_turned = everyone / (everyone - 1) * (other[:, 0] @ one[:, 1])
        return s10 / m + s01 / n + (s11 + s11_turned) / (m * n)

    return np.array([[covariance(a, b) for b in placed] for a in placed])


@pytest.mark.parametrize("ties", [False, True])
def test_the_interval_is_that_of_the_papers_sums(ties):
    truth, scores, patients = slices(1, ties=ties)

    estimate = obuchowski(truth, scores, patients, scale="plain")

    area = roc_auc_score(truth, scores)
    reach = stats.norm.ppf(0.975) * np.sqrt(as_printed(truth, [scores], patients)[0, 0])
    assert estimate.value == pytest.approx(area, abs=1e-12)
    assert (estimate.low, estimate.high) == pytest.approx((area - reach, area + reach), abs=1e-12)
    assert estimate.method == "Obuchowski"


def test_the_logit_interval_has_t_for_the_patients_that_positives_are_worth():
    truth, scores, patients = slices(2)

    estimate = obuchowski(truth, scores, patients, level=0.9)

    area, each = roc_auc_score(truth, scores), np.bincount(patients[truth])
    error = np.sqrt(as_printed(truth, [scores], patients)[0, 0])
    free = each.sum() ** 2 / (each**2).sum() - 1
    reach = stats.t.ppf(0.95, free) * error / (area * (1 - area))
    expected = expit(logit(area) - reach), expit(logit(area) + reach)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)
    assert estimate.method == "Obuchowski, logit"


@pytest.mark.parametrize("digits", [1, 8])
def test_it_is_delongs_where_each_patient_has_one_row(digits):
    rng = np.random.default_rng(3)
    truth = rng.random(80) < 0.4
    first, second = (np.round(rng.normal(size=80) + shift * truth, digits) for shift in (1, 0.5))

    mine, theirs = obuchowski(truth, first, None, scale="plain"), delong(truth, first)
    paired, delongs = obuchowski_test(truth, first, second, None), delong_test(truth, first, second)

    assert (mine.value, mine.low, mine.high) == pytest.approx(
        (theirs.value, theirs.low, theirs.high), abs=1e-12
    )
    assert (paired.z, paired.p) == pytest.approx((delongs.z, delongs.p), abs=1e-9)
    assert paired.difference.low == pytest.approx(delongs.difference.low, abs=1e-12)


def test_two_models_are_compared_by_the_papers_covariance():
    truth, first, patients = slices(4)
    second = first + np.random.default_rng(5).normal(size=len(first))

    found = obuchowski_test(truth, first, second, patients)

    covariance = as_printed(truth, [first, second], patients)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    apart = roc_auc_score(truth, first) - roc_auc_score(truth, second)
    assert found.difference.value == pytest.approx(apart, abs=1e-12)
    assert found.z == pytest.approx(apart / error, abs=1e-9)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(apart / error)), abs=1e-9)
    assert found.first == obuchowski(truth, first, patients)


def test_models_that_order_alike_do_not_differ():
    truth, scores, patients = slices(6)

    found = obuchowski_test(truth, scores, np.exp(scores), patients)

    assert (found.difference.value, found.z, found.p) == (0, 0, 1)
    assert found.difference.low is None


def test_the_error_is_that_of_the_bootstrap_by_patient():
    truth, scores, patients = slices(7, patients=300)

    estimate = obuchowski(truth, scores, patients, scale="plain")

    drawn = auc_samples(truth, scores, patients, rng=np.random.default_rng(8), samples=4000)
    error = (estimate.high - estimate.low) / 2 / stats.norm.ppf(0.975)
    assert error == pytest.approx(drawn.std(), rel=0.06)


@pytest.mark.parametrize(
    ("truth", "patients", "why"),
    [
        ([False] * 4, [0, 1, 2, 3], "without positives and negatives"),
        ([True] * 4, [0, 1, 2, 3], "without positives and negatives"),
        ([], [], "without positives and negatives"),
        ([True, True, False, False], [0, 0, 1, 2], "one patient with positives"),
        ([True, False, True, False], [5, 5, 5, 5], "one patient with positives"),
        ([False, False, True, True], [0, 1, 2, 3], "no patient pulls"),
    ],
)
def test_no_interval_says_why(truth, patients, why):
    estimate = obuchowski(truth, np.arange(len(truth)) / 10, patients)

    assert estimate.low is None
    assert why in estimate.note


@pytest.mark.parametrize(
    ("truth", "scores"),
    [([True], [0.1, 0.2]), ([True, False], [0.1, np.nan]), ([-1, 1], [0.1, 0.2])],
)
def test_rows_that_are_not_checked_are_refused(truth, scores):
    with pytest.raises(ValueError, match="expected"):
        checked(truth, scores)
    with pytest.raises(ValueError, match="expected"):
        obuchowski(truth, scores, None)


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="level between 0 and 1"):
        obuchowski(*slices(9), level=95)

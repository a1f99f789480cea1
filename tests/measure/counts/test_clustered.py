import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit
from scipy.stats import beta, binomtest
from sklearn import metrics

from headct.measure.counts.clustered import (
    EFFECTIVE,
    FEW,
    clustered_scores,
    scores_of_samples,
    scores_of_sets,
)
from headct.measure.counts.confusion import count, count_by_patient
from headct.measure.counts.scores import SCORES, predictive_values, score_values, scores
from headct.measure.resampling.draws import draw
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import count_samples

PROPORTIONS = SCORES[:5]
COLUMNS = st.integers(0, 40).flatmap(
    lambda rows: st.tuples(
        arrays(np.bool_, rows),
        arrays(np.bool_, rows),
        arrays(np.int64, rows, elements=st.integers(0, 6)),
    )
)


def chance(seed=1):
    return np.random.default_rng(seed)


def cohort(patients=60, seed=3):
    """Slices of patients of unequal length, whose calls are right or wrong together."""
    rng = chance(seed)
    whose = np.repeat(np.arange(patients), rng.integers(1, 20, patients))
    leaning = rng.normal(0, 1, patients)[whose]
    truth = rng.normal(0, 1, len(whose)) + leaning > 0.8
    called = truth ^ (rng.normal(0, 1, len(whose)) + 2 * leaning > 2.5)
    return truth, called, whose


@given(COLUMNS)
@settings(max_examples=80, deadline=None)
def test_values_are_those_of_the_rows_and_none_is_without_an_interval_or_a_reason(columns):
    truth, called, patients = columns
    expected = scores(count(truth, called))

    found = clustered_scores(truth, called, patients, rng=chance(), samples=50)
    at = predictive_values(found, 0.1)

    assert tuple(found) == SCORES
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(expected[name].value, abs=1e-12)
        assert estimate.note or estimate.low is not None
    assert all(one.note for one in at.values())


def test_samples_are_those_of_scikit_learn_with_patients_weighted():
    truth, called, patients = cohort()
    weights = draw(60, 60, chance())[:, patients]
    own = count_by_patient(truth, called, patients)
    by_peer = {
        "accuracy": metrics.accuracy_score,
        "sensitivity": metrics.recall_score,
        "ppv": metrics.precision_score,
        "f1": metrics.f1_score,
        "mcc": metrics.matthews_corrcoef,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "lr_positive": lambda *columns, sample_weight: metrics.class_likelihood_ratios(
            *columns, sample_weight=sample_weight
        )[0],
    }
    rests = {"accuracy": worth(own), "sensitivity": worth(own[:, [0, 2]])}
    rests["ppv"] = worth(own[:, [0, 1]])
    rests["f1"] = worth(own[:, :3])
    scarcer = min(rests["sensitivity"], worth(own[:, [1, 3]]))

    found = clustered_scores(truth, called, patients, rng=chance(), samples=60)

    for name, score in by_peer.items():
        drawn = [score(truth, called, sample_weight=weight) for weight in weights]
        value = score(truth, called, sample_weight=None)
        expected = interval_of(value, drawn, patients=rests.get(name, scarcer))
        assert found[name].low == pytest.approx(expected.low, abs=1e-9)
        assert found[name].high == pytest.approx(expected.high, abs=1e-9)


def worth(rows):
    """Kish's effective number of patients."""
    by_patient = rows.sum(axis=1)
    return by_patient.sum() ** 2 / (by_patient**2).sum()


@pytest.mark.parametrize("wrong", [0, 24])
def test_rows_that_repeat_each_patient_make_nothing_surer(wrong):
    truth = np.arange(80) % 2 == 0
    called = truth.copy()
    called[:wrong] = ~called[:wrong]
    alone = clustered_scores(truth, called, None, rng=chance())

    repeated = clustered_scores(
        np.repeat(truth, 25), np.repeat(called, 25), np.repeat(np.arange(80), 25), rng=chance()
    )

    for name in SCORES:
        ends = (alone[name].low, alone[name].high)
        assert (repeated[name].low, repeated[name].high) == pytest.approx(ends, nan_ok=True)


def test_slices_of_a_patient_who_are_alike_make_intervals_wider_than_naive_ones():
    truth, called, patients = cohort()
    naive = scores(count(truth, called))

    found = clustered_scores(truth, called, patients, rng=chance())

    for name in ("accuracy", "specificity", "mcc"):
        assert found[name].high - found[name].low > 1.3 * (naive[name].high - naive[name].low)


def test_independent_rows_get_about_the_exact_interval():
    rng = chance(8)
    truth = rng.random(4000) < 0.4
    called = truth ^ (rng.random(4000) < 0.15)
    exact = scores(count(truth, called))

    found = clustered_scores(truth, called, None, rng=chance(), samples=2000)

    for name in SCORES:
        width = exact[name].high - exact[name].low
        assert found[name].low == pytest.approx(exact[name].low, abs=0.1 * width)
        assert found[name].high == pytest.approx(exact[name].high, abs=0.1 * width)


def test_where_no_row_is_wrong_patients_count_in_place_of_rows():
    truth = np.repeat(np.arange(12) % 2 == 0, 30)
    patients = np.repeat(np.arange(12), 30)

    found = clustered_scores(truth, truth, patients, rng=chance())

    low = binomtest(6, 6).proportion_ci().low
    assert found["sensitivity"].low == pytest.approx(low)
    assert found["f1"].low == pytest.approx(2 * low / (1 + low))
    assert found["accuracy"].low == pytest.approx(binomtest(12, 12).proportion_ci().low)
    # Both shares have the same ends: (1 - low) lies sqrt(2) / 2 of the way down for their mean.
    assert found["balanced_accuracy"].low == pytest.approx(1 - (1 - low) * 2**0.5 / 2)
    assert found["lr_positive"].low > 1
    assert found["lr_negative"].high < 1
    assert found["mcc"].low is None
    assert found["sensitivity"].method == EFFECTIVE
    assert "rows of no patient are wrong" in found["sensitivity"].note


def test_patients_of_unequal_length_are_worth_fewer():
    # Rows of 1, 1, 1 and 5: 8 squared over 1 + 1 + 1 + 25.
    patients = np.repeat(np.arange(4), [1, 1, 1, 5])

    found = clustered_scores(np.ones(8, bool), np.ones(8, bool), patients, rng=chance())

    assert found["sensitivity"].low == pytest.approx(0.025 ** (28 / 64))


def test_one_patient_counts_as_one_row():
    truth, called = np.array([True, True, False, False]), np.array([True, False, False, False])

    found = clustered_scores(truth, called, np.zeros(4, np.int64), rng=chance())

    # Half a success of one try, and one of one.
    ends = (beta.ppf(0.025, 0.5, 1.5), beta.ppf(0.975, 1.5, 0.5))
    assert (found["sensitivity"].low, found["sensitivity"].high) == pytest.approx(ends)
    assert found["specificity"].low == pytest.approx(0.025)
    assert "no interval" in found["mcc"].note


@pytest.mark.parametrize(("wrong", "is_few"), [(FEW - 1, True), (FEW, False)])
def test_patients_are_drawn_where_enough_of_them_go_against_a_share(wrong, is_few):
    truth, patients = np.ones(200, bool), np.arange(200) // 2
    called = np.arange(200) >= 2 * wrong

    found = clustered_scores(truth, called, patients, rng=chance())

    assert (found["sensitivity"].method == EFFECTIVE) == is_few
    told = f"rows of {wrong} of 100 patients are wrong"
    assert (told in found["sensitivity"].note) == is_few


@pytest.mark.slow
def test_a_sensitivity_near_1_is_covered_where_drawing_patients_covers_too_little():
    rng = np.random.default_rng(0)

    def slices(patients):
        """Slices, 40 % of half the patients positive, found at 0.97 and a patient's lean."""
        whose = np.repeat(np.arange(patients), rng.integers(5, 61, patients))
        ill = (rng.random(patients) < 0.5)[whose] & (rng.random(len(whose)) < 0.4)
        lean = rng.normal(0, 1, patients)[whose]
        return ill, ill & (rng.random(len(whose)) < expit(logit(0.97) + lean)), whose

    ill, found, _ = slices(300_000)
    true = found.sum() / ill.sum()
    covered = np.zeros(2)
    for _ in range(2000):
        ill, found, whose = slices(60)
        own = count_by_patient(ill, found, whose)
        sums = count_samples(own, 400, rng)
        drawn = interval_of(
            own[:, 0].sum() / ill.sum(),
            sums[:, 0] / (sums[:, 0] + sums[:, 2]),
            patients=worth(own[:, [0, 2]]),
        )
        ours = scores_of_samples(own, score_values(sums))["sensitivity"]
        for i, one in enumerate((ours, drawn)):
            covered[i] += one.low is not None and one.low <= true <= one.high

    # Of 2000, three standard errors are 1.5 %.
    assert covered[0] / 2000 > 0.94
    assert covered[1] / 2000 < 0.94


def test_sets_of_calls_share_the_draws():
    truth, called, patients = cohort()
    counts = [count_by_patient(truth, calls, patients) for calls in (called, ~called)]

    both = scores_of_sets(np.stack(counts, axis=1), rng=chance())
    first = clustered_scores(truth, called, patients, rng=chance())
    second = clustered_scores(truth, ~called, patients, rng=chance())

    assert both == (first, second)

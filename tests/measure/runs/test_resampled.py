import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from headct.measure.resampling.areas import auc_samples
from headct.measure.runs.calls import mcnemar
from headct.measure.runs.resampled import (
    compare_samples,
    corrected_best,
    paired_bootstrap,
    shares,
)


def of_mean(values):
    """The mean of (patients, models) numbers, one row a patient."""
    return shares(np.asarray(values, dtype=float))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_shares_are_those_of_the_rows_of_the_patients_drawn():
    right = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], dtype=bool)
    measure, patients = shares(right, [7, 7, 3, 9])

    # Patients in order 3, 7, 9: all once; 7 twice and 9 once; none.
    found = measure(np.array([[1, 1, 1], [0, 2, 1], [0, 0, 0]], dtype=np.int32))

    assert patients == 3
    assert found[:2] == pytest.approx(np.array([[3 / 4, 2 / 4], [5 / 5, 2 / 5]]))
    assert np.isnan(found[2]).all()


def test_the_interval_of_a_difference_of_means_is_that_of_its_standard_error():
    values = rng(1).normal(size=(400, 2))
    measure, patients = of_mean(values)
    differences = values[:, 0] - values[:, 1]

    found = paired_bootstrap(measure, patients, rng=rng(), samples=4000)

    half = (found.difference.high - found.difference.low) / 2
    assert found.difference.value == pytest.approx(differences.mean())
    assert half == pytest.approx(1.966 * differences.std(ddof=1) / 20, rel=0.05)


def test_p_is_near_mcnemars_where_rows_are_patients():
    right = rng(3).random((300, 2)) < [0.85, 0.78]
    measure, patients = shares(right)

    found = paired_bootstrap(measure, patients, rng=rng(), samples=4000)
    exact = mcnemar(np.ones(300, dtype=bool), right[:, 0], right[:, 1])

    assert found.difference.value == pytest.approx(exact.difference.value)
    assert found.p == pytest.approx(exact.p, abs=0.03)


def test_false_alarms_of_two_equal_models_are_one_in_twenty():
    patients = np.repeat(np.arange(60), 5)
    alarms = []
    for seed in range(200):
        chance = rng(seed)
        hard = np.repeat(chance.random(60), 5)[:, None]
        measure, count = shares(chance.random((300, 2)) < 0.5 + hard / 2, patients)
        alarms.append(paired_bootstrap(measure, count, rng=chance, samples=400).p < 0.05)

    found = np.mean(alarms)

    assert found == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 200))


def test_any_score_can_be_compared_as_the_area_under_the_curve():
    chance = rng(5)
    truth = chance.random(80) < 0.4
    scores = truth[:, None] * [1.5, 0.5] + chance.normal(size=(80, 2))

    def measure(counts):
        return np.array(
            [[roc_auc_score(truth, one, sample_weight=row) for one in scores.T] for row in counts]
        )

    found = paired_bootstrap(measure, 80, rng=rng(), samples=100)

    expected = roc_auc_score(truth, scores[:, 0]) - roc_auc_score(truth, scores[:, 1])
    assert found.difference.value == pytest.approx(expected)
    assert found.difference.low < expected < found.difference.high


def test_the_same_model_twice_does_not_differ():
    measure, patients = shares(np.tile(rng(6).random((50, 1)) < 0.8, 2))

    found = paired_bootstrap(measure, patients, rng=rng(), samples=200)

    assert (found.difference.value, found.difference.low, found.p) == (0.0, None, 1.0)


def test_no_patients_are_not_defined():
    measure, patients = shares(np.zeros((0, 2)))

    compared = paired_bootstrap(measure, patients, rng=rng(), samples=10)
    best = corrected_best(measure, patients, rng=rng(), samples=10)

    assert (compared.difference.value, compared.p) == (None, None)
    assert (best.best, best.corrected.value, best.optimism) == (None, None, None)


def test_the_best_of_equal_runs_is_corrected_to_what_they_are():
    # Ten runs that are right in 80 of 100: their best looks better, and is not.
    best, corrected = [], []
    for seed in range(150):
        measure, patients = shares(rng(seed).random((100, 10)) < 0.8)
        found = corrected_best(measure, patients, rng=rng(1000 + seed), samples=200)
        best.append(found.best)
        corrected.append(found.corrected.value)

    # Ten draws of deviation 0.04: the best lies 1.54 of it above.
    assert np.mean(best) == pytest.approx(0.8 + 1.54 * 0.04, abs=0.01)
    assert np.mean(corrected) == pytest.approx(0.8, abs=0.01)


def test_a_run_that_is_far_better_is_chosen_always_and_hardly_corrected():
    right = rng(7).random((300, 4)) < [0.5, 0.95, 0.5, 0.5]
    measure, patients = shares(right)

    found = corrected_best(measure, patients, rng=rng(), samples=500)

    assert found.chosen == (0, 1, 0, 0)
    assert found.best == pytest.approx(right[:, 1].mean())
    assert found.optimism == pytest.approx(0, abs=0.005)
    assert found.corrected.low < 0.95 < found.corrected.high
    assert found.corrected.method == "out-of-bag bootstrap by patient, 500 samples"


def test_of_errors_the_lowest_is_the_best_and_optimism_is_still_above_nothing():
    measure, patients = of_mean(rng(8).normal(1.0, 0.5, (60, 8)))

    found = corrected_best(measure, patients, rng=rng(), samples=500, better="lower")

    assert found.best < found.corrected.value
    assert found.optimism > 0


def test_a_run_without_a_score_is_never_chosen():
    values = rng(9).random((40, 3))
    values[:, 1] = np.nan
    measure, patients = of_mean(values)

    found = corrected_best(measure, patients, rng=rng(), samples=100)

    assert found.chosen[1] == 0
    assert found.corrected.value is not None


def test_one_patient_leaves_nobody_to_measure_on():
    measure, patients = of_mean([[0.7, 0.8]])

    found = corrected_best(measure, patients, rng=rng(), samples=20)

    assert (found.best, found.corrected.value, found.optimism) == (0.8, None, None)
    assert found.corrected.note == "no sample leaves patients to measure on"


def test_a_comparison_of_three_is_refused():
    measure, patients = of_mean(np.ones((5, 3)))

    with pytest.raises(ValueError, match=r"two models, got \(3,\)"):
        paired_bootstrap(measure, patients, rng=rng())


def test_areas_of_two_models_are_compared_by_samples_of_one_state():
    chance = rng(5)
    patients = np.repeat(np.arange(90), 2)
    truth = np.repeat(chance.random(90) < 0.4, 2)
    scores = truth[:, None] * [2.0, 0.3] + chance.normal(size=(180, 2))

    drawn = [auc_samples(truth, one, patients, rng=rng(1), samples=400) for one in scores.T]
    areas = [roc_auc_score(truth, one) for one in scores.T]
    found = compare_samples(areas, np.stack(drawn, axis=1), patients=int(truth.sum() // 2))

    assert found.difference.value == pytest.approx(areas[0] - areas[1])
    assert found.difference.low > 0
    assert found.p == pytest.approx(2 / 401)


def test_samples_in_which_a_score_is_not_defined_are_left_out_and_counted():
    samples = np.array([[0.9, 0.7]] * 30 + [[np.nan, 0.7]] * 5 + [[0.8, 0.7]] * 30)

    found = compare_samples([0.85, 0.7], samples, patients=40)

    assert "not defined in 5 of 65 samples" in found.difference.note
    assert found.p == pytest.approx(2 / 61)


def test_one_patient_gives_no_test_of_a_difference():
    measure, patients = of_mean([[0.9, 0.7]])

    found = paired_bootstrap(measure, patients, rng=rng(), samples=50)

    assert found.difference.value == pytest.approx(0.2)
    assert (found.difference.low, found.p) == (None, None)

from math import inf, nan, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from headct.measure.resampling.draws import draw
from headct.measure.resampling.interval import bootstrap, interval_of

NORMAL = NormalDist()
# In order: the (n + 1)q-th of them is 1000 q.
STEPS = np.arange(1, 1000) / 1000


def test_percentiles_are_the_ordered_samples_at_either_end():
    estimate = interval_of(0.5, np.random.default_rng(1).permutation(STEPS), kind="percentile")

    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.025, 0.975)
    assert estimate.method == "bootstrap by patient, 999 samples"
    assert estimate.note == ""


def test_the_level_is_how_much_lies_between():
    estimate = interval_of(0.5, STEPS, level=0.8, kind="percentile")

    assert (estimate.low, estimate.high) == (0.1, 0.9)


@pytest.mark.parametrize("patients", [5, 20, 80.5, 10_000])
def test_expanded_ends_lie_where_t_does_for_as_many_patients(patients):
    estimate = interval_of(0.5, STEPS, kind="expanded", patients=patients)

    share = NORMAL.cdf(sqrt(patients / (patients - 1)) * stats.t.ppf(0.025, patients - 1))
    assert estimate.low == pytest.approx(share, abs=0.001)
    assert estimate.high == pytest.approx(1 - share, abs=0.001)
    assert estimate.low <= 0.025


def test_an_interval_without_patients_is_not_widened():
    assert interval_of(0.5, STEPS, kind="expanded") == interval_of(0.5, STEPS, kind="percentile")


def test_a_value_above_most_samples_moves_the_interval_up():
    estimate = interval_of(0.6, STEPS, kind="corrected")

    # 599 below and one alike of 999.
    shift = NORMAL.inv_cdf(599.5 / 999)
    low, high = (NORMAL.cdf(2 * shift + sign * NORMAL.inv_cdf(0.975)) for sign in (-1, 1))
    assert estimate.low == pytest.approx(low, abs=0.001)
    assert estimate.high == pytest.approx(high, abs=0.001)


def test_a_value_beyond_every_sample_still_has_an_interval():
    estimate = interval_of(2.0, STEPS, patients=30)

    assert 0.9 < estimate.low <= estimate.high == 0.999


@pytest.mark.parametrize("patients", [0.0, 1.0])
def test_one_patient_at_worth_widens_to_every_sample(patients):
    estimate = interval_of(0.5, STEPS, patients=patients)

    assert (estimate.low, estimate.high) == (0.001, 0.999)


def test_samples_without_the_figure_are_counted_and_left_out():
    estimate = interval_of(0.5, [*STEPS, nan, nan], kind="percentile")

    assert (estimate.low, estimate.high) == (0.025, 0.975)
    assert estimate.note == "not defined in 2 of 1001 samples, left out"


def test_there_is_no_interval_where_half_the_samples_lack_the_figure():
    estimate = interval_of(0.5, [0.4, 0.6, nan, nan])

    assert (estimate.low, estimate.high) == (None, None)
    assert estimate.note == "no interval: not defined in 2 of 4 samples, left out"


@pytest.mark.parametrize("value", [None, nan])
def test_a_figure_that_is_not_defined_has_no_interval(value):
    estimate = interval_of(value, STEPS)

    assert (estimate.value, estimate.low) == (None, None)
    assert estimate.note == "not defined"


def test_samples_all_alike_show_no_error_and_give_no_interval():
    estimate = interval_of(1.0, np.ones(50))

    assert (estimate.value, estimate.low) == (1.0, None)
    assert "every sample gives the same figure" in estimate.note


def test_no_samples_give_no_interval():
    assert interval_of(0.5, []).note == "no interval: no samples"


def test_infinite_samples_may_be_an_end():
    estimate = interval_of(8.0, [*range(1, 91), *[inf] * 9], kind="percentile")

    assert (estimate.low, estimate.high) == (2, inf)


@pytest.mark.parametrize(
    "call",
    [
        lambda: interval_of(0.5, STEPS, level=1.0),
        lambda: interval_of(0.5, STEPS, level=0.0),
        lambda: interval_of(0.5, [[0.1, 0.2]]),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(ValueError, match="expected"):
        call()


def test_anything_is_bootstrapped_with_all_rows_of_a_patient():
    values, patients = np.random.default_rng(2).normal(size=40), np.repeat([5, 2, 9, 4, 1], 8)

    estimate = bootstrap(
        lambda rows: float(np.median(values[rows])),
        patients,
        rng=np.random.default_rng(3),
        samples=99,
        kind="percentile",
    )

    by_number = values.reshape(5, 8)[[4, 1, 3, 0, 2]]
    medians = [
        np.median(np.repeat(by_number, times, axis=0))
        for times in draw(5, 99, np.random.default_rng(3))
    ]
    assert estimate.value == np.median(values)
    # The 2.5th and 97.5th of 99, outwards.
    assert (estimate.low, estimate.high) == (sorted(medians)[1], sorted(medians)[97])


def test_the_mean_of_independent_rows_has_scipys_interval():
    values = np.random.default_rng(4).gamma(2, size=60)

    mine = bootstrap(
        lambda rows: float(values[rows].mean()),
        np.arange(60),
        rng=np.random.default_rng(5),
        samples=4000,
        kind="percentile",
    )

    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(6)
    ).confidence_interval
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_a_statistic_that_is_none_in_some_samples_is_noted():
    truth = np.array([True] + [False] * 9)

    estimate = bootstrap(
        lambda rows: float(rows.mean()) if truth[rows].any() else None,
        np.arange(10),
        rng=np.random.default_rng(7),
        samples=200,
    )

    # One of ten patients is missing from 0.9 ** 10 = 35 % of the draws.
    missing = int(estimate.note.split(" of ")[0].split()[-1])
    assert missing / 200 == pytest.approx(0.9**10, abs=0.1)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from headct.measure.resampling.draws import draw
from headct.measure.resampling.interval import interval_of
from headct.measure.volume.errors import ERRORS, errors_by_size, size_classes, volume_errors
from headct.measure.volume.pairs import volume_pairs

VOLUMES = st.integers(0, 25).flatmap(
    lambda rows: st.tuples(
        arrays(np.float64, rows, elements=st.sampled_from([0.0, 0.5, 1.0, 30.0])),
        arrays(np.float64, rows, elements=st.sampled_from([0.0, 0.5, 2.0, 50.0])),
        arrays(np.int64, rows, elements=st.integers(0, 8)),
    )
)


def chance():
    return np.random.default_rng(7)


def cohort(seed=1):
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(30), rng.integers(1, 5, 30))
    true = np.where(rng.random(len(whose)) < 0.3, 0.0, rng.gamma(1, 25, len(whose)))
    return volume_pairs(true, true * rng.lognormal(0, 0.3, len(whose)), patients=whose)


@given(VOLUMES)
@settings(max_examples=80, deadline=None)
@pytest.mark.filterwarnings("error")
def test_errors_are_those_of_scikit_learn(volumes):
    true, predicted, patients = volumes
    pairs = volume_pairs(true, predicted, patients=patients)

    found = volume_errors(pairs, rng=chance(), samples=50)

    assert tuple(found) == ERRORS
    assert all(one.low is not None or one.note for one in found.values())
    if not len(true):
        return
    expected = {
        "mae_ml": metrics.mean_absolute_error(true, predicted),
        "rmse_ml": metrics.root_mean_squared_error(true, predicted),
        "median_error_ml": metrics.median_absolute_error(true, predicted),
    }
    some = true > 0
    if some.any():
        each = (true[some], predicted[some])
        expected["percent_error"] = 100 * metrics.mean_absolute_percentage_error(*each)
        expected["bias_percent"] = 100 * (predicted.sum() - true.sum()) / true.sum()
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-9)
    assert (found["percent_error"].value is None) == (not some.any())


def test_samples_are_those_of_the_rows_taken_as_often_as_they_come():
    pairs, samples = cohort(), 300
    times = draw(pairs.among, samples, chance())[:, pairs.patients]
    off = np.abs(pairs.predicted_ml - pairs.true_ml)

    found = volume_errors(pairs, rng=chance(), samples=samples)
    by_rows = [np.sqrt(np.mean(np.repeat(off, row) ** 2)) for row in times]
    rows = np.bincount(pairs.patients)
    worth = rows.sum() ** 2 / (rows**2).sum()
    expected = interval_of(found["rmse_ml"].value, by_rows, patients=worth)

    assert [found["rmse_ml"].low, found["rmse_ml"].high] == pytest.approx(
        [expected.low, expected.high]
    )


def test_samples_of_a_median_are_those_of_the_rows_taken_as_often_as_they_come():
    true = np.arange(1.0, 25.0)
    off = np.random.default_rng(2).permutation(24).astype(float)
    pairs = volume_pairs(true, true + off, patients=np.arange(24) // 2)
    times = draw(12, 200, chance())[:, pairs.patients]

    found = volume_errors(pairs, rng=chance(), samples=200)["median_error_ml"]
    by_rows = [np.median(np.repeat(off, row)) for row in times]
    expected = interval_of(float(np.median(off)), by_rows, patients=12)

    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)


def test_signed_errors_cancel_and_absolute_ones_do_not():
    pairs = volume_pairs([10.0, 20.0, 30.0], [15.0, 15.0, 36.0])

    found = volume_errors(pairs, rng=chance())

    # 5, -5 and 6 mL; 50, 25 and 20 %; 6 of 60 mL in all.
    assert found["bias_ml"].value == pytest.approx(2)
    assert found["mae_ml"].value == pytest.approx(16 / 3)
    assert found["bias_percent"].value == pytest.approx(10)
    assert found["percent_error"].value == pytest.approx(95 / 3)
    assert found["median_percent_error"].value == pytest.approx(25)


def test_sizes_hold_every_volume_once():
    true = np.array([0.0, 1e-9, 19.999, 20.0, 39.999, 40.0, 500.0])

    held = np.array([size.holds(true) for size in size_classes()])

    assert [size.name for size in size_classes()] == [
        *("none", "below 20 mL", "20 to 40 mL", "40 mL or more")
    ]
    assert held.argmax(axis=0).tolist() == [0, 1, 1, 2, 2, 3, 3]
    assert held.sum(axis=0).tolist() == [1] * 7


def test_errors_by_size_are_those_of_its_rows():
    pairs = cohort()

    found = errors_by_size(pairs, size_classes((5.0, 20.0)), rng=chance())

    assert sum(one.rows for one in found) == len(pairs)
    for one in found:
        rows = one.size.holds(pairs.true_ml)
        assert one.patients == len(np.unique(pairs.patients[rows]))
        off = np.abs(pairs.predicted_ml - pairs.true_ml)[rows]
        assert one.errors["mae_ml"].value == pytest.approx(off.mean())
    assert found[0].errors["percent_error"].note == "nothing was there in any row"


def test_a_size_without_rows_says_so():
    pairs = volume_pairs([1.0, 2.0], [1.0, 2.5])

    found = errors_by_size(pairs, size_classes(), rng=chance())

    assert [one.rows for one in found] == [0, 2, 0, 0]
    assert found[3].errors["mae_ml"].note == "no rows"


@pytest.mark.parametrize("edges", [(0.0, 20.0), (20.0, 20.0), (40.0, 20.0)])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(ValueError, match="rise from above 0 mL"):
        size_classes(edges)

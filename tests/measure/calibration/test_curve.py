import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve

from headct.measure.calibration.curve import bin_of, reliability

ROWS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.integers(0, 10).map(lambda n: n / 10), st.floats(0, 1))),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize(("binning", "strategy"), [("equal", "uniform"), ("quantile", "quantile")])
@given(table=ROWS, bins=st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_the_curve_is_that_of_scikit_learn(binning, strategy, table, bins):
    truth, said = (np.array(column) for column in zip(*table, strict=True))

    observed, predicted = calibration_curve(
        np.append(truth, [False, True]), np.append(said, [0.5, 0.5]), n_bins=bins, strategy=strategy
    )
    found = reliability(
        np.append(truth, [False, True]), np.append(said, [0.5, 0.5]), bins=bins, binning=binning
    )

    np.testing.assert_allclose(found.observed, observed, atol=1e-12)
    np.testing.assert_allclose(found.mean_predicted, predicted, atol=1e-12)


def test_the_errors_are_those_of_a_table(rows):
    drawn = rows(60, slope=0.5)

    table = pd.DataFrame({"y": drawn.truth, "p": drawn.said})
    table = table.groupby(pd.cut(drawn.said, np.linspace(0, 1, 11)), observed=True)
    gaps = (table.y.mean() - table.p.mean()).abs()
    found = reliability(drawn.truth, drawn.said, drawn.patients)

    assert found.expected_error == pytest.approx(np.average(gaps, weights=table.size()))
    assert found.largest_error == pytest.approx(gaps.max())
    assert found.count.tolist() == table.size().tolist()


def test_intervals_of_patients_with_one_row_each_are_exact():
    truth, said = np.arange(30) % 3 == 0, np.repeat([0.25, 0.75], 15)

    expected = binomtest(5, 15).proportion_ci(0.9, "exact")
    found = reliability(truth, said, level=0.9)

    assert found.low == pytest.approx([expected.low] * 2)
    assert found.high == pytest.approx([expected.high] * 2)
    assert found.patients.tolist() == [15, 15]


def test_rows_of_few_patients_give_wider_intervals():
    # Five patients of 20 rows who are each all ill or all well.
    truth, patients = np.repeat([1, 0, 0, 1, 0], 20), np.repeat(np.arange(5), 20)

    alone = reliability(truth, np.full(100, 0.4))
    together = reliability(truth, np.full(100, 0.4), patients)

    assert alone.high[0] - alone.low[0] < 0.21
    assert together.high[0] - together.low[0] > 0.75
    assert together.patients.tolist() == [5]


def test_a_group_without_rows_is_left_out():
    found = reliability([0, 1, 1], [0.05, 0.06, 0.95])

    assert found.count.tolist() == [2, 1]
    assert found.observed == pytest.approx([0.5, 1])


def test_nothing_has_no_curve():
    assert reliability([], []) is None


def test_an_edge_belongs_below():
    assert bin_of(np.array([0.0, 0.1, 0.11, 1.0])).tolist() == [0, 0, 1, 9]


@pytest.mark.parametrize(("bins", "binning"), [(0, "equal"), (10, "log")])
def test_other_bins_are_refused(bins, binning):
    with pytest.raises(ValueError, match="expected bins"):
        reliability([0, 1], [0.1, 0.2], bins=bins, binning=binning)

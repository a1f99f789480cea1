import numpy as np
import pandas as pd
import pytest

from headct.measure.resampling.draws import draw
from headct.measure.resampling.sums import count_samples, effective_patients, per_patient


def test_sums_by_patient_are_those_of_pandas():
    rng = np.random.default_rng(1)
    columns, patients = rng.integers(0, 2, (400, 4)), rng.integers(0, 30, 400) * 3

    summed = per_patient(columns, patients)

    assert np.array_equal(summed, pd.DataFrame(columns).groupby(patients).sum())


def test_samples_are_sums_over_the_rows_of_patients_drawn():
    rng = np.random.default_rng(2)
    columns, patients = rng.normal(size=(60, 2)), rng.integers(0, 9, 60)

    found = count_samples(per_patient(columns, patients), 25, np.random.default_rng(3))

    for sample, times in zip(found, draw(9, 25, np.random.default_rng(3)), strict=True):
        rows = np.concatenate([np.flatnonzero(patients == i) for i in np.repeat(range(9), times)])
        assert sample == pytest.approx(columns[rows].sum(axis=0), abs=1e-9)


def test_the_spread_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(4).normal(size=200)

    sums = count_samples(values[:, None], 20_000, np.random.default_rng(5))

    # The variance of the mean of a draw with replacement: that of the values over their number.
    assert (sums[:, 0] / 200).std() == pytest.approx(values.std() / np.sqrt(200), rel=0.03)


def test_every_row_is_another_patient_without_patients():
    assert per_patient([[1, 0], [2, 5]], None).tolist() == [[1, 0], [2, 5]]


def test_a_list_in_place_of_a_table_is_refused():
    with pytest.raises(ValueError, match="expected \\(rows, columns\\)"):
        per_patient([1, 2, 3], None)
    with pytest.raises(ValueError, match="expected \\(patients, columns\\)"):
        count_samples([1, 2, 3], 5, np.random.default_rng(6))


def test_patients_of_unequal_size_are_worth_fewer():
    # (10 + 10 + 20)^2 / (100 + 100 + 400), and a patient without rows counts for nothing.
    assert effective_patients([10, 10, 20, 0]) == pytest.approx(1600 / 600)
    assert effective_patients([7] * 12) == pytest.approx(12)
    assert effective_patients([0, 0]) == 0

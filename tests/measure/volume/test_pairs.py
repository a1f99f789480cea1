import numpy as np
import pytest

from headct.measure.volume.pairs import volume_pairs


def test_a_row_without_one_of_both_volumes_is_left_out_and_counted():
    found = volume_pairs([1.0, None, 3.0, 0.0], [2.0, 2.0, np.nan, 0.0], patients=[7, 7, 8, 9])

    assert found.true_ml.tolist() == [1.0, 0.0]
    assert found.predicted_ml.tolist() == [2.0, 0.0]
    assert found.patients.tolist() == [0, 1]
    assert (len(found), found.among, found.left_out) == (2, 2, 2)


def test_a_row_without_abc2_stays():
    found = volume_pairs([1.0, 2.0], [1.0, 2.0], abc2_ml=[None, 3.0])

    assert np.isnan(found.abc2_ml[0])
    assert (len(found), found.left_out) == (2, 0)


def test_rows_are_patients_until_one_comes_twice():
    once = volume_pairs([1.0, 2.0], [1.0, 2.0], patients=[4, 2])
    twice = volume_pairs([1.0, 2.0], [1.0, 2.0], patients=[4, 4])

    assert once.rows_are_patients
    assert not twice.rows_are_patients
    assert twice.at(np.array([True, False])).rows_are_patients


def test_no_rows_have_no_patients():
    found = volume_pairs([], [])

    assert (len(found), found.among, found.rows_are_patients) == (0, 0, True)


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([1.0, 2.0], [1.0], "same rows"),
        ([-1.0], [1.0], "true volume is 0 mL or more"),
        ([1.0], [np.inf], "predicted volume is 0 mL or more"),
        ([[1.0]], [[1.0]], "for each row"),
    ],
)
def test_volumes_that_cannot_be_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        volume_pairs(true, predicted)


def test_patients_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="a patient for each of 2 rows"):
        volume_pairs([1.0, 2.0], [1.0, 2.0], patients=[1])

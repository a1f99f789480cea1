import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix

from headct.measure.counts.confusion import Confusion, count, count_by_patient

FLAGS = st.integers(0, 60).flatmap(
    lambda rows: st.tuples(
        arrays(np.bool_, rows),
        arrays(np.bool_, rows),
        arrays(np.int64, rows, elements=st.one_of(st.integers(0, 5), st.integers(-(10**9), 10**9))),
    )
)


@given(FLAGS)
@settings(max_examples=80, deadline=None)
def test_counts_are_those_of_scikit_learn(columns):
    truth, called, _ = columns
    assume(len(truth) > 0)

    tn, fp, fn, tp = (int(n) for n in confusion_matrix(truth, called, labels=[False, True]).ravel())

    assert count(truth, called) == Confusion(tp, fp, fn, tn)


@given(FLAGS)
@settings(max_examples=80, deadline=None)
def test_counts_of_each_patient_are_the_counts_of_their_rows(columns):
    truth, called, patients = columns

    expected = [
        count(truth[patients == one], called[patients == one]).as_counts.tolist()
        for one in np.unique(patients)
    ]

    assert count_by_patient(truth, called, patients).tolist() == expected


def test_no_rows_count_as_nothing():
    none = np.zeros(0, bool)

    assert count(none, none) == Confusion(0, 0, 0, 0)
    assert count_by_patient(none, none, None).shape == (0, 4)


def test_without_patients_every_row_is_a_patient():
    truth, called = np.array([True, False, True, False]), np.array([True, True, False, False])

    assert count_by_patient(truth, called, None).tolist() == np.eye(4).tolist()


def test_a_confusion_adds_up():
    whole = Confusion(1, 2, 3, 4) + Confusion(10, 20, 30, 40)

    assert whole == Confusion(11, 22, 33, 44)
    assert (whole.positives, whole.negatives, whole.rows) == (44, 66, 110)
    assert whole.as_counts.tolist() == [11, 22, 33, 44]


@pytest.mark.parametrize(
    ("truth", "called", "patients"),
    [
        (np.ones(3, bool), np.ones(4, bool), None),
        (np.ones((3, 1), bool), np.ones((3, 1), bool), None),
        (np.ones(3), np.ones(3, bool), None),
        (np.ones(3, bool), np.ones(3, np.int8), None),
        (np.ones(3, bool), np.ones(3, bool), np.zeros(2, np.int64)),
    ],
)
def test_columns_that_do_not_fit_are_refused(truth, called, patients):
    with pytest.raises(ValueError, match="expected"):
        count_by_patient(truth, called, patients)


def test_a_count_below_0_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        Confusion(1, 2, -3, 4)

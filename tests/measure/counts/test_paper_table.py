import numpy as np
import pytest
from scipy.stats import binomtest

from headct.measure.counts.paper_table import NAIVE, TOTAL, Side, paper_table, share
from headct.measure.outcomes import UNKNOWN

CLASSES = ("epidural", "subdural")
# Four slices of two patients: three epidural instances, two subdural, one not known.
TRUTH = np.array([[1, 0], [1, 1], [1, 0], [UNKNOWN, 1]], np.int8)
CALLED = np.array([[1, 0], [0, 1], [1, 1], [1, 1]], bool)
PATIENTS = np.array([0, 0, 1, 1])


def chance():
    return np.random.default_rng(5)


def test_a_class_counts_the_slices_that_show_it_and_those_found():
    table = paper_table(CLASSES, None, Side(TRUTH, CALLED), rng=chance())

    told = {row.name: str(row.test) for row in table.rows}

    assert told == {
        "epidural": "2/3 = 66.67 %",
        "subdural": "2/2 = 100.00 %",
        TOTAL: "4/5 = 80.00 %",
    }
    assert {row.train for row in table.rows} == {None}


def test_the_interval_of_rows_is_exact_and_called_naive():
    found = share(65, 69)
    ends = binomtest(65, 69).proportion_ci()

    assert found.percent == "94.20"
    assert [found.naive.low, found.naive.high] == pytest.approx([ends.low, ends.high], abs=1e-9)
    assert found.naive.method == "Clopper-Pearson, naive"
    assert found.naive.note == NAIVE
    assert found.by_patient is None


def test_a_class_without_instances_has_no_share():
    found = share(0, 0)

    assert (found.naive.value, found.percent, str(found)) == (None, "", "0/0")


def test_where_patients_are_known_their_interval_stands_beside():
    whose = np.repeat(np.arange(30), 10)
    has = np.tile([1, 0], (300, 1)).astype(np.int8)
    # Of each third patient all slices are missed: ten slices tell what one does.
    found = np.repeat(np.arange(30) % 3 > 0, 10)[:, None] & np.array([True, False])

    table = paper_table(
        CLASSES, Side(has, found, whose), Side(has, found), rng=chance(), samples=500
    )
    epidural, subdural, total = table.rows

    assert epidural.train.by_patient.value == epidural.train.naive.value == 200 / 300
    widths = [one.high - one.low for one in (epidural.train.by_patient, epidural.train.naive)]
    assert widths[0] > 2.5 * widths[1]
    assert epidural.test.by_patient is None
    assert subdural.train.by_patient.note == "no positives"
    assert (total.train.correct, total.train.total) == (200, 300)


def test_a_table_of_other_columns_than_classes_is_refused():
    with pytest.raises(ValueError, match="each of 3 classes"):
        paper_table((*CLASSES, "epidural"), Side(TRUTH, CALLED, PATIENTS), None, rng=chance())

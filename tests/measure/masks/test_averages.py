from dataclasses import replace

import numpy as np
import pytest

from headct.measure.masks.averages import Drawing, mean, median, pooled_f1, share
from headct.measure.resampling.draws import draw
from headct.measure.resampling.interval import interval_of

DRAWING = Drawing(seed=7, samples=400)
PATIENTS = np.array(["d", "a", "a", "b", "c", "c", "c", "e", "f", "g"])
VALUES = np.array([0.9, 0.1, 0.4, 0.8, 0.0, 0.3, 0.35, 0.7, 0.95, 0.5])


def rows_drawn(patients):
    """Rows of every sample, patients drawn anew, one by one."""
    names = np.unique(patients)
    for times in draw(len(names), DRAWING.samples, DRAWING.rng):
        yield np.concatenate([np.flatnonzero(patients == n) for n in names.repeat(times)])


@pytest.mark.parametrize("level", [0.95, 0.5, 0.1])
@pytest.mark.parametrize(("ours", "peer"), [(mean, np.mean), (median, np.median)])
def test_an_interval_is_that_of_rows_drawn_patient_by_patient(ours, peer, level):
    samples = [peer(VALUES[rows]) for rows in rows_drawn(PATIENTS)]

    told = ours(VALUES, PATIENTS, replace(DRAWING, level=level))

    rows = np.unique(PATIENTS, return_counts=True)[1]
    worth = rows.sum() ** 2 / (rows**2).sum()
    expected = interval_of(float(peer(VALUES)), samples, patients=worth, level=level)
    assert told.value == pytest.approx(peer(VALUES))
    assert (told.low, told.high) == pytest.approx((expected.low, expected.high))
    assert told.method == "bootstrap by patient, 400 samples"


def test_rows_of_one_patient_make_an_interval_wider_than_rows_of_many():
    values, owners = np.repeat([0.1, 0.9, 0.2, 0.8], 25), np.repeat(np.arange(4), 25)

    by_patient = mean(values, owners, DRAWING)
    by_row = mean(values, np.arange(100), DRAWING)

    assert by_patient.high - by_patient.low > 2 * (by_row.high - by_row.low)


def test_a_mean_leaves_out_what_is_not_defined_or_infinite_and_says_so():
    values = np.array([1.0, np.nan, np.inf, 3.0])

    told = mean(values, np.arange(4), DRAWING)

    assert told.value == 2.0
    assert told.note == "over 2 of 4 cases, in which it is defined and finite"


def test_a_median_takes_a_miss_as_infinitely_far():
    values = np.array([1.0, 2.0, 4.0, np.inf, np.nan])

    told = median(values, np.arange(5), DRAWING)

    assert told.value == 3.0
    assert told.high == np.inf


def test_the_median_of_mostly_misses_is_infinite_and_said_so():
    told = median(np.array([1.0, np.inf, np.inf]), np.arange(3), DRAWING)

    assert told.value is None
    assert told.note.startswith("infinite")


@pytest.mark.parametrize("average", [mean, median])
@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_without_a_value_nothing_is_defined(average, values):
    told = average(np.array(values), np.arange(len(values)), DRAWING)

    assert told.value is None
    assert told.note


@pytest.mark.parametrize("average", [mean, median])
def test_one_patient_has_no_interval(average):
    told = average(np.array([0.5, 0.75]), np.array(["a", "a"]), DRAWING)

    assert (told.value, told.low) == (0.625, None)
    assert told.note


def test_a_share_is_of_all_lesions_drawn_with_their_patients():
    found, lesions = np.array([2.0, 0, 5, 0, 1]), np.array([4.0, 1, 5, 0, 3])
    owners = np.array([0, 0, 1, 2, 3])
    among = owners[lesions > 0]
    samples = [
        found[lesions > 0][rows].sum() / lesions[lesions > 0][rows].sum()
        for rows in rows_drawn(among)
    ]

    told = share(found, lesions, owners, DRAWING)

    expected = interval_of(8 / 13, samples, patients=3)
    assert told.value == pytest.approx(8 / 13)
    assert (told.low, told.high) == pytest.approx((expected.low, expected.high))


def test_the_f1_of_all_lesions_is_that_of_their_shares():
    found, lesions = np.array([1.0, 2, 0, 0, 3]), np.array([2.0, 2, 0, 1, 4])
    true, drawn = np.array([1.0, 1, 0, 0, 2]), np.array([1.0, 4, 2, 0, 2])

    def f1(rows):
        sensitivity, precision = (
            part[rows].sum() / all_[rows].sum() if all_[rows].sum() else 0.0
            for part, all_ in ((found, lesions), (true, drawn))
        )
        return 2 * sensitivity * precision / (sensitivity + precision) if sensitivity else 0.0

    told = pooled_f1((found, lesions), (true, drawn), np.arange(5), DRAWING)

    # Four patients have lesions and four have drawn ones.
    samples = [f1(rows) for rows in rows_drawn(np.arange(5))]
    expected = interval_of(f1(np.arange(5)), samples, patients=4)
    assert told.value == pytest.approx(2 / (9 / 6 + 9 / 4))
    assert (told.low, told.high) == pytest.approx((expected.low, expected.high))


def test_without_lesions_there_is_no_share_and_no_f1():
    none = np.zeros(3)

    told = (
        share(none, none, np.arange(3), DRAWING),
        pooled_f1((none, none), (none, none), np.arange(3), DRAWING),
    )

    assert [one.value for one in told] == [None, None]


def test_lesions_that_were_all_missed_have_an_f1_of_0():
    none, some = np.zeros(3), np.ones(3)

    told = pooled_f1((none, some), (none, none), np.arange(3), DRAWING)

    assert told.value == 0.0

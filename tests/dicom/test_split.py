"""One SeriesInstanceUID, several stacks."""

from dataclasses import replace
from itertools import chain

import pytest

from headct.core.series import Series
from headct.dicom.split import split


def interleaved(one, two):
    pairs = zip(one.instances, two.instances, strict=True)
    return Series(one.uid, tuple(chain.from_iterable(pairs)))


def counts(parts):
    return [len(part.instances) for part in parts.series]


def test_a_homogeneous_series_stays_whole(make_series):
    series = make_series()

    assert split(series).series == (series,)


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": 256},
        {"spacing_mm": (0.4, 0.4)},
        {"orientation": (1.0, 0.0, 0.0, 0.0, 0.98, -0.199)},
        {"kernel": "BONE"},
        {"acquisition_number": 2},
        {"image_type": ("ORIGINAL", "PRIMARY", "AXIAL", "M_0.5")},
        {"thickness_mm": 1.0},
        {"contrast_agent": "APPLIED"},
    ],
)
def test_two_interleaved_stacks_are_taken_apart(make_series, changed):
    one, two = make_series(), make_series(uid="other", **changed)

    parts = split(interleaved(one, two))

    assert [part.instances for part in parts.series] == [one.instances, two.instances]


def test_acquisitions_of_one_scan_stay_together(make_series):
    rotations = tuple(
        replace(image, acquisition_number=index)
        for index, image in enumerate(make_series().instances)
    )

    assert counts(split(Series("1.2.3", rotations))) == [30]


def test_thicknesses_of_one_scan_stay_together(make_series):
    series = make_series()
    mixed = tuple(
        replace(image, thickness_mm=4.0 if index < 14 else 7.0)
        for index, image in enumerate(series.instances)
    )

    assert counts(split(Series("1.2.3", mixed))) == [30]


def test_copies_of_files_do_not_make_a_second_stack(make_series):
    series = make_series()

    assert counts(split(Series("1.2.3", series.instances * 2))) == [60]


def test_what_nothing_tells_apart_stays_together(make_series):
    one, two = make_series(), make_series(uid="other")

    assert counts(split(interleaved(one, two))) == [60]


def test_rotations_repeated_are_not_taken_for_scans(make_series):
    repeated = tuple(
        replace(image, acquisition_number=index)
        for index, image in enumerate(
            (*make_series().instances, *make_series(uid="other").instances)
        )
    )

    assert counts(split(Series("1.2.3", repeated))) == [60]


def test_a_series_of_localizers_stays_for_the_rules_to_refuse(make_series):
    scouts = make_series(2, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))

    parts = split(scouts)

    assert parts.series == (scouts,)
    assert parts.refused == ()

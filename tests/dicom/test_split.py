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
        {"frame_of_reference_uid": "1.9"},
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


def in_frames(series, *uids):
    """A series whose slices lie in as many frames of reference, one block after the other."""
    share = len(series.instances) / len(uids)
    return Series(
        series.uid,
        tuple(
            replace(image, frame_of_reference_uid=uids[int(index / share)])
            for index, image in enumerate(series.instances)
        ),
    )


@pytest.mark.parametrize("uids", [("",), ("1.9",)], ids=["none stated", "one stated"])
def test_slices_in_one_frame_of_reference_stay_whole(make_series, uids):
    series = in_frames(make_series(), *uids)

    assert split(series).series == (series,)


@pytest.mark.parametrize("uids", [("1.8", "1.9"), ("1.8", "")], ids=["two", "one and none"])
def test_halves_in_different_frames_of_reference_are_refused_together(make_series, uids):
    parts = split(in_frames(make_series(), *uids))

    assert parts.series == ()
    assert parts.refused[0].reason == (
        "its slices are in 2 stacks (15 and 15 slices) whose places cannot be compared and differ "
        "in frame of reference; expected one stack of the whole head: reconstruct it as one"
    )


# Thirty slices of 5 mm cover 150 mm; nineteen cover 95 mm, less than a brain is high.
@pytest.mark.parametrize(("count", "kept"), [(30, [30, 19]), (20, [20, 19]), (19, [])])
def test_of_scans_in_different_frames_of_reference_a_whole_one_is_kept(make_series, count, kept):
    one = make_series(count, frame_of_reference_uid="1.8")
    other = make_series(19, uid="other", frame_of_reference_uid="1.9")

    assert counts(split(Series("1.2.3", one.instances + other.instances))) == kept


def test_a_frame_of_reference_for_each_slice_is_refused_and_not_named(make_series):
    parts = split(in_frames(make_series(), *(f"1.77.{number}" for number in range(30))))

    assert parts.series == ()
    assert "in 30 stacks (each of 1 or more slices)" in parts.refused[0].reason
    assert "1.77" not in str(parts.refused[0])

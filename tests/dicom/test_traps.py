"""Folders that lead readers astray: headct is right about each, or refuses it with a reason."""

import re
from dataclasses import replace

import numpy as np
import pytest
from bench.traps.files import save, slices_of
from bench.traps.folders import MOVED_MM, TRAPS, straight, tilted
from bench.traps.readers import READERS, Reader, try_reader
from bench.traps.score import Reading, score
from bench.traps.truth import BALL_ML, BALL_MM, images_of, truth_of

from headct.core.series import Series
from headct.dicom.split import split

HEADCT = READERS[0]

# What headct must say where it gives no volume.
REFUSED = {
    "2 of 40 slices missing": (
        "slice gap changes from 5.00 to 10.00 mm after slice 4 of 38 (and in 1 more places); "
        "a slice may be missing"
    ),
    "1 slice missing where 5 mm meet 7.5 mm": (
        "slice gap changes from 5.00 to 10.00 mm after slice 18 of 39; a slice may be missing"
    ),
    "two scans image by image, nothing tells them apart": (
        "two different images lie at one position"
    ),
    "one position is no number (*****)": (
        "1 of 40 images state no position, orientation or pixel spacing that can be read"
    ),
    "matrix size changes half-way": (
        "its slices are in 2 stacks (20 and 20 slices) that go on where another ends and differ in "
        "matrix, pixel spacing; expected one stack of the whole head"
    ),
    "tilt changes half-way": (
        "its slices are in 2 stacks (20 and 20 slices) that go on where another ends and differ in "
        "orientation; expected one stack of the whole head"
    ),
}
# What must be said beside a right volume.
SAID = {
    "gantry tilt +15°": "gantry tilt of 15.0 degrees kept",
    "gantry tilt -15°": "gantry tilt of -15.0 degrees kept",
    "gantry tilt +30°": "gantry tilt of 30.0 degrees kept",
    "Enhanced, gantry tilt +15°": "gantry tilt of 15.0 degrees kept",
    "first slice missing": "images are numbered from 2 on: whether slices are missing before",
    # The line of least squares leans by a 20 mm step after 13 of 40: it takes
    # 6 * 13 * 27 / (40 * (40**2 - 1)) of the step with it.
    "pictures centred 20 mm aside from slice 14 on": (
        "slices are shifted within their plane by up to 19.3 mm, more than a table's play"
    ),
    "every file twice": "40 of 80 images were copies of others: left out",
    "every image twice, under new UIDs": "another was preferred to series 2 (Head), part 2 of 2",
    "two kernels interleaved": "part 2 of 2: kernel BONE is made for bone or lung",
    "two acquisitions, head moved": "another was preferred to series 2 (Head), part 2 of 2",
    "two acquisitions, 2 mm apart": "another was preferred to series 2 (Head), part 2 of 2",
    "two scans 2 mm apart, told by number alone": "another was preferred to series 2 (Head)",
}


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_headct_is_right_or_refuses_with_a_reason(trap, tmp_path):
    truths = trap.lay(tmp_path / "trap")

    outcome = try_reader(HEADCT, tmp_path / "trap")

    if trap.name in REFUSED:
        assert REFUSED[trap.name] in outcome.refusal
        return
    assert outcome.refusal == ""
    errors = score(list(outcome.readings), truths)
    assert abs(errors.volume) < 0.002
    assert errors.ball_mm < 0.1
    assert errors.end_mm < 0.1
    assert SAID.get(trap.name, "") in "; ".join(outcome.said)


def test_every_name_expected_is_a_trap():
    assert {*REFUSED, *SAID} <= {trap.name for trap in TRAPS}


def rendered(planes, **changed):
    """The volume as it is, or with another affine than its own: (slice, row, column) → LPS."""
    affine = np.eye(4)
    affine[:3, 0] = planes.origins_mm[1] - planes.origins_mm[0]
    affine[:3, 1] = planes.row_axis * planes.spacing_mm[0]
    affine[:3, 2] = planes.column_axis * planes.spacing_mm[1]
    affine[:3, 3] = planes.origins_mm[0]
    for name, value in changed.items():
        affine[:3, ("slice", "row", "column").index(name)] = value
    return Reading.by_affine(np.array(images_of(planes), dtype=np.float32), affine)


@pytest.mark.parametrize("planes", [straight(), tilted(15.0)])
def test_the_truth_scores_as_right(planes):
    errors = score([rendered(planes)], (truth_of(planes),))

    assert errors.is_right
    assert abs(errors.volume) < 0.001
    assert max(errors.ball_mm, errors.end_mm) < 0.05


def test_a_tilt_left_out_is_scored_by_its_secant_and_its_shift():
    planes = tilted(15.0)
    increment_mm = 5.0 / np.cos(np.radians(15.0))
    normal = np.cross(planes.column_axis, planes.row_axis)

    errors = score([rendered(planes, slice=normal * increment_mm)], (truth_of(planes),))

    # 39 increments of 5.176 mm, turned by 15 degrees: a chord of 2 sin(7.5 degrees).
    assert errors.volume == pytest.approx(increment_mm / 5.0 - 1, abs=1e-3)
    assert errors.end_mm == pytest.approx(39 * increment_mm * 2 * np.sin(np.radians(7.5)), abs=0.01)


def test_a_mirrored_volume_is_wrong_by_twice_the_distance_from_the_mirror():
    planes = straight()
    mirrored = rendered(planes)
    mirrored = replace(mirrored, hu=mirrored.hu[:, :, ::-1])

    errors = score([mirrored], (truth_of(planes),))

    # Columns run from -102.4 to 100.8 mm: their middle is at -0.8 mm.
    assert errors.ball_mm == pytest.approx(2 * (BALL_MM[0] + 0.8), abs=0.05)
    assert abs(errors.volume) < 0.001


def test_the_nearer_of_two_truths_counts():
    planes = straight()
    both = (truth_of(planes, MOVED_MM), truth_of(planes))

    assert score([rendered(planes)], both).is_right


def test_a_ball_that_is_gone_is_infinitely_far_off():
    planes = straight()
    reading = rendered(planes)
    empty = replace(reading, hu=np.full_like(reading.hu, -1000.0))

    errors = score([empty], (truth_of(planes),))

    assert not errors.is_right
    assert (errors.volume, errors.ball_mm) == (-1.0, float("inf"))


def test_the_ball_has_the_volume_of_its_radius():
    assert pytest.approx(65.45, abs=0.005) == BALL_ML


def test_a_reader_that_fails_has_refused_in_its_own_words(tmp_path):
    def fail(folder):
        raise KeyError("no such slice")

    outcome = try_reader(Reader("broken", fail), tmp_path)

    assert re.fullmatch(r"KeyError: .*no such slice.*", outcome.refusal)


def test_a_reader_that_is_not_installed_has_no_version():
    assert Reader("headct", try_reader, ("no_such_module",)).version is None


def test_values_left_unscaled_are_said_in_hu():
    planes = straight()
    reading = rendered(planes)

    errors = score([replace(reading, hu=reading.hu + 1024)], (truth_of(planes),))

    assert not errors.is_right
    assert errors.hu == 1024
    assert abs(errors.volume) < 0.001


def counts(series):
    return [len(part.instances) for part in split(series).series]


def joined(*series):
    return Series("1.2.3", tuple(image for one in series for image in one.instances))


@pytest.mark.parametrize(
    "changed",
    [
        {"spacing_mm": (0.3, 0.3), "count": 12, "start": 50.0},
        {"kernel": "BONE", "start": 2.0},
        {"orientation": (1.0, 0.0, 0.0, 0.0, 0.0, -1.0), "start": 400.0},
    ],
    ids=["a smaller view within", "another kernel between", "coronal slices"],
)
def test_stacks_that_do_not_go_on_where_others_end_are_no_pieces(make_series, changed):
    parts = split(joined(make_series(), make_series(uid="other", **changed)))

    assert [len(part.instances) for part in parts.series] == [30, changed.get("count", 30)]
    assert parts.refused == ()


@pytest.mark.parametrize(
    "changed", [{"rows": 256}, {"spacing_mm": (0.4, 0.4)}, {"kernel": "BONE"}], ids=str
)
def test_stacks_that_go_on_where_others_end_are_refused_together(make_series, changed):
    parts = split(joined(make_series(15), make_series(15, start=75.0, **changed)))

    assert parts.series == ()
    assert "stacks (15 and 15 slices) that go on where another ends" in parts.refused[0].reason


def test_blocks_that_differ_in_acquisition_alone_stay_one_stack(make_series):
    upper = make_series(15, start=75.0, acquisition_number=2)

    assert counts(joined(make_series(15), upper)) == [30]


def test_slices_acquired_by_turns_stay_one_stack(make_series):
    by_turns = tuple(
        replace(image, acquisition_number=index % 2)
        for index, image in enumerate(make_series().instances)
    )

    assert counts(Series("1.2.3", by_turns)) == [30]


def test_numbers_that_say_nothing_do_not_take_an_overlapping_stack_apart(make_series):
    shuffled = np.random.default_rng(2).permutation(60)
    images = tuple(
        replace(image, instance_number=int(number))
        for image, number in zip(make_series(60, 2.5).instances, shuffled, strict=True)
    )

    assert counts(Series("1.2.3", images)) == [60]


def test_images_not_numbered_by_position_are_said(tmp_path):
    images = slices_of(straight(), "turned")
    images[3].InstanceNumber, images[4].InstanceNumber = 5, 4
    save(images, tmp_path / "trap")

    said = try_reader(HEADCT, tmp_path / "trap").said

    assert "images are not numbered in the order of their positions: check that it is one scan" in (
        said
    )

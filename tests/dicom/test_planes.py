"""Where planes lie to each other."""

from dataclasses import replace

import pytest

from headct.dicom.planes import lies_within, shifts_mm

# The gantry leans by 25 degrees: cosine 0.9063, sine 0.4226.
TILTED = (1.0, 0.0, 0.0, 0.0, 0.90630779, -0.42261826)


def with_moved(series, number, **moved):
    """Images of a series, one of them elsewhere."""
    images = list(series.instances)
    position = list(images[number].position_mm)
    for axis, mm in moved.items():
        position["xyz".index(axis)] += mm
    images[number] = replace(images[number], position_mm=tuple(position))
    return images


@pytest.mark.parametrize("orientation", [(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), TILTED])
def test_slices_stacked_along_a_straight_line_are_not_shifted(make_series, orientation):
    images = make_series(orientation=orientation).instances

    assert shifts_mm(images) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_slice_beside_the_others_is_shifted_by_as_much(make_series):
    # In the middle of 31 slices, so that the line does not lean towards it.
    images = with_moved(make_series(31), 15, x=7.0, y=-3.0)

    assert shifts_mm(images) == pytest.approx((7.0, 3.0))


@pytest.mark.parametrize(("away_mm", "is_within"), [(2.9, True), (3.1, False)])
def test_a_slice_shows_six_tenths_of_its_thickness_to_either_side(make_series, away_mm, is_within):
    # A single slice of 5 mm beyond the last of a stack, which lies at 145 mm.
    beyond = make_series(1, uid="other", start=145.0 + away_mm).instances

    assert lies_within(beyond, make_series().instances) is is_within

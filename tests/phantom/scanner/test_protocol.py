import numpy as np
import pytest

from headct.phantom.scanner.protocol import Block, Motion, Protocol


def test_blocks_follow_each_other_at_the_mean_of_their_increments():
    protocol = Protocol((Block(3, 2.0, 2.0), Block(2, 6.0, 5.0)))

    assert np.allclose(protocol.heights_mm, [0, 2, 4, 8, 14])
    assert list(protocol.thickness_mm) == [2, 2, 2, 5, 5]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0, 5.0, 5.0), "at least one slice"),
        ((3, 0.0, 5.0), "increment_mm"),
        ((3, 5.0, 0.0), "thickness_mm"),
        ((3, 5.0, -1.0), "thickness_mm"),
        ((3, 5.0, float("nan")), "thickness_mm"),
    ],
)
def test_a_block_that_no_scanner_could_make_is_refused(numbers, words):
    with pytest.raises(ValueError, match=words):
        Block(*numbers)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("blocks", (), "at least one block"),
        ("matrix", 8, "matrix of 32 to 1024"),
        ("field_of_view_mm", 0.0, "field of view"),
        ("tilt_deg", 50.0, "tilt in degrees of -35 to 35"),
        ("noise_hu", -1.0, "noise"),
        ("noise_hu", float("nan"), "noise"),
        ("dose_mgy", 0.0, "a dose in mGy of 1 to 500"),
        ("dose_mgy", -60.0, "a dose in mGy of 1 to 500"),
        ("hardening", -0.1, "hardening of 0 to 3"),
        ("kernel", "sharp", "kernel of soft, standard, bone"),
        ("start_mm", float("inf"), "a start of the scan"),
        ("motions", (Motion(30, 32),), "beyond the last slice, 31"),
    ],
)
def test_a_protocol_out_of_range_is_refused(field, value, words):
    with pytest.raises(ValueError, match=words):
        Protocol(**{field: value})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first": -1, "last": 2}, "from 0"),
        ({"first": 3, "last": 2}, "got 3 to 2"),
        ({"first": 0, "last": 0, "shift_mm": (80.0, 0.0)}, "up to 50 mm"),
        ({"first": 0, "last": 0, "turn_deg": float("nan")}, "45 degrees"),
        ({"first": 0, "last": 0, "share": 1.0}, "share of the rays"),
    ],
)
def test_a_motion_that_no_head_makes_is_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        Motion(**fields)

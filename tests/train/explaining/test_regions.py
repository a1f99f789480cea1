import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.train.explaining.regions import (
    LESION,
    OUTSIDE,
    REGIONS,
    REST,
    RIM,
    VENTRICLES,
    lesion_of,
    regions_of,
    with_lesion,
)

BRAIN_MM, FLUID_HU = 60.0, 5.0


def scan(ball_head, *, ventricle_mm: float) -> Volume:
    """A ball of brain with a ball of fluid in its middle."""
    volume = ball_head.scan()
    hollow = ball_head.within(ventricle_mm)
    hu = volume.hu.copy()
    hu[hollow] += FLUID_HU - 32.0
    return Volume(hu, volume.grid)


def test_regions_lie_at_their_distances_from_ventricle_and_skull(ball_head):
    volume = scan(ball_head, ventricle_mm=20.0)

    regions = regions_of(volume, volume.grid)

    middle = np.flatnonzero(np.abs(ball_head.mm[0][:, 0, 0]) < 0.1)[0]
    out_mm = np.hypot(*ball_head.mm[1:, middle])
    # On the slice through the middle: 20 + 12 mm, and 60 - 15 mm; edges are sharp to 2 mm.
    for name, least, most in (
        (VENTRICLES, 0, 32),
        (REST, 32, 45),
        (RIM, 45, BRAIN_MM),
        (OUTSIDE, BRAIN_MM, 200),
    ):
        sure = (out_mm > least + 2) & (out_mm < most - 2)
        possible = (out_mm > least - 2) & (out_mm < most + 2)
        assert regions[name][middle][sure].all(), name
        assert not regions[name][middle][~possible].any(), name


def test_every_pixel_lies_in_one_region(ball_head):
    volume = scan(ball_head, ventricle_mm=20.0)
    lesion = ball_head.within(30.0)

    regions = with_lesion(regions_of(volume, volume.grid), lesion)

    assert tuple(regions) == REGIONS
    assert (np.sum(list(regions.values()), axis=0) == 1).all()
    np.testing.assert_array_equal(regions[LESION], lesion)


def test_calcium_in_the_brain_has_no_rim(ball_head):
    volume = scan(ball_head, ventricle_mm=20.0)
    middle = volume.grid.shape[0] // 2
    hu = volume.hu.copy()
    hu[middle, 98:103, 136:141] = 400.0  # 38 mm from the middle

    regions = regions_of(Volume(hu, volume.grid), volume.grid)

    assert regions[REST][middle, 98:103, 136:141].all()


@pytest.mark.parametrize(
    ("ventricle_mm", "told"), [(0.0, "none are seen"), (32.0, "look at the scan")]
)
def test_ventricles_that_are_not_found_or_too_large_to_be_ones_are_told(
    ball_head, ventricle_mm, told
):
    volume = scan(ball_head, ventricle_mm=ventricle_mm)

    found = regions_of(volume, volume.grid)

    assert isinstance(found, Refusal)
    assert told in found.reason


def test_a_scan_without_a_skull_is_told(ball_head):
    volume = ball_head.scan()

    found = regions_of(Volume(np.full_like(volume.hu, 30.0), volume.grid), volume.grid)

    assert isinstance(found, Refusal)
    assert "skull" in found.reason


def test_a_lesion_is_what_is_drawn_under_its_name():
    drawn = np.array([[[0, 1, 2, 3]]], np.uint8)
    names = ("epidural", "subdural", "leukoencephalopathy")

    assert lesion_of(drawn, names, "subdural").ravel().tolist() == [False, False, True, False]
    # Hemorrhage as a whole: every subtype, and nothing else.
    assert lesion_of(drawn, names, "any_hemorrhage").ravel().tolist() == [False, True, True, False]


def test_a_lesion_that_nobody_drew_is_not_known():
    drawn = np.array([[[0, 255]]], np.uint8)

    assert lesion_of(drawn, ("subdural",), "subdural") is None
    assert lesion_of(np.zeros((1, 1, 2), np.uint8), ("subdural",), "epidural") is None

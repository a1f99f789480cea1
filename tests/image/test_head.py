from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.geometry import Reorient
from headct.image.head import Intracranial, head_mask, intracranial


def found(volume: Volume) -> Intracranial:
    skull = intracranial(volume)
    assert isinstance(skull, Intracranial), skull
    return skull


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_the_table_is_no_part_of_the_head(ball_head):
    mask = head_mask(ball_head.scan())

    assert not mask[ball_head.table].any()
    assert overlap(mask, ball_head.within(71)) > 0.98


def test_what_the_skull_encloses_is_found(ball_head):
    skull = found(ball_head.scan())

    assert overlap(skull.inside, ball_head.within(60)) > 0.97
    assert skull.volume_ml == pytest.approx(4 / 3 * np.pi * 6.0**3, rel=0.03)


def test_a_gap_left_by_surgery_does_not_let_the_brain_out(ball_head):
    z, y, x = ball_head.mm
    missing_bone = (x > 20) & (np.abs(y) < 35) & (z > -20)

    skull = found(ball_head.scan(gap=missing_bone))

    assert overlap(skull.inside, ball_head.within(60)) > 0.95


def test_a_picture_whose_window_whitens_bone_has_a_skull_too(ball_head):
    whole = ball_head.scan()
    picture = replace(whole, hu=np.clip(whole.hu, -20, 100), seen_hu=(-20.0, 100.0))

    assert overlap(found(picture).inside, ball_head.within(60)) > 0.97


@pytest.mark.parametrize("water_mm", [0, 90])
def test_what_holds_no_skull_is_refused(ball_head, water_mm):
    hu = np.where(ball_head.within(water_mm), 40, -1000).astype(np.float32)

    refusal = intracranial(Volume(hu, Grid.regular(hu.shape, (5.0, 1.0, 1.0))))

    assert isinstance(refusal, Refusal)
    assert "no skull with a brain in it was found" in refusal.reason


def test_the_digital_head_has_the_volume_that_was_drawn(healthy, person):
    skull = found(Reorient()(healthy.volume))

    # Voxels of 1 mm; what the finder leaves out is the narrow space between the bones of the base.
    drawn_ml = np.count_nonzero(person.inner_mm < 0) / 1000
    assert skull.volume_ml == pytest.approx(drawn_ml, rel=0.08)


def test_mixed_distances_and_tilt_do_not_change_the_intracranial_volume(healthy, bleeding):
    straight, leaning = (found(p.volume).volume_ml for p in (healthy, bleeding))

    assert leaning == pytest.approx(straight, rel=0.05)

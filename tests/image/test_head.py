from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.geometry import Reorient
from headct.image.head import Intracranial, head_mask, intracranial

MM = np.stack(np.meshgrid(np.arange(-70, 71, 5.0), *[np.arange(-100, 101, 1.0)] * 2, indexing="ij"))
TABLE = (MM[1] > 95) & (MM[1] < 98)


def within(radius_mm: float) -> np.ndarray:
    """A ball, flattened from head to feet as an array of 5 mm slices holds it."""
    return np.sqrt((MM**2).sum(axis=0)) < radius_mm


def ball_head(gap: np.ndarray | None = None, bone_hu: float = 1000.0) -> Volume:
    """A brain of 60 mm radius in 6 mm of bone and 5 mm of scalp, on a table."""
    hu = np.full(MM.shape[1:], -1000, np.float32)
    hu[within(71)] = 40
    hu[within(66)] = bone_hu
    if gap is not None:
        hu[within(66) & gap] = 40
    hu[within(60)] = 32
    hu[TABLE] = 300
    hu += np.random.default_rng(0).normal(0, 4, hu.shape).astype(np.float32)
    return Volume(hu, Grid.regular(hu.shape, (5.0, 1.0, 1.0)))


def found(volume: Volume) -> Intracranial:
    skull = intracranial(volume)
    assert isinstance(skull, Intracranial), skull
    return skull


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_the_table_is_no_part_of_the_head():
    mask = head_mask(ball_head())

    assert not mask[TABLE].any()
    assert overlap(mask, within(71)) > 0.98


def test_what_the_skull_encloses_is_found():
    skull = found(ball_head())

    assert overlap(skull.inside, within(60)) > 0.97
    assert skull.volume_ml == pytest.approx(4 / 3 * np.pi * 6.0**3, rel=0.03)


def test_a_gap_left_by_surgery_does_not_let_the_brain_out():
    missing_bone = (MM[2] > 20) & (np.abs(MM[1]) < 35) & (MM[0] > -20)

    skull = found(ball_head(gap=missing_bone))

    assert overlap(skull.inside, within(60)) > 0.95


def test_a_picture_whose_window_whitens_bone_has_a_skull_too():
    whole = ball_head()
    picture = replace(whole, hu=np.clip(whole.hu, -20, 100), seen_hu=(-20.0, 100.0))

    assert overlap(found(picture).inside, within(60)) > 0.97


@pytest.mark.parametrize(
    "hu", [np.full(MM.shape[1:], -1000.0), np.where(within(90), 40.0, -1000.0)]
)
def test_what_holds_no_skull_is_refused(hu):
    refusal = intracranial(Volume(hu.astype(np.float32), Grid.regular(hu.shape, (5.0, 1.0, 1.0))))

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

import numpy as np
import pytest

from headct.phantom.scanner.motion import smear
from headct.phantom.scanner.protocol import Motion


@pytest.fixture(scope="module")
def disc():
    away = np.arange(128) - 63.5
    far = np.hypot(away[:, None], away)
    return np.where(far < 40, 40.0, -1000.0).astype(np.float32)


def test_a_head_that_stays_is_left_as_it_was(disc):
    seen = smear(disc, Motion(0, 0), 1.0, np.random.default_rng(1))

    assert np.allclose(seen, disc, atol=0.5)


def test_a_moved_head_has_two_contours_and_streaks(disc):
    seen = smear(disc, Motion(0, 0, shift_mm=(0.0, 4.0)), 1.0, np.random.default_rng(1))

    change = np.abs(seen - disc)
    away = np.arange(128) - 63.5
    ring = np.abs(np.hypot(away[:, None], away) - 40) < 5
    middle = np.hypot(away[:, None], away) < 20
    assert change[ring].mean() > 50
    assert 0.1 < change[middle].mean() < 20
    # Rays of every direction are there once: what is seen is not lost.
    assert seen.mean() == pytest.approx(disc.mean(), abs=1)


def test_almost_all_rays_of_the_moved_head_show_it_moved(disc):
    motion = Motion(0, 0, shift_mm=(6.0, 0.0), share=0.99)

    seen = smear(disc, motion, 2.0, np.random.default_rng(1))

    # 6 mm towards the back are three pixels down.
    assert np.abs(seen[3:] - disc[:-3]).mean() < np.abs(seen - disc).mean() / 2

import numpy as np
import pytest

from headct.predict.density import excess_over_brain

ROWS, COLUMNS = np.mgrid[:160, :160]
FROM_MIDDLE_MM = np.hypot(ROWS - 80, COLUMNS - 80)
INSIDE = np.repeat(FROM_MIDDLE_MM[None] < 70, 5, axis=0)
CLOT = np.repeat(np.hypot(ROWS - 80, COLUMNS - 100)[None] < 12, 5, axis=0)


def scan(brain_hu: np.ndarray | float) -> np.ndarray:
    hu = np.where(INSIDE, brain_hu, 1000.0) + np.random.default_rng(1).normal(0, 4, INSIDE.shape)
    return np.where(CLOT, hu + 30.0, hu).astype(np.float32)


def test_the_excess_of_a_clot_is_its_density_less_that_of_brain():
    excess = excess_over_brain(scan(32.0), INSIDE, (1.0, 1.0))

    assert excess.brain_hu == pytest.approx(32, abs=1)
    assert np.median(excess.hu[CLOT]) == pytest.approx(30, abs=2)
    assert np.median(excess.hu[excess.core & ~CLOT]) == pytest.approx(0, abs=1)


def test_bone_beside_the_brain_does_not_raise_it():
    excess = excess_over_brain(scan(32.0), INSIDE, (1.0, 1.0))

    rim = excess.core & (excess.depth_mm < 4)
    assert np.median(excess.hu[rim]) == pytest.approx(0, abs=2)


def test_a_lift_by_hardening_under_the_skull_is_subtracted():
    lifted = 32.0 + 10.0 * np.exp(-(70 - FROM_MIDDLE_MM) / 4.0)

    excess = excess_over_brain(scan(lifted[None]), INSIDE, (1.0, 1.0))

    rim = excess.core & (excess.depth_mm < 4)
    assert np.median(excess.hu[rim]) == pytest.approx(0, abs=2)


def test_slow_shading_across_the_head_is_subtracted():
    shaded = 32.0 + 6.0 * (COLUMNS - 80) / 70.0

    excess = excess_over_brain(scan(shaded[None]), INSIDE, (1.0, 1.0))

    right = excess.core & (COLUMNS[None] > 125) & ~CLOT
    assert np.median(excess.hu[right]) == pytest.approx(0, abs=2)


def test_noise_is_that_of_the_smoothed_brain():
    excess = excess_over_brain(scan(32.0), INSIDE, (1.0, 1.0))

    # A Gaussian of 1 pixel divides white noise by 2 sqrt(pi) = 3.54.
    assert excess.noise_hu == pytest.approx(4 / (2 * np.sqrt(np.pi)), rel=0.15)

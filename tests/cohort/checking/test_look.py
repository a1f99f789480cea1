import numpy as np
import pytest

from headct.cohort.checking.look import PIXEL_MM, SLAB_MM, look
from headct.cohort.images import Opened
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.geometry import upright


def test_fine_slices_and_pixels_are_averaged():
    hu = np.random.default_rng(0).normal(0, 1, (40, 256, 256)).astype(np.float32)
    opened = Opened(Volume(hu, Grid.regular(hu.shape, (1.0, 0.5, 0.5))))

    seen = look(opened)

    assert seen.slabs.hu.shape == (8, 128, 128)
    assert seen.slabs.grid.heights_mm == pytest.approx(SLAB_MM)
    assert seen.slabs.grid.spacing_mm == pytest.approx((PIXEL_MM, PIXEL_MM))
    # 5 x 2 x 2 values in one.
    assert seen.slabs.hu == pytest.approx(
        hu.reshape(8, 5, 128, 2, 128, 2).mean(axis=(1, 3, 5)), abs=1e-5
    )


def test_coarse_ones_stay_as_they_are():
    hu = np.zeros((6, 64, 64), np.float32)
    opened = Opened(Volume(hu, Grid.regular(hu.shape, (7.0, 1.5, 1.5))))

    seen = look(opened)

    assert seen.slabs is opened.volume


def test_the_skull_lies_on_the_slabs(healthy):
    seen = look(Opened(upright(healthy.volume)))

    assert seen.skull.inside.shape == seen.slabs.hu.shape
    assert 900 < seen.skull.volume_ml < 1800

import numpy as np
import pytest

from headct.phantom.scanner.rays import Rays

RAYS = Rays(64, 90, 4.0)


@pytest.fixture(scope="module")
def discs():
    away = np.arange(64) - 31.5
    y, x = np.meshgrid(away, away, indexing="ij")
    middle = np.hypot(y, x) < 20
    aside = np.hypot(y - 8, x + 12) < 6
    return np.stack([middle, aside], axis=2).astype(np.float32)


def test_the_middle_ray_passes_the_diameter_of_a_disc(discs):
    lengths_mm = RAYS.project(discs)

    assert lengths_mm.shape == (90, 64, 2)
    assert np.allclose(lengths_mm[:, 31:33, 0], 160.0, rtol=0.02)


def test_every_view_sees_the_whole_area(discs):
    areas_mm2 = RAYS.project(discs).sum(axis=1) * 4.0

    assert np.allclose(areas_mm2, discs.sum(axis=(0, 1)) * 16.0, rtol=0.02)


def test_what_was_projected_comes_back_where_it_was(discs):
    found = RAYS.reconstruct(RAYS.project(discs))

    inside = discs[..., 0] * (discs[..., 1] == 0) > 0
    assert found[..., 0][30:34, 30:34].mean() == pytest.approx(1.0, abs=0.02)
    assert found[..., 1][38:42, 18:22].mean() == pytest.approx(1.0, abs=0.05)
    assert abs(found[..., 1][inside].mean()) < 0.02


def test_the_mean_over_rays_of_one_is_one():
    found = RAYS.back_project(np.ones((90, 64, 1), np.float32))

    assert np.allclose(found, 1.0)

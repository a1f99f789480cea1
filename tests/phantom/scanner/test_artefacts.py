import numpy as np
import pytest

from headct.phantom.scanner.artefacts import plan_rays, shade_bone, shade_metal, spread, weigh

COARSE, FINE = plan_rays(250.0)


def picture(*, metal=False, bone_hu=1500.0):
    """A head of 75 by 85 mm with a vault of 6 mm, 256 by 256."""
    at = (np.arange(256) - 127.5) * (250 / 256)
    y, x = np.meshgrid(at, at, indexing="ij")
    far = np.hypot(x / 75, y / 85)
    hu = np.full((256, 256), -1000.0, np.float32)
    hu[far < 1] = bone_hu
    hu[far < 0.925] = 30.0
    if metal:
        hu[np.hypot(x - 20, y) < 4] = 9000.0
    return hu, far, x, y


def test_brain_is_brighter_under_the_vault_than_in_the_middle():
    hu, far, *_ = picture()

    shade = spread(shade_bone([weigh(hu, COARSE)], COARSE, 1.0)[0].hu, hu.shape)

    under, middle = shade[(far > 0.8) & (far < 0.88)].mean(), shade[far < 0.3].mean()
    assert 5 < under - middle < 30


def test_without_bone_water_stays_water():
    hu, far, *_ = picture(bone_hu=30.0)

    shade = spread(shade_bone([weigh(hu, COARSE)], COARSE, 1.0)[0].hu, hu.shape)

    assert np.abs(shade[far < 0.9]).max() < 1


def test_between_two_dense_bones_lies_a_dark_band():
    hu, _, x, y = picture()
    hu[(np.abs(np.abs(x) - 45) < 14) & (np.abs(y) < 7)] = 1800.0

    band, without = (
        spread(shade_bone([weigh(p, COARSE)], COARSE, 1.0)[0].hu, hu.shape)
        for p in (hu, picture()[0])
    )

    between = (np.abs(x) < 20) & (np.abs(y) < 4)
    beside = (np.abs(x) < 20) & (np.abs(np.abs(y) - 30) < 4)
    assert (band - without)[between].mean() < (band - without)[beside].mean() - 5


def test_half_the_hardening_is_half_the_shade():
    shares = weigh(picture()[0], COARSE)

    whole, half = (shade_bone([shares], COARSE, share)[0].hu for share in (1.0, 0.5))

    assert np.allclose(half, whole / 2, atol=1e-3)


def test_two_slices_at_once_are_as_each_alone():
    shares = [weigh(picture()[0], COARSE), weigh(picture(bone_hu=900.0)[0], COARSE)]

    both = shade_bone(shares, COARSE, 1.0)

    for together, share in zip(both, shares, strict=True):
        alone = shade_bone([share], COARSE, 1.0)[0]
        assert np.array_equal(together.hu, alone.hu)
        assert np.array_equal(together.grain, alone.grain)


def test_metal_draws_streaks_and_starves_rays_of_photons():
    hu, far, *_ = picture(metal=True)
    shares = weigh(hu, FINE)

    def streaks(noise_hu):
        chance = np.random.default_rng(1)
        return spread(shade_metal(shares, FINE, 1.0, noise_hu, chance).hu, hu.shape)

    plain = spread(shade_bone([weigh(picture()[0], COARSE)], COARSE, 1.0)[0].hu, hu.shape)
    brain = (far < 0.8) & (hu < 100)
    assert (streaks(0.0) - plain)[brain].std() > 3
    assert streaks(8.0)[brain].std() > streaks(0.0)[brain].std()


def test_noise_is_even_in_the_brain_and_less_at_the_vertex():
    hu, far, *_ = picture()
    small = np.where(far < 0.45, np.float32(30), np.float32(-1000))

    grain = spread(shade_bone([weigh(hu, COARSE)], COARSE, 1.0)[0].grain, hu.shape)
    vertex = spread(shade_bone([weigh(small, COARSE)], COARSE, 1.0)[0].grain, hu.shape)

    assert grain[far < 0.2].mean() == pytest.approx(1.0, abs=0.15)
    assert grain[(far > 0.7) & (far < 0.85)].mean() == pytest.approx(
        grain[far < 0.2].mean(), rel=0.1
    )
    assert vertex[far < 0.2].mean() < 0.6

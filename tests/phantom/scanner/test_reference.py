"""The fast path against true projections; both through one beam and one set of kernels."""

import numpy as np
import pytest

from headct.phantom.scanner import beam
from headct.phantom.scanner.artefacts import plan_rays, shade_bone, shade_metal, spread, weigh
from headct.phantom.scanner.kernels import KERNELS, draw_grain, noise_ratio

pytest.importorskip("skimage", reason="scikit-image is not installed")
reference = pytest.importorskip("headct.phantom.scanner.reference")

PIXELS, PIXEL_MM, VIEWS = 160, 250 / 160, 200
AT = (np.arange(PIXELS) - PIXELS // 2) * PIXEL_MM
Y, X = np.meshgrid(AT, AT, indexing="ij")
FAR = np.hypot(X / 75, Y / 90)


@pytest.fixture(scope="module")
def skull():
    """A vault of 6 mm with dense bones at both sides of the brain."""
    hu = np.full((PIXELS, PIXELS), -1000, np.float32)
    hu[FAR < 1] = 1200
    hu[FAR < 0.92] = 30
    hu[(np.abs(np.abs(X) - 48) < 14) & (np.abs(Y - 20) < 7)] = 1500
    return hu


@pytest.fixture(scope="module")
def brain(skull):
    """Away from bone, whose own edges differ on coarse rays."""
    near = np.zeros(skull.shape, bool)
    for down in range(-4, 5):
        for across in range(-4, 5):
            near |= np.roll(skull > 100, (down, across), (0, 1))
    return (FAR < 0.9) & ~near


@pytest.fixture(scope="module")
def seen(skull):
    return reference.project(skull, PIXEL_MM, views=VIEWS)


def true_bias(seen):
    wrong_mm = beam.wrong_mm(*seen.lengths_mm)
    return reference.reconstruct(wrong_mm, seen, KERNELS["soft"]) + 1000


def errors_mm(seen):
    """Four times what counted photons get wrong."""
    chance = np.random.default_rng(4)
    right_mm = beam.correct_for_water(reference.count(seen))
    counted = [reference.count(seen, 1e5, chance) for _ in range(4)]
    return [beam.correct_for_water(measured) - right_mm for measured in counted]


def true_noise(error_mm, seen, kernel):
    return reference.reconstruct(error_mm, seen, kernel) + 1000


def test_water_comes_out_as_water_and_air_as_air():
    disc = np.where(np.hypot(X, Y) < 80, 0, -1000).astype(np.float32)

    hu = reference.scan_slice(disc, PIXEL_MM, KERNELS["standard"])

    assert hu[np.hypot(X, Y) < 60].mean() == pytest.approx(0, abs=1)
    assert hu[(np.hypot(X, Y) > 95) & (np.hypot(X, Y) < 110)].mean() == pytest.approx(-1000, abs=3)


def test_the_fast_path_shades_the_brain_as_true_rays_do(skull, brain, seen):
    coarse, _ = plan_rays(250.0)

    fast = spread(shade_bone([weigh(skull, coarse)], coarse, 1.0)[0].hu, skull.shape)

    true = true_bias(seen)
    assert true[brain].std() > 3
    assert np.corrcoef(true[brain], fast[brain])[0, 1] > 0.95
    assert np.abs((true - fast)[brain].mean()) < 1
    assert (true - fast)[brain].std() < 2.5


def test_the_fast_path_draws_the_streaks_of_metal_where_true_rays_do(skull, brain):
    metal = skull.copy()
    metal[np.hypot(X - 10, Y + 25) < 4] = 9000
    _, fine = plan_rays(250.0)

    shade = shade_metal(weigh(metal, fine), fine, 1.0, 0.0, np.random.default_rng(1))

    true = true_bias(reference.project(metal, PIXEL_MM, views=VIEWS))
    fast = spread(shade.hu, skull.shape)
    away = brain & (np.hypot(X - 10, Y + 25) > 12)
    assert np.corrcoef(true[away], fast[away])[0, 1] > 0.85
    assert fast[away].std() == pytest.approx(true[away].std(), rel=0.2)


def test_noise_spreads_as_counted_photons_make_it(skull, brain, seen):
    coarse, _ = plan_rays(250.0)
    grain = spread(shade_bone([weigh(skull, coarse)], coarse, 1.0)[0].grain, skull.shape)

    noise = np.stack([true_noise(error, seen, KERNELS["soft"]) for error in errors_mm(seen)])

    deep, side = brain & (FAR < 0.35), brain & (FAR > 0.7)
    between = brain & (np.abs(X) < 25) & (np.abs(Y - 20) < 6)
    for region in (side, between):
        true = noise[:, region].std() / noise[:, deep].std()
        fast = np.sqrt((grain[region] ** 2).mean() / (grain[deep] ** 2).mean())
        assert fast == pytest.approx(true, rel=0.12)


def test_kernels_raise_noise_and_shape_its_spectrum_as_filters_do():
    pixel_mm = 0.4
    disc = np.where(np.hypot(X, Y) * pixel_mm / PIXEL_MM < 28, 0, -1000).astype(np.float32)
    seen = reference.project(disc, pixel_mm, views=VIEWS)
    errors, chance = errors_mm(seen), np.random.default_rng(6)
    middle = slice(PIXELS // 2 - 32, PIXELS // 2 + 32)
    waves = np.fft.fftfreq(64, pixel_mm)
    per_mm = np.hypot(waves[:, None], waves)

    def shares(fields):
        power = np.mean([np.abs(np.fft.fft2(f[middle, middle])) ** 2 for f in fields], axis=0)
        bands = [(per_mm > low) & (per_mm <= low + 0.25) for low in (0.0, 0.25, 0.5, 0.75)]
        return np.array([power[band].sum() for band in bands]) / power.sum()

    deviations = {}
    for name, kernel in KERNELS.items():
        noise = [true_noise(error, seen, kernel) for error in errors]
        grain = [draw_grain(kernel, PIXELS, pixel_mm, chance) for _ in range(4)]
        # Between the reference's rays values are linear, which damps its finest waves.
        assert shares(grain) == pytest.approx(shares(noise), abs=0.08)
        deviations[name] = np.std([field[middle, middle] for field in noise])
    for name in ("soft", "bone"):
        ratio = deviations[name] / deviations["standard"]
        assert noise_ratio(KERNELS[name]) == pytest.approx(ratio, rel=0.15)


def test_photons_need_a_generator(seen):
    with pytest.raises(ValueError, match="a generator were expected"):
        reference.count(seen, 1e5)
    with pytest.raises(ValueError, match="got 0 photons"):
        reference.count(seen, 0, np.random.default_rng(1))

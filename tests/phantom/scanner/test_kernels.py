import numpy as np
import pytest

from headct.phantom.scanner.kernels import KERNELS, draw_grain, noise_ratio


def power_at(field, pixel_mm, per_mm):
    waves = np.fft.fftfreq(field.shape[0], pixel_mm)
    away = np.hypot(waves[:, None], waves)
    near = np.abs(away - per_mm) < 0.02
    return (np.abs(np.fft.fft2(field)) ** 2)[near].mean()


@pytest.mark.parametrize(
    ("name", "half_per_cm", "tenth_per_cm"),
    [("soft", 3.4, 6.2), ("standard", 4.2, 7.6), ("bone", 8.3, 12.6)],
)
def test_kernels_pass_half_and_a_tenth_where_they_are_said_to(name, half_per_cm, tenth_per_cm):
    per_mm = np.array([half_per_cm, tenth_per_cm], np.float32) / 10

    half, tenth = KERNELS[name].passes(per_mm)

    assert half == pytest.approx(0.5, abs=0.02)
    assert tenth == pytest.approx(0.1, abs=0.01)


def test_a_bone_kernel_lifts_detail_and_noise():
    bone = KERNELS["bone"]

    assert bone.passes(np.array([0.3], np.float32))[0] > 1
    assert noise_ratio(KERNELS["soft"]) < 0.8 < 1.0 < 2.0 < noise_ratio(bone)
    assert noise_ratio(KERNELS["standard"]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("pixels", "pixel_mm"), [(256, 0.49), (255, 0.98)])
def test_grain_has_deviation_one_and_no_mean(name, pixels, pixel_mm):
    grain = draw_grain(KERNELS[name], pixels, pixel_mm, np.random.default_rng(3))

    assert grain.shape == (pixels, pixels)
    assert grain.std() == pytest.approx(1.0, abs=0.03)
    assert abs(grain.mean()) < 0.01


def test_the_power_of_grain_is_that_of_filtered_back_projection():
    kernel, pixel_mm = KERNELS["standard"], 0.49
    fields = [draw_grain(kernel, 256, pixel_mm, np.random.default_rng(k)) for k in range(6)]
    low, middle, high = (
        np.mean([power_at(field, pixel_mm, f) for field in fields]) for f in (0.1, 0.3, 0.6)
    )

    # |f| times the square of the kernel's Gaussian: exp(-4 π² 0.45² f²).
    expected = [f * np.exp(-4 * (np.pi * 0.45 * f) ** 2) for f in (0.1, 0.3, 0.6)]

    assert low / middle == pytest.approx(expected[0] / expected[1], rel=0.15)
    assert high / middle == pytest.approx(expected[2] / expected[1], rel=0.15)


def test_a_flat_slice_stays_flat_under_every_kernel():
    flat = np.full((64, 64), 40.0, np.float32)

    for kernel in KERNELS.values():
        assert np.allclose(kernel.apply(flat, 0.49), 40.0, atol=1e-3)

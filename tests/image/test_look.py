import numpy as np
import pytest
from scipy import ndimage

from headct.image.augment import Augmentation
from headct.image.look import Look, LookRanges

PLAIN = LookRanges(
    rotation_deg=0.0,
    quarters=0.0,
    stretch=0.0,
    zoomed=0.0,
    mirrored=0.0,
    alone=0.0,
    low=(0.0, 0.0),
    high=(1.0, 1.0),
    gain=(1.0, 1.0),
    offset=(0.0, 0.0),
    gamma=0.0,
    coarse=0.0,
    sharpened=0.0,
    noise=0.0,
)


def frames(seed=0, shape=(2, 3, 40, 50)):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), (0, 0, 2, 2))
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def test_a_look_without_anything_gives_the_very_array():
    pixels = frames()

    assert Look().on_frames(pixels) is pixels


def test_brightness_follows_window_gain_offset_and_gamma():
    pixels = frames()
    look = Look(window=(0.2, 0.7), gain=0.8, offset=0.1, gamma=1.3)

    lit = look.on_frames(pixels)

    expected = (np.clip((pixels.astype(np.float64) - 0.2) / 0.5, 0, 1) * 0.8 + 0.1) ** 1.3
    np.testing.assert_allclose(lit, expected, atol=1e-5)


def test_whole_gray_values_are_shown_as_fractions_are():
    pixels = (frames() * 255).astype(np.uint8)
    look = Look(window=(0.1, 0.9), gain=0.9, offset=0.05, gamma=0.8)

    whole = look.on_frames(pixels)

    fractions = look.on_frames((pixels / 255).astype(np.float32))
    assert whole.dtype == np.uint8
    assert np.abs(whole / 255 - fractions).max() <= 0.5 / 255 + 1e-5


def test_one_picture_stands_in_for_its_neighbours():
    pixels = frames()

    alone = Look(is_alone=True).on_frames(pixels)

    assert alone.shape == pixels.shape
    for channel in range(3):
        assert np.array_equal(alone[:, channel], pixels[:, 1])


def test_half_the_resolution_is_the_mean_of_four_pixels_enlarged():
    pixels = np.kron(frames(shape=(1, 1, 20, 25)), np.ones((1, 1, 2, 2), np.float32))
    fine = np.where(np.indices((40, 50)).sum(axis=0) % 2, 0.1, -0.1).astype(np.float32)

    with_fine, without = (
        Look(resolution=0.5).on_frames(np.clip(p, 0.1, 0.9).astype(np.float32))
        for p in (np.clip(pixels, 0.2, 0.8) + fine, np.clip(pixels, 0.2, 0.8))
    )

    # A checkerboard has no mean: at half the resolution it is gone.
    np.testing.assert_allclose(with_fine, without, atol=1e-5)


def test_sharpening_adds_what_a_mean_takes_away():
    pixels = np.clip(frames(), 0.3, 0.7)

    sharp = Look(sharpness=1.2).on_frames(pixels)

    mean = ndimage.uniform_filter(pixels.astype(np.float64), (0, 0, 3, 3), mode="mirror")
    expected = np.clip(pixels + 1.2 * (pixels - mean), 0, 1)
    np.testing.assert_allclose(sharp, expected, atol=1e-5)


def test_masks_move_as_frames_do():
    region = np.zeros((1, 64, 64), np.uint8)
    region[0, 10:30, 20:45] = 1
    look = Look(Augmentation(rotation_deg=110.0, scale=1.2, is_mirrored=True), is_alone=True)

    moved = look.on_masks(region)

    pixels = np.repeat(region[:, None].astype(np.float32), 3, axis=1)
    assert 0 < ((look.on_frames(pixels)[0, 1] > 0.5) != moved[0]).mean() < 0.005


def test_noise_comes_last_and_from_its_seed():
    pixels = np.full((1, 3, 64, 64), 0.5, np.float32)
    look = Look(Augmentation(noise=0.02, seed=4), window=(0.0, 0.8), is_alone=True)

    noisy = look.on_frames(pixels)

    assert np.array_equal(noisy, look.on_frames(pixels))
    assert (noisy - 0.625).std() == pytest.approx(0.02, rel=0.05)
    # Neighbours show the same picture, each with noise of its own.
    assert not np.array_equal(noisy[:, 0], noisy[:, 1])


def test_frames_stay_on_their_scale_and_as_they_were():
    pixels, chance = frames(), np.random.default_rng(1)
    before = pixels.copy()

    looks = [LookRanges().draw(chance) for _ in range(60)]

    for look in looks:
        for given in (pixels, (pixels * 255).astype(np.uint8)):
            shown = look.on_frames(given)
            assert (shown.shape, shown.dtype) == (given.shape, given.dtype)
            assert shown.min() >= 0
            assert shown.max() <= (1 if given.dtype == np.float32 else 255)
    assert np.array_equal(pixels, before)


def test_what_is_drawn_lies_within_its_ranges():
    ranges, chance = LookRanges(), np.random.default_rng(0)

    looks = [ranges.draw(chance) for _ in range(2000)]

    assert all(-0.08 <= look.window[0] <= 0.28 for look in looks)
    assert all(0.62 <= look.window[1] <= 1.15 for look in looks)
    assert all(np.exp(-0.4) <= look.gamma <= np.exp(0.4) for look in looks)
    scales = [look.geometry.scale for look in looks]
    assert np.exp(-0.15) <= min(scales)
    assert max(scales) <= 1.6 * np.exp(0.15)
    assert np.mean([look.is_alone for look in looks]) == pytest.approx(0.4, abs=0.04)
    assert np.mean([look.resolution < 1 for look in looks]) == pytest.approx(0.5, abs=0.04)
    assert not any(look.resolution < 1 and look.sharpness for look in looks)


def test_ranges_of_no_width_change_nothing():
    pixels = frames()

    look = PLAIN.draw(np.random.default_rng(0))

    assert np.array_equal(look.on_frames(pixels), pixels)


def test_every_draw_takes_as_many_numbers():
    states = []
    for ranges in (PLAIN, LookRanges()):
        chance = np.random.default_rng(3)
        ranges.draw(chance)
        states.append(chance.random())

    assert states[0] == states[1]


@pytest.mark.parametrize(
    "wrong",
    [{"window": (0.5, 0.5)}, {"gain": 0.0}, {"resolution": 1.5}, {"sharpness": -1.0}],
    ids=str,
)
def test_a_look_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Look(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"alone": 2.0}, {"gamma": -1.0}, {"gain": (1.0, 0.5)}, {"low": (0.0, 0.7)}, {"zoom": 0.5}],
    ids=str,
)
def test_ranges_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        LookRanges(**wrong)

import numpy as np
import pytest
from skimage import exposure

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.intensity import (
    ClipHU,
    Neighbours,
    Normalize,
    Rescale,
    Windows,
    fit_normalize,
)


def scan(seed=0, shape=(5, 12, 10), slice_mm=5.0):
    values = np.random.default_rng(seed).normal(30, 400, shape).astype(np.float32)
    return Volume(values, Grid.regular(shape, (slice_mm, 0.5, 0.5)))


def test_clip_keeps_what_lies_between():
    clipped = ClipHU(0, 80)(scan()).hu

    np.testing.assert_array_equal(clipped, np.clip(scan().hu, 0, 80))


def test_rescale_equals_scikit_image():
    scaled = Rescale(-100, 300)(scan()).hu

    expected = exposure.rescale_intensity(scan().hu, in_range=(-100, 300), out_range=(0.0, 1.0))
    np.testing.assert_allclose(scaled, expected, atol=1e-6)


@pytest.mark.parametrize("high", [80.0, 3.0, 1e-3, 255.0])
def test_rescale_never_leaves_0_to_1(high):
    scaled = Rescale(0.0, high)(scan()).hu

    assert scaled.min() == 0
    assert scaled.max() <= 1


def test_fitted_mean_and_deviation_are_those_of_all_voxels_together():
    volumes = [scan(0), scan(1, (3, 9, 9)), scan(2, (8, 4, 4))]

    fitted = fit_normalize(iter(volumes))

    together = np.concatenate([volume.hu.ravel() for volume in volumes]).astype(np.float64)
    assert fitted.mean == pytest.approx(together.mean())
    assert fitted.deviation == pytest.approx(together.std())


def test_normalized_training_voxels_have_zero_mean_and_unit_deviation():
    normalized = fit_normalize([scan()])(scan()).hu

    assert normalized.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert normalized.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_nothing_to_fit_on_is_an_error():
    with pytest.raises(ValueError, match="training set"):
        fit_normalize([])


def test_each_window_is_a_channel_from_black_to_white():
    hu = np.array([0, 20, 40, 80, 1000], np.float32).reshape(1, 1, 5)
    volume = Volume(hu, Grid((1, 1, 5), np.zeros((1, 3)), [1, 0, 0], [0, 1, 0], (1, 1)))

    frames = Windows(((40, 80), (600, 2800)))(volume)

    assert frames.channels == ("window 40/80", "window 600/2800")
    np.testing.assert_allclose(frames.pixels[0, 0, 0], [0, 0.25, 0.5, 1, 1])
    np.testing.assert_allclose(frames.pixels[0, 1, 0], (hu.ravel() + 800) / 2800, atol=1e-6)


def test_neighbours_of_slices_at_that_distance_are_the_slices_beside():
    volume = scan(slice_mm=5.0)

    frames = Neighbours(5.0, (0, 1000))(volume)

    shown = np.clip((volume.hu + 500) / 1000, 0, 1)
    np.testing.assert_allclose(frames.pixels[1:, 0], shown[:-1], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[:, 1], shown, atol=1e-6)
    np.testing.assert_allclose(frames.pixels[:-1, 2], shown[1:], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[0, 0], shown[0], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[-1, 2], shown[-1], atol=1e-6)


def test_neighbours_in_a_thin_series_are_slabs_of_the_same_distance():
    volume = scan(shape=(20, 6, 6), slice_mm=1.0)

    frames = Neighbours(5.0, (0, 4000))(volume)

    slab = volume.hu[13:18].mean(axis=0)
    np.testing.assert_allclose(frames.pixels[10, 2], (slab + 2000) / 4000, atol=1e-6)


def test_neighbours_of_leaning_slices_are_refused(noise):
    with pytest.raises(GeometryError, match=r"lean by 18\.5°"):
        Neighbours()(noise)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: ClipHU(3, 3), "low, high"),
        (lambda: Rescale(0, float("nan")), "low, high"),
        (lambda: Normalize(float("inf"), 1), "mean"),
        (lambda: Normalize(0, 0), "deviation"),
        (lambda: Windows(()), "windows"),
        (lambda: Windows(((40, 0),)), "windows"),
        (lambda: Neighbours(0), "distance_mm"),
        (lambda: Neighbours(5, (40, -1)), "window"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()

import numpy as np
import pytest
from scipy import ndimage
from skimage import exposure

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.filters import Clahe, Gaussian, Mean, Median, MergeContrast, Open


@pytest.fixture
def scan():
    rng = np.random.default_rng(2)
    shape = (3, 61, 70)
    return Volume(
        rng.normal(20, 200, shape).astype(np.float32), Grid.regular(shape, (5.0, 0.5, 0.8))
    )


def by_slice(function, hu):
    return np.stack([function(plane.astype(np.float64)) for plane in hu])


@pytest.mark.parametrize("sigma_mm", [0.3, 1.0, 2.5])
def test_gaussian_equals_scipy_with_a_sigma_in_mm(scan, sigma_mm):
    expected = by_slice(
        lambda p: ndimage.gaussian_filter(p, (sigma_mm / 0.5, sigma_mm / 0.8)), scan.hu
    )

    np.testing.assert_allclose(Gaussian(sigma_mm)(scan).hu, expected, atol=1e-3)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_mean_equals_scipy(scan, size):
    expected = by_slice(lambda p: ndimage.uniform_filter(p, size), scan.hu)

    np.testing.assert_allclose(Mean(size)(scan).hu, expected, atol=1e-3)


@pytest.mark.parametrize("size", [3, 5])
def test_median_equals_scipy(scan, size):
    expected = by_slice(lambda p: ndimage.median_filter(p, size, mode="nearest"), scan.hu)

    np.testing.assert_array_equal(Median(size)(scan).hu, expected)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
def test_opening_equals_scipy_for_even_sizes_too(scan, size):
    expected = by_slice(lambda p: ndimage.grey_opening(p, (size, size)), scan.hu)

    np.testing.assert_array_equal(Open(size)(scan).hu, expected)


def test_clahe_agrees_with_scikit_image_where_tiles_divide_the_slice():
    rng = np.random.default_rng(5)
    hu = ndimage.gaussian_filter(rng.normal(0, 1, (128, 128)), 6)
    hu = (40 + 20 * hu / hu.std()).clip(0, 80).astype(np.float32)
    scan = Volume(hu[None], Grid((1, 128, 128), np.zeros((1, 3)), [1, 0, 0], [0, 1, 0], (1, 1)))

    ours = Clahe(clip=100.0, tiles=4, low=0, high=80)(scan).hu[0]

    # Without a limit both are the tile's cumulative histogram, interpolated between tiles.
    theirs = exposure.equalize_adapthist(hu / 80, kernel_size=32, clip_limit=1.0) * 80
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.97


def test_clahe_stays_in_its_range(scan):
    ours = Clahe(low=0, high=80)(scan).hu

    assert ours.min() >= 0
    assert ours.max() <= 80


def unit_scan():
    """Slices with black and white around values between, and one without any between."""
    hu = np.random.default_rng(6).normal(0.5, 0.2, (4, 40, 50)).clip(0, 1).astype(np.float32)
    hu[3] = 0.0
    hu[3, :20] = 1.0
    return Volume(hu, Grid.regular(hu.shape, (5.0, 1.0, 1.0)))


def test_merged_contrast_is_half_scikit_images_stretch_and_half_scipys_mean():
    scan = unit_scan()

    merged = MergeContrast(0.02, 3)(scan).hu

    def by_others(plane):
        between = plane[(plane > 0) & (plane < 1)]
        ends = (0, 1) if not between.size else tuple(np.percentile(between, (2, 98)))
        stretched = exposure.rescale_intensity(plane, in_range=ends, out_range=(0.0, 1.0))
        return 0.5 * stretched + 0.5 * ndimage.uniform_filter(plane, 3)

    np.testing.assert_allclose(merged, by_slice(by_others, scan.hu), atol=2e-6)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_merged_contrast_stays_in_0_to_1(weight):
    merged = MergeContrast(weight=weight)(unit_scan()).hu

    assert merged.min() >= 0
    assert merged.max() <= 1


def test_a_slice_of_one_gray_is_left_as_it_is():
    hu = np.full((1, 5, 5), 0.4, np.float32)
    scan = Volume(hu, Grid.regular(hu.shape, (5.0, 1.0, 1.0)))

    np.testing.assert_allclose(MergeContrast()(scan).hu, hu, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Gaussian(0.0), "sigma_mm"),
        (lambda: Mean(0), "size_px"),
        (lambda: Median(4), "size_px"),
        (lambda: Open(-1), "size_px"),
        (lambda: MergeContrast(saturated=0.5), "saturated"),
        (lambda: MergeContrast(size_px=0), "size_px"),
        (lambda: MergeContrast(weight=1.1), "weight"),
        (lambda: Clahe(clip=0), "clip"),
        (lambda: Clahe(tiles=0), "tiles"),
        (lambda: Clahe(low=80, high=0), "low, high"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from skimage import filters, measure

from headct.core.grid import Grid
from headct.image.regions import components, fill_holes, grow, hysteresis


@pytest.fixture(params=range(3))
def values(request):
    field = np.random.default_rng(request.param).normal(0, 1, (7, 40, 33))
    return ndimage.gaussian_filter(field, 1).astype(np.float32)


def structure(connectivity):
    return ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])


def test_hysteresis_equals_scikit_image(values):
    ours = hysteresis(values, 0.1, 0.4, connectivity=6)

    np.testing.assert_array_equal(ours, filters.apply_hysteresis_threshold(values, 0.1, 0.4))


def test_hysteresis_takes_values_on_the_thresholds():
    values = np.array([[[1, 2, 1, 0, 1]]], np.float32)

    assert hysteresis(values, 1, 2).tolist() == [[[True, True, True, False, False]]]


def test_growing_equals_simpleitk(values):
    seeds = np.zeros(values.shape, bool)
    seeds[3, 20, 16] = seeds[1, 4, 5] = True

    ours = grow(values, seeds, -0.2, 0.3, connectivity=6)

    theirs = SimpleITK.ConnectedThreshold(
        SimpleITK.GetImageFromArray(values), [(16, 20, 3), (5, 4, 1)], -0.2, 0.3
    )
    np.testing.assert_array_equal(ours, SimpleITK.GetArrayFromImage(theirs) != 0)


@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_components_equal_scipy_and_scikit_image(values, connectivity):
    parts = components(values > 0.3, connectivity=connectivity)

    labels, count = ndimage.label(values > 0.3, structure(connectivity))
    assert len(parts) == count
    # Numbers may differ; what belongs together may not.
    pairs = set(zip(labels.ravel().tolist(), parts.labels.ravel().tolist(), strict=True))
    assert len(pairs) == count + 1
    for region in measure.regionprops(parts.labels.astype(np.int32)):
        assert parts.voxels[region.label - 1] == region.area
        assert parts.boxes[region.label - 1] == region.slice
        by_slice = np.count_nonzero(parts.labels == region.label, axis=(1, 2))
        np.testing.assert_array_equal(parts.areas[region.label - 1], by_slice)


def test_ml_of_parts_is_counted_slice_by_slice():
    region = np.zeros((3, 4, 4), bool)
    region[0, 0, :2] = region[1:, 2, 3] = True
    grid = Grid((3, 4, 4), [[0, 0, 0], [0, 0, 4], [0, 0, 12]], [1, 0, 0], [0, 1, 0], (1.0, 0.5))

    parts = components(region)

    # Cells are 4, 6 and 8 mm high; a pixel is 0.5 mm².
    assert sorted(parts.volumes_ml(grid)) == pytest.approx([2 * 4 * 0.5e-3, (6 + 8) * 0.5e-3])


def test_kept_parts_are_the_region_of_those_alone(values):
    parts = components(values > 0.3)

    kept = parts.keep(parts.voxels > 20)

    large = np.flatnonzero(parts.voxels > 20) + 1
    np.testing.assert_array_equal(kept, np.isin(parts.labels, large))


def test_an_empty_region_has_no_parts():
    parts = components(np.zeros((2, 3, 4), bool))

    assert len(parts) == 0
    assert parts.voxels.shape == (0,)
    assert not parts.keep(np.zeros(0, bool)).any()


def test_filled_holes_equal_scipy_slice_by_slice(values):
    region = np.abs(values) > 0.12

    expected = np.stack([ndimage.binary_fill_holes(plane) for plane in region])

    np.testing.assert_array_equal(fill_holes(region), expected)


def test_inputs_are_not_changed(values):
    region = values > 0.1
    before = region.copy()

    fill_holes(region)
    components(region)

    np.testing.assert_array_equal(region, before)


@pytest.mark.parametrize("find", [lambda v: hysteresis(v, 2, 1), lambda v: grow(v, v > 0, 2, 1)])
def test_thresholds_the_wrong_way_round_are_refused(values, find):
    with pytest.raises(ValueError, match="low <= high"):
        find(values)

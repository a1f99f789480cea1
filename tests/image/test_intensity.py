import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import exposure

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.intensity import (
    ClipHU,
    Normalize,
    Remove,
    Rescale,
    Standardize,
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


def grid_of(values):
    return np.asarray(values, dtype=np.float32).reshape(1, 1, -1)


def volume_of(values):
    hu = grid_of(values)
    return Volume(hu, Grid.regular(hu.shape, (1.0, 1.0, 1.0)))


def test_whole_hu_become_the_nearest_float_of_their_share():
    scaled = Rescale(0.0, 100.0)(volume_of(range(101))).hu

    np.testing.assert_array_equal(scaled, grid_of([hu / 100 for hu in range(101)]))


def test_remove_takes_what_is_outside_and_both_ends_to_0():
    given = [-0.1, 0.0, 0.1799, 0.18, 0.1801, 0.5, 0.7999, 0.8, 0.8001, 1.0]

    kept = Remove(at_most=0.18, at_least=0.8)(volume_of(given)).hu

    np.testing.assert_array_equal(kept, grid_of([0, 0, 0, 0, 0.1801, 0.5, 0.7999, 0, 0, 0]))


def test_remove_with_one_end_leaves_the_other_side_alone():
    given = [-5.0, 0.3, 0.999, 1.0, 1.5]

    np.testing.assert_array_equal(
        Remove(at_least=1.0)(volume_of(given)).hu, grid_of([-5.0, 0.3, 0.999, 0, 0])
    )
    np.testing.assert_array_equal(
        Remove(at_most=0.3)(volume_of(given)).hu, grid_of([0, 0, 0.999, 1.0, 1.5])
    )


@given(
    mean=st.floats(-100, 100),
    deviation=st.floats(0.01, 100),
    reach=st.floats(0.5, 6),
    value=st.floats(-1000, 1000, width=32),
)
def test_standardized_is_the_z_score_cut_at_its_reach(mean, deviation, reach, value):
    z = (value - mean) / deviation

    standard = Standardize(mean, deviation, reach)(volume_of([value])).hu.item()

    expected = (min(max(z, -reach), reach) + reach) / (2 * reach)
    # Values and mean round in their seventh digit; of 100 that is 1e-5, in units of a deviation.
    rounding = 1e-6 * (abs(value) + abs(mean) + 1) / deviation + 1e-6
    assert standard == pytest.approx(expected, abs=rounding)
    assert 0 <= standard <= 1


def test_stored_levels_are_standardized_as_the_values_they_stand_for():
    levels = np.arange(256, dtype=np.uint8).reshape(2, 1, 8, 16)
    standardize = Standardize(0.25, 0.125)

    from_store = standardize.on(levels)

    expected = np.clip((levels / 255 - 0.25) / 0.125, -3, 3) / 6 + 0.5
    np.testing.assert_allclose(from_store, expected, atol=1e-6)
    assert from_store.dtype == np.float32
    np.testing.assert_array_equal(
        from_store, standardize.on(levels.astype(np.float32) / np.float32(255))
    )


def test_pixels_that_cannot_be_stored_ones_are_refused():
    with pytest.raises(TypeError, match="float32 or uint8, got float64"):
        Standardize(0.0, 1.0).on(np.zeros(3))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: ClipHU(3, 3), "low, high"),
        (lambda: Rescale(0, float("nan")), "low, high"),
        (lambda: Normalize(float("inf"), 1), "mean"),
        (lambda: Normalize(0, 0), "deviation"),
        (lambda: Rescale(1e9, 1e9 + 1), "low, high"),
        (lambda: Remove(), "at_most, at_least"),
        (lambda: Remove(0.8, 0.18), "at_most, at_least"),
        (lambda: Remove(at_least=float("nan")), "at_most, at_least"),
        (lambda: Standardize(float("nan"), 1), "mean"),
        (lambda: Standardize(0, 0), "deviation"),
        (lambda: Standardize(0, 1, -3), "reach"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()

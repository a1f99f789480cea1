import numpy as np
import pytest
from scipy import ndimage

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Heatmap, Mask, Volume
from headct.image.geometry import Crop, Reorient, Resample, Reshape, Straighten
from headct.image.transfer import cells_of, nearest_slices, transfer_heatmap, transfer_mask


def random_mask(grid, seed=0):
    labels = np.random.default_rng(seed).integers(0, 3, grid.shape).astype(np.uint8)
    return Mask(labels, grid, ("one", "two"))


def nearest_by_world(mask, grid):
    """Labels at each target centre, voxel by voxel through the patient's coordinates."""
    source = mask.grid
    out = np.zeros(grid.shape, np.uint8)
    middles = (source.positions_mm[:-1] + source.positions_mm[1:]) / 2
    lowest = 2 * source.positions_mm[0] - middles[0]
    highest = 2 * source.positions_mm[-1] - middles[-1]
    for at in np.ndindex(*grid.shape):
        world = grid.to_world([at])[0]
        position = world @ source.normal
        if not lowest <= position < highest:
            continue
        index = int((middles <= position).sum())
        away = world - source.origins_mm[index]
        row = int(np.floor(away @ source.row_axis / source.spacing_mm[0] + 0.5))
        column = int(np.floor(away @ source.column_axis / source.spacing_mm[1] + 0.5))
        if 0 <= row < source.shape[1] and 0 <= column < source.shape[2]:
            out[at] = mask.labels[index, row, column]
    return out


@pytest.mark.parametrize(
    "step",
    [
        Straighten(),
        Resample((1.3, 0.7, 0.8)),
        Resample((6.1, 0.31, 1.3)),
        Reshape(31, 53),
        Crop((1, 4), (5, 30), (7, 33)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_labels_come_from_the_cell_at_the_same_place_in_the_patient(noise, step):
    mask = random_mask(step(noise).grid)

    back = transfer_mask(mask, noise.grid)

    np.testing.assert_array_equal(back.labels, nearest_by_world(mask, noise.grid))


def test_a_mask_on_a_reoriented_copy_comes_back_exactly():
    origins = np.arange(6)[:, None] * np.array([2.0, 0.0, 0.0])
    sagittal = Grid((6, 7, 8), origins, np.array([0, 1, 0]), np.array([0, 0, 1]), (0.5, 0.7))
    mask = random_mask(sagittal)
    turned = Reorient()(Volume(mask.labels.astype(np.float32), sagittal))

    back = transfer_mask(Mask(turned.hu.astype(np.uint8), turned.grid, mask.names), sagittal)

    assert turned.grid.shape != sagittal.shape
    np.testing.assert_array_equal(back.labels, mask.labels)


def test_a_crop_comes_back_with_nothing_marked_around_it(noise):
    box = Crop((1, 4), (5, 30), (7, 33))(noise)

    back = transfer_mask(Mask(np.ones(box.grid.shape, np.uint8), box.grid, ("box",)), noise.grid)

    expected = np.zeros(noise.grid.shape, np.uint8)
    expected[1:4, 5:30, 7:33] = 1
    np.testing.assert_array_equal(back.labels, expected)


def test_weights_come_back_on_the_line_between_neighbours():
    small = Grid.regular((4, 8, 9), (3.0, 2.0, 2.0))
    large = Grid.regular((10, 15, 17), (1.0, 1.0, 1.0))
    weights = np.random.default_rng(3).random(small.shape).astype(np.float32)

    back = transfer_heatmap(Heatmap(weights, small, raw_peak=4.5), large)

    at = np.indices(large.shape) / np.array([3.0, 2.0, 2.0])[:, None, None, None]
    expected = ndimage.map_coordinates(weights.astype(float), at, order=1, mode="nearest")
    assert back.raw_peak == 4.5
    np.testing.assert_allclose(back.weights, expected, atol=1e-6)


def test_weights_are_zero_outside_the_map():
    small = Grid.regular((2, 2, 2), (1.0, 1.0, 1.0))
    large = Grid.regular((6, 6, 6), (1.0, 1.0, 1.0), origin_mm=(-2.0, -2.0, -2.0))

    back = transfer_heatmap(Heatmap(np.ones((2, 2, 2), np.float32), small, 1.0), large)

    expected = np.zeros((6, 6, 6))
    expected[2:4, 2:4, 2:4] = 1
    np.testing.assert_allclose(back.weights, expected)


def test_grids_turned_by_a_few_degrees_are_refused():
    straight = Grid.regular((2, 4, 4), (5.0, 1.0, 1.0))
    turned = Grid(
        (2, 4, 4),
        straight.origins_mm,
        [np.cos(0.1), np.sin(0.1), 0],
        [-np.sin(0.1), np.cos(0.1), 0],
        (1.0, 1.0),
    )

    with pytest.raises(GeometryError, match=r"5\.72°"):
        transfer_mask(random_mask(turned), straight)


def test_each_thin_slice_lies_in_the_cell_of_one_thick_slice_or_in_none():
    thick = Grid.regular((2, 4, 4), (5.0, 1.0, 1.0), origin_mm=(0.0, 0.0, 2.0))
    thin = Grid.regular((14, 4, 4), (1.0, 1.0, 1.0), origin_mm=(0.0, 0.0, -2.0))

    cells = cells_of(thick, thin)

    # Cells reach from -0.5 to 4.5 mm and on to 9.5 mm; thin slices lie at -2 to 11 mm.
    assert cells.tolist() == [-1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1, -1]


def test_the_nearest_slice_is_told_for_each_that_was_made():
    thick = Grid.regular((2, 4, 4), (5.0, 1.0, 1.0), origin_mm=(0.0, 0.0, 2.0))
    thin = Grid.regular((14, 4, 4), (1.0, 1.0, 1.0), origin_mm=(0.0, 0.0, -2.0))

    assert nearest_slices(thick, thin).tolist() == [4, 9]

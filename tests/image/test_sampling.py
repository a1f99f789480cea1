import numpy as np
import pytest

from headct.core.grid import Grid
from headct.image.sampling import cell_edges_mm, normal_weights, pixels_to_cover, scale


def grid_at(*heights, thickness_mm=None):
    return Grid(
        shape=(len(heights), 2, 2),
        origins_mm=np.array(heights)[:, None] * [0.0, 0.0, 1.0],
        column_axis=[1, 0, 0],
        row_axis=[0, 1, 0],
        spacing_mm=(1.0, 1.0),
        thickness_mm=thickness_mm,
    )


def area_matrix(count, wanted, factor):
    """(wanted, count) shares of old pixels that new ones cover, by plain overlap."""
    low = np.arange(wanted)[:, None] / factor
    overlap = np.minimum(low + 1 / factor, np.arange(count) + 1) - np.maximum(low, np.arange(count))
    overlap = np.clip(overlap, 0, None)
    return overlap / overlap.sum(axis=1, keepdims=True)


def line_matrix(count, wanted, factor):
    """(wanted, count) weights of the line between pixel centres, edges repeated."""
    at = np.clip((np.arange(wanted) + 0.5) / factor - 0.5, 0, count - 1)
    return np.clip(1 - np.abs(at[:, None] - np.arange(count)), 0, None)


def matrix(count, wanted, factor):
    return (area_matrix if factor < 1 else line_matrix)(count, wanted, factor)


@pytest.mark.parametrize("factors", [(0.5, 0.5), (0.7, 0.31), (1.7, 2.0), (0.6, 1.3), (1.0, 0.45)])
def test_coarser_pixels_average_what_they_cover_and_finer_follow_the_line(factors):
    plane = np.random.default_rng(1).normal(0, 100, (40, 33)).astype(np.float32)
    shape = (pixels_to_cover(40, 1 / factors[0]), pixels_to_cover(33, 1 / factors[1]))

    scaled = scale(plane, shape, factors)

    rows, columns = matrix(40, shape[0], factors[0]), matrix(33, shape[1], factors[1])
    # OpenCV leaves out overlaps of less than a thousandth of a pixel.
    np.testing.assert_allclose(scaled, rows @ plane @ columns.T, atol=0.2)


def test_cells_meet_halfway_and_the_ends_mirror():
    np.testing.assert_allclose(cell_edges_mm(grid_at(0.0, 4.0, 11.0)), [-2.0, 2.0, 7.5, 14.5])


def test_cells_are_as_high_as_the_grid_says():
    grid = grid_at(0.0, 4.0, 5.08, 12.08)

    np.testing.assert_allclose(np.diff(cell_edges_mm(grid)), grid.heights_mm)


def test_a_high_slab_averages_the_cells_it_covers():
    grid = grid_at(0.0, 1.0, 2.0, 3.0)

    weights = normal_weights(grid, np.array([1.5]), 2.5)

    np.testing.assert_allclose(weights, [[0.25 / 2.5, 0.4, 0.4, 0.25 / 2.5]])


def test_a_low_slab_lies_on_the_line_between_its_neighbours():
    weights = normal_weights(grid_at(0.0, 4.0, 11.0), np.array([5.75]), 1.0)

    np.testing.assert_allclose(weights, [[0.0, 0.75, 0.25]])


def test_past_the_ends_the_end_slice_counts():
    grid = grid_at(0.0, 1.0, 2.0)

    weights = normal_weights(grid, np.array([-30.0, 30.0]), 5.0)
    near = normal_weights(grid, np.array([-30.0, 30.0]), 0.5)

    np.testing.assert_allclose(weights, [[1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(near, weights)


def test_a_lone_slice_fills_every_slab():
    weights = normal_weights(grid_at(3.0, thickness_mm=5.0), np.array([2.0, 4.0]), 1.0)

    np.testing.assert_allclose(weights, [[1.0], [1.0]])


@pytest.mark.parametrize(
    ("extent", "spacing", "count"),
    [(250.0, 1.0, 250), (250.6, 1.0, 251), (250.005, 1.0, 250), (0.3, 1.0, 1)],
)
def test_pixels_cover_the_whole_extent(extent, spacing, count):
    assert pixels_to_cover(extent, spacing) == count

import numpy as np
import pytest
from scipy import ndimage

from headct.core.grid import Grid
from headct.image.morphology import closed, dilate, disc, erode, opened

GRID = Grid.regular((3, 40, 44), (5.0, 1.0, 1.0))
REGION = np.random.default_rng(2).random(GRID.shape) > 0.45
CROSS = disc(1.0, GRID)
# At the border the two differ in what they take to lie outside.
INNER = np.s_[:, 2:-2, 2:-2]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (dilate, ndimage.binary_dilation),
        (erode, ndimage.binary_erosion),
        (opened, ndimage.binary_opening),
        (closed, ndimage.binary_closing),
    ],
)
def test_away_from_the_border_shapes_change_as_scipy_changes_them(ours, theirs):
    expected = np.stack([theirs(s, CROSS) for s in REGION])

    assert np.array_equal(ours(REGION, CROSS)[INNER], expected[INNER])


def test_a_disc_is_as_wide_in_millimetres_where_pixels_are_not_square():
    flat = Grid.regular((1, 40, 44), (5.0, 2.0, 0.5))

    assert disc(4.0, flat).shape == (5, 17)

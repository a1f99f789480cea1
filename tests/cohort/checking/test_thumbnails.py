import cv2
import numpy as np

from headct.cohort.checking.thumbnails import thumbnail
from headct.core.grid import Grid
from headct.core.volume import Volume


def shown(volume):
    return cv2.imdecode(np.frombuffer(thumbnail(volume), np.uint8), cv2.IMREAD_GRAYSCALE)


def stack(values, spacing=(5.0, 1.0, 1.0), *, is_measured=True, side=100):
    """Slices of one HU each."""
    hu = (
        np.ones((len(values), side, side), np.float32) * np.array(values, np.float32)[:, None, None]
    )
    return Volume(hu, Grid.regular(hu.shape, spacing, is_measured=is_measured))


def test_three_levels_lie_at_fixed_depths_below_the_vertex():
    # 40 slices of 5 mm; tissue of one HU a slice up to the 35th, air above.
    values = [*range(35), *[-1000] * 5]

    picture = shown(stack(values))

    # Depths of 45, 70 and 95 mm below slice 34 are slices 25, 20 and 15: so many HU, of 80 white.
    middles = [float(part[40:100, 40:100].mean()) for part in np.hsplit(picture, 3)]
    assert np.allclose(middles, [255 * hu / 80 for hu in (25, 20, 15)], atol=2)


def test_a_scan_whose_spacing_is_not_known_is_shown_by_shares_of_its_slices():
    picture = shown(stack(list(range(41)), is_measured=False))

    # 30, 45 and 60 % down from slice 40.
    middles = [float(part[40:100, 40:100].mean()) for part in np.hsplit(picture, 3)]
    assert np.allclose(middles, [255 * hu / 80 for hu in (28, 22, 16)], atol=2)


def test_pixels_that_are_not_square_are_shown_true_to_aspect():
    picture = shown(stack([80] * 30, spacing=(5.0, 1.0, 2.0)))

    tile = np.hsplit(picture, 3)[0]
    # Twice as wide as high: black above and below.
    assert tile[72].mean() > 250
    assert tile[:30].mean() < 5
    assert tile[-30:].mean() < 5


def test_one_slice_is_shown_once():
    picture = shown(stack([40], is_measured=False))

    assert picture.shape == (144, 144)

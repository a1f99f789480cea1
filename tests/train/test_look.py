import numpy as np
import pytest

from headct.image.augment import AugmentationRanges
from headct.image.look import LookRanges
from headct.train.look import Augmented
from headct.train.losses import NOT_DRAWN
from headct.train.slices import Taken


@pytest.mark.parametrize(
    "ranges",
    [AugmentationRanges(rotation_deg=40.0, noise=0.0), LookRanges()],
    ids=lambda ranges: type(ranges).__name__,
)
def test_masks_move_with_their_slices(ranges):
    pixels = np.zeros((6, 1, 32, 32), np.uint8)
    masks = np.zeros((6, 32, 32), np.uint8)
    pixels[:, 0, 6:14, 8:20] = 200
    masks[:, 6:14, 8:20] = 2

    looked = Augmented(ranges)(
        Taken(pixels, np.zeros((6, 1), np.int8), masks), np.random.default_rng(0)
    )

    for plane, mask in zip(looked.pixels[:, 0].astype(float), looked.masks == 2, strict=True):
        assert plane[mask].mean() > 2 * plane[~mask].mean()
    assert len({plane.tobytes() for plane in looked.masks}) == 6


def test_a_slice_that_nobody_drew_on_stays_so():
    masks = np.full((2, 16, 16), NOT_DRAWN, np.uint8)
    taken = Taken(np.zeros((2, 1, 16, 16), np.uint8), np.zeros((2, 1), np.int8), masks)

    looked = Augmented(AugmentationRanges())(taken, np.random.default_rng(1))

    assert (looked.masks == NOT_DRAWN).all()

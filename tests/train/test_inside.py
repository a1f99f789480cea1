import cv2
import numpy as np

from headct.train.inside import undrawn
from headct.train.losses import NOT_DRAWN


def head(*, gap: bool = False) -> np.ndarray:
    """A ring of bone around tissue, scalp around it, a table below; (1, 3, 192, 192)."""
    plane = np.zeros((192, 192), np.uint8)
    cv2.ellipse(plane, (96, 96), (72, 82), 0, 0, 360, 120, -1)  # scalp
    cv2.ellipse(plane, (96, 96), (64, 74), 0, 0, 360, 255, -1)  # bone
    cv2.ellipse(plane, (96, 96), (58, 68), 0, 0, 360, 110, -1)  # brain
    if gap:
        plane[20:32, 94:99] = 110
    plane[186:189] = 255
    return np.repeat(plane[None, None], 3, axis=1)


def test_a_bleed_may_be_in_the_brain_and_on_the_edge_of_bone_alone():
    (mask,) = undrawn(head())

    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, NOT_DRAWN}
    assert mask[96, 96] == NOT_DRAWN  # brain
    assert mask[96, 96 - 59] == NOT_DRAWN  # the inner table: an epidural's coarse pixels lie on it
    assert mask[96, 96 - 70] == 0  # scalp
    assert mask[10, 10] == 0  # air
    assert mask[187, 96] == 0  # table


def test_a_suture_does_not_open_the_skull():
    (mask,) = undrawn(head(gap=True))

    assert mask[96, 96] == NOT_DRAWN
    assert mask[96, 96 - 70] == 0


def test_without_a_closed_skull_all_tissue_counts_and_no_air():
    open_below = head()
    open_below[..., 96:186, :][open_below[..., 96:186, :] == 255] = 110

    (mask,) = undrawn(open_below)

    assert mask[96, 96] == NOT_DRAWN
    assert mask[96, 96 - 70] == NOT_DRAWN
    assert mask[10, 10] == 0


def test_the_slice_itself_decides_and_not_its_neighbours():
    pixels = head()
    pixels[:, 0] = 0

    (mask,) = undrawn(pixels)

    assert np.array_equal(mask, undrawn(head())[0])

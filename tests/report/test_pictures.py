import cv2
import numpy as np
import pytest

from headct.core.finding import Finding
from headct.core.volume import Mask, Volume
from headct.report.pictures import key_indices, key_slice


def decoded(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_a_key_slice_is_true_to_aspect_and_in_the_brain_window(even):
    picture = decoded(key_slice(even, 0).png)

    # 60 rows of 3.5 mm and 48 columns of 3 mm: 210 by 144 mm.
    assert picture.shape == (512, round(512 * 144 / 210), 3)
    # 34 HU of a window from 0 to 80 HU.
    np.testing.assert_allclose(picture[250:260, 170:180], 34 / 80 * 255, atol=1)
    assert picture[5, 5].max() == 0


def test_the_outline_is_drawn_around_the_bleed_and_nothing_is_filled(even):
    picture = decoded(key_slice(even, 3).png).astype(int)

    coloured = np.argwhere(np.ptp(picture, axis=2) > 60)
    middle = picture[round(25 / 60 * 512), round(29 / 48 * 351)]

    # Rows 19 to 29 and columns 26 to 31 of the scan.
    low, high = coloured.min(axis=0), coloured.max(axis=0)
    np.testing.assert_allclose(low, (19 / 60 * 512, 26 / 48 * 351), atol=4)
    np.testing.assert_allclose(high, (30 / 60 * 512, 32 / 48 * 351), atol=4)
    np.testing.assert_allclose(middle, 34 / 80 * 255, atol=1)


def test_the_picture_for_a_page_shows_the_same_as_the_one_without_loss(even):
    key = key_slice(even, 3)

    small, exact = decoded(key.jpeg), decoded(key.png)

    assert key.shape == exact.shape[:2]
    assert np.abs(small.astype(int) - exact).mean() < 2
    assert len(key.jpeg) < 100_000


def test_the_slice_with_most_in_it_is_shown_and_none_without(even):
    chosen = key_indices(even)

    # 60, 66 and 61 pixels in slices 2, 3 and 4, which lie 5 mm apart: too close to show all.
    assert 3 in chosen
    assert set(chosen) <= {2, 3, 4}


def test_key_slices_of_a_long_bleed_are_spread_over_it(make):
    volume = make["head"]((1.0,) * 99)
    labels = np.zeros(volume.hu.shape, dtype=np.uint8)
    for index in range(10, 90):
        labels[index, 10 : 10 + 20 - abs(index - 50) // 4, 20:30] = 1
    mask = Mask(labels, volume.grid, ("subdural",))

    chosen = key_indices(make["tell"](volume, mask))

    # An eighth of the 79 mm from the first to the last slice of the bleed.
    assert len(chosen) == 6
    assert np.diff(chosen).min() >= 79 / 8


def test_without_a_mask_the_slices_of_the_findings_are_shown(make):
    finding = Finding("subarachnoid", True, slices=(1, 5))

    chosen = key_indices(make["tell"](make["head"](), findings=(finding,)))

    assert chosen == (1, 5)


@pytest.mark.parametrize("slices", [1, 2, 8])
def test_where_nothing_was_found_a_sample_is_shown(make, slices):
    volume = make["head"]()
    few = Volume(volume.hu[:slices], volume.grid.slices(range(slices)))

    chosen = key_indices(make["tell"](few))

    assert chosen
    assert set(chosen) <= set(range(slices))
    assert len(set(chosen)) == len(chosen)

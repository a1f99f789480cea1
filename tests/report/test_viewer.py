import base64
import json

import cv2
import numpy as np
import pytest
from skimage.draw import polygon2mask

from headct.core.errors import OutputError
from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.report.viewer import KNOTS_GREY, KNOTS_HU, compand, stack


def picture(jpeg):
    return cv2.imdecode(np.frombuffer(base64.b64decode(jpeg), np.uint8), cv2.IMREAD_UNCHANGED)


def test_greys_rise_with_hounsfield_units_and_come_back_within_half_a_step():
    hu = np.arange(-20, 101, dtype=np.float32)

    back = np.interp(compand(hu), KNOTS_GREY, KNOTS_HU)

    # 156 greys over 120 HU: half a grey is 0.39 HU.
    assert np.abs(back - hu).max() <= 0.5 * 120 / 156 + 1e-6
    assert (np.diff(compand(np.arange(-3024, 4000, dtype=np.float32)).astype(int)) >= 0).all()


def test_a_slice_of_the_page_shows_the_hounsfield_units_of_the_scan(even):
    shown = stack(even, 10_000_000)

    greys = picture(shown["slices"][3])

    assert len(shown["slices"]) == even.volume.hu.shape[0]
    assert greys.shape == (shown["height"], shown["width"])
    # 60 rows of 3.5 mm by 48 columns of 3 mm, in square pixels of 3 mm.
    assert greys.shape == (70, 48)
    middle = np.interp(greys[30:40, 20:28], KNOTS_GREY, KNOTS_HU)
    np.testing.assert_allclose(middle, 34.0, atol=3.0)


def test_outlines_lie_on_the_pixels_of_the_scan(even):
    shown = stack(even, 10_000_000)

    ((label, flat),) = shown["outlines"][2]

    # Tenths of a pixel from the corner; the centre of pixel 0 is at 5.
    points = np.reshape(flat, (-1, 2))[:, ::-1] / 10 - 0.5
    inside = polygon2mask((shown["down"], shown["across"]), points)
    np.testing.assert_array_equal(inside, even.prediction.mask.labels[2] == 1)
    assert label == "intraparenchymal"
    assert [len(lines) for lines in shown["outlines"]] == [0, 0, 1, 1, 2, 0, 0, 0]


@pytest.mark.parametrize("budget_bytes", [250_000, 80_000, 30_000])
def test_pictures_shrink_until_they_fit(make, budget_bytes):
    grid = Grid.regular((8, 200, 200), (5.0, 1.0, 1.0))
    noise = np.random.default_rng(0).normal(30, 10, grid.shape).astype(np.float32)

    shown = stack(make["tell"](Volume(noise, grid)), budget_bytes)

    kept = {name: shown[name] for name in ("slices", "outlines")}
    taken_bytes = len(json.dumps(kept, separators=(",", ":")))
    assert 0.4 * budget_bytes < taken_bytes <= budget_bytes + 50


def test_a_mask_of_specks_loses_its_smallest_outlines_and_that_is_counted(make):
    grid = Grid.regular((4, 200, 200), (5.0, 1.0, 1.0))
    labels = (np.random.default_rng(0).random(grid.shape) > 0.9).astype(np.uint8)
    labels[2, 50:150, 50:150] = 1
    answer = make["tell"](
        Volume(np.zeros(grid.shape, np.float32), grid), Mask(labels, grid, ("subdural",))
    )

    everything, shown = stack(answer, 10_000_000), stack(answer, 100_000)

    whole, kept = (sum(len(lines) for lines in each["outlines"]) for each in (everything, shown))
    assert everything["left_out"] == 0
    assert shown["left_out"] == whole - kept > 0
    # The large block keeps the longest outline of all.
    longest = max(everything["outlines"][2], key=lambda line: len(line[1]))
    assert longest in shown["outlines"][2]


def test_a_budget_that_no_picture_fits_is_said_to_be_too_small(even):
    with pytest.raises(OutputError, match="do not fit"):
        stack(even, 1000)

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.report.test_page import words

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Heatmap
from headct.report.looked import FULL_PEAK, looked_indices, looked_slice
from headct.report.page import page
from headct.report.save import save

SLICE, ROWS, COLUMNS = 5, slice(20, 30), slice(10, 20)


def looking(answer, *, raw_peak=2.0, weight=1.0):
    """The answer with a heatmap: one bright square on one slice, a faint one on another."""
    weights = np.zeros(answer.volume.hu.shape, np.float32)
    weights[SLICE, ROWS, COLUMNS] = weight
    weights[1, ROWS, COLUMNS] = weight / 4
    heatmap = Heatmap(weights, answer.volume.grid, raw_peak)
    return replace(answer, prediction=replace(answer.prediction, heatmap=heatmap))


def picture(looked) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(looked.png, np.uint8), cv2.IMREAD_COLOR).astype(int)


def colourfulness(shown) -> np.ndarray:
    return np.ptp(shown, axis=2)


def test_the_slices_shown_are_the_brightest_ones_and_no_others(clear):
    assert looked_indices(looking(clear)) == (1, SLICE)
    assert looked_indices(looking(clear), most=1) == (SLICE,)
    assert looked_indices(clear) == ()
    assert looked_indices(looking(clear, raw_peak=0.0, weight=0.0)) == ()


def test_colours_lie_where_the_heatmap_is_and_nowhere_else(even):
    shown = colourfulness(picture(looked_slice(looking(even), SLICE)))

    # 60 rows of 3.5 mm by 48 columns of 3 mm, the longer side in 512 pixels of 210 / 512 mm.
    rows, columns = np.nonzero(shown > 20)
    scale = 512 / 210
    assert rows.min() == pytest.approx(20 * 3.5 * scale, abs=9)
    assert rows.max() == pytest.approx(30 * 3.5 * scale, abs=9)
    assert columns.min() == pytest.approx(10 * 3.0 * scale, abs=8)
    assert columns.max() == pytest.approx(20 * 3.0 * scale, abs=8)


def test_a_scan_with_little_evidence_does_not_glow_like_one_with_plenty(even):
    plenty, full, little = (
        colourfulness(picture(looked_slice(looking(even, raw_peak=peak), SLICE))).max()
        for peak in (10 * FULL_PEAK, FULL_PEAK, FULL_PEAK / 10)
    )

    assert plenty == full > 60
    assert little < full / 4


def test_the_page_says_where_with_the_raw_peak(even):
    answer = looking(even, raw_peak=0.031)
    looks = [looked_slice(answer, index) for index in looked_indices(answer)]

    said = words(page(answer, [], looks))

    assert "Where the network looked" in said
    assert "adds 0.031 to the log odds; the colours end at 0.5" in said
    assert "no outline of a finding" in said
    assert "Slice 6" in said


def test_the_page_says_that_nothing_spoke_for_it(clear):
    said = words(page(looking(clear, raw_peak=0.0, weight=0.0), []))

    assert "In no slice does anything speak for hemorrhage" in said
    assert "Where the network looked" not in words(page(clear, []))


def test_pictures_are_saved_beside_the_page(even, clear, tmp_path):
    save(looking(even), tmp_path / "network")
    save(clear, tmp_path / "finder")

    names = [path.name for path in sorted((tmp_path / "network" / "looked_at").iterdir())]
    assert names == ["slice_002.png", "slice_006.png"]
    assert not (tmp_path / "finder" / "looked_at").exists()


def test_a_heatmap_of_another_grid_is_refused(even):
    other = Grid.regular((2, 3, 4), (5.0, 1.0, 1.0))
    heatmap = Heatmap(np.zeros(other.shape, np.float32), other, 0.0)

    with pytest.raises(GeometryError, match="the heatmap lies on another grid"):
        replace(even, prediction=replace(even.prediction, heatmap=heatmap))


def test_an_answer_without_a_heatmap_has_no_such_picture(even):
    with pytest.raises(ValueError, match="no heatmap"):
        looked_slice(even, 0)

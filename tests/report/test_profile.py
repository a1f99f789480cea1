import pytest

from headct.report.profile import HEIGHT, WIDTH, profile


@pytest.mark.parametrize("which", ["even", "uneven"])
def test_the_area_of_the_bars_is_the_volume(which, request):
    answer = request.getfixturevalue(which)
    grid = answer.volume.grid

    drawn = profile(answer)

    whole_mm = grid.heights_mm.sum()
    cm3 = sum(
        bar.width / WIDTH * drawn.full * bar.height / HEIGHT * whole_mm / 10 for bar in drawn.bars
    )
    # Slices 2, 3, 4 hold 60, 66 and 61 pixels of 3.5 by 3.0 mm.
    heights = {"even": (5, 5, 5), "uneven": (4.0, 2.54, 4.04)}[which]
    expected_ml = sum(n * 3.5 * 3.0 * h / 1000 for n, h in zip((60, 66, 61), heights, strict=True))
    assert drawn.unit == "cm²"
    assert cm3 == pytest.approx(expected_ml, rel=0.002)


def test_slices_stand_where_they_lie_along_the_normal_the_last_one_on_top(uneven):
    drawn = profile(uneven)

    # Cells end half way to the neighbour: distances are 4, 4, 4, 1.08, 7, 7, 7 mm.
    edges_mm = [0, 4, 8, 12, 14.54, 18.58, 25.58, 32.58, 39.58]
    expected = [HEIGHT * (1 - mm / 39.58) for mm in edges_mm]
    assert drawn.edges == pytest.approx(expected, abs=0.02)


def test_a_gap_is_drawn_between_the_slices_around_it(even):
    drawn = profile(even)

    assert drawn.gaps == (pytest.approx(HEIGHT * (1 - 6 / 8)),)


def test_without_spacing_bars_count_pixels(unmeasured):
    drawn = profile(unmeasured)

    widest = max(bar.width for bar in drawn.bars)

    assert drawn.unit == "pixels"
    assert widest / WIDTH * drawn.full == pytest.approx(66)


def test_a_scan_without_a_mask_has_slices_but_no_bars(clear):
    drawn = profile(clear)

    assert drawn.bars == ()
    assert len(drawn.ticks) == clear.volume.grid.shape[0]

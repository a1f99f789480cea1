import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.measure.volume.abc2 import abc2_ml

NAMES = ("any_hemorrhage",)


def mask(region: np.ndarray, spacing_mm=(5.0, 0.5, 0.5), is_measured=True) -> Mask:
    grid = Grid.regular(region.shape, spacing_mm, is_measured=is_measured)
    return Mask(region.astype(np.uint8), grid, NAMES)


def test_a_cylinder_is_its_diameters_times_its_height_over_two():
    rows, columns = np.mgrid[:100, :100]
    disc = np.hypot(rows - 50, columns - 50) <= 40
    cylinder = np.repeat(disc[None], 6, axis=0)

    # A = B = 81 pixels of 0.5 mm at most (corners reach a little further), C = 6 slices of 5 mm.
    assert abc2_ml(mask(cylinder), "any_hemorrhage") == pytest.approx(40.5**2 * 30 / 2000, rel=0.03)


def test_a_rectangle_is_measured_along_its_diagonal_and_across_it():
    area = np.zeros((1, 40, 40), bool)
    area[0, 5:11, 5:13] = True

    # 6 by 8 pixels of 1 mm: the diagonal is 10 mm, the corners beside it lie 4.8 mm off it.
    found = abc2_ml(mask(area, (4.0, 1.0, 1.0)), "any_hemorrhage")

    assert found == pytest.approx(10.0 * 9.6 * 4.0 / 2000)


def test_slices_count_whole_by_half_or_not_by_their_share_of_the_largest():
    areas = np.zeros((4, 20, 20), bool)
    for index, rows in enumerate((10, 8, 5, 2)):
        areas[index, :rows, :10] = True

    # Shares 1, 0.8, 0.5, 0.2 weigh 1, 1, 0.5, 0: C is 2.5 slices; A = B = 10 * sqrt(2).
    found = abc2_ml(mask(areas, (4.0, 1.0, 1.0)), "any_hemorrhage")

    assert found == pytest.approx(200.0 * 10.0 / 2000)


def test_parts_are_measured_apart_and_summed():
    one = np.zeros((3, 30, 60), bool)
    one[1, 5:11, 5:13] = True
    two = one.copy()
    two[1, 5:11, 40:48] = True

    assert abc2_ml(mask(two), "any_hemorrhage") == pytest.approx(
        2 * abc2_ml(mask(one), "any_hemorrhage")
    )


def test_an_ellipsoid_is_estimated_as_the_rounded_formula_says():
    z, y, x = np.mgrid[-20:21, -40:41, -30:31]
    ellipsoid = (z / 18) ** 2 + (y / 36) ** 2 + (x / 24) ** 2 <= 1
    true_ml = 4 / 3 * np.pi * 18 * 36 * 24 / 1000

    found = abc2_ml(mask(ellipsoid, (1.0, 1.0, 1.0)), "any_hemorrhage")

    # A and B reach to the pixels' outer edges: 73 by 49. An area falls with the square of the
    # height: three quarters of it are left at half of the way up, one quarter at 0.87 of it.
    c_mm = 2 * 18 * (np.sqrt(0.25) + np.sqrt(0.75)) / 2
    assert found == pytest.approx(73 * 49 * c_mm / 2000, rel=0.03)
    assert found < true_ml


def test_nothing_has_no_volume():
    assert abc2_ml(mask(np.zeros((3, 9, 9), bool)), "any_hemorrhage") == 0.0


def test_without_spacing_there_are_no_millilitres():
    with pytest.raises(GeometryError, match="spacing is not known"):
        abc2_ml(mask(np.ones((3, 9, 9), bool), is_measured=False), "any_hemorrhage")

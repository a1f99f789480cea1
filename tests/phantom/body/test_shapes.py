import numpy as np
import pytest
from scipy import ndimage

from headct.phantom.body.shapes import (
    blur,
    capsule,
    covered,
    cut,
    ellipsoid,
    enlarge,
    overlap,
    ramp,
    rough,
)


def places(shape):
    return np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32) for n in shape], indexing="ij"))


def test_a_voxel_on_the_border_is_half_covered():
    distances = np.array([-2.0, -0.25, 0.0, 0.25, 2.0], np.float32)

    assert np.allclose(covered(distances), [1, 0.75, 0.5, 0.25, 0])
    assert np.allclose(ramp(distances, -0.25, 0.25), [0, 0, 0.5, 1, 1])


def test_a_ball_drawn_by_covered_voxels_has_the_volume_of_a_ball():
    ball = ellipsoid(places((41, 41, 41)), (20, 20, 20), (12, 12, 12))

    assert covered(ball).sum() == pytest.approx(4 / 3 * np.pi * 12**3, rel=5e-3)


def test_a_rod_with_round_ends_has_its_volume():
    rod = capsule(places((31, 31, 51)), ((15, 15, 15), (15, 15, 35)), 8)

    expected = 4 / 3 * np.pi * 8**3 + np.pi * 8**2 * 20
    assert covered(rod).sum() == pytest.approx(expected, rel=5e-3)


def test_enlarging_agrees_with_scipy():
    coarse = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)

    fine = enlarge(coarse, 3.0, (8, 9, 10), (2, 1, 4))

    at = (places((8, 9, 10)) + np.array([2, 1, 4])[:, None, None, None]) / 3
    assert np.allclose(fine, ndimage.map_coordinates(coarse, at, order=1), atol=1e-5)


def test_a_box_cut_out_is_what_the_whole_has_there():
    coarse = np.random.default_rng(1).normal(size=(5, 6, 7)).astype(np.float32)
    box = (slice(3, 8), slice(0, 4), slice(5, 12))

    whole = enlarge(coarse, 2.0, (9, 11, 13))

    assert np.allclose(cut(coarse, 2.0, box), whole[box], atol=1e-6)


def test_blur_agrees_with_scipy():
    values = np.random.default_rng(2).normal(size=(24, 25, 26)).astype(np.float32)

    expected = ndimage.gaussian_filter(values, 1.5, mode="mirror", truncate=4.0)

    assert np.allclose(blur(values, 1.5), expected, atol=0.02)


def test_a_rough_field_is_as_uneven_as_said_and_as_smooth():
    field = rough(np.random.default_rng(3), (60, 60, 60), 1.0, 4.0)

    # A Gaussian of deviation s on white noise leaves a correlation of exp(-d²/4s²) at d.
    along = np.corrcoef(field[:-4].ravel(), field[4:].ravel())[0, 1]

    assert field.mean() == pytest.approx(0, abs=0.15)
    assert field.std() == pytest.approx(1, abs=0.15)
    assert along == pytest.approx(np.exp(-0.25), abs=0.12)


def test_boxes_overlap_where_both_are():
    first = (slice(0, 5), slice(2, 8), slice(0, 4))
    second = (slice(3, 9), slice(0, 6), slice(10, 12))

    there, here = overlap(first, second)

    assert there[:2] == (slice(3, 5), slice(0, 4))
    assert here[:2] == (slice(0, 2), slice(2, 6))
    assert np.zeros((5, 6, 4))[there].size == np.zeros((6, 6, 2))[here].size == 0

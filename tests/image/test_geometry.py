from dataclasses import replace
from math import pi

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from skimage import transform

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Mask, SliceSource, Volume
from headct.image.geometry import Crop, Reorient, Resample, Reshape, Square, Straighten
from headct.image.transfer import transfer_mask

TRUE_ML = 4 / 3 * pi * 30.0**3 / 1000


def ml_of(volume):
    return float(volume.hu.sum(axis=(1, 2), dtype=np.float64) @ volume.grid.slice_voxel_ml)


def centre_of(volume):
    """Where the values lie in the patient, by weight."""
    weight = volume.hu * volume.grid.heights_mm[:, None, None]
    at = np.array([axis.ravel() for axis in np.indices(volume.grid.shape)]).T
    return weight.ravel() @ volume.grid.to_world(at) / weight.sum()


def plain(shape=(6, 20, 24), spacing=(5.0, 0.5, 0.5), seed=0):
    values = np.random.default_rng(seed).normal(0, 40, shape).astype(np.float32)
    return Volume(values, Grid.regular(shape, spacing))


STEPS = {
    "straighten": Straighten(),
    "2 mm": Resample((2.0, 2.0, 2.0)),
    "1 x 0.7 mm": Resample((1.0, 0.7, 0.7)),
    "6 x 1.5 mm": Resample((6.0, 1.5, 1.5)),
    "matrix up": Reshape(256, 256),
    "matrix down": Reshape(64, 77),
    "square": Square(),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_sphere_keeps_its_ml_and_its_place(ball, step):
    moved = step(ball)

    assert ml_of(ball) == pytest.approx(TRUE_ML, rel=0.002)
    assert ml_of(moved) == pytest.approx(TRUE_ML, rel=0.005)
    # Where 1 mm meets 7 mm a cell's middle lies 1.5 mm off its slice: that much is not exact.
    np.testing.assert_allclose(centre_of(moved), [0.0, 0.0, 0.0], atol=0.2)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_mask_drawn_on_the_copy_keeps_its_ml_back_on_the_scan(ball, step):
    moved = step(ball)
    drawn = Mask((moved.hu >= 0.5).astype(np.uint8), moved.grid, ("sphere",))

    back = transfer_mask(drawn, ball.grid)

    direct = Mask((ball.hu >= 0.5).astype(np.uint8), ball.grid, ("sphere",))
    assert back.volume_ml("sphere") == pytest.approx(direct.volume_ml("sphere"), rel=0.03)


def test_averaging_whole_cells_keeps_ml_to_rounding():
    volume = plain((12, 20, 24))

    moved = Resample((10.0, 1.0, 1.0))(replace(volume, hu=np.abs(volume.hu)))

    blocks = np.abs(volume.hu).reshape(6, 2, 10, 2, 12, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(moved.hu, blocks, rtol=1e-5)
    assert moved.grid.thickness_mm == 10.0


def test_resample_to_its_own_spacing_changes_nothing():
    volume = plain()

    moved = Resample((5.0, 0.5, 0.5))(volume)

    np.testing.assert_allclose(moved.hu, volume.hu, atol=1e-4)
    assert moved.grid == volume.grid


def test_finer_voxels_equal_linear_interpolation_by_simpleitk():
    volume = plain()

    moved = Resample((2.0, 0.4, 0.3))(volume)

    image = SimpleITK.GetImageFromArray(volume.hu)
    image.SetSpacing((0.5, 0.5, 5.0))
    slices, rows, columns = moved.grid.shape
    expected = SimpleITK.Resample(
        image,
        (columns, rows, slices),
        SimpleITK.Transform(),
        SimpleITK.sitkLinear,
        tuple(moved.grid.origins_mm[0]),
        (0.3, 0.4, 2.0),
    )
    # Past the outermost centres SimpleITK and we differ by design: it stops, we repeat the edge.
    inside = np.s_[2:-2, 2:-2, 2:-2]
    np.testing.assert_allclose(
        moved.hu[inside], SimpleITK.GetArrayFromImage(expected)[inside], atol=5e-3
    )


def test_slices_between_uneven_ones_lie_on_the_line_through_true_positions():
    heights = np.array([0.0, 4.0, 5.08, 12.08])
    grid = replace(
        Grid.regular((4, 5, 5), (5.0, 1.0, 1.0)), origins_mm=heights[:, None] * [0.0, 0.0, 1.0]
    )
    slope = np.broadcast_to(heights[:, None, None] * 3 + 1, grid.shape).astype(np.float32)

    moved = Resample((1.0, 1.0, 1.0))(Volume(slope, grid))

    at = moved.grid.positions_mm
    within = (at >= 0) & (at <= 12.08)
    np.testing.assert_allclose(moved.hu[within, 2, 2], at[within] * 3 + 1, rtol=1e-5)


def test_straighten_moves_each_slice_by_its_own_offset_and_cuts_nothing_off(noise):
    straight = Straighten()(noise)

    assert abs(straight.grid.tilt_deg) < 1e-6
    np.testing.assert_allclose(straight.grid.distances_mm, noise.grid.distances_mm)
    np.testing.assert_allclose(
        (straight.hu - noise.hu.min()).sum(axis=(1, 2), dtype=np.float64),
        (noise.hu - noise.hu.min()).sum(axis=(1, 2), dtype=np.float64),
        rtol=1e-5,
    )


def test_straighten_equals_a_bilinear_shift_by_scipy(noise):
    straight = Straighten()(noise)

    away = noise.grid.origins_mm - straight.grid.origins_mm
    for index in range(noise.grid.shape[0]):
        down = away[index] @ noise.grid.row_axis / noise.grid.spacing_mm[0]
        rows = np.arange(straight.grid.shape[1]) - down
        expected = ndimage.map_coordinates(
            noise.hu[index].astype(float),
            np.meshgrid(rows, np.arange(40.0), indexing="ij"),
            order=1,
            cval=float(noise.hu.min()),
            mode="grid-constant",
        )
        np.testing.assert_allclose(straight.hu[index], expected, atol=1e-3)


def test_straighten_leaves_a_straight_scan_as_it_is():
    volume = plain()

    straight = Straighten()(volume)

    np.testing.assert_array_equal(straight.hu, volume.hu)
    assert straight.grid == volume.grid


def test_reshape_keeps_the_field_edges_in_place():
    volume = plain((2, 20, 24), (5.0, 0.5, 0.5))

    small = Reshape(10, 6)(volume)

    assert small.grid.spacing_mm == (1.0, 2.0)
    np.testing.assert_allclose(small.grid.origins_mm[0], [0.75, 0.25, 0.0])
    np.testing.assert_allclose(
        small.hu, volume.hu.reshape(2, 10, 2, 6, 4).mean(axis=(2, 4)), atol=1e-4
    )


@pytest.mark.parametrize("matrix", [(10, 12), (7, 30), (33, 20), (40, 48)], ids=str)
def test_reshape_by_bilinear_equals_scikit_image(matrix):
    volume = plain()

    reshaped = Reshape(*matrix, by="bilinear")(volume)

    expected = np.stack(
        [transform.resize(s, matrix, order=1, mode="edge", anti_aliasing=False) for s in volume.hu]
    )
    # Of values around 100 HU; OpenCV weighs in single precision.
    np.testing.assert_allclose(reshaped.hu, expected, atol=1e-3)
    assert reshaped.grid == Reshape(*matrix)(volume).grid


def test_at_half_the_matrix_bilinear_and_areas_are_the_same():
    volume = plain()

    np.testing.assert_allclose(
        Reshape(10, 12, "bilinear")(volume).hu, Reshape(10, 12)(volume).hu, atol=1e-4
    )


@pytest.mark.parametrize("by", ["area", "bilinear"])
def test_reshape_to_its_own_matrix_changes_nothing(by):
    volume = plain()

    np.testing.assert_array_equal(Reshape(20, 24, by)(volume).hu, volume.hu)


@pytest.mark.parametrize(
    ("shape", "spacing", "expected"),
    [
        ((3, 20, 24), (5.0, 0.5, 0.5), (3, 24, 24)),
        ((3, 25, 20), (5.0, 0.5, 0.5), (3, 25, 25)),
        ((3, 20, 20), (5.0, 0.5, 1.0), (3, 40, 20)),
        ((3, 20, 20), (5.0, 0.5, 0.5), (3, 20, 20)),
    ],
    ids=str,
)
def test_square_adds_to_both_ends_of_the_shorter_side(shape, spacing, expected):
    volume = plain(shape, spacing)

    square = Square()(volume)

    assert square.grid.shape == expected
    assert square.grid.spacing_mm == volume.grid.spacing_mm
    top = (expected[1] - shape[1]) // 2
    left = (expected[2] - shape[2]) // 2
    inside = square.hu[:, top : top + shape[1], left : left + shape[2]]
    np.testing.assert_array_equal(inside, volume.hu)
    np.testing.assert_allclose(
        square.grid.to_world([[1, top, left]]), volume.grid.to_world([[1, 0, 0]])
    )
    assert np.count_nonzero(square.hu == volume.hu.min()) == square.hu.size - volume.hu.size + 1


def test_reorient_reverses_the_sources_with_the_slices():
    volume = plain((3, 4, 5))
    flipped = replace(volume.grid, row_axis=[0, -1, 0], origins_mm=volume.grid.origins_mm[::-1])
    sources = tuple(SliceSource(name) for name in "abc")

    turned = Reorient()(replace(volume, grid=flipped, sources=sources))

    assert [source.file for source in turned.sources] == ["c", "b", "a"]
    np.testing.assert_array_equal(turned.hu, volume.hu[::-1, ::-1])


def test_crop_keeps_voxels_where_they_were(noise):
    sources = tuple(SliceSource(str(index)) for index in range(5))

    box = Crop(slices=(1, 4), rows=(10, 30), columns=(5, 6))(replace(noise, sources=sources))

    np.testing.assert_array_equal(box.hu, noise.hu[1:4, 10:30, 5:6])
    np.testing.assert_allclose(box.grid.to_world([[2, 3, 0]]), noise.grid.to_world([[3, 13, 5]]))
    assert [source.file for source in box.sources] == ["1", "2", "3"]


def test_crop_around_a_mask_leaves_the_margin_in_mm():
    grid = Grid.regular((10, 40, 40), (5.0, 0.5, 1.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[4:6, 20:24, 10:12] = 1

    crop = Crop.around(Mask(labels, grid, ("bleed",)), margin_mm=5.0)

    assert crop == Crop(slices=(3, 7), rows=(10, 34), columns=(5, 17))


def test_crop_beyond_the_scan_is_refused():
    with pytest.raises(GeometryError, match="ends at 30 rows, the scan has 20"):
        Crop(rows=(0, 30))(plain())


def test_crop_around_nothing_is_refused():
    grid = Grid.regular((2, 4, 4), (5.0, 1.0, 1.0))

    with pytest.raises(GeometryError, match="nothing is marked"):
        Crop.around(Mask(np.zeros(grid.shape, np.uint8), grid, ("bleed",)), margin_mm=1.0)


def test_a_way_to_reshape_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match=r"^by: expected area or bilinear, got cubic"):
        Reshape(8, 8, by="cubic")

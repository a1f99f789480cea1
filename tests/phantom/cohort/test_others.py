import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.phantom.cohort.others import CHEST, NECK, draw_localizer, draw_part, reformat, widen


def slope(points):
    """HU that grow by 2, 1 and 3 for each mm to the left, back and up."""
    return 2 * points[..., 0] + points[..., 1] + 3 * points[..., 2]


def ramp_volume(*, lean_deg, increments_mm):
    lean = np.radians(lean_deg)
    origins = np.array([[-60.0, -70.0, -40.0]]) + np.pad(
        np.cumsum([0.0, *increments_mm])[:, None], ((0, 0), (2, 0))
    )
    grid = Grid(
        shape=(len(origins), 70, 60),
        origins_mm=origins,
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=np.array([0.0, np.cos(lean), -np.sin(lean)]),
        spacing_mm=(2.0, 2.0),
        thickness_mm=None,
    )
    index = np.indices(grid.shape).reshape(3, -1).T
    return Volume(slope(grid.to_world(index)).reshape(grid.shape).astype(np.float32), grid)


@pytest.mark.parametrize("plane", ["coronal", "sagittal"])
@pytest.mark.parametrize(
    ("lean_deg", "increments_mm"),
    [(0.0, [5.0] * 20), (15.0, [5.0] * 20), (0.0, [2.5] * 12 + [5.0] * 14)],
)
def test_a_reformat_shows_what_lies_at_its_places(plane, lean_deg, increments_mm):
    scan = ramp_volume(lean_deg=lean_deg, increments_mm=increments_mm)

    turned = reformat(scan, plane)

    # Away from the borders, where values are repeated or filled.
    count, rows, columns = turned.grid.shape
    inner = np.array(
        [
            (k, r, c)
            for k in range(6, count - 6)
            for r in range(12, rows - 12, 7)
            for c in range(34, columns - 34, 9)
        ]
    )
    shown = turned.hu[tuple(inner.T)]
    assert len(inner) > 20
    assert shown == pytest.approx(slope(turned.grid.to_world(inner)), abs=1.0)


@pytest.mark.parametrize(("plane", "across"), [("coronal", (0, 1, 0)), ("sagittal", (-1, 0, 0))])
def test_a_reformat_is_cut_as_its_name_says_with_the_head_up(plane, across):
    turned = reformat(ramp_volume(lean_deg=0.0, increments_mm=[5.0] * 10), plane)

    assert np.allclose(turned.grid.normal, across)
    assert np.allclose(turned.grid.row_axis, (0, 0, -1))


def test_a_wider_frame_moves_no_voxel():
    scan = ramp_volume(lean_deg=10.0, increments_mm=[5.0] * 5)
    mask = Mask((scan.hu > 0).astype(np.uint8), scan.grid, ("subdural",))

    wide, wide_mask, outside = widen(scan, mask, np.zeros((70, 60), bool), 71)

    assert wide.hu.shape[2] == 71
    assert np.array_equal(wide.hu[:, :, 5:65], scan.hu)
    assert np.allclose(wide.grid.to_world([[2, 3, 9]]), scan.grid.to_world([[2, 3, 4]]))
    assert np.array_equal(np.flatnonzero(outside[0]), [*range(5), *range(65, 71)])
    assert wide_mask.volume_ml("subdural") == pytest.approx(mask.volume_ml("subdural"))


def test_a_localizer_shows_the_face_to_the_left_and_the_vertex_up(person):
    drawn = draw_localizer(person)
    picture = drawn.hu[0]

    # The nose stands out to the front, the first columns; above the head is air.
    dense = picture > -950
    assert np.allclose(drawn.grid.column_axis, (0, 1, 0))
    assert dense[-60:].any()
    assert not dense[0].any()
    vertex = drawn.grid.to_world([[0, int(np.argmax(dense.any(axis=1))), 100]])[0, 2]
    assert 50 < vertex < 130


@pytest.mark.parametrize(("part", "air_share"), [(CHEST, 0.2), (NECK, 0.005)])
def test_other_parts_hold_air_fat_muscle_and_bone(part, air_share):
    drawn = draw_part(part, 128, 8.0, np.random.default_rng(1))
    middle = drawn.hu[:, 30:98, 14:114]

    # Further in than the skin nothing but lung and airway is that empty.
    assert (drawn.hu < -700).mean() > (middle < -700).mean() > air_share
    assert (np.abs(middle - 55) < 30).mean() > 0.2
    assert middle.max() > 500

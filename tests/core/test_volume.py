from dataclasses import replace
from math import cos, pi, radians, sin

import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Heatmap, Mask, SliceSource, Volume

UNEVEN = Grid(
    shape=(3, 4, 5),
    origins_mm=[(0, 0, 0), (0, 0, 2), (0, 0, 10)],
    column_axis=(1, 0, 0),
    row_axis=(0, 1, 0),
    spacing_mm=(0.5, 0.4),
)


def air(grid: Grid) -> Volume:
    return Volume(np.full(grid.shape, -1000, dtype=np.float32), grid)


def test_a_volume_is_float32():
    with pytest.raises(TypeError, match="float32, got float64"):
        Volume(np.zeros(UNEVEN.shape), UNEVEN)


def test_a_volume_has_the_shape_of_its_grid():
    with pytest.raises(GeometryError, match=r"\(3, 4, 4\).*\(3, 4, 5\)"):
        Volume(np.zeros((3, 4, 4), dtype=np.float32), UNEVEN)


def test_a_volume_has_a_source_for_each_slice_or_none():
    sources = tuple(SliceSource(f"IM{i}") for i in range(3))

    assert replace(air(UNEVEN), sources=sources).sources == sources
    with pytest.raises(GeometryError, match="each of 3 slices, got 2"):
        replace(air(UNEVEN), sources=sources[:2])


def test_a_step_is_added_to_the_history_and_leaves_its_input_alone():
    before = replace(air(UNEVEN), history=("read",))

    after = before.with_step("warm up", before.hu + 100)

    assert after.history == ("read", "warm up")
    assert after.grid is UNEVEN
    assert before.history == ("read",)
    assert (before.hu == -1000).all()


def test_sources_go_once_slices_no_longer_match_stored_images():
    before = replace(air(UNEVEN), sources=tuple(SliceSource(f"IM{i}") for i in range(3)))
    fewer = UNEVEN.slices([0, 2])

    assert before.with_step("clip", before.hu).sources == before.sources
    assert before.with_step("thin out", before.hu[[0, 2]], fewer).sources == ()


def test_mask_volume_is_counted_slice_by_slice():
    labels = np.zeros(UNEVEN.shape, dtype=np.uint8)
    labels[0, 0, 0] = 1
    labels[1, :2, :3] = 1
    labels[2] = 2

    mask = Mask(labels, UNEVEN, ("subdural", "epidural"))

    # Pixels of 0.2 mm², heights of 2, 5 and 8 mm: voxels of 0.4, 1.0 and 1.6 mm³.
    assert mask.areas("subdural").tolist() == [1, 6, 0]
    assert mask.volume_ml("subdural") == pytest.approx((1 * 0.4 + 6 * 1.0) / 1000)
    assert mask.volume_ml("epidural") == pytest.approx(20 * 1.6 / 1000)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0, -20.0])
@pytest.mark.parametrize("table_mm", [np.arange(0, 100, 2.5), np.r_[0:48:2, 50:100:4]])
def test_a_ball_has_its_volume_however_it_was_sliced(tilt_deg, table_mm):
    tilt, radius_mm = radians(tilt_deg), 35.0
    grid = Grid(
        shape=(len(table_mm), 280, 100),
        # Raised or lowered so that the middle of the slices, not their edge, passes the table.
        origins_mm=[(0, -70, z + 70 * sin(tilt)) for z in table_mm],
        column_axis=(1, 0, 0),
        row_axis=(0, cos(tilt), -sin(tilt)),
        spacing_mm=(0.5, 1.0),
    )
    world = grid.to_world(np.indices(grid.shape).reshape(3, -1).T)
    inside = np.linalg.norm(world - [50, 0, 50], axis=1) < radius_mm

    mask = Mask(inside.reshape(grid.shape).astype(np.uint8), grid, ("intraparenchymal",))

    expected_ml = 4 / 3 * pi * radius_mm**3 / 1000
    assert mask.volume_ml("intraparenchymal") == pytest.approx(expected_ml, rel=0.01)


def test_a_mask_on_a_grid_without_spacing_has_areas_but_no_volume():
    mask = Mask(np.ones((2, 3, 4), np.uint8), Grid.regular((2, 3, 4), (5, 1, 1)), ("subdural",))
    pictures = replace(mask, grid=replace(mask.grid, is_measured=False))

    assert pictures.areas("subdural").tolist() == [12, 12]
    with pytest.raises(GeometryError, match="mL"):
        pictures.volume_ml("subdural")


def test_every_label_of_a_mask_has_a_name():
    labels = np.full(UNEVEN.shape, 2, dtype=np.uint8)

    with pytest.raises(ValueError, match="label 2 has no name"):
        Mask(labels, UNEVEN, ("subdural",))


def test_a_mask_is_uint8_of_the_shape_of_its_grid():
    with pytest.raises(TypeError, match="uint8, got bool"):
        Mask(np.zeros(UNEVEN.shape, dtype=bool), UNEVEN, ("subdural",))
    with pytest.raises(GeometryError, match=r"\(3, 4, 4\)"):
        Mask(np.zeros((3, 4, 4), dtype=np.uint8), UNEVEN, ("subdural",))


def test_a_heatmap_keeps_its_raw_peak():
    weights = np.linspace(0, 1, 60, dtype=np.float32).reshape(UNEVEN.shape)

    assert Heatmap(weights, UNEVEN, raw_peak=0.003).raw_peak == 0.003


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_heatmap_weights_lie_between_0_and_1(wrong):
    weights = np.full(UNEVEN.shape, wrong, dtype=np.float32)

    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        Heatmap(weights, UNEVEN, raw_peak=1.0)


def test_a_heatmap_has_the_shape_of_its_grid():
    with pytest.raises(GeometryError, match=r"\(3, 4, 4\)"):
        Heatmap(np.zeros((3, 4, 4), dtype=np.float32), UNEVEN, raw_peak=1.0)

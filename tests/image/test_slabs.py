import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import SliceSource, Volume
from headct.image.slabs import to_slabs


def volume(slices: int, distance_mm: float) -> Volume:
    grid = Grid.regular((slices, 4, 5), (distance_mm, 0.5, 0.5))
    hu = np.arange(slices, dtype=np.float32)[:, None, None] * np.ones((1, 4, 5), np.float32)
    sources = tuple(SliceSource(f"{i}.dcm") for i in range(slices))
    return Volume(hu, grid, sources)


def test_four_thin_slices_make_a_slab_of_their_mean_at_their_middle():
    thin = volume(8, 0.625)

    slabs = to_slabs(thin, 2.5)

    assert slabs.hu[:, 0, 0].tolist() == [1.5, 5.5]
    assert slabs.grid.positions_mm.tolist() == pytest.approx([0.9375, 3.4375])
    assert slabs.grid.thickness_mm == 2.5
    assert slabs.sources == ()


def test_thick_slices_come_back_as_they_are():
    thick = volume(4, 5.0)

    assert to_slabs(thick, 2.5) is thick


def test_thin_slices_below_thick_ones_are_gathered_alone():
    thin, thick = volume(8, 0.625).grid, volume(3, 5.0).grid
    origins = np.concatenate([thin.origins_mm, thick.origins_mm + np.array([0, 0, 10.0])])
    grid = Grid((11, 4, 5), origins, thin.column_axis, thin.row_axis, (0.5, 0.5))

    slabs = to_slabs(Volume(np.zeros(grid.shape, np.float32), grid), 2.5)

    assert slabs.grid.positions_mm[-3:].tolist() == pytest.approx([10.0, 15.0, 20.0])

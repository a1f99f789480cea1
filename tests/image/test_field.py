from dataclasses import replace

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.image.field import BrainField
from headct.image.head import intracranial
from headct.image.transfer import transfer_mask


def test_the_field_is_square_around_what_the_skull_encloses(healthy):
    inside = intracranial(healthy.volume).inside
    rows, columns = (np.flatnonzero(inside.any(axis=(0, axis))) for axis in (2, 1))

    field = BrainField(margin=0.1)(healthy.volume)

    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    assert field.hu.shape[1] == field.hu.shape[2] == pytest.approx(1.2 * longer, abs=4)
    moved = (field.grid.origins_mm - healthy.volume.grid.origins_mm)[0]
    middle = np.array([columns.mean(), rows.mean()]) * healthy.volume.grid.spacing_mm[0]
    half = (field.hu.shape[1] - 1) / 2 * healthy.volume.grid.spacing_mm[0]
    assert moved[:2] + half == pytest.approx(middle, abs=2.5)


def test_values_stay_where_they_were_in_the_patient(healthy):
    bone = Mask((healthy.volume.hu > 300).astype(np.uint8), healthy.volume.grid, ("epidural",))

    field = BrainField()(healthy.volume)

    same = transfer_mask(bone, field.grid).labels > 0
    assert np.array_equal(same, field.hu > 300)


def test_what_lies_beside_the_head_does_not_widen_it(healthy):
    hu = healthy.volume.hu.copy()
    hu[:, -12:-8, 10:-10] = 60.0  # a table

    field = BrainField()(replace(healthy.volume, hu=hu))

    assert field.grid == BrainField()(healthy.volume).grid


def test_a_head_at_the_edge_is_given_the_lowest_value_beyond(healthy):
    _, rows, columns = healthy.volume.hu.shape
    cut = replace(
        healthy.volume,
        hu=np.ascontiguousarray(healthy.volume.hu[:, 30:]),
        grid=replace(
            healthy.volume.grid,
            shape=(healthy.volume.hu.shape[0], rows - 30, columns),
        ),
    )

    field = BrainField(margin=0.5)(cut)

    assert field.hu.shape[1] == field.hu.shape[2] > cut.hu.shape[1]
    assert (field.hu[:, 0] == cut.hu.min()).all()


def test_without_a_head_the_whole_field_stays():
    empty = Volume(np.full((4, 40, 60), -1000, np.float32), Grid.regular((4, 40, 60), (5, 1, 1)))

    field = BrainField()(empty)

    assert field.hu.shape == (4, 60, 60)


def test_a_margin_below_zero_is_refused():
    with pytest.raises(ValueError, match=r"expected 0 or more, got -0\.1"):
        BrainField(margin=-0.1)

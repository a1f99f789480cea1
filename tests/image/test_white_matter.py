import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.geometry import upright
from headct.image.head import Intracranial, intracranial
from headct.image.white_matter import STEPS_MM, describe_white_matter
from headct.phantom.lesions.white_matter import leukoencephalopathy
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

WHITE_HU, FLUID_HU = 30.0, 6.0


class RoundBrain:
    """White matter of 60 mm radius around a ventricle of 14 mm, alike in all slices."""

    def __init__(self, *, ventricle_mm: float = 14.0) -> None:
        self.out_mm = np.hypot(*np.mgrid[-75:76, -75:76]).astype(np.float32)
        self.ventricle_mm = ventricle_mm
        self.shape = (8, *self.out_mm.shape)

    def scan(self, halo_mm: float = 0.0, drop_hu: float = 0.0, *, only_front: bool = False):
        from_edge = self.out_mm - self.ventricle_mm
        hu = np.full(self.out_mm.shape, WHITE_HU, np.float32)
        affected = from_edge < halo_mm
        if only_front:
            affected &= np.arange(len(hu))[:, None] < len(hu) // 2
        hu[affected] -= drop_hu
        hu[from_edge < 0] = FLUID_HU
        noise = np.random.default_rng(0).normal(0, 2.0, self.shape).astype(np.float32)
        volume = Volume(hu + noise, Grid.regular(self.shape, (5.0, 1.0, 1.0)))
        inside = np.broadcast_to(self.out_mm < 60, self.shape)
        return volume, Intracranial(inside, ~inside, volume.grid)


def test_healthy_white_matter_is_alike_at_every_distance():
    found = describe_white_matter(*RoundBrain().scan())

    assert found.white_hu == pytest.approx(WHITE_HU, abs=0.5)
    assert found.fluid_hu == pytest.approx(FLUID_HU, abs=0.5)
    # The first step still touches the blurred edge.
    assert found.front[1:] == pytest.approx([0.0] * (len(STEPS_MM) - 2), abs=1.2)


def test_a_halo_lowers_the_steps_within_it_by_its_drop_and_none_beyond():
    found = describe_white_matter(*RoundBrain().scan(halo_mm=7.0, drop_hu=8.0))

    expected = -8.0 * 25.0 / (WHITE_HU - FLUID_HU)
    assert found.front[2] == pytest.approx(expected, abs=1.2)
    assert found.back[2] == pytest.approx(expected, abs=1.2)
    assert found.front[-1] == pytest.approx(0.0, abs=1.2)


def test_disease_in_front_is_not_told_behind():
    found = describe_white_matter(*RoundBrain().scan(halo_mm=7.0, drop_hu=8.0, only_front=True))

    assert found.front[2] < -6.0
    assert found.back[2] == pytest.approx(0.0, abs=1.2)


def test_the_ventricles_share_of_the_inside_is_that_of_their_areas():
    found = describe_white_matter(*RoundBrain().scan())

    assert found.ventricle_share == pytest.approx((14 / 60) ** 2, rel=0.05)


def test_without_ventricles_nothing_is_told():
    found = describe_white_matter(*RoundBrain(ventricle_mm=0.0).scan())

    assert found is None


def test_every_number_goes_into_the_row():
    found = describe_white_matter(*RoundBrain().scan())

    assert len(found.numbers) == 4 + 2 * (len(STEPS_MM) - 1) + len(found.away)


def test_a_digital_head_with_disease_is_darker_around_its_ventricles(person, healthy):
    sick = leukoencephalopathy(person, 3, seed=5)
    scan = scan_head(person, [sick], Protocol((Block(30, 5.0, 5.0),), matrix=256), seed=1)

    well, ill = (
        describe_white_matter(volume, intracranial(volume))
        for volume in (upright(healthy.volume), upright(scan.volume))
    )

    assert np.mean(ill.front[1:5]) < np.mean(well.front[1:5]) - 1
    assert np.mean(ill.back[1:5]) < np.mean(well.back[1:5]) - 1

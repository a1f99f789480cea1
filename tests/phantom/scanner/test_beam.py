import numpy as np
import pytest

from headct.phantom.scanner import beam


def test_one_energy_of_water_weakens_as_tables_say():
    # 0.2059 cm²/g at 60 keV: 10 cm of water let exp(-2.059) of it through.
    index = beam.ENERGIES_KEV.index(60)

    left = np.exp(-beam.WATER[index] * 100)

    assert left == pytest.approx(np.exp(-2.059))
    assert beam.WEIGHTS.sum() == pytest.approx(1.0)


def test_water_of_any_length_is_corrected_to_itself():
    water_mm = np.linspace(0, 300, 61, dtype=np.float32)

    corrected = beam.correct_for_water(beam.measure(water_mm, np.zeros_like(water_mm)))

    assert np.allclose(corrected, water_mm, atol=0.05)


@pytest.mark.parametrize("hu", [-1000.0, -90.0, 0.0, 40.0, 100.0, 800.0, 1600.0, 2400.0, 9000.0])
def test_the_materials_of_a_voxel_add_up_to_its_hu(hu):
    water, bone, metal = beam.materials(np.full((1, 1), hu, np.float32))[0, 0]

    total = water + beam.BONE_RATIO * bone + beam.METAL_RATIO * metal

    assert 1000 * (total - 1) == pytest.approx(hu, abs=0.1)
    assert (bone > 0) == (hu > 100)
    assert (metal > 0) == (hu > 2500)


def test_bone_leaves_a_harder_beam_that_is_taken_for_less_of_it():
    water_mm = np.full(2, 150, np.float32)
    bone_mm = np.array([0, 60], np.float32)

    none, dense = beam.wrong_mm(water_mm, bone_mm)

    assert none == pytest.approx(0, abs=0.05)
    assert dense < -1


def test_a_bow_tie_filter_sends_fewer_photons_past_the_side_of_the_head():
    middle, side = beam.faded(np.zeros(2, np.float32), np.array([0.0, 80.0]))

    assert middle == pytest.approx(1.0)
    assert side > 2

from dataclasses import replace

import numpy as np
import pytest

from headct.phantom.lesions import bleed
from headct.phantom.protocol import Block, Protocol
from headct.phantom.scanner import plan_grid, scan_head

FEW = Protocol((Block(3, 5.0, 5.0),), matrix=256, start_mm=10.0)


def test_shares_sum_to_the_true_volume_whatever_tilt_and_distances(scanned):
    grid = scanned.volume.grid

    slices = scanned.share["intraparenchymal"].sum(axis=(1, 2), dtype=float)

    assert slices @ grid.slice_voxel_ml == pytest.approx(30.0, rel=1e-3)


def test_the_mask_of_whole_voxels_is_near_the_true_volume(scanned):
    # Voxels of 2 by 2 by 5 mm: what is half filled or less is lost at the thin ends.
    assert scanned.truth.volume_ml("intraparenchymal") == pytest.approx(30.0, rel=0.03)


def test_a_tilted_gantry_moves_the_slices_along_the_table(person):
    protocol = Protocol((Block(4, 5.0, 5.0),), matrix=64, tilt_deg=20.0)

    grid = plan_grid(person, protocol)

    assert grid.tilt_deg == pytest.approx(20.0)
    assert np.allclose(np.diff(grid.origins_mm, axis=0), [0, 0, 5.0])
    # Along the normal the same increment is shorter by the cosine of the tilt.
    assert np.allclose(grid.distances_mm, 5.0 * np.cos(np.radians(20.0)))


def test_slices_of_two_thicknesses_leave_the_grid_without_one(person):
    mixed = Protocol((Block(2, 2.0, 2.0), Block(2, 6.0, 5.0)), matrix=64)

    assert plan_grid(person, mixed).thickness_mm is None
    assert plan_grid(person, FEW).thickness_mm == 5.0


def test_one_seed_gives_one_scan_and_another_other_noise(person):
    first, again = (scan_head(person, [], FEW, seed=7) for _ in range(2))
    other = scan_head(person, [], FEW, seed=8)

    assert first.volume.hu.tobytes() == again.volume.hu.tobytes()
    assert first.volume.hu.tobytes() != other.volume.hu.tobytes()


@pytest.mark.parametrize(("thickness_mm", "expected_hu"), [(5.0, 3.6), (1.25, 7.2)])
def test_noise_in_the_brain_grows_as_slices_get_thinner(person, thickness_mm, expected_hu):
    protocol = replace(FEW, blocks=(Block(2, 5.0, thickness_mm),))
    first, second = (scan_head(person, [], protocol, seed=s).volume.hu for s in (1, 2))

    middle = (first - second)[:, 100:156, 100:156]

    # Two noises subtracted: deviation times the root of two. A fourth of the thickness has
    # twice the noise; the body around a place changes it by up to a fifth.
    assert middle.std() / np.sqrt(2) == pytest.approx(expected_hu, rel=0.2)


def test_brain_in_the_scan_has_published_hu(person):
    scan = scan_head(person, [], FEW, seed=1)
    brain = scan.volume.hu[:, 90:166, 90:166]

    tissue = brain[(brain > 15) & (brain < 60)]

    # White 20-32 and grey 30-42 mixed, some HU up by the glow of the skull.
    assert 25 < np.median(tissue) < 40


def test_blood_shows_where_the_truth_says(person, clot):
    protocol = Protocol((Block(30, 5.0, 5.0),), matrix=128, noise_hu=0.0)
    scan = scan_head(person, [clot], protocol, seed=1)
    without = scan_head(person, [], protocol, seed=1)

    pure = scan.share["intraparenchymal"] > 0.99
    change = scan.volume.hu - without.volume.hu

    assert np.median(scan.volume.hu[pure]) == pytest.approx(np.median(clot.hu), abs=5)
    assert np.median(change[pure]) > 15


def test_no_noise_gives_whole_numbers_and_a_floor(person):
    hu = scan_head(person, [], FEW, seed=1).volume.hu

    assert np.array_equal(hu, np.rint(hu))
    assert hu.min() == -1024
    assert np.all(hu[:, 0, 0] == -1024)


def test_a_bleed_that_the_slices_miss_is_refused(person, clot):
    with pytest.raises(ValueError, match=r"the slices show .* of 30\.00 mL"):
        scan_head(person, [clot], replace(FEW, start_mm=-100.0), seed=1)


def test_bleeds_that_overlap_are_refused(person, clot):
    same_place = replace(clot, label="subdural")

    with pytest.raises(ValueError, match="overlap"):
        scan_head(person, [clot, same_place], Protocol(matrix=64), seed=1)


def test_two_bleeds_of_a_kind_are_refused(person, clot):
    with pytest.raises(ValueError, match="one bleed of each kind"):
        scan_head(person, [clot, clot], FEW, seed=1)


def test_a_thin_crescent_is_in_the_mask_for_the_most_part(person):
    crescent = bleed(person, "subdural", 60.0, seed=1)
    scan = scan_head(person, [crescent], Protocol((Block(32, 5.0, 5.0),), matrix=256), seed=1)

    assert scan.truth.volume_ml("subdural") == pytest.approx(60.0, rel=0.1)
    assert scan.slices_of("subdural")

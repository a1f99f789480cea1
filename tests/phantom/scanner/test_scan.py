from dataclasses import replace

import numpy as np
import pytest

from headct.phantom.body.canvas import LOW_MM
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.kernels import KERNELS, noise_ratio
from headct.phantom.scanner.protocol import Block, Motion, Protocol
from headct.phantom.scanner.scan import plan_grid, scan_head

FEW = Protocol((Block(3, 5.0, 5.0),), matrix=256, start_mm=10.0)


def test_shares_sum_to_the_true_volume_whatever_tilt_and_distances(scanned):
    grid = scanned.volume.grid

    slices = scanned.share["intraparenchymal"].sum(axis=(1, 2), dtype=float)

    assert slices @ grid.slice_voxel_ml == pytest.approx(30.0, rel=1e-3)


@pytest.fixture(scope="module", params=[1.0, 20.0], ids="{:g} mL".format)
def some_blood(request, person):
    return bleed(person, "intraparenchymal", request.param, seed=3)


@pytest.mark.parametrize(
    ("block", "protocol"),
    [
        ((0.6, 0.6), Protocol(matrix=64)),
        ((10.0, 10.0), Protocol(matrix=150)),
        ((3.0, 10.0), Protocol(matrix=64, tilt_deg=25.0)),
        ((7.0, 5.0), Protocol(matrix=96, field_of_view_mm=330.0)),
    ],
    ids=["0.6 mm", "10 mm", "overlapping, tilted", "gaps, wide field"],
)
def test_the_true_volume_stays_within_a_thousandth(person, some_blood, block, protocol):
    # Slices from just below the blood to just above it; leaning ones need more.
    there = np.nonzero(some_blood.share.any(axis=(1, 2)))[0] + some_blood.box[0].start
    spare_mm = 12 + 100 * np.tan(np.radians(protocol.tilt_deg))
    slices = int((there[-1] - there[0] + 2 * spare_mm) / block[0]) + 1
    around = replace(
        protocol,
        blocks=(Block(slices, *block),),
        start_mm=float(LOW_MM[0] + there[0] - spare_mm),
        noise_hu=0.0,
    )

    scan = scan_head(person, [some_blood], around, seed=1)

    shares = scan.share["intraparenchymal"].sum(axis=(1, 2), dtype=float)
    read_ml = shares @ scan.volume.grid.slice_voxel_ml
    assert read_ml == pytest.approx(scan.truth_ml["intraparenchymal"], rel=1e-3)
    assert read_ml == pytest.approx(some_blood.share.sum(dtype=float) / 1000, rel=1e-3)


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


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"dose_mgy": 15.0}, 2.0), ({"kernel": "soft"}, noise_ratio(KERNELS["soft"]))],
    ids=["a fourth of the dose", "soft"],
)
def test_dose_and_kernel_change_noise(person, change, expected):
    def noise(protocol):
        first, second = (scan_head(person, [], protocol, seed=s).volume.hu for s in (1, 2))
        return (first - second)[:, 100:156, 100:156].std()

    ratio = noise(replace(FEW, **change)) / noise(FEW)

    assert ratio == pytest.approx(expected, rel=0.05)


def test_a_bone_kernel_shows_sharper_edges(person):
    soft, bone = (
        scan_head(person, [], replace(FEW, kernel=name, noise_hu=0.0, matrix=512), seed=1)
        for name in ("soft", "bone")
    )

    steepest = [np.abs(np.diff(scan.volume.hu, axis=2)).max() for scan in (soft, bone)]

    assert steepest[1] > 1.2 * steepest[0]


def test_motion_spoils_its_own_slices_alone(person):
    still = replace(FEW, noise_hu=0.0)
    moving = replace(still, motions=(Motion(1, 1, shift_mm=(3.0, 0.0), turn_deg=2.0),))

    change = [
        scan_head(person, [], protocol, seed=1).volume.hu[:, 60:196, 60:196]
        for protocol in (still, moving)
    ]

    by_slice = np.abs(change[1] - change[0]).mean(axis=(1, 2))
    assert by_slice[1] > 5
    assert by_slice[0] == by_slice[2] == 0


def test_metal_is_cut_off_at_the_end_of_the_scale_and_draws_streaks(person):
    clip = replace(person, hu=person.hu.copy())
    clip.hu[118:126, 126:132, 80:86] = 9000
    with_clip, without = (
        scan_head(h, [], replace(FEW, noise_hu=0.0), seed=1).volume.hu for h in (clip, person)
    )

    middle = (slice(None), slice(90, 166), slice(90, 166))
    assert with_clip.max() == 3071
    assert np.abs(with_clip - without)[middle].mean() > 2


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


def test_bleeds_of_a_kind_add_up(person, clot):
    second = bleed(person, "intraparenchymal", 5.0, seed=8, beside=(clot,))
    protocol = Protocol((Block(30, 5.0, 5.0),), matrix=128)

    scan = scan_head(person, [clot, second], protocol, seed=1)

    cells_ml = scan.volume.grid.slice_voxel_ml
    shares = scan.share["intraparenchymal"].sum(axis=(1, 2), dtype=float)
    assert scan.truth_ml["intraparenchymal"] == pytest.approx(35.0, rel=1e-3)
    assert shares @ cells_ml == pytest.approx(35.0, rel=1e-3)
    assert scan.sites["intraparenchymal"] == f"{clot.site}; {second.site}"


def test_a_look_alike_is_seen_and_not_counted(person, clot):
    alike = replace(clot, label="old infarct", hu=np.full_like(clot.hu, -500.0))
    protocol = Protocol((Block(30, 5.0, 5.0),), matrix=128)

    scan = scan_head(person, [alike], protocol, seed=1)
    covered = scan_head(person, [alike, clot], protocol, seed=1)

    assert scan.share == {}
    assert scan.truth_ml == {}
    assert not scan.truth.labels.any()
    # Painted in order: the blood lies over the look-alike, and all of it counts.
    pure = covered.share["intraparenchymal"] > 0.99
    assert np.median(scan.volume.hu[pure]) < -400
    assert np.median(covered.volume.hu[pure]) > 40
    assert covered.truth_ml == {"intraparenchymal": clot.volume_ml}


def test_a_look_alike_over_a_bleed_is_refused(person, clot):
    alike = replace(clot, label="old infarct")

    with pytest.raises(ValueError, match="name look-alikes before what counts"):
        scan_head(person, [clot, alike], Protocol(matrix=64), seed=1)


def test_a_thin_crescent_is_in_the_mask_for_the_most_part(person):
    crescent = bleed(person, "subdural", 60.0, seed=1)
    scan = scan_head(person, [crescent], Protocol((Block(32, 5.0, 5.0),), matrix=256), seed=1)

    assert scan.truth.volume_ml("subdural") == pytest.approx(60.0, rel=0.1)
    assert scan.slices_of("subdural")

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from scipy.spatial.distance import cdist, directed_hausdorff

from headct.core.grid import Grid
from headct.measure.masks.drawn import Drawn, draw_class
from headct.measure.masks.surface import SurfaceDistances, surface_distances

STEPS = (5.0, 0.5, 0.75)
EVEN = Grid.regular((4, 6, 5), STEPS)
REGIONS = arrays(np.bool_, EVEN.shape, elements=st.booleans()).filter(np.any)


def border(region):
    """Voxels that a cross of six neighbours takes away."""
    return region & ~ndimage.binary_erosion(region, ndimage.generate_binary_structure(3, 1))


def from_to(region, other, steps=STEPS):
    """By the distance transform of an even straight grid, in the order of the array."""
    return ndimage.distance_transform_edt(~border(other), sampling=steps)[border(region)]


@settings(max_examples=50, deadline=None)
@given(truth=REGIONS, predicted=REGIONS)
def test_on_an_even_grid_distances_are_those_of_the_distance_transform(truth, predicted):
    ours = surface_distances(Drawn(truth, predicted, EVEN))

    assert ours.truth_mm == pytest.approx(from_to(truth, predicted), abs=1e-9)
    assert ours.predicted_mm == pytest.approx(from_to(predicted, truth), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(truth=REGIONS, predicted=REGIONS)
def test_scores_of_voxels_each_alike_are_those_of_numpy(truth, predicted):
    there, back = from_to(truth, predicted), from_to(predicted, truth)
    pooled = np.concatenate([there, back])

    ours = surface_distances(Drawn(truth, predicted, EVEN)).each_alike()

    nearest = [np.quantile(one, 0.95, method="inverted_cdf") for one in (there, back)]
    assert ours.hausdorff_mm == pytest.approx(pooled.max(), abs=1e-9)
    assert ours.percentile_mm(95) == pytest.approx(max(nearest), abs=1e-9)
    assert ours.mean_mm == pytest.approx(pooled.mean(), abs=1e-9)
    assert ours.dice(1.0) == pytest.approx((pooled <= 1.0 + 1e-9).mean(), abs=1e-12)


def test_a_ball_beside_a_smaller_one_is_as_far_as_simpleitk_says():
    grid = Grid.regular((11, 41, 41), (2.5, 0.8, 0.6))
    mm = np.stack(np.indices(grid.shape)) * np.array([2.5, 0.8, 0.6])[:, None, None, None]
    ball = [
        np.sqrt(((mm - np.array(at)[:, None, None, None]) ** 2).sum(axis=0)) < radius
        for at, radius in (((12.5, 16, 12), 9.0), ((12.5, 15, 14), 7.0))
    ]
    images = [SimpleITK.GetImageFromArray(one.astype(np.uint8)) for one in ball]
    for image in images:
        image.SetSpacing((0.6, 0.8, 2.5))
    peer = SimpleITK.HausdorffDistanceImageFilter()
    peer.Execute(*images)

    ours = surface_distances(Drawn(*ball, grid))

    assert ours.hausdorff_mm == pytest.approx(peer.GetHausdorffDistance(), rel=1e-6)


def test_on_a_tilted_uneven_grid_distances_are_those_between_places_in_the_patient(uneven):
    rng = np.random.default_rng(5)
    truth, predicted = (rng.random(uneven.shape) < 0.3 for _ in range(2))
    lean = np.radians(20.0)
    heights = np.array([0.0, 2.5, 5.0, 7.5, 17.5, 27.5, 37.5]) / np.cos(lean)

    def places(region):
        slices, rows, columns = np.nonzero(border(region))
        away, up = 0.5 * rows * np.cos(lean), heights[slices] - 0.5 * rows * np.sin(lean)
        return np.stack([0.75 * columns, away, up], axis=1)

    ours = surface_distances(Drawn(truth, predicted, uneven))

    apart = cdist(places(truth), places(predicted))
    assert ours.truth_mm == pytest.approx(apart.min(axis=1), abs=1e-9)
    assert ours.predicted_mm == pytest.approx(apart.min(axis=0), abs=1e-9)
    ends = (places(truth), places(predicted))
    both_ways = [directed_hausdorff(*ends)[0], directed_hausdorff(*ends[::-1])[0]]
    assert ours.hausdorff_mm == pytest.approx(max(both_ways), abs=1e-9)


def test_the_area_of_a_box_is_that_of_its_six_sides(uneven, drawing):
    mask = drawing(uneven, (1, (2, 5), (1, 7), (2, 6)))

    ours = surface_distances(draw_class(mask, mask, "any_hemorrhage"))

    # 6 rows of 0.5 mm by 4 columns of 0.75 mm, and slices of 2.5, 6.25 and 10 mm.
    deep, wide, high = 3.0, 3.0, 18.75
    assert ours.truth_mm2.sum() == pytest.approx(2 * (deep * wide + deep * high + wide * high))


def test_by_area_a_surface_weighs_the_same_however_thin_its_slices_are():
    thick = Grid.regular((4, 8, 8), (8.0, 1.0, 1.0))
    thin = Grid.regular((16, 8, 8), (2.0, 1.0, 1.0))
    shares, alike = [], []
    for grid, per in ((thick, 1), (thin, 4)):
        truth, predicted = (np.zeros(grid.shape, bool) for _ in range(2))
        truth[per : 3 * per, 2:6, 2:6] = True
        # The prediction has one side moved out by two pixels.
        predicted[per : 3 * per, 2:8, 2:6] = True

        ours = surface_distances(Drawn(truth, predicted, grid))

        shares.append(ours.truth_mm2.sum())
        alike.append(ours.each_alike().truth_mm2.sum())

    # A box of 4 by 4 by 16 mm, and its voxels: 2 slices of 16; 8 of 12 and the 2 times 4 inside.
    assert shares == pytest.approx([288.0, 288.0])
    assert alike == [32.0, 104.0]


def test_a_mask_moved_by_one_slice_is_as_far_as_these_slices_are(uneven, drawing):
    below, above = ((1, (k, k + 1), (2, 7), (2, 6)) for k in (4, 5))

    ours = surface_distances(
        draw_class(drawing(uneven, below), drawing(uneven, above), "any_hemorrhage")
    )

    # Slices lie 10 mm apart and are shifted by 10 tan 20° = 3.64 mm along the rows, of which five
    # of 0.5 mm are drawn: the row that leans in is 2 mm nearer than the one that leans out.
    shift = 10 * np.tan(np.radians(20))
    assert ours.truth_mm.min() == pytest.approx(np.hypot(10.0, shift - 2.0), abs=1e-9)
    assert ours.hausdorff_mm == pytest.approx(np.hypot(10.0, shift), abs=1e-9)


def test_a_weighted_percentile_is_the_smallest_distance_that_holds_the_share():
    ours = SurfaceDistances(
        truth_mm=np.array([3.0, 1.0, 2.0]),
        predicted_mm=np.array([0.5]),
        truth_mm2=np.array([5.0, 90.0, 5.0]),
        predicted_mm2=np.array([7.0]),
    )

    percentiles = [ours.percentile_mm(share) for share in (90, 91, 95, 95.5, 100)]

    assert percentiles == [1.0, 2.0, 2.0, 3.0, 3.0]


def test_a_share_that_is_just_reached_is_reached_whatever_the_areas_round_to():
    # 57 of 60 areas are 95 %; 57 times 0.7 is summed to less than 95 % of the sum of all.
    ours = SurfaceDistances(np.arange(60.0), np.zeros(0), np.full(60, 0.7), np.zeros(0))

    assert ours.percentile_mm(95) == 56.0


def test_a_distance_of_just_the_tolerance_is_within_it():
    grid = Grid.regular((2, 4, 4), (5.0, 0.1, 0.1))
    truth, predicted = (np.zeros(grid.shape, bool) for _ in range(2))
    truth[0, 0, 0] = predicted[0, 3, 0] = True

    ours = surface_distances(Drawn(truth, predicted, grid))

    # 3 * 0.1 is a little more than 0.3.
    assert ours.dice(0.3) == 1.0
    assert ours.dice(0.29) == 0.0


def test_a_mask_is_at_no_distance_from_itself(uneven, drawing):
    mask = drawing(uneven, (1, (2, 5), (1, 7), (2, 6)))

    ours = surface_distances(draw_class(mask, mask, "any_hemorrhage"))

    assert (ours.hausdorff_mm, ours.percentile_mm(), ours.mean_mm, ours.dice(0)) == (0, 0, 0, 1)


@pytest.mark.parametrize("is_missed", [True, False])
def test_a_lone_mask_is_infinitely_far_from_the_other(is_missed):
    there, empty = np.ones(EVEN.shape, bool), np.zeros(EVEN.shape, bool)

    ours = surface_distances(Drawn(*((there, empty) if is_missed else (empty, there)), EVEN))

    far = (ours.hausdorff_mm, ours.percentile_mm(), ours.mean_mm)
    assert far == (np.inf, np.inf, np.inf)
    assert ours.dice() == 0.0


def test_nothing_drawn_has_no_surface():
    empty = np.zeros(EVEN.shape, bool)

    assert surface_distances(Drawn(empty, empty, EVEN)) is None


def test_a_guessed_spacing_gives_no_mm():
    there = np.ones(EVEN.shape, bool)

    assert surface_distances(Drawn(there, there, replace(EVEN, is_measured=False))) is None


def test_the_surface_of_a_single_slice_is_its_outline():
    grid = replace(EVEN, shape=(1, 6, 5), origins_mm=np.zeros((1, 3)), thickness_mm=None)
    there = np.ones(grid.shape, bool)

    ours = surface_distances(Drawn(there, there, grid))

    # 6 by 5 voxels less the 4 by 3 inside; 2 times 6 by 0.5 mm and 5 by 0.75 mm around.
    assert len(ours.truth_mm) == 18
    assert ours.truth_mm2.sum() == pytest.approx(2 * (3.0 + 3.75))


@pytest.mark.parametrize("percent", [0.0, -1.0, 100.1, float("nan")])
def test_a_percentile_out_of_range_is_refused(percent):
    there = np.ones(EVEN.shape, bool)

    with pytest.raises(ValueError, match="percentile"):
        surface_distances(Drawn(there, there, EVEN)).percentile_mm(percent)

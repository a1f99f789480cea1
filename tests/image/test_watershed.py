import heapq

import numpy as np
import pytest
from scipy import ndimage
from skimage import segmentation

from headct.image.watershed import watershed


def lowest_passes(values, seeds, within):
    """For each voxel the height of the lowest pass to a seed, by plain search."""
    best = np.full(values.shape, np.inf)
    heap = []
    for at in map(tuple, np.argwhere(seeds & within)):
        best[at] = values[at]
        heap.append((values[at], at))
    heapq.heapify(heap)
    while heap:
        height, at = heapq.heappop(heap)
        for axis in range(3):
            for step in (-1, 1):
                to = tuple(at[a] + step * (a == axis) for a in range(3))
                if all(0 <= i < n for i, n in zip(to, values.shape, strict=True)) and within[to]:
                    level = max(height, values[to])
                    if level < best[to]:
                        best[to] = level
                        heapq.heappush(heap, (level, to))
    return best


@pytest.fixture(params=range(3))
def case(request):
    rng = np.random.default_rng(request.param)
    values = ndimage.gaussian_filter(rng.normal(0, 1, (6, 24, 20)), 1)
    within = values < np.quantile(values, 0.85)
    markers = np.zeros(values.shape, np.int32)
    for number in (1, 2, 3, 3):
        markers[tuple(rng.choice(np.argwhere(within)))] = number
    return values, markers, within


def test_every_voxel_goes_to_the_marker_with_the_lowest_pass(case):
    values, markers, within = case

    shared = watershed(values, markers, within)

    passes = np.stack([lowest_passes(values, markers == n, within) for n in (1, 2, 3)])
    reached = np.isfinite(passes.min(axis=0))
    np.testing.assert_array_equal(shared > 0, reached)
    own = np.take_along_axis(passes, np.maximum(shared - 1, 0)[None], axis=0)[0]
    np.testing.assert_array_equal(own[reached], passes.min(axis=0)[reached])


def test_agrees_with_scikit_image_on_two_touching_balls():
    at = np.indices((20, 40, 60))
    centres = ((10, 20, 20), (10, 20, 38))
    apart = [np.linalg.norm(at.T - centre, axis=-1).T for centre in centres]
    within = np.minimum(*apart) < 11
    depth = -ndimage.distance_transform_edt(within)
    markers = np.zeros(within.shape, np.int32)
    for number, centre in enumerate(centres, start=1):
        markers[centre] = number

    ours = watershed(depth, markers, within)

    theirs = segmentation.watershed(depth, markers, mask=within)
    # Voxels on the ridge itself are as high from either side: which one takes them is open.
    assert (ours != theirs).sum() < 0.02 * within.sum()
    assert (ours[within] > 0).all()


def test_a_part_without_a_marker_stays_empty():
    within = np.array([[[True, True, False, True, True]]])
    markers = np.array([[[7, 0, 0, 0, 0]]], np.int32)

    shared = watershed(np.zeros(within.shape), markers, within)

    assert shared.tolist() == [[[7, 7, 0, 0, 0]]]


def test_nothing_to_share_gives_nothing():
    nothing = np.zeros((2, 3, 4), bool)

    shared = watershed(np.zeros(nothing.shape), np.ones(nothing.shape, np.int32), nothing)

    assert not shared.any()

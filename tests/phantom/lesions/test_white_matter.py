from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.phantom.body.shapes import overlap
from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.white_matter import (
    DROP_HU,
    LACUNE_MM,
    draw_extent,
    lacunes,
    leukoencephalopathy,
)

SEED = 1
GRADES = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def graded(person):
    return {grade: leukoencephalopathy(person, grade, SEED) for grade in GRADES}


def on_tissues(person, lesion):
    """The shares of a lesion in the box that holds all tissues."""
    whole = np.zeros(person.tissues.white.shape)
    there, here = overlap(person.tissues.box, lesion.box)
    whole[there] = lesion.share[here]
    return whole


@pytest.fixture(scope="module")
def ventricle_mm(person):
    """Distance to the nearest ventricle, by SciPy."""
    return distance_transform_edt(person.tissues.ventricle < 128)


@pytest.mark.parametrize("grade", GRADES)
def test_the_volume_is_the_sum_of_the_shares(graded, grade):
    lesion = graded[grade]

    # A voxel is 1 mm³.
    assert lesion.volume_ml == pytest.approx(lesion.share.sum(dtype=float) / 1000, rel=1e-6)
    assert lesion.label == LEUKOENCEPHALOPATHY
    assert lesion.counts
    assert lesion.share.min() >= 0
    assert lesion.share.max() <= 1


def test_each_grade_holds_the_one_below_it(person, graded):
    shares = [on_tissues(person, graded[grade]) for grade in GRADES]

    for lower, higher in pairwise(shares):
        # Shares under 0.004 are cut off, and may have been there.
        assert np.all(higher >= lower - 0.01)
        assert higher.sum() > 1.1 * lower.sum()


def test_the_lowest_grade_keeps_to_the_ventricles_and_the_highest_goes_far(
    person, graded, ventricle_mm
):
    far = {g: on_tissues(person, graded[g])[ventricle_mm > 15].sum() for g in (1, 4)}
    whole = {g: graded[g].volume_ml * 1000 for g in (1, 4)}

    assert far[1] < 0.1 * whole[1]
    assert far[4] > 0.2 * whole[4]


def test_caps_lie_on_the_horns_of_a_graded_region(person, graded, ventricle_mm):
    lesion = graded[2]
    share = on_tissues(person, lesion)
    white = person.tissues.white / 255
    _, y, x = person.canvas.gyri_in(person.tissues.box)
    beside = (ventricle_mm > 1) & (ventricle_mm < 3) & (white > 0.9) & (np.abs(x) > 14)

    assert "anterior 1 posterior 1" in lesion.site
    # Before the front horns' tips and behind the atria, atlas mm.
    for horn in ((y < -24) & (y > -45), (y > 45) & (y < 65)):
        assert share[beside & horn].mean() > 0.4


def test_cortex_fluid_and_nuclei_keep_their_hu(person, graded):
    lesion = graded[4]
    share = on_tissues(person, lesion)
    painted = person.hu[lesion.box] + lesion.share * (lesion.hu - person.hu[lesion.box])
    change = person.hu[lesion.box] - painted
    there, here = overlap(person.tissues.box, lesion.box)
    grey, fluid = (t[there] / 255 for t in (person.tissues.grey, person.tissues.fluid))

    assert share[person.tissues.grey > 0.8 * 255].mean() < 0.01
    assert share[person.tissues.fluid > 0.8 * 255].mean() < 0.005
    assert change[here][grey > 0.9].max() < 0.1 * DROP_HU[1]
    assert change[here][fluid > 0.9].max() < 0.1 * DROP_HU[1]
    assert change.min() >= -1e-3


def test_wholly_affected_white_matter_loses_the_drawn_hu(person, graded):
    lesion = graded[4]
    under = person.hu[lesion.box]
    full = lesion.share > 0.95

    drop = (under - (under + lesion.share * (lesion.hu - under)))[full]

    assert DROP_HU[0] * 0.95 <= drop.mean() <= DROP_HU[1]
    # From white matter of 26 to 29 HU that gives what is published: 17.5 +- 4.7 HU.
    assert 12.8 < (under[full] - drop).mean() < 22.2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_sides_are_affected_alike_but_not_the_same(person, seed):
    lesion = leukoencephalopathy(person, 4, seed)
    x = person.canvas.gyri_in(lesion.box)[2]

    left, right = (lesion.share[side].sum() for side in (x > 0, x < 0))

    assert 0.6 < left / right < 1.7
    assert left != right


def test_one_seed_gives_one_lesion(person, graded):
    again = leukoencephalopathy(person, 2, SEED)
    other = leukoencephalopathy(person, 2, SEED + 1)

    assert again.share.tobytes() == graded[2].share.tobytes()
    assert again.hu.tobytes() == graded[2].hu.tobytes()
    assert other.volume_ml != again.volume_ml


def test_white_matter_beside_a_bleed_takes_none_of_its_room(person, clot):
    lesion = leukoencephalopathy(person, 4, SEED, beside=[clot])

    there, here = overlap(lesion.box, clot.box)

    assert (lesion.share[there] + clot.share[here]).max() <= 1 + 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_the_sum_of_both_regions_is_the_grade(seed):
    extents = [draw_extent(grade, seed) for grade in range(5)]

    for grade, extent in enumerate(extents):
        assert extent.anterior + extent.posterior == grade
        assert max(extent.anterior, extent.posterior) <= 2
    assert [e.periventricular for e in extents] == sorted(e.periventricular for e in extents)
    assert [e.deep for e in extents] == sorted(e.deep for e in extents)
    assert (extents[0].periventricular, extents[0].deep) == (0, 0)
    assert (extents[4].periventricular, extents[4].deep) == (3, 3)


@pytest.mark.parametrize("grade", [-1, 5, 1.5])
def test_a_grade_that_is_not_on_the_scale_is_refused(person, grade):
    with pytest.raises(ValueError, match="from 0 to 4"):
        leukoencephalopathy(person, grade, SEED)


def test_grade_0_has_no_lesion_to_make(person):
    with pytest.raises(ValueError, match="without a lesion"):
        leukoencephalopathy(person, 0, SEED)


def test_lacunes_are_small_dark_and_do_not_count(person):
    lesion = lacunes(person, 6, seed=3)
    brain = 1 - person.tissues.fluid / 255

    share = on_tissues(person, lesion)

    assert not lesion.counts
    assert len(lesion.site.split(", ")) == 6
    # Six ellipsoids no longer than 15 mm hold less than six balls of that size.
    assert 0 < lesion.volume_ml < 6 * np.pi / 6 * LACUNE_MM[1] ** 3 / 1000
    assert np.all(share <= brain + 0.01)
    assert np.average(lesion.hu, weights=lesion.share) < person.traits.fluid_hu + 7


@pytest.mark.parametrize("seed", range(4))
def test_a_lacune_lies_where_its_site_says(person, seed):
    lesion = lacunes(person, 1, seed)
    z, y, x = (np.average(axis, weights=lesion.share) for axis in person.canvas.gyri_in(lesion.box))

    assert (x > 0) == lesion.site.startswith("left") or abs(x) < 4
    # Deep in the brain: no further out than the corona radiata, below the pons or behind.
    assert -42 < z < 36
    assert -38 < y < 34
    assert abs(x) < 36


@pytest.mark.parametrize("count", [0, -2, 21, 2.5])
def test_a_count_of_lacunes_out_of_range_is_refused(person, count):
    with pytest.raises(ValueError, match="1 to 20 lacunes"):
        lacunes(person, count, seed=1)


def test_a_bleed_still_fits_into_affected_white_matter(person, graded):
    clot = bleed(person, "intraparenchymal", 5.0, seed=2, beside=[graded[4]])

    assert clot.volume_ml == pytest.approx(5.0, rel=1e-3)

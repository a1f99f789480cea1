import numpy as np
import pytest

from headct.phantom.body.dura import above_tent_mm, before_coronal_mm, behind_lambdoid_mm
from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.sites import SITES

SEAMS = {
    "coronal": before_coronal_mm,
    "lambdoid": behind_lambdoid_mm,
    "sagittal": lambda places: places[2],
}


def sides_of_seams(person, lesion):
    """For each suture, mL of a lesion on either side of it, a voxel off its plane."""
    places = person.canvas.places_in(lesion.box)
    found = {}
    for name, seam in SEAMS.items():
        away = seam(places)
        found[name] = tuple(float(lesion.share[s * away > 1].sum()) / 1000 for s in (-1, 1))
    return found


@pytest.mark.parametrize("site", SITES["epidural"])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_epidural_bleed_crosses_no_suture(person, site, seed):
    lesion = bleed(person, "epidural", 30.0, seed=seed, site=site)

    assert lesion.volume_ml == pytest.approx(30.0, rel=1e-3)
    for one, other in sides_of_seams(person, lesion).values():
        assert min(one, other) == 0


def test_a_subdural_bleed_may_cross_the_coronal_suture_but_not_the_midline(person):
    crossing = 0.0
    for seed in (1, 2, 3, 4):
        sides = sides_of_seams(person, bleed(person, "subdural", 60.0, seed=seed))
        crossing = max(crossing, min(sides["coronal"]))

        assert min(sides["sagittal"]) < 2

    assert crossing > 5


def test_a_small_subdural_bleed_is_not_spread_thin_over_half_the_head(person):
    small = bleed(person, "subdural", 3.0, seed=1)

    _, y, _ = np.nonzero(small.share > 0.5)

    # 3 mL over the usual 11 cm would be 0.5 mm thick, and no voxel would hold much of it.
    assert np.ptp(y) < 70
    assert (small.share > 0.5).sum() / 1000 > 0.6 * 3.0


def test_blood_along_the_falx_is_thin_and_on_one_side(person):
    lesion = bleed(person, "subdural", 8.0, seed=1, site="left falx")

    x = person.canvas.places_in(lesion.box)[2]

    assert np.average(x, weights=lesion.share) < 8
    assert not lesion.share[x < 0].any()
    assert lesion.site == "left falx"


def test_blood_on_the_tentorium_lies_above_it(person):
    lesion = bleed(person, "subdural", 8.0, seed=1, site="right tentorium")

    places = person.canvas.places_in(lesion.box)
    above = above_tent_mm(places)

    assert not lesion.share[above < 0].any()
    assert np.average(above, weights=lesion.share) < 10
    assert np.average(places[2], weights=lesion.share) < -5


def test_a_sheet_too_thick_for_falx_or_tentorium_is_refused(person):
    with pytest.raises(ValueError, match="do not fit"):
        bleed(person, "subdural", 150.0, seed=1, site="falx")

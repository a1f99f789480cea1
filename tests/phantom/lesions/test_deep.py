import cc3d
import numpy as np
import pytest

from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.sites import IN_BRAIN, POOLS, SITES


def middle_mm(person, lesion):
    """Place in the atlas of a lesion's centre of mass, z y x."""
    places = person.canvas.gyri_in(lesion.box)
    return (places * lesion.share).sum(axis=(1, 2, 3)) / lesion.share.sum()


@pytest.mark.parametrize("site", SITES["intraparenchymal"])
def test_a_clot_lies_where_its_name_says(person, site):
    lesion = bleed(person, "intraparenchymal", 3.0, seed=4, site=f"left {site}")

    away = np.abs(middle_mm(person, lesion) - np.array(IN_BRAIN[site]))

    assert lesion.site == f"left {site}"
    assert lesion.volume_ml == pytest.approx(3.0, rel=1e-3)
    assert away.max() < 13


def test_the_side_asked_for_is_the_side_given(person):
    left, right = (
        bleed(person, "intraparenchymal", 5.0, seed=8, site=f"{side} thalamus")
        for side in ("left", "right")
    )

    assert middle_mm(person, left)[2] > 5
    assert middle_mm(person, right)[2] < -5


def test_naming_the_site_that_chance_drew_gives_the_same_bleed(person):
    drawn = bleed(person, "intraparenchymal", 8.0, seed=6)
    named = bleed(person, "intraparenchymal", 8.0, seed=6, site=drawn.site)

    assert named.share.tobytes() == drawn.share.tobytes()
    assert named.hu.tobytes() == drawn.hu.tobytes()


def test_satellites_lie_apart_from_the_clot_and_are_small(person):
    lesion = bleed(person, "intraparenchymal", 20.0, seed=3, site="frontal lobe", form="satellites")

    sizes = np.sort(np.bincount(cc3d.connected_components(lesion.share > 0.3).ravel())[1:])

    assert 2 <= np.count_nonzero(sizes > 10) <= 6
    assert sizes[-1] > 0.85 * sizes.sum()
    assert lesion.volume_ml == pytest.approx(20.0, rel=1e-3)


def test_a_fluid_level_is_denser_at_the_back(person):
    lesion = bleed(person, "intraparenchymal", 25.0, seed=2, site="putamen", form="fluid level")

    inside = lesion.share > 0.99
    rows = np.nonzero(inside)[1]
    hu = lesion.hu[inside]

    assert np.median(hu[rows > np.percentile(rows, 75)]) > 55
    assert np.median(hu[rows < np.percentile(rows, 25)]) < 35


@pytest.mark.parametrize(
    ("site", "volume_ml"),
    [("left lateral ventricle", 5.0), ("third ventricle", 0.4), ("fourth ventricle", 0.4)],
)
def test_a_cast_fills_one_ventricle_and_no_other(person, site, volume_ml):
    lesion = bleed(person, "intraventricular", volume_ml, seed=1, site=site, form="cast")

    z, _, x = middle_mm(person, lesion)
    room = person.tissues.ventricle / 255

    assert lesion.volume_ml == pytest.approx(volume_ml, rel=1e-3)
    assert np.all(lesion.share <= room + 1e-6)
    assert {"left": x > 5, "third": abs(x) < 4, "fourth": z < -20}[site.split()[0]]


def test_a_cast_lies_further_forward_than_a_layer_of_the_same_size(person):
    cast, layer = (
        bleed(person, "intraventricular", 5.0, seed=1, site="left lateral ventricle", form=form)
        for form in ("cast", "layering")
    )

    assert middle_mm(person, layer)[1] > middle_mm(person, cast)[1] + 10


@pytest.mark.parametrize("site", SITES["subarachnoid"])
def test_subarachnoid_blood_lies_in_fluid_near_its_site(person, site):
    lesion = bleed(person, "subarachnoid", 3.0, seed=2, site=site)

    room = (person.tissues.fluid - person.tissues.ventricle) / 255
    z, y, _ = middle_mm(person, lesion) - np.array(POOLS[site])

    assert np.all(lesion.share <= room + 1e-6)
    assert abs(z) < 25
    assert abs(y) < 25


def test_an_aneurysms_blood_lies_on_both_sides(person):
    lesion = bleed(person, "subarachnoid", 15.0, seed=2, site="basal cisterns")

    x = person.canvas.gyri_in(lesion.box)[2]
    left = float(lesion.share[x > 0].sum() / lesion.share.sum())

    assert 0.3 < left < 0.7
    assert float(lesion.share[np.abs(x) > 20].sum()) > 1000

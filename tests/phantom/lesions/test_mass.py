import numpy as np
import pytest

from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.mass import displaced, midline_shift_mm


@pytest.fixture(scope="module")
def crescent(person):
    return bleed(person, "subdural", 60.0, seed=1)


@pytest.fixture(scope="module")
def pushed(person, crescent):
    return displaced(person, [crescent])


def volumes_ml(someone, lesion):
    """Brain, fluid and ventricles beside a lesion, and the lesion, 1 mm³ voxels."""
    free = np.ones(someone.hu.shape, np.float32)
    free[lesion.box] -= lesion.share
    tissues = someone.tissues
    free = free[tissues.box] / 255000
    ml = {
        name: float((free * getattr(tissues, name)).sum(dtype=np.float64))
        for name in ("grey", "white", "fluid", "ventricle")
    }
    return ml["grey"] + ml["white"], ml["fluid"], ml["ventricle"], lesion.volume_ml


def test_bone_and_all_outside_the_skull_stay_bit_for_bit(person, pushed):
    outside = person.inner_mm > -0.5

    assert pushed.hu[outside].tobytes() == person.hu[outside].tobytes()
    assert not np.array_equal(pushed.hu, person.hu)


def test_the_midline_moves_away_from_the_bleed_by_some_mm(person, pushed, crescent):
    shift = midline_shift_mm(person, pushed)
    sign = -1 if crescent.site.startswith("left") else 1

    # Patients with 60 mL under the dura: 6-10 mm, old heads with wide sulci less.
    assert 2 < sign * shift < 11


def test_a_bleed_on_the_other_side_shifts_the_other_way_and_a_small_one_less(person):
    large, small = (
        midline_shift_mm(
            person, displaced(person, [bleed(person, "intraparenchymal", ml, 3, site=site)])
        )
        for ml, site in ((30.0, "right putamen"), (5.0, "left putamen"))
    )

    # To the left, and to the right.
    assert large > 2
    assert 0 < -small < 0.5 * large


def test_the_skull_holds_as_much_as_before_and_fluid_gives_way(person, pushed, crescent):
    nothing = bleed(person, "subdural", 0.01, seed=1)
    brain, fluid, ventricle, _ = volumes_ml(person, nothing)
    after_brain, after_fluid, after_ventricle, blood = volumes_ml(pushed, crescent)

    assert after_brain + after_fluid + blood == pytest.approx(brain + fluid, rel=3e-3)
    # Blood that is painted over brain would take 30 mL and more of it.
    assert after_brain > brain - 0.25 * blood
    assert after_fluid < fluid - 0.6 * blood
    assert after_ventricle < 0.9 * ventricle


def test_tissue_far_from_the_bleed_hardly_moves(person, pushed):
    shown = person.canvas.gyri_mm - pushed.canvas.gyri_mm
    z = person.canvas.places_mm[0]

    # Around and below the foramen magnum.
    assert np.abs(shown[:, z < -60]).max() < 1.5
    assert np.abs(shown[:, z < -72]).max() < 0.3


def test_shares_stay_shares(pushed):
    tissues = pushed.tissues

    total = tissues.grey.astype(int) + tissues.white + tissues.fluid

    assert total.max() <= 258
    assert np.all(tissues.ventricle <= tissues.fluid.astype(int) + 1)


def test_one_bleed_gives_one_displaced_head(person, pushed, crescent):
    again = displaced(person, [crescent])

    assert again.hu.tobytes() == pushed.hu.tobytes()


def test_blood_in_fluid_pushes_nothing(person):
    inside = bleed(person, "intraventricular", 3.0, seed=5)

    assert displaced(person, [inside]) is person
    assert displaced(person, []) is person


def test_ventricular_blood_fits_the_displaced_ventricles(pushed, crescent):
    second = bleed(pushed, "intraventricular", 3.0, seed=5, beside=[crescent])

    assert second.volume_ml == pytest.approx(3.0, rel=1e-3)
    assert np.all(second.share <= pushed.tissues.ventricle / 255 + 1e-6)

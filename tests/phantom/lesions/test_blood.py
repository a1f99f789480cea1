import numpy as np
import pytest

from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.phantom.lesions.blood import BLOOD, blood_hu

BALL = np.zeros((20, 20, 20), np.float32)
BALL[4:16, 4:16, 4:16] = 1


@pytest.mark.parametrize("label", HEMORRHAGE_SUBTYPES)
def test_acute_blood_is_dense_and_old_blood_is_darker_than_brain(label):
    low, high = BLOOD.of(label).hu(0.0)
    _, old = BLOOD.of(label).hu(60.0)

    # White matter measures 26 to 29 HU in these heads, grey 6 to 9 HU more.
    assert 45 < low < high <= 85
    assert old <= 30


@pytest.mark.parametrize("label", HEMORRHAGE_SUBTYPES)
def test_blood_never_gets_denser_with_age(label):
    ranges = [BLOOD.of(label).hu(float(day)) for day in range(60)]

    assert all(np.diff([low for low, _ in ranges]) <= 0)
    assert all(np.diff([high for _, high in ranges]) <= 0)


def test_a_clot_in_the_brain_loses_a_hu_and_a_half_a_day():
    fresh, later = BLOOD.intraparenchymal.hu(0.0), BLOOD.intraparenchymal.hu(10.0)

    assert np.subtract(fresh, later) == pytest.approx([15.0, 15.0])


def test_blood_under_the_dura_is_as_dense_as_brain_between_two_and_three_weeks():
    low, high = BLOOD.subdural.hu(17.5)

    assert low < 28 < 40 <= high


@pytest.mark.parametrize(("form", "range_hu"), [("isodense", (31, 37)), ("chronic", (18, 28))])
def test_a_form_has_the_density_its_name_says(form, range_hu):
    hu = blood_hu("subdural", form, 0.0, BALL, np.random.default_rng(1))

    assert range_hu[0] - 1 < hu[BALL > 0].mean() < range_hu[1] + 1


def test_settled_blood_is_dense_at_the_back_and_serum_at_the_front():
    hu = blood_hu("intraparenchymal", "fluid level", 0.0, BALL, np.random.default_rng(2))

    front, back = hu[4:16, 4:6, 4:16], hu[4:16, 14:16, 4:16]

    assert front.max() < 36
    assert back.min() > 54


def test_mixed_blood_holds_both_clot_and_fluid_blood():
    hu = blood_hu("subdural", "mixed", 0.0, BALL, np.random.default_rng(3))

    low, high = np.percentile(hu, [2, 98])

    assert low < 48
    assert high > 52

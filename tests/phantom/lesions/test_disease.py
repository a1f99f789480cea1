from dataclasses import replace

import numpy as np
import pytest

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LEUKOENCEPHALOPATHY,
    SUBDURAL,
)
from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.disease import Disease, Hemorrhage, give_disease


@pytest.fixture
def patient():
    """A patient with nothing amiss."""
    return Disease(seed=5)


def test_a_healthy_patient_keeps_the_head_as_it_is(person, patient):
    diseased = give_disease(person, patient)

    assert diseased.head is person
    assert diseased.lesions == ()
    assert (diseased.shift_mm, diseased.is_fractured, diseased.lookalike) == (0.0, False, "")
    assert diseased.bleeds == ()


def test_a_bleed_under_the_bone_pushes_the_midline_and_may_lie_under_a_fracture(person, patient):
    bleeds = (Hemorrhage(EPIDURAL, 40.0), Hemorrhage(INTRAVENTRICULAR, 2.0))
    diseased = give_disease(person, replace(patient, bleeds=bleeds, is_fractured=True))

    counted = {lesion.label: lesion.volume_ml for lesion in diseased.lesions if lesion.counts}

    assert counted == pytest.approx({EPIDURAL: 40.0, INTRAVENTRICULAR: 2.0}, rel=1e-3)
    assert diseased.shift_mm > 0.5
    assert diseased.is_fractured
    # The epidural bleed lies on one side; a bleed of the ventricles may lie on both.
    assert diseased.left_ml + diseased.right_ml == pytest.approx(42.0, rel=1e-3)
    assert max(diseased.left_ml, diseased.right_ml) > 39.9


def test_a_bleed_without_room_is_refused_with_the_room_there_is(person, patient):
    bleeds = (Hemorrhage(INTRAVENTRICULAR, 400.0),)

    with pytest.raises(ValueError, match=r"400 mL do not fit.*has room for \d"):
        give_disease(person, replace(patient, bleeds=bleeds))


def test_a_bleed_that_need_not_fit_is_made_smaller(person, patient):
    bleeds = (Hemorrhage(INTRAVENTRICULAR, 400.0),)

    diseased = give_disease(person, replace(patient, bleeds=bleeds), must_fit=False)

    # Smaller by 0.6 at a time.
    (lesion,) = diseased.lesions
    steps = np.log(lesion.volume_ml / 400.0) / np.log(0.6)
    assert steps == pytest.approx(round(steps), abs=0.01)
    assert 3 < lesion.volume_ml < 150
    assert [one.volume_ml for one in diseased.bleeds] == [lesion.volume_ml]


def test_two_bleeds_of_one_kind_lie_apart_each_with_its_volume(person, patient):
    both = (
        Hemorrhage(INTRAPARENCHYMAL, 12.0, site="left frontal lobe"),
        Hemorrhage(INTRAPARENCHYMAL, 5.0, site="right occipital lobe"),
    )

    diseased = give_disease(person, replace(patient, bleeds=both))

    volumes_ml = [lesion.share.sum(dtype=float) / 1000 for lesion in diseased.lesions]
    assert volumes_ml == pytest.approx([12.0, 5.0], rel=1e-3)
    assert [one.site for one in diseased.bleeds] == [one.site for one in both]
    assert (diseased.left_ml, diseased.right_ml) == pytest.approx((12.0, 5.0), rel=1e-3)


def test_lesions_follow_the_seed_of_the_head_where_the_disease_has_none(person):
    bleeds = (Hemorrhage(INTRAPARENCHYMAL, 5.0),)

    (lesion,) = give_disease(person, Disease(bleeds=bleeds)).lesions

    assert lesion.seed == person.seed
    assert lesion.share.tobytes() == bleed(person, INTRAPARENCHYMAL, 5.0, 4).share.tobytes()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"grade": 5}, "from 0 to 4, got 5"),
        ({"grade": -1}, "from 0 to 4"),
        ({"lacunes": 21}, "0 to 20 lacunes"),
        ({"lacunes": -1}, "0 to 20 lacunes"),
        ({"lookalike": "hat"}, "look-alike of acute infarct, .*tumour, got 'hat'"),
        ({"is_fractured": True}, "ask for a bleed too"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_what_can_be_amiss_with_no_head_is_refused_before_one_is_drawn(asked, said):
    with pytest.raises(ValueError, match=said):
        Disease(**asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"label": "bruise"}, "a label of epidural"),
        ({"volume_ml": -2.0}, "above 0 mL, got -2"),
        ({"age_days": -1.0}, "0 days or more"),
        ({"form": "cast"}, "unknown form 'cast'"),
        ({"site": "left knee"}, "unknown site 'left knee'"),
    ],
)
def test_a_bleed_that_cannot_be_is_refused_before_a_head_is_drawn(asked, said):
    with pytest.raises(ValueError, match=said):
        Hemorrhage(**{"label": SUBDURAL, "volume_ml": 20.0} | asked)


def test_what_lies_in_white_matter_takes_nothing_of_its_truth(person, patient):
    sick = replace(patient, grade=4, lacunes=6, lookalike="old infarct")

    diseased = give_disease(person, sick)

    total = np.zeros(person.hu.shape)
    for lesion in diseased.lesions:
        total[lesion.box] += lesion.share * (lesion.label in (LEUKOENCEPHALOPATHY, "old infarct"))
    assert [lesion.label for lesion in diseased.lesions if lesion.counts] == [LEUKOENCEPHALOPATHY]
    assert diseased.lookalike == "old infarct"
    assert total.max() <= 1.01


def test_old_blood_is_darker_than_fresh(person, patient):
    def median_hu(age_days):
        bleeds = (Hemorrhage(SUBDURAL, 50.0, age_days),)
        (lesion,) = give_disease(person, replace(patient, bleeds=bleeds)).lesions
        return np.median(lesion.hu[lesion.share > 0.9])

    assert median_hu(40.0) < 40 < median_hu(0.0)

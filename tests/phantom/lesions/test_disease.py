from dataclasses import replace

import numpy as np
import pytest

from headct.core.labels import EPIDURAL, INTRAVENTRICULAR, LEUKOENCEPHALOPATHY, SUBDURAL
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


def test_a_bleed_without_room_is_made_smaller(person, patient):
    bleeds = (Hemorrhage(INTRAVENTRICULAR, 400.0),)

    (lesion,) = give_disease(person, replace(patient, bleeds=bleeds)).lesions

    # Smaller by 0.6 at a time.
    steps = np.log(lesion.volume_ml / 400.0) / np.log(0.6)
    assert steps == pytest.approx(round(steps), abs=0.01)
    assert 3 < lesion.volume_ml < 150


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

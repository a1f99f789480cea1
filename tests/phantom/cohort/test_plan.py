from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from headct.phantom.body.traits import Ranges, draw_traits
from headct.phantom.cohort.draws import ATROPHY_FROM
from headct.phantom.cohort.plan import COPY, FLAWS, Wish
from headct.phantom.cohort.write import plan

PAPER = Wish(1244, "leukoencephalopathy", 7)


@pytest.fixture(scope="module")
def patients():
    return plan(PAPER)


def area_under_curve(values, is_ill):
    """Chance that one with disease has the larger value; ties count half."""
    ill, well = np.asarray(values)[is_ill], np.asarray(values)[~is_ill]
    larger = (ill[:, None] > well).mean()
    return larger + (ill[:, None] == well).mean() / 2


def test_the_classes_are_as_large_as_the_papers(patients):
    ill = sum(patient.grade > 0 for patient in patients)

    assert (ill, len(patients) - ill) == (633, 611)


@pytest.mark.parametrize("count", [1, 2, 50, 300])
def test_other_counts_keep_the_papers_proportion(count):
    ill = sum(patient.grade > 0 for patient in plan(replace(PAPER, count=count)))

    assert ill == round(count * 633 / 1244)


def test_most_of_both_classes_have_atrophy(patients):
    for is_ill in (True, False):
        atrophy = [p.atrophy for p in patients if (p.grade > 0) == is_ill]

        assert 0.8 <= np.mean(np.array(atrophy) >= ATROPHY_FROM) <= 0.9


def test_age_atrophy_size_and_technique_do_not_tell_the_classes(patients):
    is_ill = np.array([patient.grade > 0 for patient in patients])
    numbers = {
        "age": [p.age_years for p in patients],
        "atrophy": [p.atrophy for p in patients],
        "lacunes": [p.lacunes for p in patients],
        "number": [int(p.number) for p in patients],
        "head": [p.head_seed for p in patients],
        "others": [len(p.others) for p in patients],
        "scale": [
            np.prod(draw_traits(np.random.default_rng(p.head_seed), Ranges()).scale)
            for p in patients
        ],
    }
    for field in fields(patients[0].technique):
        values = [getattr(p.technique, field.name) for p in patients]
        if not isinstance(values[0], str):
            numbers[field.name] = values

    areas = {name: area_under_curve(values, is_ill) for name, values in numbers.items()}

    # By chance alone the area deviates from a half by 0.016; 0.05 is three of these.
    assert {name: area for name, area in areas.items() if abs(area - 0.5) > 0.05} == {}


def test_words_on_files_do_not_tell_the_classes(patients):
    def said(patient):
        technique = patient.technique
        yield from (patient.language, patient.lookalike, technique.vendor, technique.kernel)
        yield from patient.others

    counts = {
        is_ill: Counter(word for p in patients if (p.grade > 0) == is_ill for word in said(p))
        for is_ill in (True, False)
    }

    for word in counts[True] | counts[False]:
        ill, well = counts[True][word] / 633, counts[False][word] / 611
        # Four standard deviations of a difference of two shares.
        spread = 4 * np.sqrt(max(ill, well) * (1 - min(ill, well)) * (1 / 633 + 1 / 611))
        assert abs(ill - well) < spread, word


def test_frames_planes_and_parts_vary_as_in_a_hospital(patients):
    others = Counter(name for patient in patients for name in patient.others)
    thick = {patient.technique.thickness_mm for patient in patients}

    assert set(others) == {"localizer", "coronal", "sagittal", "chest", "neck"}
    assert 0.08 < np.mean([patient.technique.is_wide for patient in patients]) < 0.16
    assert any(patient.technique.thin for patient in patients)
    assert len(thick) >= 4


@pytest.mark.parametrize("task", ["leukoencephalopathy", "hemorrhage"])
def test_one_wish_gives_one_plan_and_another_seed_another(task):
    wish = Wish(20, task, 3)

    assert plan(wish) == plan(wish)
    assert plan(wish) == plan(replace(wish, compress=True, masks=True))
    assert plan(wish) != plan(replace(wish, seed=4))


def test_no_two_patients_share_a_number_or_a_head(patients):
    assert len({patient.number for patient in patients}) == 1244
    assert len({patient.head_seed for patient in patients}) == 1244


def test_two_of_five_patients_bleed():
    patients = plan(Wish(500, "hemorrhage", 1))

    assert sum(bool(patient.bleeds) for patient in patients) == 200
    labels = Counter(bleed.label for patient in patients for bleed in patient.bleeds)
    assert len(labels) == 5
    assert min(labels.values()) >= 10


def test_masks_of_hemorrhage_always_fit_nifti():
    # NIfTI holds one slice distance, so no block of thin slices may come first.
    assert not any(p.technique.thin for p in plan(Wish(200, "hemorrhage", 1)))


def test_flaws_are_planted_in_one_patient_of_a_hundred_each(patients):
    flawed = plan(replace(PAPER, flaws=True))

    counts = Counter(patient.flaw for patient in flawed)

    assert {flaw: counts[flaw] for flaw in FLAWS} == dict.fromkeys(FLAWS, 12)
    assert sum(patient.grade > 0 for patient in flawed) == 633
    by_number = {patient.number: patient for patient in flawed}
    for copy in (patient for patient in flawed if patient.flaw == COPY):
        original = by_number[copy.original]
        assert original.flaw == ""
        assert replace(copy, number=original.number, flaw="", original="") == original


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"count": 0}, "1 to 100000 patients"),
        ({"count": -5}, "1 to 100000 patients"),
        ({"task": "stroke"}, "expected a task of leukoencephalopathy, hemorrhage"),
        ({"layout": "bids"}, "is filed as hospital"),
        ({"layout": "rsna"}, "is filed as hospital"),
        ({"task": "hemorrhage", "layout": "hospital"}, "filed as rsna or cq500"),
        ({"seed": -1}, "0 or more"),
        ({"matrix": 8}, "matrix of 32 to 1024"),
        ({"matrix": 40}, "matrix of 64 or more"),
        ({"task": "hemorrhage", "flaws": True}, "flaws"),
    ],
)
def test_a_cohort_that_cannot_be_is_refused(wanted, said):
    with pytest.raises(ValueError, match=said):
        replace(PAPER, layout="", **wanted) if "layout" not in wanted else replace(PAPER, **wanted)


def test_flaws_need_patients_to_plant_them_in():
    with pytest.raises(ValueError, match="8 patients or more"):
        plan(replace(PAPER, count=7, flaws=True))

import pytest

from headct.core.labels import INTRAVENTRICULAR, LEUKOENCEPHALOPATHY, SUBDURAL
from headct.phantom.body.traits import Ranges
from headct.phantom.examination import Person, examine
from headct.phantom.lesions.disease import Disease
from headct.phantom.scanner.protocol import Protocol


def test_a_bleed_has_the_volume_asked_for_in_the_scan(examined):
    grid = examined.scan.volume.grid

    seen_ml = {
        label: share.sum(axis=(1, 2), dtype=float) @ grid.slice_voxel_ml
        for label, share in examined.scan.share.items()
    }

    assert set(seen_ml) == {SUBDURAL, INTRAVENTRICULAR, LEUKOENCEPHALOPATHY}
    assert seen_ml[SUBDURAL] == pytest.approx(60.0, rel=0.002)
    assert seen_ml[INTRAVENTRICULAR] == pytest.approx(2.0, rel=0.01)


def test_a_bleed_on_one_side_pushes_the_midline_away(examined):
    # 60 mL under the dura shift the midline by 2 to 6 mm (docs/concepts/phantom.md).
    assert 2 < examined.diseased.shift_mm < 6
    assert examined.diseased.left_ml > 59.9


def test_lesions_are_painted_and_only_disease_counts(examined):
    labels = [lesion.label for lesion in examined.diseased.lesions]

    assert labels == [
        *("dense falx", "lacune", "skull fracture"),
        *(LEUKOENCEPHALOPATHY, SUBDURAL, INTRAVENTRICULAR),
    ]
    assert examined.scan.sites[SUBDURAL] == "left convexity"
    assert "van Swieten" in examined.scan.sites[LEUKOENCEPHALOPATHY]


def test_ventricles_and_sulci_widen_with_age():
    # Narrow up to 40 years, wide from 90: half way at 65, and 0.15 to either side.
    assert Person(age_years=65).ranges.atrophy == pytest.approx((0.35, 0.65))
    assert Person(age_years=30).ranges.atrophy == (0.0, 0.0)
    assert Person(age_years=95).ranges.atrophy == pytest.approx((0.95, 1.0))
    assert Person(age_years=90, atrophy=0.3).ranges.atrophy == (0.3, 0.3)
    assert Person().ranges == Ranges()


def test_the_head_has_the_atrophy_that_goes_with_the_age(examined):
    # 70 years: 0.6 and 0.15 to either side.
    assert 0.45 <= examined.diseased.head.traits.atrophy <= 0.75


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"age_years": 7}, "adults, 18 to 110 years old, got 7"),
        ({"atrophy": 1.5}, "0 to 1, got 1.5"),
        ({"atrophy": float("nan")}, "0 to 1"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_a_person_of_whom_there_is_no_head_is_refused(asked, said):
    with pytest.raises(ValueError, match=said):
        Person(**asked)


def test_a_maker_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"maker of 'GE', 'GE, older', 'Siemens'.*got 'Acme'"):
        examine(Person(), Disease(), Protocol(), "Acme")

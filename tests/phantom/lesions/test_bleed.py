from dataclasses import replace

import numpy as np
import pytest

from headct.phantom.lesions.bleed import bleed

SIZES_ML = {
    "epidural": 40.0,
    "intraparenchymal": 12.0,
    "intraventricular": 5.0,
    "subarachnoid": 6.0,
    "subdural": 60.0,
}


@pytest.mark.parametrize(("label", "volume_ml"), SIZES_ML.items())
def test_a_bleed_is_as_large_as_asked_and_lies_inside_the_skull(person, label, volume_ml):
    lesion = bleed(person, label, volume_ml, seed=11)

    shares = lesion.share.astype(np.float64)

    # A voxel is 1 mm³, so 1000 of them are 1 mL.
    assert shares.sum() / 1000 == pytest.approx(volume_ml, rel=1e-3)
    assert lesion.volume_ml == pytest.approx(volume_ml, rel=1e-3)
    assert 0 <= shares.min() <= shares.max() <= 1
    outside = person.inner_mm[lesion.box] > 0.5
    assert not shares[outside].any()
    assert 45 < np.average(lesion.hu, weights=shares) < 85


@pytest.mark.parametrize("volume_ml", [0.5, 1.0, 80.0])
def test_small_and_large_clots_keep_their_volume(person, volume_ml):
    lesion = bleed(person, "intraparenchymal", volume_ml, seed=2)

    assert lesion.share.sum(dtype=float) / 1000 == pytest.approx(volume_ml, rel=1e-3)


def test_one_seed_gives_one_bleed(person, clot):
    again = bleed(person, "intraparenchymal", 30.0, seed=clot.seed)
    other = bleed(person, "intraparenchymal", 30.0, seed=clot.seed + 1)

    assert again.share.tobytes() == clot.share.tobytes()
    assert again.hu.tobytes() == clot.hu.tobytes()
    assert (other.site, other.box) != (clot.site, clot.box)


def test_ventricular_blood_lies_in_ventricles_and_sinks_to_the_back(person):
    lesion = bleed(person, "intraventricular", 3.0, seed=5)

    room = person.tissues.ventricle / 255
    weights, free = lesion.share.sum(axis=(0, 2)), room.sum(axis=(0, 2))
    rows = np.arange(len(weights))

    assert np.all(lesion.share <= room + 1e-6)
    assert np.average(rows, weights=weights) > np.average(rows, weights=free)


def test_a_bleed_beside_another_takes_none_of_its_room(person, clot):
    second = bleed(person, "subdural", 50.0, seed=clot.seed, beside=[clot])

    both = np.zeros(person.hu.shape)
    both[clot.box] += clot.share
    both[second.box] += second.share

    assert both.max() <= 1 + 1e-6
    assert second.volume_ml == pytest.approx(50.0, rel=1e-3)


@pytest.mark.parametrize("volume_ml", [0.0, -3.0, float("nan"), float("inf")])
def test_a_volume_that_is_not_positive_is_refused(person, volume_ml):
    with pytest.raises(ValueError, match="above 0 mL"):
        bleed(person, "subdural", volume_ml, seed=1)


def test_a_bleed_that_does_not_fit_is_refused_with_the_room_there_is(person):
    with pytest.raises(ValueError, match=r"do not fit.*has room for \d+"):
        bleed(person, "intraventricular", 400.0, seed=1)


def test_an_unknown_label_is_refused(person):
    with pytest.raises(ValueError, match="expected a label of epidural"):
        bleed(person, "leukoencephalopathy", 5.0, seed=1)


@pytest.mark.parametrize("age_days", [-1.0, float("nan"), float("inf")])
def test_an_age_below_0_is_refused(person, age_days):
    with pytest.raises(ValueError, match="age of 0 days or more"):
        bleed(person, "subdural", 20.0, seed=1, age_days=age_days)


def test_an_unknown_site_or_form_is_refused_before_anything_is_drawn(person):
    with pytest.raises(ValueError, match=r"unknown site 'moon'.*convexity, falx, tentorium"):
        bleed(person, "subdural", 20.0, seed=1, site="moon")
    with pytest.raises(ValueError, match=r"unknown form 'soft'.*layering, cast"):
        bleed(person, "intraventricular", 2.0, seed=1, form="soft")


def test_older_blood_differs_in_density_alone(person):
    fresh, old = (
        bleed(person, "intraparenchymal", 10.0, seed=3, age_days=days) for days in (0.0, 10.0)
    )

    assert old.share.tobytes() == fresh.share.tobytes()
    # 1.5 HU a day.
    assert np.mean(fresh.hu - old.hu) == pytest.approx(15.0, abs=0.01)


def test_bleeds_and_white_matter_disease_count_and_look_alikes_do_not(clot):
    assert clot.counts
    assert replace(clot, label="leukoencephalopathy").counts
    assert not replace(clot, label="dense falx").counts

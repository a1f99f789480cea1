from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from headct.core.errors import Refusal
from headct.core.labels import (
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LEUKOENCEPHALOPATHY,
    SUBDURAL,
)
from headct.core.volume import Volume
from headct.phantom.insertion.background import make_background
from headct.phantom.insertion.insert import Finish, insert
from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.lesions.white_matter import DROP_HU, leukoencephalopathy

STILL = Finish(pushes=False, edema=0.0)


@pytest.fixture(scope="module")
def clot(background):
    return bleed(background.head, INTRAPARENCHYMAL, 20.0, seed=3, site="left parietal lobe")


@pytest.fixture(scope="module")
def inserted(background, clot):
    return insert(background, [clot], STILL)


def around(region, pixels):
    return ndimage.binary_dilation(region, np.ones((1, 2 * pixels + 1, 2 * pixels + 1), bool))


def test_the_mask_holds_the_volume_that_was_asked_for(inserted):
    in_mask = inserted.truth.volume_ml(INTRAPARENCHYMAL)

    # A voxel has 4.8 µL, and the mask ends with the first that makes it full.
    assert in_mask == pytest.approx(20.0, abs=0.02)
    assert inserted.volume_ml == {INTRAPARENCHYMAL: pytest.approx(20.0, rel=2e-3)}


def test_mask_values_stand_for_the_same_subtypes_always(inserted):
    assert inserted.truth.names == (*HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)
    assert set(np.unique(inserted.truth.labels)) == {0, 1 + 1}


def test_within_the_clot_density_is_that_of_its_blood(inserted, clot):
    within = ndimage.binary_erosion(inserted.share[INTRAPARENCHYMAL] > 0.98, np.ones((1, 3, 3)))
    blood_hu = (clot.share * clot.hu).sum() / clot.share.sum()

    shown = inserted.volume.hu[within]

    assert within.sum() > 300
    assert shown.mean() == pytest.approx(blood_hu, abs=1.5)


def test_the_scans_own_noise_stays_in_the_clot(background, inserted, healthy):
    within = ndimage.binary_erosion(inserted.share[INTRAPARENCHYMAL] > 0.98, np.ones((1, 3, 3)))
    planes = np.flatnonzero(within.any(axis=(1, 2)))

    # What is left of a difference of neighbours is noise, blood and brain being smooth.
    before, after = (
        np.concatenate([np.diff(hu[k])[within[k][:, 1:]] for k in planes])
        for hu in (healthy.volume.hu, inserted.volume.hu)
    )

    assert after.std() == pytest.approx(before.std(), rel=0.2)


def test_outside_the_lesion_the_scan_is_what_it_was(background, inserted):
    touched = around(inserted.share[INTRAPARENCHYMAL] > 0, 4)

    assert np.array_equal(inserted.volume.hu[~touched], background.volume.hu[~touched])
    assert not np.array_equal(inserted.volume.hu, background.volume.hu)


def test_slices_next_to_it_fade(background, inserted):
    mean_change = [
        (new - old)[in_mask].mean() if in_mask.any() else 0.0
        for new, old, in_mask in zip(
            inserted.volume.hu,
            background.volume.hu,
            inserted.share[INTRAPARENCHYMAL] > 0.02,
            strict=True,
        )
    ]
    shown = np.flatnonzero(inserted.share[INTRAPARENCHYMAL].any(axis=(1, 2)))

    assert 0 < mean_change[shown[0]] < max(mean_change)
    assert 0 < mean_change[shown[-1]] < max(mean_change)


def test_half_the_strength_is_half_the_change(background, clot, inserted):
    weak = insert(background, [clot], replace(STILL, strength=0.5))

    full, half = (found.volume.hu - background.volume.hu for found in (inserted, weak))

    core = inserted.share[INTRAPARENCHYMAL] > 0.9
    np.testing.assert_allclose(half[core], full[core] / 2, atol=0.1)


def test_edema_lowers_brain_around_a_clot_only(background, clot, inserted):
    swollen = insert(background, [clot], replace(STILL, edema=1.0))

    change = swollen.volume.hu - inserted.volume.hu

    rim = around(inserted.share[INTRAPARENCHYMAL] > 0.5, 3) & (
        inserted.share[INTRAPARENCHYMAL] == 0
    )
    assert change[rim].mean() < -1.5
    assert change.max() < 0.5


def test_what_cannot_be_seen_is_refused(background, clot):
    faint = insert(background, [clot], replace(STILL, strength=0.1))

    assert isinstance(faint, Refusal)
    assert "HU" in faint.reason


def test_a_lookalike_is_seen_and_is_no_truth(background):
    falx = lookalike(background.head, "dense falx", seed=2)

    found = insert(background, [falx])

    assert found.truth.labels.max() == 0
    assert found.volume_ml == {}
    assert (found.volume.hu - background.volume.hu).max() > 15
    # It pushes nothing aside: far from it all is as it was.
    assert (found.volume.hu != background.volume.hu).mean() < 0.02


def test_a_subdural_pushes_the_ventricles_away_and_leaves_the_skull(background):
    crescent = bleed(background.head, SUBDURAL, 90.0, seed=1, site="left")

    still, pushed = (insert(background, [crescent], Finish(pushes=p)) for p in (False, True))

    outside = ~around(background.inside, 3)
    assert np.array_equal(pushed.volume.hu[outside], background.volume.hu[outside])
    # The lateral ventricles: dark, deep, in the slices that show most of them.
    deep = np.stack([ndimage.distance_transform_edt(plane) > 20 for plane in background.inside])
    dark = [ndimage.uniform_filter(f.volume.hu, (0, 3, 3)) < 18 for f in (still, pushed)]
    most = int(np.argmax((dark[0] & deep).sum(axis=(1, 2))))
    before, after = (
        np.argwhere((d & deep)[most - 1 : most + 2])[:, 2].mean() * background.grid.spacing_mm[1]
        for d in dark
    )
    # The left lies at growing columns: they go to the right. 6 to 10 mm is what patients show.
    assert 1.5 < before - after < 10


def test_blood_in_ventricles_moves_with_them(background):
    crescent = bleed(background.head, SUBDURAL, 90.0, seed=1, site="left")
    blood = bleed(background.head, INTRAVENTRICULAR, 6.0, seed=1)

    still, pushed = (
        insert(background, [crescent, blood], Finish(pushes=p)).share[INTRAVENTRICULAR]
        for p in (False, True)
    )

    columns = np.arange(background.grid.shape[2])
    before, after = (share.sum(axis=(0, 1)) @ columns / share.sum() for share in (still, pushed))
    assert before - after > 0.5


def test_blood_at_the_skull_reaches_the_bone(background):
    lens = bleed(background.head, EPIDURAL, 15.0, seed=4, site="left parietal")

    found = insert(background, [lens], STILL)

    # Beside the lens, towards the skull, no gap of brain is left between blood and bone.
    plane = int(np.argmax(found.truth.areas(EPIDURAL)))
    row = int(np.argmax((found.truth.labels[plane] > 0).sum(axis=1)))
    last = int(np.flatnonzero(found.truth.labels[plane, row])[-1])
    assert found.volume.hu[plane, row, last + 1 : last + 4].max() > 180


def test_pictures_stay_within_their_window_and_give_no_millilitres(healthy):
    grid = replace(healthy.volume.grid, is_measured=False)
    shown = np.clip(healthy.volume.hu, -20, 100)
    pictures = make_background(Volume(shown, grid, seen_hu=(-20.0, 100.0)))
    lens = bleed(pictures.head, EPIDURAL, 30.0, seed=3)

    found = insert(pictures, [lens])

    assert (found.volume.hu.min(), found.volume.hu.max()) == (-20, 100)
    assert found.volume_ml == {}
    assert found.truth.areas(EPIDURAL).sum() > 300


def test_the_step_is_in_the_history(inserted):
    assert "intraparenchymal at the left parietal lobe (seed 3)" in inserted.volume.history[-1]


@pytest.mark.parametrize(
    "wrong", [{"blur_mm": 0.0}, {"edema": 1.5}, {"strength": 0.0}, {"least_hu": -1.0}], ids=str
)
def test_a_finish_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Finish(**wrong)


@pytest.fixture(scope="module")
def thinned(background):
    lesion = leukoencephalopathy(background.head, 4, 3)
    return lesion, insert(background, [lesion], STILL)


def test_affected_white_matter_loses_its_drop_and_nothing_else_changes(background, thinned):
    _, found = thinned
    share = found.share[LEUKOENCEPHALOPATHY]
    whole = ndimage.binary_erosion(share > 0.98, np.ones((1, 3, 3)))
    apart = ~around(share > 0, 4)

    lost = background.volume.hu - found.volume.hu

    low, high = DROP_HU
    assert whole.sum() > 500
    assert low - 0.05 < lost[whole].mean() < high + 0.05
    # Of one lesion it is one number: texture and noise stay.
    assert lost[whole].std() < 0.2
    assert np.array_equal(found.volume.hu[apart], background.volume.hu[apart])


def test_affected_white_matter_has_its_volume_and_lies_in_brain_not_in_fluid(thinned, healthy):
    lesion, found = thinned
    drawn = found.truth.labels == found.truth.names.index(LEUKOENCEPHALOPATHY) + 1

    in_mask = found.truth.volume_ml(LEUKOENCEPHALOPATHY)

    assert found.volume_ml[LEUKOENCEPHALOPATHY] == pytest.approx(lesion.volume_ml, rel=0.03)
    assert in_mask == pytest.approx(found.volume_ml[LEUKOENCEPHALOPATHY], rel=0.01)
    assert healthy.volume.hu[drawn].mean() > 20.0


def test_blood_over_affected_white_matter_is_as_dense_as_without(background, clot):
    white = leukoencephalopathy(background.head, 4, 3, beside=[clot])

    alone, both = (insert(background, some, STILL) for some in ([clot], [white, clot]))

    within = alone.share[INTRAPARENCHYMAL] > 0.98
    both_hu, alone_hu = (one.volume.hu[within].mean() for one in (both, alone))
    assert both_hu == pytest.approx(alone_hu, abs=0.3)
    assert both.volume_ml[INTRAPARENCHYMAL] == pytest.approx(alone.volume_ml[INTRAPARENCHYMAL])
    assert both.volume_ml[LEUKOENCEPHALOPATHY] > 10

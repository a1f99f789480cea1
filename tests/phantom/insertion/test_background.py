from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.formats.offer import Reading, offer
from headct.image.geometry import Reshape, Square
from headct.phantom.body.shapes import overlap
from headct.phantom.insertion.background import make_background
from headct.phantom.insertion.insert import Finish, insert
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.scan import scan_head


def shifted(background, person):
    """How far the phantom's own canvas lies from the one that was found, z y x voxels."""
    moved = background.grid.origins_mm[0] - background.volume.grid.origins_mm[0]
    return np.rint(-moved[::-1]).astype(int)


def own_and_found(background, person, name):
    """A tissue as it is in the phantom, and as it was found in its scan, voxel by voxel."""
    dz, dy, dx = shifted(background, person)
    z, y, x = background.head.tissues.box
    there = (
        slice(z.start + dz, z.stop + dz),
        slice(y.start + dy, y.stop + dy),
        slice(x.start + dx, x.stop + dx),
    )
    own = np.zeros([s.stop - s.start for s in there], np.float32)
    here, truth = overlap(there, person.tissues.box)
    own[here] = getattr(person.tissues, name)[truth] / 255
    return own, getattr(background.head.tissues, name) / np.float32(255)


def test_the_inside_of_the_skull_is_as_large_as_it_is(background, person):
    own, found = (
        sum(own_and_found(background, person, name)[k].sum() for name in ("grey", "white", "fluid"))
        for k in (0, 1)
    )

    # Dura, sinus and calcium are none of these three in the phantom: a few per cent.
    assert found == pytest.approx(own, rel=0.1)


def test_ventricles_are_found_where_they_are(background, person):
    own, found = (v > 0.5 for v in own_and_found(background, person, "ventricle"))

    dice = 2 * (own & found).sum() / (own.sum() + found.sum())
    assert dice > 0.6


def test_places_of_the_atlas_are_found_within_some_millimetres(background, person):
    dz, dy, dx = shifted(background, person)
    z, y, x = background.head.tissues.box
    box = (z, y, x)
    there = tuple(slice(s.start + d, s.stop + d) for s, d in zip(box, (dz, dy, dx), strict=True))
    inside = background.head.tissues.grey > 128

    away = background.head.canvas.places_in(box) - person.canvas.places_in(there)

    far_mm = np.sqrt((away**2).sum(axis=0))[inside]
    assert np.median(far_mm) < 8


def test_tissue_is_the_scan_without_its_noise(background, healthy, person):
    quiet = scan_head(person, [], replace(healthy.protocol, noise_hu=0.0), seed=1).volume.hu
    deep = np.stack([ndimage.binary_erosion(plane, iterations=4) for plane in background.inside])
    deep &= quiet < 45  # not calcium, nor what is next to it

    noise, left = (hu[deep] - quiet[deep] for hu in (background.volume.hu, background.tissue))

    assert abs(left.mean()) < 0.5
    assert left.std() < 0.75 * noise.std()


def test_a_scan_in_which_no_skull_is_found_is_refused():
    foam = Volume(np.full((20, 64, 64), -500, np.float32), Grid.regular((20, 64, 64), (5, 3, 3)))

    made = make_background(foam)

    assert isinstance(made, Refusal)
    assert "skull" in made.reason


def test_a_scan_of_a_few_slices_is_refused(healthy):
    keep = [18, 19, 20]
    few = Volume(healthy.volume.hu[keep], healthy.volume.grid.slices(keep))

    made = make_background(few)

    assert isinstance(made, Refusal)


def test_a_head_larger_than_any_is_refused(healthy):
    grid = healthy.volume.grid
    large = replace(grid, spacing_mm=tuple(1.6 * s for s in grid.spacing_mm), is_measured=False)

    made = make_background(replace(healthy.volume, grid=large))

    assert isinstance(made, Refusal)
    assert "spacing" in made.reason


@pytest.mark.slow
def test_a_tilted_series_of_mixed_distances_holds_what_is_put_in(ge_series):
    choice = offer(ge_series, Reading()).choices[0]
    made = make_background(choice.read())
    clot = bleed(made.head, "intraparenchymal", 20.0, seed=3, site="left putamen")

    found = insert(made, [clot])

    assert found.volume_ml["intraparenchymal"] == pytest.approx(20.0, rel=5e-3)
    assert found.truth.volume_ml("intraparenchymal") == pytest.approx(20.0, rel=5e-3)


@pytest.mark.slow
def test_patients_pictures_are_taken_and_kept_outside_the_lesion(ct_ich):
    cases = open_cohort(ct_ich).cohort.cases
    well = [case for case in cases if case.labels["any_hemorrhage"] is False][:3]

    for case in well:
        made = make_background(Reshape(256, 256)(Square()(open_case(case).volume)))
        found = insert(made, [bleed(made.head, "epidural", 8.0, seed=2)], Finish(pushes=False))
        same = found.volume.hu == made.volume.hu
        # 8 mL are 0.5 % of a head, and less than that of a field of 25 cm.
        assert 0.98 < same.mean() < 1
        assert found.volume_ml == {}

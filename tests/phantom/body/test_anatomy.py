from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.canvas import stretch_canvas
from headct.phantom.body.traits import Ranges, draw_traits


def at_height(person: Head, atlas_mm: float) -> int:
    return person.canvas.voxel_of((atlas_mm, 10.0, 0.0))[0]


def test_one_seed_gives_one_head_to_the_byte(person):
    again = head(person.seed)

    same = again.hu.tobytes() == person.hu.tobytes()

    assert same
    assert again.traits == person.traits


def test_another_seed_gives_another_head(person):
    other = head(person.seed + 1, ranges=Ranges(scale=(0.92, 0.92)))

    assert other.traits != person.traits
    assert inside_ml(other) > inside_ml(person)


def inside_ml(person: Head) -> float:
    """Voxels inside the skull above the foramen magnum, 1 mm³ each."""
    foramen = person.canvas.voxel_of((-60.0, 45.0, 0.0))[0]
    return np.count_nonzero(person.inner_mm[foramen:] < 0) / 1000


def test_the_inside_of_the_skull_is_as_large_as_adults_have_it(person):
    # 1100 to 1700 mL holds men and women.
    assert 1100 < inside_ml(person) < 1700


def test_tissues_fill_the_inside_and_no_more(person):
    tissues = person.tissues

    total = tissues.grey.astype(int) + tissues.white + tissues.fluid

    # Each of three shares is rounded to a whole of 255.
    assert total.max() <= 257
    assert np.all(tissues.ventricle <= tissues.fluid)
    deep = person.inner_mm[tissues.box] < -2
    assert total[deep].min() >= 253


def test_tissue_volumes_are_those_of_adults(person):
    ml = {
        name: getattr(person.tissues, name).sum(dtype=float) / 255 / 1000
        for name in ("grey", "white", "fluid", "ventricle")
    }

    # Adults: grey 500-800 mL, white 350-600 mL, all fluid 100-450 mL, ventricles 10-80 mL.
    assert 450 < ml["grey"] < 850
    assert 300 < ml["white"] < 650
    assert 100 < ml["fluid"] < 450
    assert 8 < ml["ventricle"] < 90


@pytest.fixture(scope="module")
def ages() -> tuple[Head, Head]:
    """One seed, young and old."""
    same = {"scale": (0.88, 0.88), "contrast_hu": (8.0, 8.0)}
    return (
        head(11, ranges=Ranges(atrophy=(0.1, 0.1), **same)),
        head(11, ranges=Ranges(atrophy=(0.95, 0.95), **same)),
    )


def ml_of(person: Head, name: str) -> float:
    return float(getattr(person.tissues, name).sum(dtype=float)) / 255 / 1000


def test_age_widens_ventricles_and_sulci_and_leaves_the_skull(ages):
    young, old = ages

    ventricles = ml_of(young, "ventricle"), ml_of(old, "ventricle")
    fluid = [100 * ml_of(each, "fluid") / inside_ml(each) for each in ages]

    # Ventricles about 17 mL in adults on MR, 40-80 mL in old age; fluid 11.4 ± some % of the inside
    # on average (Matsumae et al. 1996), 15 to 30 % in old age.
    assert 10 < ventricles[0] < 30
    assert 35 < ventricles[1] < 85
    assert 5 < fluid[0] < 15
    assert 15 < fluid[1] < 33
    assert inside_ml(old) == pytest.approx(inside_ml(young), rel=0.01)


def test_deep_grey_is_denser_than_the_capsule_beside_it(ages):
    young, _ = ages
    putamen, capsule = (
        young.hu[tuple(slice(v - 1, v + 2) for v in at)].mean()
        for at in (voxel_near(young, (2.0, -1.0, 26.5)), voxel_near(young, (26.0, 10.0, 27.0)))
    )

    # Grey and white of this head are 8 HU apart; a voxel or two may lie beside the body.
    assert putamen - capsule > 4


def voxel_near(person: Head, place_mm: tuple[float, float, float]) -> tuple[int, int, int]:
    """The voxel nearest to a place in the brain's own coordinates."""
    box = person.canvas.box_around(place_mm, (8.0, 8.0, 8.0))
    gap = sum((a - c) ** 2 for a, c in zip(person.canvas.gyri_in(box), place_mm, strict=True))
    z, y, x = np.unravel_index(int(np.argmin(gap)), gap.shape)
    return int(z) + box[0].start, int(y) + box[1].start, int(x) + box[2].start


def test_the_left_occipital_pole_reaches_further_back_with_petalia():
    def reach(petalia_mm: float) -> float:
        pole = stretch_canvas(
            replace(draw_traits(np.random.default_rng(1)), petalia_mm=petalia_mm),
            np.random.default_rng(2),
        )
        left, right = (pole.voxel_of((0.0, 80.0, side * 20.0))[1] for side in (1.0, -1.0))
        return float(left - right)

    difference = reach(12.0) - reach(0.0)

    # 12 mm, times 20 of 60 to the side and 71 of 80 to the back, both sides, on a lattice of 4 mm.
    assert difference == pytest.approx(2 * 12 * (20 / 60) * (71 / 80) * 0.88, abs=4.1)
    assert difference > 0


@pytest.mark.parametrize("atlas_mm", [5.0, 25.0, 45.0, 60.0])
def test_the_vault_is_closed_bone_in_every_axial_slice(person, atlas_mm):
    plane = person.hu[at_height(person, atlas_mm)]
    soft, _ = ndimage.label(plane < 250)

    middle = person.canvas.voxel_of((atlas_mm, 10.0, 4.0))

    assert soft[0, 0] != 0
    assert soft[middle[1], middle[2]] != soft[0, 0]


def test_the_vault_is_4_to_9_mm_thick(person):
    plane = person.hu[at_height(person, 40.0)]
    _, y, x = person.canvas.voxel_of((40.0, 10.0, 0.0))

    left = np.count_nonzero(plane[y, x:] > 300)
    right = np.count_nonzero(plane[y, :x] > 300)

    assert 4 <= left <= 9
    assert 4 <= right <= 9


def test_hu_of_tissues_lie_in_published_ranges(person):
    brain = person.hu[person.tissues.box]
    pure = {
        name: brain[getattr(person.tissues, name) >= 254] for name in ("grey", "white", "ventricle")
    }

    # Without noise or beam hardening; ranges as in the docstring of ``Ranges``.
    assert 20 < np.median(pure["white"]) < 32
    assert 30 < np.median(pure["grey"]) < 42
    assert 0 < np.median(pure["ventricle"]) < 15
    assert np.median(pure["grey"]) - np.median(pure["white"]) >= 5
    assert person.hu.min() == pytest.approx(-1000)
    assert 1300 < np.percentile(person.hu, 99.9) < 2000

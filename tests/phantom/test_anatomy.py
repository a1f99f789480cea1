import numpy as np
import pytest
from scipy import ndimage

from headct.phantom.anatomy import Head, head
from headct.phantom.traits import Ranges


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

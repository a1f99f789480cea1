import numpy as np
import pytest

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import Canvas
from headct.phantom.body.vessels import BLOOD_HU, paint_vessels

WATER_HU, BONE_HU = 0.0, 800.0


def painted(person: Head, hu: float) -> np.ndarray:
    canvas = Canvas(
        np.full_like(person.hu, hu), person.canvas.places_mm, person.canvas.gyri_mm, 1.0
    )
    paint_vessels(canvas, np.random.default_rng(3))
    return canvas.hu


def test_blood_is_as_dense_as_its_hematocrit_makes_it(person):
    hu = painted(person, WATER_HU)

    assert BLOOD_HU[0] <= hu.max() <= BLOOD_HU[1]


def test_vessels_are_thin_beside_the_brain(person):
    hu = painted(person, WATER_HU)

    ml = float(hu.sum(dtype=float)) / float(hu.max()) / 1000

    # Tubes of 2 to 7 mm and together about 0.6 m long.
    assert 3 < ml < 20


def test_vessels_give_way_to_bone(person):
    hu = painted(person, BONE_HU)

    assert hu.min() == pytest.approx(BONE_HU)

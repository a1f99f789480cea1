import numpy as np
import pytest

from headct.phantom.body.nuclei import deep_grey


def at(*place: float) -> float:
    return float(deep_grey(np.array(place, np.float32).reshape(3, 1))[0])


# z up, y back, x to the left, mm from the anterior commissure, as MNI atlases have them.
@pytest.mark.parametrize(
    ("place", "low", "high"),
    [
        ((2.0, 0.0, 26.0), 0.9, 1.0),  # putamen
        ((8.0, -16.0, 13.0), 0.9, 1.0),  # head of the caudate
        ((7.0, 18.0, 12.0), 0.6, 0.9),  # thalamus, rich in fibres
        ((8.0, -6.0, 18.5), 0.0, 0.35),  # genu of the internal capsule
        ((30.0, 15.0, 25.0), 0.0, 0.0),  # centrum semiovale
    ],
)
def test_nuclei_lie_where_atlases_have_them(place, low, high):
    assert low <= at(*place) <= high


def test_both_sides_are_alike():
    assert at(2.0, 0.0, 26.0) == at(2.0, 0.0, -26.0)


def test_nuclei_are_as_large_as_volumetry_finds_them():
    z, y, x = np.meshgrid(np.arange(-25, 35), np.arange(-45, 45), np.arange(0, 45), indexing="ij")

    ml = float(deep_grey(np.stack([z, y, x]).astype(np.float32)).sum()) / 1000

    # A side: putamen 4-5, pallidum 1.5-2, caudate 3.5-4.5, thalamus 6-8 mL; part of each is fibres.
    assert 9 < ml < 18

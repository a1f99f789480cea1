import numpy as np
import pytest

from headct.phantom.lesions.bleed import bleed
from headct.phantom.lesions.fracture import fracture


@pytest.fixture(scope="module")
def lens(person):
    return bleed(person, "epidural", 30.0, seed=2, site="left temporal")


@pytest.fixture(scope="module")
def break_(person, lens):
    return fracture(person, lens, seed=2)


def test_a_fracture_is_painted_and_never_counted(break_):
    assert not break_.counts
    assert break_.site == "left temporal"


def test_a_fracture_changes_nothing_inside_the_inner_table(person, break_):
    inside = person.inner_mm[break_.box] < 0

    assert not break_.share[inside].any()
    assert break_.share.any()


def test_the_line_is_lucent_and_as_thin_as_fractures_are(person, break_):
    before = person.hu[break_.box]
    after = before + break_.share * (break_.hu - before)

    lucent = (before > 400) & (after < 300)

    # 50-90 mm long, 1-2 mm wide, through 3-8 mm of bone, and half of that where it is a hairline.
    assert 60 < np.count_nonzero(lucent) < 1500
    assert 0.05 < break_.volume_ml < 1.5


def test_one_edge_of_the_bone_is_raised(person, break_):
    before = person.hu[break_.box]
    after = before + break_.share * (break_.hu - before)

    # Bone where there was scalp.
    assert np.count_nonzero((before < 150) & (after > 300)) > 100


def test_one_seed_gives_one_fracture(person, lens, break_):
    again, other = (fracture(person, lens, seed=s) for s in (2, 3))

    assert again.hu.tobytes() == break_.hu.tobytes()
    assert other.share.tobytes() != break_.share.tobytes()

import numpy as np
import pytest

from headct.core.labels import LABELS, LEUKOENCEPHALOPATHY
from headct.phantom.lesions.lookalikes import LOOKALIKES, lookalike
from headct.phantom.lesions.white_matter import lacunes, leukoencephalopathy
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

# Range of mean HU where a look-alike takes most of a voxel, and of its mL; from the sources in
# the modules, and from ellipsoids of the sizes stated there.
EXPECTED = {
    "acute infarct": ((14, 27), (2, 150)),
    "aneurysm clip": ((3071, 8000), (0.03, 0.5)),
    "aneurysm coil": ((3071, 13000), (0.03, 0.8)),
    "arachnoid cyst": ((0, 15), (0.5, 90)),
    "calcified basal ganglia": ((80, 260), (0.02, 3)),
    "calcified choroid plexus": ((120, 600), (0.1, 3)),
    "calcified meningioma": ((42, 560), (0.3, 30)),
    "calcified pineal gland": ((120, 550), (0.05, 1)),
    "cochlear implant": ((3071, 10000), (0.3, 4)),
    "craniotomy": ((0, 36), (0.2, 120)),
    "dense falx": ((60, 400), (2, 30)),
    "hyperdense sinus": ((57, 88), (1, 15)),
    "old infarct": ((5, 18), (2, 150)),
    "tumour": ((5, 45), (0.3, 20)),
}


@pytest.fixture(scope="module", params=list(LOOKALIKES))
def drawn(request, person):
    return [lookalike(person, request.param, seed) for seed in (1, 2)]


def centre(person, lesion):
    """Atlas mm, z y x, of the middle of a lesion."""
    places = person.canvas.gyri_in(lesion.box)
    return [float(np.average(axis, weights=lesion.share)) for axis in places]


def test_every_lookalike_has_expected_figures():
    assert set(EXPECTED) == set(LOOKALIKES)


def test_a_lookalike_has_the_density_and_size_of_its_kind(drawn):
    for lesion in drawn:
        (low_hu, high_hu), (low_ml, high_ml) = EXPECTED[lesion.label]

        assert low_hu <= np.average(lesion.hu, weights=lesion.share) <= high_hu
        assert low_ml <= lesion.volume_ml <= high_ml
        assert lesion.volume_ml == pytest.approx(lesion.share.sum(dtype=float) / 1000, rel=1e-6)


def test_a_lookalike_never_counts(drawn):
    for lesion in drawn:
        assert not lesion.counts
        assert lesion.label not in LABELS


def test_shares_are_shares_and_fit_their_box(drawn):
    for lesion in drawn:
        shape = tuple(s.stop - s.start for s in lesion.box)

        assert lesion.share.shape == lesion.edema.shape == lesion.hu.shape == shape
        assert lesion.share.dtype == lesion.hu.dtype == np.float32
        assert 0 <= lesion.share.min() <= lesion.share.max() <= 1
        assert 0 <= lesion.edema.min() <= lesion.edema.max() <= 1
        assert np.all(np.isfinite(lesion.hu))


def test_one_seed_gives_one_lookalike(person, drawn):
    again = lookalike(person, drawn[0].label, 1)

    assert again.share.tobytes() == drawn[0].share.tobytes()
    assert again.hu.tobytes() == drawn[0].hu.tobytes()
    assert any(other.share.tobytes() != again.share.tobytes() for other in drawn[1:])


def test_only_surgery_and_implants_leave_the_skull(person, drawn):
    for lesion in drawn:
        outside = lesion.share[person.inner_mm[lesion.box] > 1.5].sum() / 1000
        inside = lesion.share[person.inner_mm[lesion.box] < -1.5].sum() / 1000

        if lesion.label == "cochlear implant":
            assert outside > inside
        elif lesion.label == "craniotomy":
            assert outside > 0.1
        else:
            assert outside < 0.01


def test_hypodense_lookalikes_fill_no_ventricle(person):
    for name in ("old infarct", "acute infarct"):
        lesion = lookalike(person, name, 5)
        painted = lesion.share * (lesion.hu - person.hu[lesion.box])
        ventricle = np.zeros(person.hu.shape, np.uint8)
        ventricle[person.tissues.box] = person.tissues.ventricle

        assert np.abs(painted[ventricle[lesion.box] > 250]).max(initial=0) < 1


# Atlas mm, z y x: the middle of both globi pallidi, of both atria, of the pineal gland.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("calcified basal ganglia", (0, 5, 20)),
        ("calcified choroid plexus", (10, 44, 25)),
        ("calcified pineal gland", (2, 26, 0)),
    ],
)
def test_calcium_lies_where_anatomy_has_it(person, name, expected):
    lesion = lookalike(person, name, 2)
    z, y, x = person.canvas.gyri_in(lesion.box)

    for side in (x > 0, x < 0):
        weights = lesion.share * side
        middle = [np.average(axis, weights=weights) for axis in (z, y, np.abs(x))]

        assert middle == pytest.approx(expected, abs=4)


def test_the_dense_falx_and_the_sinus_lie_in_the_midline(person):
    for name in ("dense falx", "hyperdense sinus"):
        lesion = lookalike(person, name, 4)
        x = person.canvas.places_in(lesion.box)[2]

        assert abs(np.average(x, weights=lesion.share)) < 2
        assert np.average(np.abs(x) < 12, weights=lesion.share) == pytest.approx(1)


def test_the_sinus_hugs_the_skull_behind(person):
    lesion = lookalike(person, "hyperdense sinus", 4)
    y = person.canvas.places_in(lesion.box)[1]
    depth = -person.inner_mm[lesion.box]

    assert np.average(y, weights=lesion.share) > 30
    assert np.average(depth, weights=lesion.share) < 25


@pytest.mark.parametrize("seed", range(4))
def test_an_infarct_stays_on_its_side_and_in_its_territory(person, seed):
    lesion = lookalike(person, "old infarct", seed)
    z, y, x = centre(person, lesion)

    assert (x > 0) == lesion.site.startswith("left")
    if "cerebellar" in lesion.site:
        assert z < -20
    if "posterior cerebral" in lesion.site:
        assert y > 45
    if "anterior" in lesion.site and "cerebral" in lesion.site:
        assert abs(x) < 25
        assert y < 0
    if "middle" in lesion.site:
        assert abs(x) > 30


def test_acute_infarct_takes_the_difference_between_grey_and_white(person):
    lesion = lookalike(person, "acute infarct", 3)
    painted = person.hu[lesion.box] + lesion.share * (lesion.hu - person.hu[lesion.box])
    core = lesion.share > 0.9 * lesion.share.max()

    # Swollen tissue spreads less than grey, white and sulci did.
    assert painted[core].std() < person.hu[lesion.box][core].std()
    assert painted[core].mean() < person.traits.white_hu


def test_an_unknown_name_is_refused(person):
    with pytest.raises(ValueError, match="expected a look-alike of acute infarct"):
        lookalike(person, "subdural", 1)


def test_a_scan_shows_lookalikes_and_counts_white_matter_alone(person):
    infarct, holes = lookalike(person, "old infarct", 1), lacunes(person, 3, seed=1)
    white = leukoencephalopathy(person, 2, 1, beside=[infarct, holes])
    protocol = Protocol((Block(34, 5.0, 5.0),), matrix=64, noise_hu=0.0)

    scan = scan_head(person, [infarct, holes, white], protocol, seed=1)
    without = scan_head(person, [white], protocol, seed=1)

    assert dict(scan.truth_ml) == {LEUKOENCEPHALOPATHY: white.volume_ml}
    assert scan.share[LEUKOENCEPHALOPATHY].tobytes() == without.share[LEUKOENCEPHALOPATHY].tobytes()
    assert (without.volume.hu - scan.volume.hu).max() > 8

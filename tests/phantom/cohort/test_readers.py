import numpy as np
import pytest

from headct.phantom.cohort.readers import FINDINGS, KAPPA, READERS, draw_votes

PARTS_OF_ICH = ("IPH", "IVH", "SDH", "EDH", "SAH", "ChronicBleed")


def column(name):
    return FINDINGS.index(name)


@pytest.fixture(scope="module")
def truth():
    """20 000 patients: two of five bleed, one of ten has a fracture."""
    chance = np.random.default_rng(1)
    found = chance.random((20_000, len(FINDINGS))) < 0.35
    found[:, column("ICH")] = chance.random(len(found)) < 0.4
    found[:, column("Fracture")] = chance.random(len(found)) < 0.1
    for part in (*PARTS_OF_ICH, "BleedLocation-Left", "BleedLocation-Right"):
        found[:, column(part)] &= found[:, column("ICH")]
    for part in ("CalvarialFracture", "OtherFracture"):
        found[:, column(part)] &= found[:, column("Fracture")]
    return found


def fleiss_kappa(votes):
    """Fleiss 1971 for two answers: (readers, patients) of 0 and 1."""
    readers, _ = votes.shape
    yes = votes.sum(axis=0)
    no = readers - yes
    agreement = ((yes**2 + no**2 - readers) / (readers * (readers - 1))).mean()
    share = yes.mean() / readers
    by_chance = share**2 + (1 - share) ** 2
    return (agreement - by_chance) / (1 - by_chance)


def test_kappa_of_the_textbook_example():
    # Two readers, ten patients: 4 yes/yes, 3 no/no, 3 in conflict. Agreement 0.7, share of
    # yes 11/20, by chance 0.505: kappa = 0.195 / 0.495.
    votes = np.array([[1] * 4 + [0] * 3 + [1] * 3, [1] * 4 + [0] * 3 + [0] * 3])

    assert fleiss_kappa(votes) == pytest.approx(0.195 / 0.495)


def test_readers_disagree_as_much_as_asked(truth):
    votes = draw_votes(truth, KAPPA, np.random.default_rng(2)).astype(int)

    reached = {name: fleiss_kappa(votes[:, :, column(name)]) for name in FINDINGS}

    # The standard error of kappa at 20 000 patients is below 0.01 even for a rare finding.
    assert reached == pytest.approx(KAPPA, abs=0.025)


def test_kappa_is_as_asked_on_the_average_of_small_cohorts(truth):
    few = truth[:300]
    kappa = {**KAPPA, "ICH": 0.9, "SDH": 0.4, "MassEffect": 0.2}
    draws = [draw_votes(few, kappa, np.random.default_rng(seed)).astype(int) for seed in range(60)]

    for name in ("ICH", "SDH", "MassEffect"):
        mean = np.mean([fleiss_kappa(votes[:, :, column(name)]) for votes in draws])
        assert mean == pytest.approx(kappa[name], abs=0.03)


def test_readers_say_a_finding_as_often_as_it_is_there(truth):
    votes = draw_votes(truth, KAPPA, np.random.default_rng(3))

    for name in ("ICH", "Fracture", "MassEffect", "MidlineShift"):
        said = votes[:, :, column(name)].mean()
        assert said == pytest.approx(truth[:, column(name)].mean(), abs=0.01)


def test_no_reader_says_a_part_without_the_whole(truth):
    votes = draw_votes(truth, KAPPA, np.random.default_rng(4)).astype(bool)

    for part in PARTS_OF_ICH:
        assert not (votes[..., column(part)] & ~votes[..., column("ICH")]).any()


def test_readers_who_never_err_say_the_truth(truth):
    perfect = dict.fromkeys(FINDINGS, 1.0)

    votes = draw_votes(truth, perfect, np.random.default_rng(5))

    assert votes.shape == (READERS, *truth.shape)
    assert all(np.array_equal(reader, truth) for reader in votes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"IPH": 0.9}, "IPH must lie between 0 and 0.78"),
        ({"ICH": 1.2}, "ICH must lie between 0 and 1"),
        ({"MassEffect": -0.1}, "MassEffect"),
    ],
)
def test_a_kappa_that_cannot_be_is_refused(truth, change, said):
    with pytest.raises(ValueError, match=said):
        draw_votes(truth, {**KAPPA, **change}, np.random.default_rng(1))


def test_a_truth_that_contradicts_itself_is_refused(truth):
    wrong = truth.copy()
    wrong[0, column("ICH")], wrong[0, column("SDH")] = False, True

    with pytest.raises(ValueError, match="SDH and no ICH"):
        draw_votes(wrong, KAPPA, np.random.default_rng(1))

import numpy as np
import pytest
from scipy.stats import chisquare

from headct.measure.resampling import draws
from headct.measure.resampling.draws import blocks, draw, numbered


def test_every_sample_has_as_many_patients_as_there_are():
    rng = np.random.default_rng(1)

    drawn = draw(37, 500, rng)

    assert drawn.shape == (500, 37)
    assert (drawn.sum(axis=1) == 37).all()
    assert drawn.min() >= 0


def test_patients_come_as_often_as_a_multinomial_says():
    rng = np.random.default_rng(2)
    patients, samples = 8, 40_000

    drawn = draw(patients, samples, rng)

    # Chances of 0, 1, 2, 3 and more times among 8 draws with a chance of 1/8 each.
    single = [np.mean([(7 / 8) ** 8]), 8 * (1 / 8) * (7 / 8) ** 7, 28 * (1 / 8) ** 2 * (7 / 8) ** 6]
    expected = np.array([*single, 1 - sum(single)]) * samples
    for patient in range(patients):
        seen = np.bincount(np.minimum(drawn[:, patient], 3), minlength=4)
        assert chisquare(seen, expected).pvalue > 1e-4
    # Two patients are anticorrelated, by -1/(P - 1).
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] == pytest.approx(-1 / 7, abs=0.02)


def test_blocks_are_the_draws_at_once_in_bounded_pieces(monkeypatch):
    monkeypatch.setattr(draws, "_BLOCK", 100)

    pieces = list(blocks(30, 10, np.random.default_rng(3)))

    assert [len(piece) for piece in pieces] == [3, 3, 3, 1]
    assert np.array_equal(np.concatenate(pieces), draw(30, 10, np.random.default_rng(3)))


def test_the_same_state_gives_the_same_draws():
    first, second = (draw(50, 20, np.random.default_rng(4)) for _ in range(2))

    assert np.array_equal(first, second)


def test_strata_keep_as_many_of_each_kind():
    has_positive = np.array([True] * 3 + [False] * 9)

    drawn = draw(12, 200, np.random.default_rng(5), strata=has_positive)

    assert (drawn[:, has_positive].sum(axis=1) == 3).all()
    assert (drawn[:, ~has_positive].sum(axis=1) == 9).all()
    assert len(np.unique(drawn, axis=0)) > 100


def test_no_patients_give_empty_samples():
    assert draw(0, 4, np.random.default_rng(6)).shape == (4, 0)


def test_numbers_have_no_gaps_and_keep_who_is_who():
    index, count = numbered([70, 3, 70, 9], 4)

    assert count == 3
    assert index.tolist() == [2, 0, 2, 1]
    assert numbered(None, 3)[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: draw(5, 0, rng),
        lambda rng: draw(-1, 5, rng),
        lambda rng: draw(5, 5, rng, strata=[0, 1]),
        lambda _: numbered([1, 2], 3),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(ValueError, match="expected"):
        call(np.random.default_rng(7))

import numpy as np
import pytest

from headct.core.errors import TrainError
from headct.train.batches import Drawn, InOrder, Mixture, Source
from headct.train.slices import Slices


def numbered(count: int, positives: int, name: str = "a", side: int = 4) -> Slices:
    """Slices whose pixels are their number; the first ones have the label."""
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, side, side), np.uint8
    )
    labels = (np.arange(count) < positives).astype(np.int8)[:, None]
    return Slices(name, pixels, labels, None, np.arange(count))


def numbers(batch) -> list[int]:
    return batch.pixels[:, 0, 0, 0].tolist()


def test_every_slice_comes_once_before_any_comes_again():
    mixture = Mixture((Source(numbered(10, 3)),), batch_size=4, seed=1)

    drawn = [number for step in range(5) for number in numbers(mixture.batch(step))]

    assert sorted(drawn[:10]) == list(range(10))
    assert sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]


def test_an_epoch_draws_the_same_whatever_was_drawn_before():
    def epoch(number):
        mixture = Mixture((Source(numbered(50, 9), positive=0.4),), batch_size=8, seed=3)
        return [numbers(batch) for batch in all_of(mixture, number)]

    def all_of(mixture, number):
        drawn = Drawn(mixture, steps=3, epoch=number, place=(0, 1))
        return [drawn[step] for step in range(len(drawn))]

    third = epoch(2)

    assert third == epoch(2)
    assert third != epoch(1)


def test_devices_share_what_one_would_see():
    mixture = Mixture((Source(numbered(12, 3)),), batch_size=3, seed=0)
    places = [Drawn(mixture, steps=2, epoch=0, place=(rank, 2)) for rank in range(2)]

    seen = [number for drawn in places for step in range(2) for number in numbers(drawn[step])]

    assert sorted(seen) == list(range(12))


@pytest.mark.parametrize(
    ("shares", "size", "expected"),
    [((0.5, 0.5), 32, (16, 16)), ((0.56, 0.44), 32, (18, 14)), ((2, 1), 32, (21, 11))],
)
def test_a_batch_holds_the_stated_shares(shares, size, expected):
    sources = tuple(Source(numbered(5, 1), share) for share in shares)

    assert Mixture(sources, size, 0).counts == expected


def test_positives_come_as_often_as_asked():
    mixture = Mixture((Source(numbered(200, 20), positive=0.5),), batch_size=100, seed=0)

    has = np.concatenate([mixture.batch(step).labels.numpy() for step in range(40)])

    # 4000 draws: three standard errors are 0.024.
    assert has.mean() == pytest.approx(0.5, abs=0.024)


def test_a_look_is_drawn_anew_by_its_number_alone():
    def darkened(taken, chance):
        return taken._replace(pixels=taken.pixels - chance.integers(0, 99, dtype=np.uint8))

    mixture = Mixture((Source(numbered(20, 3), look=darkened),), batch_size=4, seed=0)

    assert numbers(mixture.batch(1)) == numbers(mixture.batch(1))


def test_frames_of_several_shapes_are_refused():
    with pytest.raises(TrainError, match=r"\(1, 4, 4\) and \(1, 8, 8\)"):
        Mixture((Source(numbered(3, 1)), Source(numbered(3, 1, side=8))), 4, 0)


def test_a_batch_too_small_for_its_shares_is_refused():
    with pytest.raises(TrainError, match="too small for 2 sources"):
        Mixture((Source(numbered(3, 1)), Source(numbered(3, 1), 0.01)), 4, 0)


def test_validation_sees_every_slice_once_on_any_number_of_devices():
    batches = [InOrder(numbered(11, 2), 3, (rank, 2)) for rank in range(2)]

    seen = [n for some in batches for at in range(len(some)) for n in numbers(some[at])]

    assert sorted(seen) == list(range(11))

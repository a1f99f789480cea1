"""What the classical finder's marks add to a network's log odds."""

import numpy as np
import pytest

from headct.core.finding import Prediction
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE
from headct.core.volume import Mask
from headct.predict.beside import Beside, marked_mm2


def test_nothing_marked_adds_nothing_and_more_adds_more_but_ever_less():
    added = Beside(0.5, "1").added(np.array([0.0, 2.5, 250.0, 500.0]))

    # ln 1, ln 2, ln 101, ln 201, halved
    np.testing.assert_allclose(added, [0, 0.34657, 2.30756, 2.65165], atol=1e-5)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValueError, match="expected 0 or more"):
        Beside(weight, "1")


def marked(slices: int, slice_mm: float, drawn: dict[int, int]) -> Prediction:
    labels = np.zeros((slices, 20, 20), np.uint8)
    for place, pixels in drawn.items():
        labels[place].flat[:pixels] = 1
    grid = Grid.regular(labels.shape, (slice_mm, 0.5, 0.4))
    return Prediction("finder", "1", (), mask=Mask(labels, grid, (ANY_HEMORRHAGE,)))


def test_marks_are_areas_in_square_millimetres():
    classical = marked(4, 5.0, {1: 100, 2: 7})

    found = marked_mm2(classical, classical.mask.grid)

    np.testing.assert_allclose(found, [0, 20.0, 1.4, 0])


def test_a_frame_between_slices_takes_the_nearest_one():
    thin = marked(8, 2.5, {4: 50})

    found = marked_mm2(thin, Grid.regular((4, 10, 10), (5.0, 1.0, 1.0)))

    np.testing.assert_allclose(found, [0, 0, 10.0, 0])


def test_a_finder_that_draws_nothing_marks_nothing():
    grid = Grid.regular((3, 10, 10), (5.0, 1.0, 1.0))

    assert not marked_mm2(Prediction("finder", "1", ()), grid).any()

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    LEUKOENCEPHALOPATHY,
    SUBDURAL,
)
from headct.predict.drawing import draw_heatmap, draw_mask, mask_names

GRID = Grid.regular((1, 2, 2), (5.0, 1.0, 1.0))


def planes(*values: list[list[float]]) -> np.ndarray:
    """One slice; a plane of log odds for each label."""
    return np.array([values], np.float32)


def test_subtypes_are_told_apart_where_a_label_unites_them():
    assert mask_names((ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES)) == HEMORRHAGE_SUBTYPES
    assert mask_names((ANY_HEMORRHAGE,)) == (ANY_HEMORRHAGE,)
    assert mask_names((LEUKOENCEPHALOPATHY,)) == (LEUKOENCEPHALOPATHY,)


def test_the_uniting_label_says_where_and_the_subtypes_say_which():
    logits = planes([[1, 1], [-1, 3]], [[-5, 2], [9, 0]], [[-4, 1], [9, 4]])

    mask = draw_mask(logits, (ANY_HEMORRHAGE, EPIDURAL, SUBDURAL), 0.5, GRID)

    assert mask.names == (EPIDURAL, SUBDURAL)
    np.testing.assert_array_equal(mask.labels[0], [[2, 1], [0, 2]])


def test_without_a_uniting_label_any_label_draws():
    logits = planes([[1, -1], [2, -1]], [[-1, -1], [3, 1]])

    mask = draw_mask(logits, (EPIDURAL, SUBDURAL), 0.5, GRID)

    np.testing.assert_array_equal(mask.labels[0], [[1, 0], [2, 2]])


@pytest.mark.parametrize(("probability", "drawn"), [(0.5, 3), (0.75, 2), (0.9, 1)])
def test_a_pixel_is_drawn_from_its_probability_on(probability, drawn):
    # Odds of 9 to 1, 4 to 1, 1 to 1 and 1 to 4, the first a hair above.
    logits = planes([np.log([9.001, 4]).tolist(), np.log([1, 1 / 4]).tolist()])

    mask = draw_mask(logits, (ANY_HEMORRHAGE,), probability, GRID)

    assert mask.areas(ANY_HEMORRHAGE)[0] == drawn


def test_a_coarse_edge_lies_where_its_blocks_meet():
    grid = Grid.regular((1, 16, 16), (5.0, 1.0, 1.0))
    coarse = np.full((4, 4), -10.0)
    coarse[1:3, 1:3] = 10.0

    mask = draw_mask(planes(coarse.tolist()), (ANY_HEMORRHAGE,), 0.5, grid)

    # Straight lines between +10 and -10 are 0 half way, at pixel edges 4 and 12; corners are round.
    assert mask.labels[0, 4:12, 7].all()
    assert mask.labels[0, 7, 4:12].all()
    assert mask.areas(ANY_HEMORRHAGE)[0] == pytest.approx(64, abs=4)
    assert not mask.labels[0, :4].any()
    assert not mask.labels[0, 12:].any()


def test_a_heatmap_keeps_its_peak_and_drops_what_speaks_against():
    activation = np.array([[[-3.0, 1.0], [2.0, 4.0]]], np.float32)

    heatmap = draw_heatmap(activation, GRID)

    assert heatmap.raw_peak == 4.0
    np.testing.assert_allclose(heatmap.weights[0], [[0, 0.25], [0.5, 1]])


def test_a_heatmap_without_evidence_is_dark():
    heatmap = draw_heatmap(np.full((1, 2, 2), -1.0, np.float32), GRID)

    assert heatmap.raw_peak == 0
    assert not heatmap.weights.any()


def test_a_coarse_heatmap_runs_in_straight_lines_between_its_centres():
    grid = Grid.regular((1, 4, 4), (5.0, 1.0, 1.0))
    activation = np.array([[[0.0, 4.0], [0.0, 4.0]]], np.float32)

    heatmap = draw_heatmap(activation, grid)

    # Centres at 0.5 and 2.5 of four pixels: 0, a quarter and three quarters of the way, the end.
    np.testing.assert_allclose(heatmap.weights[0, 2], [0, 0.25, 0.75, 1])

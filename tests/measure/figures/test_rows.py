from math import inf

import numpy as np
import pytest

from headct.measure.estimate import Estimate
from headct.measure.figures.rows import (
    ForestRow,
    Reference,
    RunsRow,
    forest_figure,
    runs_figure,
)

ROWS = [
    ForestRow("site A", "12 of 300", Estimate(0.9, 0.8, 0.95)),
    ForestRow("site B", "", Estimate(0.7)),
    ForestRow("site C", "0 of 20", Estimate(None, note="no positives")),
]


def flat(figure):
    """Lines along the rows, as (row, lowest, highest)."""
    lines = [
        one.get_xydata()
        for one in figure.axes[0].lines
        if set(one.get_ydata()) and np.ptp(one.get_ydata()) == 0
    ]
    return {(float(xy[0, 1]), float(xy[:, 0].min()), float(xy[:, 0].max())) for xy in lines}


def test_each_group_has_its_figure_and_interval_on_its_line(heading):
    drawn = forest_figure("AUC", ROWS, heading)

    assert flat(drawn) == {(0, 0.8, 0.95), (0, 0.9, 0.9), (1, 0.7, 0.7)}
    low, high = drawn.axes[0].get_ylim()
    assert low > high


def test_what_is_drawn_is_written_beside_and_what_is_not_defined_too(heading, said):
    texts = said(forest_figure("AUC", ROWS, heading))

    assert {"site A (12 of 300)", "site B", "site C (0 of 20)"} <= set(texts)
    assert {"0.900 (0.800 to 0.950)", "0.700", "not defined"} <= set(texts)
    assert "AUC by group: subdural\n40 patients (12 positive); 95 % intervals\ntest" in texts


def test_written_figures_stand_at_the_height_of_their_lines(heading):
    drawn = forest_figure("AUC", ROWS, heading)

    left, right = drawn.axes[0], drawn.axes[0].child_axes[0]

    assert list(left.get_yticks()) == list(right.get_yticks()) == [0, 1, 2]
    assert left.get_ylim() == right.get_ylim()


def test_a_reference_lies_across_all_groups_and_on_the_axis(heading, line, said):
    drawn = forest_figure("AUC", ROWS, heading, Reference("all", 0.99))

    low, high = drawn.axes[0].get_xlim()

    assert set(line(drawn, "all")[:, 0]) == {0.99}
    assert low < 0.7 < 0.99 < high
    assert "all: 0.990" in said(drawn)


def test_an_end_at_infinity_is_cut_at_the_edge_with_an_arrow(heading):
    rows = [ForestRow("A", "", Estimate(9.0, 4.0, inf)), ForestRow("B", "", Estimate(3.0, 2, 5))]
    drawn = forest_figure("LR+", rows, heading)

    axes = drawn.axes[0]
    edge = axes.get_xlim()[1]
    arrows = [one.get_xydata().tolist() for one in axes.lines if one.get_marker() == ">"]

    assert np.isfinite(edge)
    assert arrows == [[[edge, 0]]]
    assert (0, 4, edge) in flat(drawn)


@pytest.mark.parametrize("rows", [[], ROWS[2:], [ForestRow("A", "", Estimate(inf))]])
def test_groups_without_any_figure_are_drawn(heading, said, rows):
    texts = said(forest_figure("AUC", rows, heading))

    assert "AUC" in texts


def test_runs_are_dots_beside_their_average_and_best(heading, line, said):
    rows = [
        RunsRow("A", [0.9, None, 0.94], Estimate(0.92, 0.88, 0.96), best=0.94),
        RunsRow("B", [0.8], Estimate(0.8, note="one run"), best=None),
    ]
    drawn = runs_figure("AUC", rows, heading)

    assert line(drawn, "one run")[:, 0].tolist() == [0.9, 0.94, 0.8]
    assert np.round(line(drawn, "one run")[:, 1]).tolist() == [0, 0, 1]
    assert {(0, 0.92, 0.92), (1, 0.8, 0.8)} <= flat(drawn)
    assert line(drawn, "BEST").tolist() == [[0.94, 0]]
    assert (0, 0.88, 0.96) in flat(drawn)
    assert {"A", "B", "BEST"} <= set(said(drawn))


def test_a_best_run_chosen_on_these_data_is_called_optimistic(heading, said):
    rows = [RunsRow("A", [0.9, 0.94], Estimate(0.92), best=0.94, is_optimistic=True)]

    assert "BEST, chosen on these data: optimistic" in said(runs_figure("AUC", rows, heading))


@pytest.mark.parametrize("rows", [[], [RunsRow("A", [None], Estimate(None, note="none"), None)]])
def test_models_without_any_score_are_drawn(heading, said, rows):
    texts = said(runs_figure("AUC", rows, heading))

    assert "AUC" in texts

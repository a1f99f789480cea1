"""One line for each group, comparison or model: figures with their intervals, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headct.measure.estimate import Estimate
from headct.measure.figures.heading import Heading, short
from headct.measure.figures.style import COLOURS, GREY, drawing, legend_below
from headct.measure.figures.told import told

_ROW_IN = 0.26
_AXIS_IN = 0.7
_ESTIMATE: dict[str, Any] = {"color": COLOURS[4], "linewidth": 1.4, "zorder": 3}


@dataclass(frozen=True)
class ForestRow:
    """One group.

    Args:
        name: "site A".
        count: how many, for people: "120 of 3,000"; empty says nothing.
        estimate: its figure.
    """

    name: str
    count: str
    estimate: Estimate


@dataclass(frozen=True)
class RunsRow:
    """The runs of one model.

    Args:
        name: of the model.
        scores: one a run, None where not defined.
        average: AVG, with its interval over runs.
        best: that of the BEST run; None where none was chosen.
        is_optimistic: BEST was chosen on the data it is shown on.
    """

    name: str
    scores: Sequence[float | None]
    average: Estimate
    best: float | None
    is_optimistic: bool = False


@dataclass(frozen=True)
class Reference:
    """A line down the figure: "all" at 0.94, or no difference at 0."""

    name: str
    value: float


def forest_figure(
    score: str,
    rows: Sequence[ForestRow],
    heading: Heading,
    reference: Reference | None = None,
) -> Figure:
    """A figure with its interval for each group, written out beside.

    A group whose figure is not defined keeps its line and says so. An end at infinity is cut at
    the edge, with an arrow.

    Args:
        score: which, for the axis: "AUC".
        rows: from top to bottom.
        heading: of what.
        reference: what they are to be seen against.
    """
    height = _AXIS_IN + _ROW_IN * len(rows)
    below = int(reference is not None)
    with drawing(
        f"{score} by group",
        heading,
        width_in=6.4,
        height_in=height,
        below=below,
        has_intervals=True,
    ) as figure:
        axes = _lines(figure, [_named(row) for row in rows])
        axes.set_xlim(*_ends([row.estimate for row in rows], reference))
        axes.set_xlabel(score)
        if reference is not None:
            label = f"{short(reference.name)}: {reference.value:.3f}"
            axes.axvline(reference.value, color=GREY, linestyle=(0, (3, 2)), label=label)
        for place, row in enumerate(rows):
            _interval(axes, place, row.estimate)
        beside = axes.secondary_yaxis("right")
        beside.set_yticks(range(len(rows)), [told(row.estimate) for row in rows])
        beside.tick_params(length=0)
        beside.spines[:].set_visible(False)
        legend_below(figure, axes)
        return figure


def runs_figure(score: str, rows: Sequence[RunsRow], heading: Heading) -> Figure:
    """Every run as a dot, AVG with its interval over runs, BEST as a star.

    Args:
        score: which, for the axis.
        rows: models from top to bottom.
        heading: of what.
    """
    height = _AXIS_IN + 1.4 * _ROW_IN * len(rows)
    with drawing(
        f"{score} over runs", heading, width_in=6.0, height_in=height, below=3, has_intervals=True
    ) as figure:
        axes = _lines(figure, [short(row.name) for row in rows])
        axes.set_xlabel(score)
        runs = [
            (one, place - 0.18)
            for place, row in enumerate(rows)
            for one in row.scores
            if one is not None
        ]
        axes.plot(
            *np.array(runs).reshape(-1, 2).T, linestyle="", marker="o", markersize=4,
            markerfacecolor="none", color=COLOURS[0], label="one run",
        )  # fmt: skip
        for place, row in enumerate(rows):
            _interval(axes, place, row.average)
        axes.plot([], [], marker="s", markersize=5, **_ESTIMATE, label="AVG, interval over runs")
        _stars(axes, rows)
        legend_below(figure, axes)
        return figure


def _stars(axes: Axes, rows: Sequence[RunsRow]) -> None:
    """BEST of each model, in one entry of the legend."""
    best = [(row.best, place) for place, row in enumerate(rows) if row.best is not None]
    if not best:
        return
    is_optimistic = any(row.is_optimistic for row in rows if row.best is not None)
    axes.plot(
        *np.array(best).T, linestyle="", marker="*", markersize=11, color=COLOURS[1],
        markeredgecolor="white", zorder=4,
        label="BEST, chosen on these data: optimistic" if is_optimistic else "BEST",
    )  # fmt: skip


def _lines(figure: Figure, names: Sequence[str]) -> Axes:
    """Axes with a line for each name, the first on top."""
    axes: Axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return axes


def _named(row: ForestRow) -> str:
    return f"{short(row.name)} ({row.count})" if row.count else short(row.name)


def _ends(estimates: Sequence[Estimate], reference: Reference | None) -> tuple[float, float]:
    """Ends of an axis that all finite figures and ends fit on."""
    known = [end for one in estimates for end in (one.value, one.low, one.high)]
    finite = [end for end in known if end is not None and abs(end) != inf]
    if reference is not None:
        finite.append(reference.value)
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.05
    return low - room, high + room


def _interval(axes: Axes, place: int, estimate: Estimate) -> None:
    if estimate.value is None:
        return
    if estimate.low is not None and estimate.high is not None:
        edges = axes.get_xlim() if inf in {-estimate.low, estimate.high} else (-inf, inf)
        ends = np.clip((estimate.low, estimate.high), *edges)
        axes.plot(ends, [place, place], **_ESTIMATE)
        if estimate.high == inf:
            axes.plot([ends[1]], [place], marker=">", markersize=6, clip_on=False, **_ESTIMATE)
    if estimate.value != inf:
        axes.plot([estimate.value], [place], marker="s", markersize=5, **_ESTIMATE)

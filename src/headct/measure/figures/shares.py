"""Sensitivity and specificity over something that can be set: slices that must agree, or mL."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from headct.measure.estimate import Estimate
from headct.measure.figures.heading import Heading
from headct.measure.figures.style import BAND, GREY, drawing, legend_below, look
from headct.measure.levels.vote import VoteCurve
from headct.measure.outcomes import Scores
from headct.measure.volume.detection import DetectionCurve

_HEIGHT_IN = 3.2


@dataclass(frozen=True, eq=False)
class _Share:
    """(points,) a share with the ends of its interval; NaN where there is none."""

    value: Scores
    low: Scores
    high: Scores


def vote_figure(curve: VoteCurve, heading: Heading, chosen: int | None = None) -> Figure:
    """Sensitivity and specificity over the number of slices that must agree.

    Args:
        curve: of one label.
        heading: of what.
        chosen: the number that was chosen, to be marked; None marks nothing.
    """
    kind = f"Slices of a score of {curve.threshold:g} or more that must agree"
    with drawing(kind, heading, height_in=_HEIGHT_IN, below=3, has_intervals=True) as figure:
        axes = figure.add_subplot()
        sensitivity = _Share(curve.sensitivity, curve.sensitivity_low, curve.sensitivity_high)
        specificity = _Share(curve.specificity, curve.specificity_low, curve.specificity_high)
        _both(axes, curve.slices.astype(np.float64), sensitivity, specificity)
        if chosen is not None:
            axes.axvline(chosen, color=GREY, linewidth=1.0, label=f"chosen: {chosen}")
        axes.set(xlabel="slices that must agree", ylabel="share")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        legend_below(figure, axes)
        return figure


def detection_figure(curve: DetectionCurve, heading: Heading) -> Figure:
    """Sensitivity and specificity over the least volume that counts as a bleed."""
    with drawing(
        "Detection by volume", heading, height_in=_HEIGHT_IN, below=2, has_intervals=True
    ) as figure:
        axes = figure.add_subplot()
        axes.set_xscale("log")
        _both(axes, curve.minimum_ml, _gathered(curve.sensitivity), _gathered(curve.specificity))
        axes.xaxis.set_major_locator(FixedLocator(list(curve.minimum_ml)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set(xlabel=f"least {curve.of} volume, mL", ylabel="share")
        legend_below(figure, axes)
        return figure


def _both(axes: Axes, along: Scores, sensitivity: _Share, specificity: _Share) -> None:
    both = (("sensitivity", sensitivity), ("specificity", specificity))
    # Marks on every point would hide the line where there are many.
    has_marks = len(along) <= 30
    for place, (name, share) in enumerate(both):
        seen = look(place)
        axes.fill_between(along, share.low, share.high, color=seen.colour, alpha=BAND, linewidth=0)
        axes.plot(
            along,
            share.value,
            color=seen.colour,
            linestyle=seen.dashes,
            marker=seen.marker if has_marks else "",
            markersize=4,
            label=name,
        )
    axes.set_ylim(-0.02, 1.02)


def _gathered(estimates: Sequence[Estimate]) -> _Share:
    columns = [
        [np.nan if end is None else end for end in (one.value, one.low, one.high)]
        for one in estimates
    ]
    value, low, high = np.array(columns, dtype=np.float64).reshape(-1, 3).T
    return _Share(value, low, high)

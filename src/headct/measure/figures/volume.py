"""Volumes beside the true ones, and how far they lie apart."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headct.measure.estimate import Estimate
from headct.measure.figures.heading import Heading
from headct.measure.figures.style import (
    BAND,
    COLOURS,
    GREY,
    drawing,
    in_logarithms,
    legend_below,
    look,
)
from headct.measure.figures.told import ml_digits, told
from headct.measure.outcomes import Scores
from headct.measure.volume.bland_altman import BlandAltman
from headct.measure.volume.pairs import VolumePairs

# More points than this become pixels inside the SVG: as shapes they would make a page heavy.
_MOST_SHAPES = 2000

_KIND = {"absolute": "difference", "log": "ratio", "percent": "difference in percent"}
_SAID = {
    "absolute": "predicted \N{MINUS SIGN} true, mL",
    "log": "predicted / true",
    "percent": "(predicted \N{MINUS SIGN} true) / mean, %",
}


def volume_figure(pairs: VolumePairs, heading: Heading) -> Figure:
    """Predicted over true volumes with the line of identity, and another method's beside."""
    has_other = ~np.isnan(pairs.abc2_ml)
    with drawing("Volume", heading, below=1 + bool(has_other.any())) as figure:
        axes = figure.add_subplot()
        _points(axes, pairs.true_ml, pairs.predicted_ml, (0, "predicted"))
        if has_other.any():
            _points(axes, pairs.true_ml[has_other], pairs.abc2_ml[has_other], (1, "ABC/2"))
        shown = (pairs.true_ml, pairs.predicted_ml, pairs.abc2_ml[has_other])
        top = max(float(values.max(initial=0.0)) for values in shown) or 1.0
        axes.plot([0, top], [0, top], color=GREY, linewidth=0.8)
        ends = (-0.03 * top, 1.03 * top)
        axes.set(xlim=ends, ylim=ends, xlabel="true, mL", ylabel="measured, mL", aspect="equal")
        legend_below(figure, axes)
        return figure


def bland_altman_figure(measured: BlandAltman, heading: Heading) -> Figure:
    """Differences over the mean of both, with bias, limits of agreement and their intervals.

    With a few rows an interval may reach further than anyone could see the points beside: it is
    then cut at the edge. The legend has its ends.
    """
    below = 3 + (measured.slope.value is not None)
    kind = f"Bland-Altman, {_KIND[measured.form]}"
    with drawing(kind, heading, height_in=3.6, below=below, has_intervals=True) as figure:
        axes = figure.add_subplot()
        is_log = measured.form == "log"
        _points(axes, measured.averages, measured.differences, (0, ""))
        axes.axhline(1.0 if is_log else 0.0, color=GREY, linewidth=0.8)
        unit = "" if is_log else f" {measured.unit}"
        ends = _ends(measured)
        for name, estimate, place in (
            ("upper limit of agreement", measured.upper, 1),
            ("bias", measured.bias, 4),
            ("lower limit of agreement", measured.lower, 2),
        ):
            digits = {"log": 2, "percent": 1}.get(measured.form, ml_digits(estimate))
            _across(axes, estimate, (f"{name}: {told(estimate, digits)}{unit}", place), ends)
        if measured.slope.value is not None:
            axes.plot([], [], " ", label=f"slope over the mean: {told(measured.slope)}")
        axes.set_ylim(ends)
        if is_log:
            if not len(measured.averages):
                axes.set_xlim(1, 100)
            in_logarithms(axes, "x")
            in_logarithms(axes, "y")
        mean = "geometric mean" if is_log else "mean"
        axes.set(xlabel=f"{mean} of both, mL", ylabel=_SAID[measured.form])
        legend_below(figure, axes)
        return figure


def _ends(measured: BlandAltman) -> tuple[float, float]:
    """Ends of the axis of differences: all points and lines, and intervals that stay near them."""
    lines = (measured.upper, measured.bias, measured.lower)
    is_log = measured.form == "log"
    values = [*measured.differences, 1.0 if is_log else 0.0]
    values += [one.value for one in lines if one.value is not None]
    far = [end for one in lines for end in (one.low, one.high) if end is not None]
    shown, beyond = np.array(values), np.array(far)
    if is_log:
        # An end that is too large or too small for a number is as far as can be.
        tiny, huge = np.finfo(np.float64).tiny, np.finfo(np.float64).max
        shown, beyond = (np.log(np.clip(ends, tiny, huge)) for ends in (shown, beyond))
    low, high = float(shown.min()), float(shown.max())
    span = high - low or 1.0
    room = 0.04 * span
    low = max(low - span / 2, float(beyond.min(initial=low))) - room
    high = min(high + span / 2, float(beyond.max(initial=high))) + room
    return (float(np.exp(low)), float(np.exp(high))) if is_log else (low, high)


def _points(axes: Axes, along: Scores, up: Scores, how: tuple[int, str]) -> None:
    place, name = how
    axes.plot(
        along,
        up,
        linestyle="",
        marker=look(place).marker,
        markersize=4,
        markerfacecolor="none",
        markeredgewidth=0.8,
        color=COLOURS[place],
        alpha=0.7,
        label=name or "_",
        rasterized=len(along) > _MOST_SHAPES,
    )


def _across(
    axes: Axes, estimate: Estimate, how: tuple[str, int], ends: tuple[float, float]
) -> None:
    if estimate.value is None:
        return
    name, place = how
    seen = look(place)
    axes.axhline(estimate.value, color=seen.colour, linestyle=seen.dashes, label=name)
    if estimate.low is not None and estimate.high is not None:
        low, high = np.clip((estimate.low, estimate.high), *ends)
        axes.axhspan(low, high, color=seen.colour, alpha=BAND, linewidth=0)

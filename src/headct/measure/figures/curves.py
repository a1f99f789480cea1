"""ROC, precision-recall and decision curves of one model or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headct.measure.counts.confusion import Confusion
from headct.measure.curves.decision import DecisionCurve
from headct.measure.curves.precision_recall import PrecisionRecall
from headct.measure.curves.roc import Roc
from headct.measure.estimate import Estimate
from headct.measure.figures.heading import Heading, short
from headct.measure.figures.style import GREY, Look, drawing, legend_below, look, unit_square
from headct.measure.figures.thin import thinned
from headct.measure.outcomes import Scores

# How far the axis of net benefit may go down, of what stands above 0: further down a model is
# worse than none, and how much so tells nothing more.
_DEEPEST = -0.5


@dataclass(frozen=True)
class Marked:
    """An operating point to be marked on a curve, "sensitivity of at least 0.95"."""

    name: str
    confusion: Confusion


@dataclass(frozen=True, eq=False)
class RocSeries:
    """One curve, its area, and the points to be marked on it."""

    name: str
    curve: Roc
    area: Estimate
    points: Sequence[Marked] = ()


@dataclass(frozen=True, eq=False)
class PrecisionRecallSeries:
    """One curve, its average precision, and the points to be marked on it."""

    name: str
    curve: PrecisionRecall
    area: Estimate
    points: Sequence[Marked] = ()


def roc_figure(series: Sequence[RocSeries], heading: Heading) -> Figure:
    """ROC curves with the diagonal that guessing gives, areas in the legend."""
    below = 1 + sum(1 + len(one.points) for one in series)
    with drawing("ROC curve", heading, below=below, has_intervals=True) as figure:
        axes = figure.add_subplot()
        unit_square(axes, "1 \N{MINUS SIGN} specificity", "sensitivity")
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, label="calling at random")
        for place, one in enumerate(series):
            _line(
                axes,
                thinned(one.curve.false_positive_rate, one.curve.sensitivity),
                (place, f"{short(one.name)}: AUC {one.area}"),
            )
            for number, point in enumerate(one.points):
                found = point.confusion
                if found.positives and found.negatives:
                    spot = (found.fp / found.negatives, found.tp / found.positives)
                    _mark(axes, spot, point.name, (look(place), number))
        legend_below(figure, axes)
        return figure


def precision_recall_figure(series: Sequence[PrecisionRecallSeries], heading: Heading) -> Figure:
    """Precision over recall, in the steps that average precision adds up.

    The share of positives, which calling at random gives, is a line across.
    """
    below = 1 + sum(1 + len(one.points) for one in series)
    with drawing("Precision-recall curve", heading, below=below, has_intervals=True) as figure:
        axes = figure.add_subplot()
        unit_square(axes, "recall (sensitivity)", "precision (PPV)")
        _at_random(axes, [float(one.curve.precision[-1]) for one in series])
        for place, one in enumerate(series):
            _line(
                axes,
                thinned(*_stepped(one.curve)),
                (place, f"{short(one.name)}: average precision {one.area}"),
            )
            for number, point in enumerate(one.points):
                found = point.confusion
                if found.positives and found.tp + found.fp:
                    spot = (found.tp / found.positives, found.tp / (found.tp + found.fp))
                    _mark(axes, spot, point.name, (look(place), number))
        legend_below(figure, axes)
        return figure


def decision_figure(
    curves: Mapping[str, DecisionCurve], heading: Heading, *, is_stated: bool = False
) -> Figure:
    """Net benefit of each model, of acting on everybody and of acting on nobody.

    The axis goes down to the worst of the models, but no further below nobody's 0 than half of
    what stands above it: the legend names those that go on below.

    Args:
        curves: by name of the model, of the same rows, so that everybody is the same.
        heading: of what.
        is_stated: the prevalence was stated and is not that of the rows: the title then tells it.

    Raises:
        ValueError: no curve.
    """
    if not curves:
        raise ValueError("expected one curve or more")
    everybody = next(iter(curves.values()))
    kind = "Decision curve"
    kind += f" at a prevalence of {everybody.prevalence:g}" if is_stated else ""
    models = [curve.model for curve in curves.values()]
    top = max([float(one.max(initial=0.0)) for one in models] + [everybody.prevalence]) or 1.0
    worst = min(float(one.min(initial=0.0)) for one in models)
    bottom = max(1.1 * min(worst, -0.1 * top), _DEEPEST * top)
    with drawing(kind, heading, height_in=3.6, below=len(curves) + 2) as figure:
        axes = figure.add_subplot()
        for place, (name, curve) in enumerate(curves.items()):
            goes_on = ", goes on below the axis" if curve.model.min(initial=0.0) < bottom else ""
            _line(axes, (curve.thresholds, curve.model), (place, f"{short(name)}{goes_on}"))
        beside: dict[str, Any] = {"color": GREY, "linewidth": 1.0}
        axes.plot(
            everybody.thresholds,
            everybody.treat_all,
            linestyle=(0, (3, 2)),
            **beside,
            label=f"everybody (prevalence {everybody.prevalence:.3f})",
        )
        axes.axhline(0.0, **beside, label="nobody")
        axes.set(
            xlim=(0, 1),
            ylim=(bottom, 1.08 * top),
            xlabel="probability from which one would act",
            ylabel="net benefit",
        )
        legend_below(figure, axes)
        return figure


def _at_random(axes: Axes, shares: Sequence[float]) -> None:
    """The share of positives, which calling all gives: one line for all that are of the same rows.

    Of different rows, each has its line in its own colour.
    """
    if len(set(shares)) == 1:
        name = f"calling at random: {shares[0]:.3f}"
        axes.axhline(shares[0], color=GREY, linewidth=0.8, label=name)
    elif shares:
        name = "calling at random, each in its colour"
        axes.plot([], [], color=GREY, linewidth=0.8, label=name)
        for place, share in enumerate(shares):
            axes.axhline(share, color=look(place).colour, linewidth=0.8, label="_")


def _stepped(curve: PrecisionRecall) -> tuple[Scores, Scores]:
    """Level from each recall back to the one before: precision between two points is not linear."""
    return np.repeat(curve.recall, 2)[1:-1], np.repeat(curve.precision[1:], 2)


def _line(axes: Axes, points: tuple[Scores, Scores], how: tuple[int, str]) -> None:
    place, name = how
    seen = look(place)
    axes.plot(*points, color=seen.colour, linestyle=seen.dashes, label=name)


def _mark(axes: Axes, spot: tuple[float, float], name: str, how: tuple[Look, int]) -> None:
    seen, number = how
    axes.plot(
        *([at] for at in spot),
        linestyle="",
        marker=look(number).marker,
        markersize=7,
        color=seen.colour,
        markeredgecolor="white",
        label=short(name),
        clip_on=False,
        zorder=3,
    )

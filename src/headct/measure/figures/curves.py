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
        # Calling all gives the share of positives: one line for all that are of the same rows.
        shares = sorted({float(one.curve.precision[-1]) for one in series})
        for number, share in enumerate(shares):
            name = "calling at random" + (f": {share:.3f}" if len(shares) == 1 else "")
            axes.axhline(share, color=GREY, linewidth=0.8, label="_" if number else name)
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


def decision_figure(curves: Mapping[str, DecisionCurve], heading: Heading) -> Figure:
    """Net benefit of each model, of acting on everybody and of acting on nobody.

    The axis ends a little below nobody's 0: how bad an option beyond that is, tells nothing more.

    Args:
        curves: by name of the model, of the same rows, so that everybody is the same.
        heading: of what.

    Raises:
        ValueError: no curve.
    """
    if not curves:
        raise ValueError("expected one curve or more")
    everybody = next(iter(curves.values()))
    with drawing("Decision curve", heading, height_in=3.6, below=len(curves) + 2) as figure:
        axes = figure.add_subplot()
        for place, (name, curve) in enumerate(curves.items()):
            _line(axes, (curve.thresholds, curve.model), (place, short(name)))
        beside: dict[str, Any] = {"color": GREY, "linewidth": 1.0}
        axes.plot(
            everybody.thresholds,
            everybody.treat_all,
            linestyle=(0, (3, 2)),
            **beside,
            label=f"everybody (prevalence {everybody.prevalence:.3f})",
        )
        axes.axhline(0.0, **beside, label="nobody")
        top = max(
            [float(curve.model.max(initial=0.0)) for curve in curves.values()]
            + [everybody.prevalence]
        )
        axes.set(
            xlim=(0, 1),
            ylim=(-0.15 * (top or 1.0), 1.08 * (top or 1.0)),
            xlabel="probability from which one would act",
            ylabel="net benefit",
        )
        legend_below(figure, axes)
        return figure


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

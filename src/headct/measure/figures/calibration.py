"""What came true beside what was said."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from headct.measure.calibration.curve import Reliability
from headct.measure.figures.heading import Heading, short
from headct.measure.figures.style import GREY, drawing, in_logarithms, legend_below, look


def calibration_figure(curves: Mapping[str, Reliability], heading: Heading) -> Figure:
    """Observed shares with their intervals over predicted ones; rows in each group below.

    Args:
        curves: by name, of the same rows: one model before and after scaling, or several.
        heading: of what.
    """
    with drawing(
        "Calibration", heading, height_in=5.0, below=len(curves), has_intervals=True
    ) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for place, (name, curve) in enumerate(curves.items()):
            seen = look(place)
            ends = (curve.observed - curve.low, curve.high - curve.observed)
            upper.errorbar(
                curve.mean_predicted,
                curve.observed,
                # A share of 0 or 1 may lie a rounding error outside its own interval.
                yerr=[end.clip(min=0) for end in ends],
                color=seen.colour,
                linestyle=seen.dashes,
                marker=seen.marker,
                markersize=5,
                elinewidth=0.9,
                capsize=2,
                label=f"{short(name)}: expected error {curve.expected_error:.3f}",
            )
            lower.plot(
                curve.mean_predicted,
                curve.count,
                color=seen.colour,
                linestyle=seen.dashes,
                linewidth=0.8,
                marker=seen.marker,
                markersize=4,
            )
        upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="observed share")
        lower.set(xlabel="predicted probability", ylabel="rows")
        in_logarithms(lower, "y")
        legend_below(figure, upper)
        return figure

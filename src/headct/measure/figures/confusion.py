"""Calls against truth, counted."""

from collections.abc import Mapping
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from headct.measure.counts.confusion import Confusion
from headct.measure.figures.heading import Heading, short
from headct.measure.figures.style import COLOURS, drawing

# Up to the sky blue, on which black still reads.
_SHARES = LinearSegmentedColormap.from_list("shares", ("#FFFFFF", COLOURS[5]))
_PER_LINE = 3


def confusion_figure(confusions: Mapping[str, Confusion], heading: Heading) -> Figure:
    """Tables of two by two, coloured by the share of the true row.

    Args:
        confusions: by name, a table for each label or operating point.
        heading: of what.

    Raises:
        ValueError: no table.
    """
    if not confusions:
        raise ValueError("expected one table or more")
    columns = min(len(confusions), _PER_LINE)
    lines = ceil(len(confusions) / columns)
    width, height = max(2.3 * columns, 4.0), 2.2 * lines
    with drawing("Confusion", heading, width_in=width, height_in=height) as figure:
        places = figure.subplots(lines, columns, squeeze=False).ravel()
        for axes, (name, confusion) in zip(places, confusions.items(), strict=False):
            _table(axes, name, confusion)
        for axes in places[len(confusions) :]:
            axes.set_axis_off()
        return figure


def _table(axes: Axes, name: str, confusion: Confusion) -> None:
    counts = np.array([[confusion.tp, confusion.fn], [confusion.fp, confusion.tn]])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # Drawn as shapes and not as an image, to stay sharp at every size.
    axes.pcolormesh(
        shares, cmap=_SHARES, vmin=0, vmax=1, edgecolors="#FFFFFF", linewidth=2, zorder=0
    )
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{count:,}\n{100 * shares[row, column]:.1f} %" if counts[row].any() else "0",
            ha="center",
            va="center",
        )
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks((0.5, 1.5), ("called", "not called"))
    axes.set_yticks((0.5, 1.5), ("present", "absent"), rotation=90, va="center")
    axes.set_title(short(name))

"""How figures look: colours that colour-blind readers tell apart, and a second sign beside each.

Figures are made without pyplot, so that nothing is kept between them. Matplotlib's settings hold
while one is made and while it is written, and are then as they were.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullLocator
from matplotlib.typing import LineStyleType

from headct.measure.figures.heading import Heading

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
"""Okabe and Ito, Color Universal Design, 2008, without the yellow, which is too pale on white."""

DASHES: tuple[LineStyleType, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

GREY = "#595959"
"""Of what stands beside the data, such as the diagonal: 7:1 on white, as WCAG 2.2 asks of AAA."""

BAND = 0.15
"""Opacity of an interval's band: two of them still show both."""

SETTINGS: dict[str, Any] = {
    # First the font that comes with matplotlib: widths are then the same on every machine. A
    # reader without it sees the next ones, which are no wider.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica", "sans-serif"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    # Text is then as wide at every resolution as room was made for.
    "text.hinting": "none",
    "figure.constrained_layout.w_pad": 0.08,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # A name may have a dollar in it.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "headct",
}

_LETTERS_PER_INCH = 14.0
_LEGEND_LINE_IN = 0.17


@dataclass(frozen=True)
class Look:
    """How one series is drawn; no two of the first 28 have both colour and dashes in common."""

    colour: str
    dashes: LineStyleType
    marker: str


def look(place: int) -> Look:
    """The look of the series at this place, counted from 0."""
    return Look(
        COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)]
    )


@contextmanager
def settings() -> Iterator[None]:
    """Matplotlib's settings for headct's figures."""
    # From matplotlib's own ones on, so that a user's matplotlibrc changes nothing.
    own = {name: one for name, one in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    with mpl.rc_context(mpl.RcParams({**own, **SETTINGS})):
        yield


@contextmanager
def drawing(
    kind: str,
    heading: Heading,
    *,
    width_in: float = 4.6,
    height_in: float = 4.2,
    below: int = 0,
    has_intervals: bool = False,
) -> Iterator[Figure]:
    """An empty figure with its title, to be filled inside the block.

    Args:
        kind: what is drawn, "ROC curve".
        heading: of what.
        width_in: width, inches.
        height_in: height without the title and what stands below, inches.
        below: lines that the legend below will need.
        has_intervals: the title is to say how much they cover.
    """
    title = heading.title(kind, int(width_in * _LETTERS_PER_INCH), has_intervals=has_intervals)
    lines = title.count("\n") + 1 + below
    with settings():
        figure = Figure(
            figsize=(width_in, height_in + lines * _LEGEND_LINE_IN), layout="constrained"
        )
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        yield figure
        # Room is made once, and not again for each file that it is written to.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def legend_below(figure: Figure, axes: Axes) -> None:
    """The legend of some axes under the whole figure, where it hides no data."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower left", ncols=1, handlelength=3.2)


def unit_square(axes: Axes, along: str, up: str) -> None:
    """Both axes from 0 to 1, with room for marks that lie on the edge."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=along, ylabel=up, aspect="equal")


def in_logarithms(axes: Axes, which: Literal["x", "y"]) -> None:
    """A logarithmic axis with enough figures beside it, however little it spans.

    Powers of ten alone would leave a ratio between 0.3 and 3 with a single one.
    """
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    axis.set_major_locator(_figures(high / low))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:,.12g}")


def _figures(span: float) -> Locator:
    if span < 3:
        return MaxNLocator(6, steps=[1, 2, 5, 10])
    if span < 5:
        return LogLocator(subs=(1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))
    return LogLocator(subs=(1, 2, 5) if span < 100 else (1,))

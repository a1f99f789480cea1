"""The bleed slice by slice, drawn beside the stack with the head up: area against position."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.report.answer import Answer

WIDTH, HEIGHT = 100.0, 1000.0  # of the drawing, in units that the page stretches
# More ticks than this on a screen's height grow into a grey block.
_MOST_TICKS = 150


@dataclass(frozen=True)
class Bar:
    """A slice's share of one label: as high as its cell, as long as its area.

    Args:
        index: of the slice.
        label: which label.
        x, y, width, height: in units of the drawing, y downwards from the last slice's end.
    """

    index: int
    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Profile:
    """A chart of area by slice; the area of its bars is the volume.

    Args:
        bars: lowest slice first, labels side by side.
        centres: (slices,) y of each slice.
        edges: (slices + 1,) y of the lower end of each slice's cell, and of the last one's upper.
        ticks: y of the slices that get a tick.
        gaps: y where slices are missing.
        full: what the whole width stands for.
        unit: of ``full``: "cm²", or "pixels" where spacing is not known.
    """

    bars: tuple[Bar, ...]
    centres: tuple[float, ...]
    edges: tuple[float, ...]
    ticks: tuple[float, ...]
    gaps: tuple[float, ...]
    full: float
    unit: str


def profile(answer: Answer) -> Profile:
    """Measure out the chart of an answer."""
    grid = answer.volume.grid
    is_measured = grid.is_measured
    edges = _edges(grid.positions_mm if is_measured else np.arange(grid.shape[0], dtype=float))
    down = HEIGHT * (edges[-1] - edges) / (edges[-1] - edges[0])
    centres = (down[:-1] + down[1:]) / 2
    pixel_cm2 = grid.spacing_mm[0] * grid.spacing_mm[1] / 100 if is_measured else 1.0
    areas = {
        label: np.asarray(pixels * pixel_cm2, np.float64) for label, pixels in answer.areas.items()
    }
    full = _round_up(float(sum(areas.values(), np.zeros(grid.shape[0])).max()))
    every = -(-grid.shape[0] // _MOST_TICKS)
    return Profile(
        bars=_bars(areas, down, full),
        centres=tuple(centres.round(2).tolist()),
        edges=tuple(down.round(2).tolist()),
        ticks=tuple(centres[::every].round(2).tolist()),
        gaps=tuple(float(down[index + 1].round(2)) for index in answer.missing_after),
        full=full,
        unit="cm²" if is_measured else "pixels",
    )


def _edges(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(slices + 1,) ends of the cells: half way to each neighbour, the outer ones mirrored."""
    if len(positions) == 1:
        return np.asarray(positions[0] + np.array([-0.5, 0.5]))
    middle = (positions[:-1] + positions[1:]) / 2
    first, last = 2 * positions[0] - middle[0], 2 * positions[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def _bars(
    areas: dict[str, NDArray[np.float64]], down: NDArray[np.float64], full: float
) -> tuple[Bar, ...]:
    bars = []
    for index in range(len(down) - 1):
        x = 0.0
        y, height = float(down[index + 1]), float(down[index] - down[index + 1])
        for label, area in areas.items():
            width = float(area[index]) / full * WIDTH
            if width > 0:
                bars.append(Bar(index, label, round(x, 2), round(y, 2), width, round(height, 2)))
            x += width
    return tuple(bars)


def _round_up(largest: float) -> float:
    """The next round number, so that the longest bar fills most of the width; 1 for nothing."""
    if largest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(largest))
    return float(
        next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= largest)
    )

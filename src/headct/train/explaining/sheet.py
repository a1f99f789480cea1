"""The figure of four columns: slice, heatmap, overlay, and what was said beside what is true.

After the figure of Cernekova, Sisik and Jafari, Detection of Vascular Leukoencephalopathy in CT
Images, 2025 (arXiv 2501.09863). It gives neither scale nor colours. Assumed: one scale for all rows
of a label, so that a scan without evidence does not glow like one with plenty; colours that get
brighter all the way (inferno), which rainbows do not; an overlay that is clear where nothing is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headct.image.regions import Region
from headct.measure.figures.files import DPI
from headct.measure.figures.style import settings
from headct.report.words import NAMES

COLUMNS = ("slice", "Grad-CAM", "overlay", "said and true")

_COLOURS = colormaps["inferno"]
# The brightest is nearly opaque; what lies beneath still shows.
_MOST_OPAQUE = 0.75
# Okabe and Ito, as in reports: what is true in green, what the network drew in orange.
_TRUE, _SAID = "#009E73", "#E69F00"
_SIDE_IN, _HEAD_IN, _FOOT_IN = 1.7, 0.55, 0.75


@dataclass(frozen=True, eq=False)
class Row:
    """One slice of the figure.

    Args:
        number: of the study, as in the table.
        slice_number: within the study, from 1.
        pixels: (rows, columns) uint8, as the network saw it.
        heat: (rows, columns) float32, what each place adds to the log odds of the label.
        score: of the slice.
        is_called: the score reaches the threshold.
        truth: whether the slice, or else its study, has it; None where not known.
        drawn: (rows, columns) the lesion, where it is known.
        said: (rows, columns) what the network drew; None where it draws nothing.
        aspect: height of a pixel over its width.
    """

    number: int
    slice_number: int
    pixels: NDArray[np.uint8]
    heat: NDArray[np.float32]
    score: float
    is_called: bool
    truth: bool | None
    drawn: Region | None
    said: Region | None
    aspect: float


def sheet(rows: Sequence[Row], *, label: str, kind: str, peak: float) -> Figure:
    """The figure of some slices.

    Args:
        rows: one or more.
        label: what was looked for.
        kind: what these have in common: "found".
        peak: where the scale of heatmaps ends; the largest of all rows of the label.
    """
    scale = Normalize(0, peak if peak > 0 else 1.0)
    with settings():
        height_in = _HEAD_IN + len(rows) * _SIDE_IN + _FOOT_IN
        figure = Figure(figsize=(len(COLUMNS) * _SIDE_IN + 0.9, height_in), layout="constrained")
        title = f"{NAMES[label]}: {kind}"
        if any(region is not None for row in rows for region in (row.drawn, row.said)):
            title += "\noutlined: true in green, drawn by the network in orange"
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        grid = figure.subplots(len(rows), len(COLUMNS), squeeze=False)
        for axes in grid.flat:
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
        for axes, title in zip(grid[0], COLUMNS, strict=True):
            axes.set_title(title)
        for line, row in zip(grid, rows, strict=True):
            _draw(line, row, scale)
        bar = figure.colorbar(
            ScalarMappable(scale, _COLOURS),
            ax=grid.ravel().tolist(),
            location="bottom",
            shrink=0.5,
            aspect=40,
            fraction=0.04,
        )
        bar.set_label("added to the log odds by one cell of the last maps")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return figure


def save_sheet(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; OSError where there is no room."""
    with settings():
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def _draw(line: Sequence[Axes], row: Row, scale: Normalize) -> None:
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255, "aspect": row.aspect}
    first, heat, over, told = line
    first.set_ylabel(f"study {row.number}\nslice {row.slice_number}", fontsize=8)
    for axes in (first, over, told):
        axes.imshow(row.pixels, **grey)  # type: ignore[arg-type]
    heat.imshow(row.heat, cmap=_COLOURS, norm=scale, aspect=row.aspect)
    heat.set_xlabel(f"peak {row.heat.max():.3g}", fontsize=8)
    colours = _COLOURS(scale(row.heat))
    colours[..., 3] = _MOST_OPAQUE * np.clip(scale(row.heat), 0, 1)
    over.imshow(colours, aspect=row.aspect)
    for region, colour in ((row.drawn, _TRUE), (row.said, _SAID)):
        if region is not None and region.any():
            told.contour(region, levels=[0.5], colors=[colour], linewidths=0.9)
    called = "called" if row.is_called else "not called"
    true = {True: "present", False: "absent", None: "not known"}[row.truth]
    told.set_xlabel(f"said {row.score:.2f}, {called}\ntrue: {true}", fontsize=8)

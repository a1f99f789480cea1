"""A heading, and what a drawn figure shows."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headct.measure.figures.heading import Heading
from headct.measure.outcomes import Level


@pytest.fixture
def heading() -> Heading:
    return Heading("subdural", Level.PATIENT, 40, 40, 12, "test", confidence=0.95)


@pytest.fixture
def line() -> Callable[[Figure, str], NDArray[np.float64]]:
    """(points, 2) of the line of this name in a figure, NaN as they are."""

    def find(figure: Figure, name: str) -> NDArray[np.float64]:
        found = [
            one
            for axes in figure.axes
            for one in axes.lines
            if str(one.get_label()).startswith(name)
        ]
        assert len(found) == 1, f"{len(found)} lines of the name {name!r}"
        return np.asarray(found[0].get_xydata(), dtype=np.float64)

    return find


@pytest.fixture
def said() -> Callable[[Figure], list[str]]:
    """Every text of a figure that is not empty: titles, axes, ticks, legend, cells."""

    def find(figure: Figure) -> list[str]:
        figure.draw_without_rendering()
        texts = [one.get_text() for one in figure.findobj(lambda one: hasattr(one, "get_text"))]
        return [text for text in texts if text]

    return find

"""Leave out the points of a line that nobody could see."""

import numpy as np

from headct.measure.outcomes import Flags, Scores

TOLERANCE = 0.001
"""Of an axis from 0 to 1: about a third of a pixel where the figure is 300 pixels wide."""


def thinned(along: Scores, up: Scores, tolerance: float = TOLERANCE) -> tuple[Scores, Scores]:
    """The line through fewer points: none of those left out lies further from it.

    Args:
        along: (points,) finite, on the scale of ``tolerance``.
        up: (points,) likewise.
        tolerance: largest distance.

    Source:
        Douglas and Peucker, Cartographica 1973;10:112-122.
    """
    kept: Flags = np.zeros(len(along), np.bool_)
    kept[:1] = kept[-1:] = True
    open_parts = [(0, len(along) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        apart = _distance(along[inside], up[inside], along[[first, last]], up[[first, last]])
        furthest = int(apart.argmax())
        if apart[furthest] > tolerance:
            middle = first + 1 + furthest
            kept[middle] = True
            open_parts += [(first, middle), (middle, last)]
    return along[kept], up[kept]


def _distance(along: Scores, up: Scores, ends_along: Scores, ends_up: Scores) -> Scores:
    """(points,) distance from the straight line between two ends, and not beyond these."""
    reach = np.array([ends_along[1] - ends_along[0], ends_up[1] - ends_up[0]])
    length = float(reach @ reach)
    from_along, from_up = along - ends_along[0], up - ends_up[0]
    share = (from_along * reach[0] + from_up * reach[1]) / length if length else np.zeros(len(up))
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(np.hypot(from_along - share * reach[0], from_up - share * reach[1]))

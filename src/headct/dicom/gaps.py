"""Where slices are missing from a stack, and how its distances read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid

# A slice left out doubles the distance. Half way there is far from the jitter of table encoders
# (under 0.5 mm), and a change of protocol within a series shows on one side as the new usual.
_GAP_RATIO = 1.5
# How many distances on each side say what is usual there.
_NEIGHBOURS = 5
# Nominal thickness is rounded to a tenth at most: what lies closer is covered.
_COVERED = 1.1
_MOST_RUNS = 6


@dataclass(frozen=True)
class Gap:
    """A place where slices seem to be missing.

    Args:
        after: index (from 0) of the last slice before it.
        usual_mm: the distance around it, along the normal.
        gap_mm: the distance found.
    """

    after: int
    usual_mm: float
    gap_mm: float


def find_gaps(grid: Grid, thicknesses_mm: Sequence[float | None] = ()) -> tuple[Gap, ...]:
    """Where a distance is 1.5 times what is usual on either side, and more than slices cover.

    Thin slices below and thick ones above are no gap, as the distance above is usual there; nor
    are slices left out of an overlapping series, as the others cover their tissue. Where
    thickness is stated, distances are compared in its units too: a slice missing where thin ones
    meet thick ones leaves no more than the thick ones' distance.

    Args:
        grid: of the stack.
        thicknesses_mm: nominal thickness of each slice; the grid's where not given.
    """
    thick = list(thicknesses_mm) or [grid.thickness_mm] * grid.shape[0]
    distances = grid.distances_mm
    covered = np.array([_covered_mm(*thick[at : at + 2]) for at in range(len(distances))])
    in_thickness = distances / covered if (covered > 0).all() else distances
    gaps = []
    for index in np.flatnonzero(distances > covered):
        for measured in (distances, in_thickness):
            usual = _usual(measured, int(index))
            if measured[index] >= _GAP_RATIO * usual:
                usual_mm = usual * distances[index] / measured[index]
                gaps.append(Gap(int(index), float(usual_mm), float(distances[index])))
                break
    return tuple(gaps)


def _usual(distances: NDArray[np.float64], index: int) -> float:
    """The larger of the medians on either side of a distance; infinite where it is alone."""
    sides = (
        distances[max(0, index - _NEIGHBOURS) : index],
        distances[index + 1 : index + 1 + _NEIGHBOURS],
    )
    return max((float(np.median(side)) for side in sides if side.size), default=np.inf)


def missing_after(grid: Grid, thicknesses_mm: Sequence[float | None] = ()) -> tuple[int, ...]:
    """Indices (from 0) of the slices after which slices seem to be missing: ``find_gaps``."""
    return tuple(gap.after for gap in find_gaps(grid, thicknesses_mm))


def _covered_mm(below: float | None, above: float | None) -> float:
    """How far apart two slices can lie and still touch; 0 where thickness is not stated."""
    if below is None or above is None:
        return 0.0
    return _COVERED * (below + above) / 2


def describe_coverage(grid: Grid, thicknesses_mm: Sequence[float | None]) -> str | None:
    """A sentence where slices do not touch; None where they do, or thickness is not stated."""
    if any(thickness is None for thickness in thicknesses_mm):
        return None
    apart = [
        float(distance)
        for index, distance in enumerate(grid.distances_mm)
        if distance > _covered_mm(*thicknesses_mm[index : index + 2])
    ]
    if not apart:
        return None
    return (
        f"slices do not touch in {len(apart)} of {len(grid.distances_mm)} places, up to "
        f"{max(apart):.2f} mm apart: tissue between them was not imaged"
    )


def describe_distances(grid: Grid) -> str:
    """Distances along the normal, runs gathered: ``4.00 x 13, 1.08, 7.00 x 13 mm``."""
    runs = [
        (value, len(list(alike)))
        for value, alike in groupby(f"{distance:.2f}" for distance in grid.distances_mm)
    ]
    if len(runs) > _MOST_RUNS:
        distances = grid.distances_mm
        return (
            f"{distances.min():.2f} to {distances.max():.2f}, median {np.median(distances):.2f} mm"
        )
    return ", ".join(value if count == 1 else f"{value} x {count}" for value, count in runs) + " mm"

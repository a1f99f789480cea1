"""A network and the classical finder as one answer: what the finder marks is added to log odds.

Both see other bleeds (docs/concepts/hemorrhage-network.md). How much a mark counts is fitted on
patients whom the network did not learn from, and goes with the bundle.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from headct.core.finding import Prediction
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE
from headct.image.transfer import nearest_slices
from headct.measure.outcomes import Scores

UNIT_MM2 = 2.5
"""Much less counts as nothing marked: 1.6 mm square. Assumed; the weight is fitted to it."""


@dataclass(frozen=True)
class Beside:
    """How much the finder's marks count, in log odds of any hemorrhage on a slice.

    Args:
        weight: of ``log(1 + area / UNIT_MM2)``.
        version: of the finder that it was fitted to.
    """

    weight: float
    version: str

    def __post_init__(self) -> None:
        if not (isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"the finder's weight: expected 0 or more, got {self.weight}")

    def __str__(self) -> str:
        return f"{self.weight:.3g} ln(1 + area / {UNIT_MM2:g} mm²)"

    def added(self, marked_mm2: Scores) -> Scores:
        """What is added to log odds.

        Args:
            marked_mm2: (slices,) the finder's marks.
        """
        return self.weight * regressor(marked_mm2)


def regressor(marked_mm2: Scores) -> Scores:
    """What a weight is fitted to: marks on a scale of ratios, 0 where there is none."""
    return np.log1p(marked_mm2 / UNIT_MM2)


def marked_mm2(classical: Prediction, onto: Grid) -> Scores:
    """(slices of ``onto``,) what the finder marks on the slice of the scan nearest to each, mm²."""
    mask = classical.mask
    if mask is None:
        return np.zeros(onto.shape[0])
    rows_mm, columns_mm = mask.grid.spacing_mm
    areas = mask.areas(ANY_HEMORRHAGE) * (rows_mm * columns_mm)
    return np.asarray(areas[nearest_slices(onto, mask.grid)], np.float64)

"""Labels of slices → labels of the study."""

import numpy as np
from numpy.typing import NDArray

from headct.core.case import SliceLabels
from headct.core.labels import Truth


def study_labels(slices: SliceLabels) -> Truth:
    """True where any slice shows it, else not known where any slice is not known, else False."""
    return {name: _any(column) for name, column in zip(slices.labels, slices.values.T, strict=True)}


def _any(column: NDArray[np.int8]) -> bool | None:
    if (column == 1).any():
        return True
    return False if column.size and not column.any() else None

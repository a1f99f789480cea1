"""Truth and scores of rows, checked: what every area starts from."""

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.outcomes import Flags, Scores


def checked(truth: ArrayLike, scores: ArrayLike) -> tuple[Flags, Scores]:
    """Truth as bool and scores as float64, one for each row.

    Raises:
        ValueError: lengths differ, truth that is not known, or a score that is not a number.
    """
    given, values = np.asarray(truth), np.asarray(scores, dtype=np.float64)
    if given.ndim != 1 or given.shape != values.shape:
        raise ValueError(
            f"expected a truth and a score for each row, got {given.shape} and {values.shape}"
        )
    if given.dtype != np.bool_ and not np.isin(given, (0, 1)).all():
        raise ValueError("expected truth of 0 and 1; leave out rows whose truth is not known")
    if not np.isfinite(values).all():
        raise ValueError("expected finite scores; leave out rows without one")
    return given.astype(np.bool_), values

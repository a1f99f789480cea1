"""Probabilities as they come, and their log odds."""

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.outcomes import Flags, Scores
from headct.measure.resampling.rows import checked

TINY = float(np.finfo(np.float64).eps)
"""How near to 0 and 1 a probability is taken at most, where its logarithm is: 2.2e-16, as
scikit-learn's log_loss and R's CalibrationCurves do. A wrong certainty then costs 36, not infinity.
"""


def checked_probabilities(truth: ArrayLike, probabilities: ArrayLike) -> tuple[Flags, Scores]:
    """Truth as bool and probabilities as float64, one for each row.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.
    """
    flags, values = checked(truth, probabilities)
    if ((values < 0) | (values > 1)).any():
        raise ValueError("expected probabilities from 0 to 1")
    return flags, values


def inside(probabilities: Scores) -> Scores:
    """The same, none nearer to 0 or 1 than ``TINY``."""
    return np.clip(probabilities, TINY, 1 - TINY)


def log_odds(probabilities: Scores) -> Scores:
    """The natural logarithm of p / (1 - p), within 36 of 0: see ``TINY``."""
    kept = inside(probabilities)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def of_log_odds(odds: ArrayLike) -> Scores:
    """The probability of log odds, the inverse of ``log_odds``: 1 / (1 + exp(-odds)).

    It is exact at both ends, and spares a scan the import of ``scipy.special``: 0.2 s.
    """
    with np.errstate(invalid="ignore"):  # NaN stays NaN, without a word
        return np.asarray(np.exp(-np.logaddexp(0, -np.asarray(odds, np.float64))), np.float64)


def certain(probabilities: Scores) -> int:
    """How many are 0 or 1, which no logarithm can take as they are."""
    return int(np.count_nonzero((probabilities == 0) | (probabilities == 1)))

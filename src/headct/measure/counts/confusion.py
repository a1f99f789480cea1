"""What is called right and wrong, counted: in all, or patient by patient."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from headct.measure.outcomes import Flags, Indices
from headct.measure.resampling.draws import numbered

Counts = NDArray[np.int64]
"""(..., 4) true positives, false positives, false negatives, true negatives."""


@dataclass(frozen=True)
class Confusion:
    """The four counts of calls against truth."""

    tp: int
    fp: int
    fn: int
    tn: int

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError(f"counts are 0 or more, got {astuple(self)}")

    def __add__(self, other: "Confusion") -> "Confusion":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Confusion(*(one + more for one, more in pairs))

    @property
    def positives(self) -> int:
        """Rows that have the finding."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Rows that lack it."""
        return self.fp + self.tn

    @property
    def rows(self) -> int:
        """All of them."""
        return self.positives + self.negatives

    @property
    def as_counts(self) -> Counts:
        """(4,) as ``Counts``."""
        return np.array(astuple(self), dtype=np.int64)


def count(truth: Flags, called: Flags) -> Confusion:
    """Calls against truth.

    Args:
        truth: (rows,) bool.
        called: (rows,) bool, whether the finding is called: score >= threshold.

    Raises:
        ValueError: not two columns of flags of one length.
    """
    by_kind = np.bincount(kinds_of(truth, called), minlength=4)
    return Confusion(*(int(n) for n in by_kind))


def count_by_patient(truth: Flags, called: Flags, patients: Indices | None) -> Counts:
    """(patients, 4) calls against truth of each patient who has rows; they sum to ``count``.

    Args:
        truth: (rows,) bool.
        called: (rows,) bool.
        patients: (rows,) whose each row is; None where every row is another's.

    Raises:
        ValueError: not columns of one length.
    """
    kinds = kinds_of(truth, called)
    index, among = numbered(patients, len(kinds))
    counts: Counts = np.bincount(index * 4 + kinds, minlength=4 * among).reshape(-1, 4)
    return counts


def kinds_of(truth: Flags, called: Flags) -> Indices:
    """(rows,) which of the four counts each row adds to, as a place in ``Counts``.

    Raises:
        ValueError: not two columns of flags of one length.
    """
    if truth.ndim != 1 or truth.shape != called.shape:
        raise ValueError(f"expected two columns of one length, got {truth.shape}, {called.shape}")
    if truth.dtype != np.bool_ or called.dtype != np.bool_:
        raise ValueError(f"expected flags, got {truth.dtype} and {called.dtype}")
    # 0 for tp, 1 for fp, 2 for fn, 3 for tn.
    return 3 - (2 * called.astype(np.int64) + truth)

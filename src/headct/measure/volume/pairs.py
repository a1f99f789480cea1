"""Volumes beside the true ones, row by row: what every figure here starts from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.outcomes import Flags, Indices, Scores
from headct.measure.resampling.draws import blocks, numbered
from headct.measure.resampling.sums import effective_patients


@dataclass(frozen=True, eq=False)
class VolumePairs:
    """Volumes in mL whose true ones are known.

    Args:
        true_ml: (rows,) float64, 0 where there is nothing.
        predicted_ml: (rows,) likewise.
        patients: (rows,) whose each row is, counted from 0.
        abc2_ml: (rows,) of another method beside, such as ABC/2; NaN where it was not measured.
        left_out: rows without a true or a predicted volume.
    """

    true_ml: Scores
    predicted_ml: Scores
    patients: Indices
    abc2_ml: Scores
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.true_ml)

    @property
    def among(self) -> int:
        """How many patients there are."""
        return int(self.patients.max(initial=-1)) + 1

    @property
    def worth(self) -> float:
        """How many patients of as many rows each these are worth."""
        return effective_patients(np.bincount(self.patients))

    @property
    def rows_are_patients(self) -> bool:
        """No patient has two rows: closed intervals hold."""
        return self.among == len(self)

    def at(self, rows: Flags) -> "VolumePairs":
        """Some of the rows; their patients are counted anew, and nothing is left out of them."""
        patients, _ = numbered(self.patients[rows], int(np.count_nonzero(rows)))
        return VolumePairs(
            self.true_ml[rows], self.predicted_ml[rows], patients, self.abc2_ml[rows]
        )

    def drawn(self, samples: int, rng: np.random.Generator) -> Iterator[NDArray[np.int32]]:
        """(some samples, rows) how often each row comes, patients drawn anew, piece by piece."""
        at_once = max(1, _PIECE // max(len(self), 1))
        for block in blocks(self.among, samples, rng):
            for start in range(0, len(block), at_once):
                yield np.take(block[start : start + at_once], self.patients, axis=1)


# So many counts at once: 8 MB, which stays near the processor however many rows there are.
_PIECE = 2_000_000


def volume_pairs(
    true_ml: ArrayLike,
    predicted_ml: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    abc2_ml: ArrayLike | None = None,
) -> VolumePairs:
    """Pairs of a true and a predicted volume; a row that lacks one is left out and counted.

    Args:
        true_ml: (rows,) mL, NaN or None where it is not known.
        predicted_ml: (rows,) mL, NaN or None where none was given.
        patients: (rows,) whose each row is; None where every row is another's.
        abc2_ml: (rows,) mL of another method beside; NaN or None where it was not measured.

    Raises:
        ValueError: lengths differ, or a volume is negative or infinite.
    """
    true, predicted = _volumes(true_ml, "true"), _volumes(predicted_ml, "predicted")
    beside = np.full_like(true, np.nan) if abc2_ml is None else _volumes(abc2_ml, "ABC/2")
    if not len(true) == len(predicted) == len(beside):
        lengths = [len(true), len(predicted), len(beside)]
        raise ValueError(f"expected volumes of the same rows, got {lengths} of them")
    whose, _ = numbered(patients, len(true))
    known = ~np.isnan(true) & ~np.isnan(predicted)
    index, _ = numbered(whose[known], int(np.count_nonzero(known)))
    left_out = int(np.count_nonzero(~known))
    return VolumePairs(true[known], predicted[known], index, beside[known], left_out)


def _volumes(given: ArrayLike, which: str) -> Scores:
    volumes = np.asarray(given, dtype=np.float64)
    if volumes.ndim != 1:
        raise ValueError(f"expected a {which} volume for each row, got {volumes.shape}")
    if (volumes < 0).any() or np.isinf(volumes).any():
        raise ValueError(f"a {which} volume is 0 mL or more and finite, or NaN where there is none")
    return volumes

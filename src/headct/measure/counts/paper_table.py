"""The table that the hemorrhage paper prints: of each class, how many are right in train and test.

A row of it counts the instances of one class, which are slices that show it, and how many of them
the network finds. It has no slices without hemorrhage, so it is sensitivity, whatever it is called:
a network that calls every class on every slice reaches 100 % in all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.measure.counts.averages import counts_of_labels
from headct.measure.counts.clustered import scores_of_sets
from headct.measure.counts.confusion import Counts
from headct.measure.counts.proportions import proportion
from headct.measure.estimate import Estimate
from headct.measure.outcomes import Indices
from headct.measure.resampling.draws import SAMPLES

NAIVE = "naive: as if each slice were another patient's"
TOTAL = "all"
NO_NORMAL = (
    "Counts slices that show the class and how many of them are found: sensitivity. Slices without "
    "hemorrhage, and so false alarms, are no part of it."
)
NAIVE_NOTE = (
    "Exact intervals (Clopper-Pearson) here are naive: slices of one patient are alike, so these "
    "are too narrow. They are given as the paper's layout has slices for rows."
)


@dataclass(frozen=True)
class Share:
    """How many of a class are right.

    Args:
        correct: of these instances.
        total: instances of the class.
        naive: the share, with the exact interval of rows that were independent.
        by_patient: the same with patients drawn anew; None where patients are not known.
    """

    correct: int
    total: int
    naive: Estimate
    by_patient: Estimate | None = None

    @property
    def percent(self) -> str:
        """As the paper prints it, "94.20"; empty without instances."""
        return f"{100 * self.correct / self.total:.2f}" if self.total else ""

    def __str__(self) -> str:
        return f"{self.correct}/{self.total} = {self.percent} %" if self.total else "0/0"


@dataclass(frozen=True)
class Row:
    """A class, in train and in test; None where a side is not given."""

    name: str
    train: Share | None
    test: Share | None


@dataclass(frozen=True)
class PaperTable:
    """A row for each class, the last for all of them together.

    Args:
        rows: as above.
        notes: what a reader must know of the figures.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = (NO_NORMAL, NAIVE_NOTE)


@dataclass(frozen=True, eq=False)
class Side:
    """Calls on one side of the split.

    Args:
        truth: (rows, classes) 1, 0 or ``UNKNOWN``.
        called: (rows, classes) bool, score >= threshold; or the likeliest class alone, where a
            network gives one class for each slice.
        patients: (rows,) whose each row is; None where that is not known.
    """

    truth: NDArray[np.int8]
    called: NDArray[np.bool_]
    patients: Indices | None = None


def share(correct: int, total: int, *, level: float = 0.95) -> Share:
    """How many are right, of counts alone, as a paper gives them."""
    naive = proportion(correct, total, level=level)
    if naive.value is not None:
        naive = replace(naive, method=f"{naive.method}, naive", note=NAIVE)
    return Share(correct, total, naive)


def paper_table(
    classes: Sequence[str],
    train: Side | None,
    test: Side | None,
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> PaperTable:
    """The paper's table of one network, with naive intervals and, beside them, those by patient.

    Args:
        classes: a name for each column of the tables.
        train: calls on the training slices.
        test: calls on the test slices.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.

    Raises:
        ValueError: tables that do not fit, or other columns than classes.
    """
    sides = [_shares(side, len(classes), rng, samples, level) for side in (train, test)]
    rows = [
        Row(name, *(of[i] if of else None for of in sides))
        for i, name in enumerate((*classes, TOTAL))
    ]
    return PaperTable(tuple(rows))


def _shares(
    side: Side | None, classes: int, rng: np.random.Generator, samples: int, level: float
) -> list[Share]:
    """One for each class and one for all; none without a side."""
    if side is None:
        return []
    if side.truth.ndim != 2 or side.truth.shape[1] != classes:
        raise ValueError(f"expected a column for each of {classes} classes, got {side.truth.shape}")
    counts = counts_of_labels(side.truth, side.called, side.patients)
    sets: Counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    summed = sets.sum(axis=0)
    shares = [share(int(one[0]), int(one[0] + one[2]), level=level) for one in summed]
    if side.patients is None:
        return shares
    drawn = scores_of_sets(sets, rng=rng, samples=samples, level=level)
    return [
        replace(one, by_patient=found["sensitivity"])
        for one, found in zip(shares, drawn, strict=True)
    ]

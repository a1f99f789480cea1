"""Scores beside truth, row by row: what every measurement starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Truth that is not known: such a row counts for no score of that label.
from headct.core.case import UNKNOWN as UNKNOWN  # noqa: PLC0414 - given on from here

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]
Indices = NDArray[np.int64]


class Level(StrEnum):
    """What a row is."""

    SLICE = "slice"
    STUDY = "study"
    PATIENT = "patient"


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a network said of each row, and what is true.

    Args:
        level: what a row is.
        labels: one for each column.
        names: (rows, identifiers) what tells a row from others, for lists: patient, study, slice
            as far as the level has them.
        patients: (rows,) int64, whose each row is, counted from 0.
        studies: (rows,) int64, of which study each row is; a study has one patient.
        scores: (rows, labels) float64, NaN where none was given.
        truth: (rows, labels) int8: 1 yes, 0 no, ``UNKNOWN``.
        groups: (rows,) values of a column to tell subgroups by, such as the site.
    """

    level: Level
    labels: tuple[str, ...]
    names: NDArray[Any]
    patients: Indices
    studies: Indices
    scores: Scores
    truth: NDArray[np.int8]
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.patients), len(self.labels))
        for name, array in (("scores", self.scores), ("truth", self.truth)):
            if array.shape != shape:
                raise ValueError(f"expected {name} of shape {shape}, got {array.shape}")
        by_row = (self.names, self.studies, *self.groups.values())
        if any(len(column) != shape[0] for column in by_row):
            raise ValueError(f"expected a name, a study and a group for each of {shape[0]} rows")
        if not np.isin(self.truth, (UNKNOWN, 0, 1)).all():
            raise ValueError(f"truth is 1, 0 or {UNKNOWN} (not known)")
        if np.isinf(self.scores).any():
            raise ValueError("a score is finite, or NaN where there is none")

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def rows_are_patients(self) -> bool:
        """No patient has two rows: exact intervals and DeLong hold."""
        return len(np.unique(self.patients)) == len(self.patients)

    def at(self, rows: Flags | Indices) -> "Outcomes":
        """Some of the rows."""
        return replace(
            self,
            names=self.names[rows],
            patients=self.patients[rows],
            studies=self.studies[rows],
            scores=self.scores[rows],
            truth=self.truth[rows],
            groups={name: column[rows] for name, column in self.groups.items()},
        )

    def of(self, label: str) -> "LabelRows":
        """One label, without the rows whose truth or score is not known."""
        column = self.labels.index(label)
        known = (self.truth[:, column] != UNKNOWN) & ~np.isnan(self.scores[:, column])
        return LabelRows(
            truth=self.truth[known, column] == 1,
            scores=self.scores[known, column],
            patients=self.patients[known],
            left_out=int(len(known) - known.sum()),
        )


@dataclass(frozen=True, eq=False)
class LabelRows:
    """The rows of one label whose truth and score are known.

    Args:
        truth: (rows,) bool.
        scores: (rows,) float64, finite.
        patients: (rows,) int64.
        left_out: rows without truth or score.
    """

    truth: Flags
    scores: Scores
    patients: Indices
    left_out: int = 0

    @property
    def rows_are_patients(self) -> bool:
        """No patient has two rows: exact intervals and DeLong hold."""
        return len(np.unique(self.patients)) == len(self.patients)

    @property
    def patients_by_kind(self) -> tuple[int, int]:
        """How many patients have a positive row, and how many a negative one."""
        positive, negative = (len(np.unique(self.patients[k])) for k in (self.truth, ~self.truth))
        return positive, negative

"""A table of identifiers and numbers, and the place in its file of each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import MeasureError
from headct.core.text import lines
from headct.measure.outcomes import Flags, Indices, Scores

Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a file.

    Args:
        file: its bare name.
        places: (rows,) where each row stands, counted from 1: the line where it begins, the header
            included, or the row of a file that has no lines.
        texts: by column, (rows,) str.
        numbers: by column, (rows,) float64, NaN where nothing is given.
        word: what a place is called.
    """

    file: str
    places: Indices
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Scores]
    word: str = "line"

    def __len__(self) -> int:
        return len(self.places)

    def at(self, rows: Indices) -> "Table":
        """Some of the rows."""
        return replace(
            self,
            places=self.places[rows],
            texts={name: column[rows] for name, column in self.texts.items()},
            numbers={name: column[rows] for name, column in self.numbers.items()},
        )

    def place(self, rows: Sequence[int] | Indices) -> str:
        """Where some rows stand, by examples: ``truth.csv, lines 7, 9``."""
        return f"{self.file}, {lines([int(self.places[row]) for row in rows], word=self.word)}"

    def error(self, rows: Sequence[int] | Indices, told: str) -> MeasureError:
        """What is not right with some rows. No cell is told: any of them may be a name."""
        return MeasureError(f"{self.place(rows)}: {told}")

    def check(self, is_right: Flags, told: str) -> None:
        """Refuse the first of the rows that are not right.

        Raises:
            MeasureError: with the line, and how many others there are.
        """
        if not is_right.all():
            wrong = np.flatnonzero(~is_right)
            others = len(wrong) - 1
            more = "1 more row is" if others == 1 else f"{others} more rows are"
            raise self.error(wrong[:1], f"{told}; {more} like it" if others else told)


def join(parts: Sequence[Table]) -> Table:
    """Parts of one file, in their order."""
    first = parts[0]
    return replace(
        first,
        places=np.concatenate([part.places for part in parts]),
        texts={name: np.concatenate([part.texts[name] for part in parts]) for name in first.texts},
        numbers={
            name: np.concatenate([part.numbers[name] for part in parts]) for name in first.numbers
        },
    )


def as_texts(values: Sequence[str]) -> Texts:
    """Texts as an array of objects."""
    texts = np.empty(len(values), np.object_)
    texts[:] = values
    return texts


class Pool:
    """Holds each different text of a column once: a patient's name may stand 40 times."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {}

    def __call__(self, part: Table) -> Table:
        """The same rows, with texts as they were first met."""
        texts = {}
        for name, column in part.texts.items():
            met = self._texts.setdefault(name, {})
            texts[name] = as_texts(list(map(met.setdefault, column, column)))
        return replace(part, texts=texts)

"""RSNA 2019's label file: six rows a slice, 4.5 million of them, in seconds and without pandas."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.cohort.doubt import Doubt, Kind
from headct.core.case import UNKNOWN
from headct.core.errors import CohortError
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.core.text import lines

SUBTYPES = (EPIDURAL, INTRAPARENCHYMAL, INTRAVENTRICULAR, SUBARACHNOID, SUBDURAL, "any")
"""As the file writes them, in its order."""
LABELS = (*SUBTYPES[:-1], ANY_HEMORRHAGE)

_HEADER = b"ID,Label"
_PREFIX = np.frombuffer(b"ID_", np.uint8)
# Rows handled at once: some 50 MB of working memory, where all at once took 1 GB.
_CHUNK = 500_000
# Digits of an ID (nine, so far) that fit a number beside their count.
_MOST_DIGITS = 14
_EXAMPLE = "ID_12cadc6af_epidural,0"

Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SliceTable:
    """Labels of slices, in the order of their IDs.

    Args:
        ids: (slices,) the hexadecimal digits of each ID, and how many there are; see ``find``.
        values: (slices, labels) int8, columns as in ``LABELS``; ``UNKNOWN`` without a row.
        lines: (slices,) the line of the first row of each.
    """

    ids: NDArray[np.uint64]
    values: NDArray[np.int8]
    lines: Indices

    def find(self, names: list[str]) -> Indices:
        """The row of each slice, -1 for one that is not listed."""
        wanted = np.array([_number(name) for name in names], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[places] == wanted, places, -1)


def _number(name: str) -> int:
    """An ID's digits as a number with their count above it; 0, which is no ID, for all else."""
    digits = name.removeprefix("ID_")
    is_id = digits != name and 0 < len(digits) <= _MOST_DIGITS and not set(digits) - set(_DIGITS)
    return int(digits, 16) + (len(digits) << 4 * _MOST_DIGITS) if is_id else 0


_DIGITS = "0123456789abcdef"
# What each byte counts as a digit; 255 where it is none. Capitals are none: file names have none.
_VALUE = np.full(256, 255, np.uint8)
_VALUE[np.frombuffer(_DIGITS.encode(), np.uint8)] = np.arange(16)


def read_labels(path: Path) -> tuple[SliceTable, tuple[Doubt, ...]]:
    """Read ``stage_2_train.csv``; rows that stand twice and agree are counted and said.

    Raises:
        CohortError: the file cannot be read, a row is not ``ID_<digits>_<subtype>,<0 or 1>``, or
            two rows of one ID and subtype disagree; with file and line.
    """
    try:
        text = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise CohortError(f"{path.name} cannot be read ({type(error).__name__})") from error
    begins, ends = _rows(text, path.name)
    numbers = np.empty(len(begins), np.uint64)
    columns = np.empty(len(begins), np.int8)
    said = np.empty(len(begins), np.int8)
    for start in range(0, len(begins), _CHUNK):
        part = slice(start, start + _CHUNK)
        # Lines count from 1, and the header is the first.
        rows = _Rows(text, begins[part], ends[part], path.name, start + 2)
        said[part] = rows.labels()
        columns[part], stops = rows.subtypes()
        numbers[part] = rows.ids(stops)
    return _gather(numbers, columns, said, path.name)


def _rows(text: Bytes, file: str) -> tuple[Indices, Indices]:
    """Where each row begins and ends, the header and empty lines at the end left out."""
    stops = np.flatnonzero(text == ord("\n"))
    if not text.size:
        raise CohortError(f"{file} is empty: copy it again")
    if text[-1] != ord("\n"):
        stops = np.append(stops, text.size)
    begins = np.concatenate([[0], stops[:-1] + 1])
    ends = stops - (text[np.maximum(stops - 1, 0)] == ord("\r")) * (stops > begins)
    header = text[: ends[0]].tobytes().removeprefix(b"\xef\xbb\xbf")
    if header.strip() != _HEADER:
        raise CohortError(f"{file}, line 1: expected the header {_HEADER.decode()}")
    filled = np.flatnonzero(ends > begins)
    last = int(filled[-1]) + 1
    if last == 1:
        raise CohortError(f"{file} has a header and no rows: nothing is listed in it")
    return begins[1:last], ends[1:last]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some rows of the file, all read at once; the first wrong one of them is told."""

    text: Bytes
    begins: Indices
    ends: Indices
    file: str
    first_line: int

    def _check(self, is_right: NDArray[np.bool_], told: str) -> None:
        if not is_right.all():
            line = self.first_line + int(np.argmin(is_right))
            raise CohortError(f"{self.file}, line {line}: {told}, as in {_EXAMPLE}")

    def _back(self, at: Indices, places: int) -> Bytes:
        """(rows,) the byte so many places before ``at``; 0 where the row has begun later."""
        index = at - places
        return np.where(index >= self.begins, self.text[np.maximum(index, 0)], np.uint8(0))

    def labels(self) -> NDArray[np.int8]:
        """The last cell of each row."""
        first = int(self.begins[0])
        commas = np.flatnonzero(self.text[first : self.ends[-1]] == ord(",")) + first
        cells = np.searchsorted(commas, self.ends) - np.searchsorted(commas, self.begins) + 1
        self._check(cells == 2, "expected two cells")
        self._check(self._back(self.ends, 2) == ord(","), "the label is not 0 or 1")
        said = self._back(self.ends, 1) - np.uint8(ord("0"))
        self._check(said <= 1, "the label is not 0 or 1")
        return said.astype(np.int8)

    def subtypes(self) -> tuple[NDArray[np.int8], Indices]:
        """Which subtype each row is of, and where the ID before it ends."""
        cell = self.ends - 2
        columns = np.full(len(cell), -1, np.int8)
        stops = np.zeros(len(cell), np.int64)
        for column, subtype in enumerate(SUBTYPES):
            suffix = f"_{subtype}".encode()
            is_it = columns < 0
            for places, byte in enumerate(reversed(suffix), start=1):
                is_it &= self._back(cell, places) == byte
            columns[is_it] = column
            stops[is_it] = cell[is_it] - len(suffix)
        self._check(columns >= 0, f"unknown subtype, expected one of {', '.join(SUBTYPES)}")
        return columns, stops

    def ids(self, stops: Indices) -> NDArray[np.uint64]:
        """The ID of each row as a number, see ``_number``."""
        lengths = stops - self.begins - len(_PREFIX)
        is_right = (lengths > 0) & (lengths <= _MOST_DIGITS)
        for place, byte in enumerate(_PREFIX):
            is_right &= self.text[np.minimum(self.begins + place, len(self.text) - 1)] == byte
        numbers = lengths.astype(np.uint64) << np.uint64(4 * _MOST_DIGITS)
        for place in range(1, int(np.clip(lengths.max(), 1, _MOST_DIGITS)) + 1):
            digits = _VALUE[self._back(stops, place)]
            is_there = place <= lengths
            is_right &= ~is_there | (digits < 16)
            shift = np.uint64(4 * (place - 1))
            numbers += np.where(is_there, digits, np.uint8(0)).astype(np.uint64) << shift
        self._check(is_right, "bad ID, expected ID_, digits and letters a to f, and the subtype")
        return numbers


def _gather(
    numbers: NDArray[np.uint64], columns: NDArray[np.int8], said: NDArray[np.int8], file: str
) -> tuple[SliceTable, tuple[Doubt, ...]]:
    """One line of values a slice."""
    ids, firsts, places = np.unique(numbers, return_index=True, return_inverse=True)
    cells = places * len(SUBTYPES) + columns
    values = np.full(len(ids) * len(SUBTYPES), UNKNOWN, np.int8)
    # Written backwards, the first row of a cell is the one that stays.
    values[cells[::-1]] = said[::-1]
    doubts = []
    counts = np.bincount(cells, minlength=len(values))
    if (counts > 1).any():
        doubts.append(_repeated(cells, counts, said, file))
    if lacking := int(np.count_nonzero(counts == 0)):
        told = f"{file} lacks {lacking} of its six rows a slice: these labels are not known"
        doubts.append(Doubt(Kind.NO_LABEL, told, count=lacking, blocks=False))
    table = SliceTable(ids, values.reshape(len(ids), len(SUBTYPES)), firsts.astype(np.int64) + 2)
    return table, tuple(doubts)


def _repeated(cells: Indices, counts: Indices, said: NDArray[np.int8], file: str) -> Doubt:
    """Rows that stand twice.

    Raises:
        CohortError: two of them disagree.
    """
    rows = np.flatnonzero(counts[cells] > 1)
    rows = rows[np.argsort(cells[rows], kind="stable")]
    again = np.flatnonzero(np.diff(cells[rows]) == 0)
    differ = again[said[rows[again]] != said[rows[again + 1]]]
    if differ.size:
        first, second = (int(rows[differ[0] + k]) + 2 for k in (0, 1))
        raise CohortError(
            f"{file}, lines {first} and {second}: one ID and subtype with two labels; find out "
            "which is right, and take the other row out"
        )
    where = lines(sorted(int(row) + 2 for row in rows[again + 1]))
    told = (
        f"{file} has {len(again)} rows that say again what another row has said ({where}); they "
        "agree, and count once"
    )
    return Doubt(Kind.REPEATED_ROW, told, count=len(again), blocks=False)

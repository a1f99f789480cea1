"""A CSV file, some rows at a time: 753,000 slices are read in seconds and without pandas."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice
from math import inf, isfinite, nan
from pathlib import Path

import numpy as np

from headct.core.errors import MeasureError
from headct.core.text import delimiter_of, encoding_of
from headct.measure.outcomes import Indices, Scores
from headct.measure.reading.table import Table, as_texts

# Rows handled at once: their cells fit the processor's cache; 100,000 take twice the time.
_CHUNK = 2_000
_LINE_END = re.compile("\r\n|\r|\n")
_NOT_TEXT = {b"PK\x03\x04": "a spreadsheet or ZIP file", b"\x1f\x8b": "compressed by gzip"}


@dataclass(frozen=True)
class CsvFile:
    """A CSV file whose header was read.

    Args:
        file: its bare name.
        header: names of its columns.
        delimiter: comma, semicolon or tab.
        encoding: of ``stored``; ``stored``: all of the file.
    """

    file: str
    header: tuple[str, ...]
    delimiter: str
    encoding: str
    stored: bytes

    def parts(self, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Table]:
        """Some columns, part by part; empty lines are passed over.

        Raises:
            MeasureError: a row has other than the header's number of cells, or a cell of a column
                of numbers holds something else; with file and line.
        """
        # Strict: else a quote that is never closed takes the rest of the file for one cell.
        text = _text(self.stored, self.encoding)
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        before = 0
        try:
            next(reader, None)
            before = reader.line_num
            while cells := list(islice(reader, _CHUNK)):
                places = _places(before, reader.line_num, cells)
                before = reader.line_num
                is_filled = np.fromiter(map(bool, cells), np.bool_, len(cells))
                if not is_filled.all():
                    cells, places = [row for row in cells if row], places[is_filled]
                if cells:
                    yield self._part(cells, places, texts, numbers)
        except csv.Error as error:
            raise _not_csv(self.file, reader.line_num, error) from error
        except UnicodeDecodeError as error:
            raise _no_text(self.file, error) from error

    def _part(
        self,
        cells: list[list[str]],
        places: Indices,
        texts: Sequence[str],
        numbers: Sequence[str],
    ) -> Table:
        part = Table(self.file, places, {}, {})
        is_whole = np.fromiter(map(len, cells), np.int64, len(cells)) == len(self.header)
        if not is_whole.all():
            quote = _open_quote(cells[int(np.argmin(is_whole))])
            told = f"expected {len(self.header)} cells, as the header has{quote}"
            part.check(is_whole, told)
        columns = dict(zip(self.header, zip(*cells, strict=True), strict=True))
        return Table(
            self.file,
            places,
            {n: as_texts(list(map(str.strip, columns[n]))) for n in texts},
            {n: _numbers(columns[n], part, n, self.delimiter) for n in numbers},
        )


def open_csv(path: Path, stored: bytes) -> CsvFile:
    """Read the header.

    Raises:
        MeasureError: it is empty, or no text.
    """
    for begins, what in _NOT_TEXT.items():
        if stored.startswith(begins):
            raise MeasureError(f"{path.name} is {what}: save it as CSV in UTF-8, or as Parquet")
    if not stored.strip():
        raise MeasureError(f"{path.name} is empty: copy it again")
    encoding = encoding_of(stored)
    try:
        with _text(stored, encoding) as text:
            delimiter = delimiter_of(text.readline())
        reader = csv.reader(_text(stored, encoding), delimiter=delimiter, strict=True)
        header = next(reader, [])
    except UnicodeDecodeError as error:
        raise _no_text(path.name, error) from error
    except csv.Error as error:
        raise _not_csv(path.name, 1, error) from error
    return CsvFile(path.name, tuple(map(str.strip, header)), delimiter, encoding, stored)


def _text(stored: bytes, encoding: str) -> TextIOWrapper:
    # It decodes as it goes; StringIO would need four bytes for each character at once.
    return TextIOWrapper(BytesIO(stored), encoding=encoding, newline="")


def _no_text(file: str, error: UnicodeDecodeError) -> MeasureError:
    return MeasureError(f"{file} is no text (byte {error.start}): save it as CSV in UTF-8")


def _not_csv(file: str, line: int, error: csv.Error) -> MeasureError:
    return MeasureError(
        f'{file}, line {line}: {error}; look at this line and above it for a quote (") that is not '
        "closed, or is closed before its cell ends"
    )


def _open_quote(row: list[str]) -> str:
    """What may be wrong where a cell runs over several lines."""
    if any(map(_LINE_END.search, row)):
        return ', and a cell runs over several lines: a quote (") may not be closed'
    return ""


def _places(before: int, after: int, cells: list[list[str]]) -> Indices:
    """The line where each row begins."""
    if after - before == len(cells):
        return np.arange(before + 1, after + 1)
    # A cell in quotes runs over several lines.
    ends = [1 + sum(len(_LINE_END.findall(cell)) for cell in row) for row in cells]
    return np.concatenate([[0], np.cumsum(ends)[:-1]]) + before + 1


def _numbers(cells: Sequence[str], part: Table, column: str, delimiter: str) -> Scores:
    """Cells as numbers, NaN for nothing.

    Raises:
        MeasureError: one is something else.
    """
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        values = np.array([nan])
    # Python reads 1_0 as ten, and "nan" as a number.
    if not np.isfinite(values).all() or "_" in "".join(cells):
        has_comma = delimiter != ","
        values = np.array([_number(cell, has_comma) for cell in cells], np.float64)
    part.check(
        ~np.isinf(values),
        f"column {column} holds other than a number or nothing; leave empty what is not known",
    )
    return values


def _number(cell: str, has_comma: bool) -> float:
    """A cell's number, NaN for nothing and infinity for anything else."""
    text = cell.strip()
    if not text:
        return nan
    try:
        value = float(text.replace(",", ".") if has_comma else text)
    except ValueError:
        return inf
    return value if isfinite(value) and "_" not in text else inf

"""Text and tables from outside, with the file and line of everything that is not right."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headct.core.errors import CohortError
from headct.core.text import decode, delimiter_of


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        file: the table's bare name.
        line: where the row begins, counted from 1, the header included.
        cells: by column; without blanks around them.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def error(self, told: str) -> CohortError:
        """What is not right with this row, with file and line."""
        return CohortError(f"{self.file}, line {self.line}: {told}")

    def flag(self, column: str) -> bool | None:
        """A cell of 0, 1 or nothing, which is not known.

        Raises:
            CohortError: it holds something else.
        """
        value = self.cells[column]
        if value not in ("0", "1", ""):
            # The cell is not shown: a table with shifted columns has names in any of them.
            raise self.error(
                f"column {column} holds other than 0, 1 or nothing; write 1 where it is there, 0 "
                "where it is not, and leave empty what is not known"
            )
        return None if value == "" else value == "1"


def read_header(path: Path) -> tuple[str, ...]:
    """The column names of a table; () where the file cannot be read as one."""
    try:
        with path.open("rb") as file:
            first = decode(file.readline(65_536))
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(name.strip() for name in next(csv.reader([first], delimiter=delimiter_of(first))))


def read_rows(
    path: Path, columns: Collection[str], optional: Collection[str] = ()
) -> Iterator[Row]:
    """The rows of a CSV file, one by one; empty lines are passed over.

    Args:
        path: separated by commas, or by semicolons as spreadsheets in much of Europe write it.
        columns: must all be there.
        optional: may be there.

    Raises:
        CohortError: it cannot be read, has no rows, lacks a column, has an unknown one or one
            twice, or a row has other than its number of cells.
    """
    try:
        text = decode(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise CohortError(
            f"{path.name} cannot be read ({type(error).__name__}): check its permissions, and save "
            "it as CSV in UTF-8"
        ) from error
    reader = csv.reader(io.StringIO(text), delimiter=delimiter_of(text.partition("\n")[0]))
    names = tuple(name.strip() for name in next(reader, ()))
    _check_header(path.name, names, columns, optional)
    begins, found = reader.line_num + 1, False
    for cells in reader:
        row = Row(path.name, begins, {})
        begins = reader.line_num + 1
        if not cells:
            continue
        if len(cells) != len(names):
            raise row.error(f"expected {len(names)} cells, as the header has, got {len(cells)}")
        found = True
        values = (cell.strip() for cell in cells)
        yield Row(row.file, row.line, dict(zip(names, values, strict=True)))
    if not found:
        raise CohortError(f"{path.name} has a header and no rows: nothing is listed in it")


def _check_header(
    file: str, names: Sequence[str], columns: Collection[str], optional: Collection[str]
) -> None:
    known = [*columns, *(name for name in optional if name not in columns)]
    unknown = [name for name in names if name not in known]
    missing = [name for name in columns if name not in names]
    twice = [name for name in known if list(names).count(name) > 1]
    if unknown:
        told = f"unknown column {', '.join(map(repr, unknown[:5]))}"
    elif missing:
        told = f"no column {', '.join(missing[:5])}"
    elif twice:
        told = f"column {', '.join(twice)} is there twice"
    else:
        return
    raise CohortError(f"{file}, line 1: {told}; expected {', '.join(known)}")

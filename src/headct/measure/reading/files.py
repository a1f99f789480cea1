"""A file of either format, opened; and all of some columns of it."""

from collections.abc import Sequence
from pathlib import Path

from headct.core.errors import MeasureError
from headct.measure.reading.csv_file import CsvFile, open_csv
from headct.measure.reading.parquet_file import MAGIC, ParquetFile, open_parquet
from headct.measure.reading.table import Pool, Table, join

File = CsvFile | ParquetFile


def open_file(path: Path) -> File:
    """Open a CSV or Parquet file, whatever its name ends with.

    Raises:
        MeasureError: it cannot be read, is empty, or is neither.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                return open_parquet(path)
        return open_csv(path, path.read_bytes())
    except FileNotFoundError as error:
        raise MeasureError(f"{path.name} does not exist: check its path") from error
    except IsADirectoryError as error:
        # The name of ".", too.
        name = path.resolve().name or str(path)
        raise MeasureError(f"{name} is a folder: expected a CSV or Parquet file") from error
    except OSError as error:
        raise MeasureError(
            f"{path.name} cannot be read ({type(error).__name__}): check its path and permissions"
        ) from error


def read_columns(file: File, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    """All rows of some columns.

    Raises:
        MeasureError: a column is lacking or stands twice, a cell is not what it must be, or there
            are no rows.
    """
    if lacking := [name for name in (*texts, *numbers) if name not in file.header]:
        raise MeasureError(f"{file.file} has no column {', '.join(lacking)}")
    if twice := [name for name in (*texts, *numbers) if file.header.count(name) > 1]:
        raise MeasureError(f"{file.file}, line 1: column {', '.join(twice)} is there twice")
    parts = list(map(Pool(), file.parts(texts, numbers)))
    if not sum(map(len, parts)):
        raise MeasureError(f"{file.file} has a header and no rows: nothing is listed in it")
    return join(parts)

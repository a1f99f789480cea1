"""A Parquet file, some rows at a time. Needs the extra ``parquet``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headct.core.errors import MeasureError
from headct.measure.outcomes import Scores
from headct.measure.reading.table import Table, Texts, as_texts

try:
    import pyarrow as arrow  # type: ignore[import-untyped]
    from pyarrow import compute, parquet
except ImportError:
    arrow = None

MAGIC = b"PAR1"
"""How every Parquet file begins."""

_CHUNK = 100_000


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file whose header was read.

    Args:
        path: where it is.
        header: names of its columns.
    """

    path: Path
    header: tuple[str, ...]

    @property
    def file(self) -> str:
        """Its bare name."""
        return self.path.name

    def parts(self, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Table]:
        """Some columns, part by part.

        Raises:
            MeasureError: it is damaged, or a column is of another type or holds other than a
                number or nothing; with file and row.
        """
        begins = 1
        try:
            stored = parquet.ParquetFile(self.path)
            for batch in stored.iter_batches(_CHUNK, columns=[*texts, *numbers]):
                places = np.arange(begins, begins + len(batch))
                begins += len(batch)
                part = Table(self.file, places, {}, {}, "row")
                yield Table(
                    self.file,
                    places,
                    {name: _texts(batch.column(name), part, name) for name in texts},
                    {name: _numbers(batch.column(name), part, name) for name in numbers},
                    "row",
                )
        except (OSError, arrow.ArrowException) as error:
            raise _damaged(self.path, error) from error


def open_parquet(path: Path) -> ParquetFile:
    """Read the header.

    Raises:
        MeasureError: pyarrow is not installed, or the file is damaged.
    """
    if arrow is None:
        raise MeasureError(
            f"{path.name} is Parquet, which needs pyarrow, which is not installed: "
            "pip install 'headct[parquet]', or save it as CSV"
        )
    try:
        return ParquetFile(path, tuple(parquet.read_schema(path).names))
    except (OSError, arrow.ArrowException) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> MeasureError:
    return MeasureError(f"{path.name} cannot be read as Parquet ({type(error).__name__})")


def _texts(column: Any, part: Table, name: str) -> Texts:
    kind = column.type
    if arrow.types.is_dictionary(kind):
        kind = kind.value_type
    is_text = arrow.types.is_string(kind) or arrow.types.is_large_string(kind)
    if not (is_text or arrow.types.is_integer(kind) or arrow.types.is_boolean(kind)):
        raise MeasureError(
            f"{part.file}: column {name} is of type {kind}; expected text or whole numbers"
        )
    texts = compute.fill_null(column.cast(arrow.string()), "")
    return as_texts(compute.utf8_trim_whitespace(texts).to_pylist())


def _numbers(column: Any, part: Table, name: str) -> Scores:
    kind = column.type
    is_number = arrow.types.is_floating(kind) or arrow.types.is_integer(kind)
    if not (is_number or arrow.types.is_boolean(kind) or arrow.types.is_null(kind)):
        raise MeasureError(f"{part.file}: column {name} is of type {kind}; expected numbers")
    if arrow.types.is_boolean(kind):
        column = column.cast(arrow.int8())
    is_given = ~column.is_null().to_numpy(zero_copy_only=False)
    values = column.cast(arrow.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    part.check(
        ~is_given | np.isfinite(values),
        f"column {name} holds NaN or infinity; leave null what is not known",
    )
    return np.asarray(values)

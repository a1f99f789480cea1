"""What a file of predictions or of truth says, each cell checked for what it may hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headct.core.errors import Refusal
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LABELS
from headct.measure.outcomes import Level, Scores
from headct.measure.reading.columns import ABC2, SYSTEM, VOLUMES, columns_of
from headct.measure.reading.files import open_file, read_columns
from headct.measure.reading.long_form import is_long, read_long
from headct.measure.reading.table import Table


@dataclass(frozen=True, eq=False)
class Content:
    """A file's rows.

    Args:
        table: with labels, volumes and identifiers by name.
        unused: columns that were not read.
    """

    table: Table
    unused: tuple[Refusal, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Those with a column."""
        return tuple(label for label in LABELS if label in self.table.numbers)


def read_predictions(path: Path, subgroups: Sequence[str]) -> Content:
    """Read probabilities and volumes.

    Raises:
        MeasureError: a column or cell is not what it must be, with file and line.
    """
    content = _read(path, (*SYSTEM, *subgroups))
    for label in content.labels:
        values = content.table.numbers[label]
        told = f"column {label} holds other than a probability from 0 to 1{_meant(values)}"
        content.table.check(~((values < 0) | (values > 1)), told)
    return content


def read_truth(path: Path, subgroups: Sequence[str]) -> Content:
    """Read what is true.

    Raises:
        MeasureError: likewise, or a row says that there is no hemorrhage, and of which kind it is.
    """
    content = _read(path, subgroups)
    table = content.table
    for label in content.labels:
        values = table.numbers[label]
        table.check(
            np.isnan(values) | (values == 0) | (values == 1),
            f"column {label} holds other than 0, 1 or nothing; write 1 where it is there, 0 where "
            "it is not, and leave empty what is not known",
        )
    for subtype in HEMORRHAGE_SUBTYPES:
        if {subtype, ANY_HEMORRHAGE} <= table.numbers.keys():
            table.check(
                (table.numbers[subtype] != 1) | (table.numbers[ANY_HEMORRHAGE] != 0),
                f"{ANY_HEMORRHAGE} is 0 and {subtype} is 1: one of them is wrong",
            )
    return content


def with_any_hemorrhage(truth: Content) -> Content:
    """Truth of any hemorrhage where the file has it by subtype alone.

    1 where any subtype is 1; 0 where all five are 0; else not known, as where one has no column.
    """
    lacking = np.full(len(truth.table), np.nan)
    columns = [truth.table.numbers.get(name, lacking) for name in HEMORRHAGE_SUBTYPES]
    subtypes = np.stack(columns, axis=1)
    is_there, is_none = (subtypes == 1).any(axis=1), (subtypes == 0).all(axis=1)
    values = np.where(is_there, 1.0, np.where(is_none, 0.0, np.nan))
    numbers = {**truth.table.numbers, ANY_HEMORRHAGE: values}
    return replace(truth, table=replace(truth.table, numbers=numbers))


def _read(path: Path, texts: Sequence[str]) -> Content:
    file = open_file(path)
    if is_long(file):
        return Content(read_long(file))
    columns = columns_of(file, texts)
    table = read_columns(file, columns.texts, columns.numbers)
    for name in (*VOLUMES, ABC2):
        if name in table.numbers:
            told = f"column {name} holds a negative volume; expected mL, or nothing"
            table.check(~(table.numbers[name] < 0), told)
    if ABC2 in table.numbers and Level.SLICE in table.texts:
        told = f"column {ABC2} is of a study, and this table has rows by slice: give it by study"
        raise table.error([0], told)
    return Content(table, columns.unused)


def _meant(values: Scores) -> str:
    """What values beyond 0 to 1 most likely are."""
    if np.fmin.reduce(values) < 0:
        return "; take the sigmoid, if these are logits"
    return "; divide by 100, if these are percent" if np.fmax.reduce(values) <= 100 else ""

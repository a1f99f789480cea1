"""A table that says whose the mask of a case is: a patient may have several."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from headct.measure.reading.files import open_file, read_columns

COLUMNS = ("case", "patient")


def read_case_patients(path: Path) -> Mapping[str, str]:
    """The patient of each case, from CSV or Parquet with the columns ``case`` and ``patient``.

    Raises:
        MeasureError: the file cannot be read, lacks a column, has an empty cell, or lists a case
            twice; with file and line.
    """
    table = read_columns(open_file(path), COLUMNS, ())
    for name in COLUMNS:
        table.check(table.texts[name] != "", f"column {name} is empty: fill it in")
    cases = table.texts["case"]
    _, firsts, places = np.unique(cases, return_index=True, return_inverse=True)
    is_first = firsts[places] == np.arange(len(cases))
    table.check(is_first, "a case that is listed above: list each once")
    return dict(zip(cases.tolist(), table.texts["patient"].tolist(), strict=True))

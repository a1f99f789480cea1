"""RSNA 2019's long form, ``ID_12cadc6af_epidural,0``: six rows a slice, gathered into one."""

from collections.abc import Iterator

import numpy as np

from headct.core.errors import MeasureError
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.measure.outcomes import Flags, Indices
from headct.measure.reading.files import File
from headct.measure.reading.table import Table

_HEADER = ("ID", "Label")
# As the challenge writes them, in its order.
_SUBTYPES = {
    "epidural": EPIDURAL,
    "intraparenchymal": INTRAPARENCHYMAL,
    "intraventricular": INTRAVENTRICULAR,
    "subarachnoid": SUBARACHNOID,
    "subdural": SUBDURAL,
    "any": ANY_HEMORRHAGE,
}
_PLACES = {name: place for place, name in enumerate(_SUBTYPES)}


def is_long(file: File) -> bool:
    """Whether the file's columns are those of the challenge: ``ID,Label``."""
    return file.header == _HEADER


def read_long(file: File) -> Table:
    """A row a slice, which is named ``ID_12cadc6af``; NaN where a slice lacks a subtype's row.

    Raises:
        MeasureError: a row names no slice or another subtype, or says again what another has said;
            with file and line.
    """
    slices: dict[str, int] = {}
    cells, places, values = [], [], []
    word = "line"
    for part, cell in _parts(file, slices):
        cells.append(cell)
        places.append(part.places)
        values.append(part.numbers["Label"])
        word = part.word
    if not slices:
        raise MeasureError(f"{file.file} has a header and no rows: nothing is listed in it")
    cell, place = np.concatenate(cells), np.concatenate(places)
    rows = Table(file.file, place, {}, {}, word)
    _check_once(rows, cell)
    shown = np.full(len(slices) * len(_SUBTYPES), np.nan)
    shown[cell] = np.concatenate(values)
    names = np.empty(len(slices), np.object_)
    names[:] = list(slices)
    firsts = np.empty(len(slices), np.int64)
    # Written backwards, the first row of a slice is the one that stays.
    firsts[cell[::-1] // len(_SUBTYPES)] = place[::-1]
    by_label = zip(_SUBTYPES.values(), shown.reshape(-1, len(_SUBTYPES)).T, strict=True)
    return Table(file.file, firsts, {"slice": names}, dict(by_label), word)


def _parts(file: File, slices: dict[str, int]) -> Iterator[tuple[Table, Indices]]:
    """Parts of the file, and the cell of each row: slice by slice, six subtypes each."""
    for part in file.parts(["ID"], ["Label"]):
        split = [name.rpartition("_") for name in part.texts["ID"]]
        kinds = np.array([_PLACES.get(kind, -1) for _, _, kind in split], np.int64)
        is_named = np.array([bool(name) for name, _, _ in split], np.bool_)
        told = f"expected ID_, a slice and one of {', '.join(_SUBTYPES)}, as in ID_12cadc6af_any"
        part.check((kinds >= 0) & is_named, told)
        order = [slices.setdefault(name, len(slices)) for name, _, _ in split]
        yield part, np.array(order, np.int64) * len(_SUBTYPES) + kinds


def _check_once(rows: Table, cell: Indices) -> None:
    order = np.argsort(cell, kind="stable")
    again: Flags = np.diff(cell[order]) == 0
    if again.any():
        second = np.flatnonzero(again)[np.argmin(order[1:][again])] + 1
        raise rows.error(
            order[second - 1 : second + 1],
            f"one slice and subtype twice ({np.count_nonzero(again)} of these); take one out",
        )

"""Rows gathered by study or patient: truth, volumes, and the groups they belong to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import MeasureError
from headct.measure.levels.aggregate import common
from headct.measure.outcomes import UNKNOWN, Indices, Level, Scores
from headct.measure.reading.match import Match, Side
from headct.measure.reading.table import Table, Texts

MOST_GROUPS = 30
"""Nobody reads a table of more groups; such a column is a measurement, or identifies people."""

Truths = NDArray[np.int8]


def truth_of(table: Table, labels: Sequence[str]) -> Truths:
    """(rows, labels) int8 of a table of truth."""
    values = columns(table, labels)
    return np.where(np.isnan(values), UNKNOWN, values).astype(np.int8)


def columns(table: Table, names: Sequence[str]) -> Scores:
    """(rows, names) float64, NaN where nothing is given or the table has no such column."""
    shown = np.full((len(table), len(names)), np.nan)
    for place, name in enumerate(names):
        if name in table.numbers:
            shown[:, place] = table.numbers[name]
    return shown


def sums(values: Scores, groups: Indices, count: int) -> Scores:
    """(count, columns) sums by group, NaN where a value of it is not known."""
    summed = np.empty((count, values.shape[1]))
    for column in range(values.shape[1]):
        summed[:, column] = np.bincount(groups, weights=values[:, column], minlength=count)
    return summed


def group_values(
    name: str, truth: Side, matched: Match, predictions: Table, rows: Indices
) -> Texts:
    """(predicted rows,) the value of a subgroup's column, from truth or else from predictions.

    ``SEVERAL``, as in ``levels.aggregate``, where rows of truth of one study or patient differ.

    Args:
        name: the column.
        truth: rows of truth.
        matched: how predictions and truth belong together.
        predictions: rows of all systems.
        rows: (systems, rows) which of them are each system's.

    Raises:
        MeasureError: systems tell one row differently, or the column has too many values.
    """
    if name in truth.table.texts:
        asked = np.flatnonzero(matched.groups >= 0)
        group = matched.groups[asked]
        _, firsts = np.unique(group, return_index=True)
        values = common(truth.table.texts[name][asked], group, firsts)[matched.group]
        file = truth.table.file
    else:
        column = predictions.texts[name]
        differing = np.argwhere(column[rows] != column[rows[0]])
        if differing.size:
            system, row = differing[0]
            pair = rows[[0, system], row]
            raise predictions.error(pair, f"one row of two systems with two values of {name}")
        values, file = column[rows[0]], predictions.file
    if (many := len(set(values.tolist()))) > MOST_GROUPS:
        raise MeasureError(
            f"{file}: column {name} has {many} different values, and subgroups may be "
            f"{MOST_GROUPS}: make classes of it first, such as age_group of an age"
        )
    return np.asarray(values, np.object_)


def check_one_study(side: Side) -> None:
    """Refuse volumes by patient where a patient has two studies: of which would it be?

    Raises:
        MeasureError: with both lines.
    """
    if not {Level.STUDY, Level.PATIENT} <= side.codes.keys():
        return
    studies, patients = side.codes[Level.STUDY], side.codes[Level.PATIENT]
    _, firsts, places = np.unique(patients, return_index=True, return_inverse=True)
    differ = np.flatnonzero(studies != studies[firsts][places])
    if differ.size:
        raise side.table.error(
            np.array([firsts[places[differ[0]]], differ[0]]),
            "two studies of one patient, and the other file has volumes by patient: of which is "
            "it? Give both by study",
        )

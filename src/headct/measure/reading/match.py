"""Rows of predictions beside rows of truth: which belong together, by their identifiers.

Identifiers are compared as numbers, one for each different text, the same in both files.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from headct.core.errors import MeasureError
from headct.measure.outcomes import Flags, Indices, Level
from headct.measure.reading.columns import IDENTIFIERS, LEVELS, SYSTEM
from headct.measure.reading.table import Table


@dataclass(frozen=True, eq=False)
class Side:
    """A table with its identifiers as numbers.

    Args:
        table: the rows.
        level: the finest identifier it has.
        codes: by identifier, (rows,) int64.
        many: by identifier, how many different ones both files have.
    """

    table: Table
    level: Level
    codes: Mapping[str, Indices]
    many: Mapping[str, int]

    def at(self, rows: Indices) -> "Side":
        """Some of the rows."""
        codes = {name: column[rows] for name, column in self.codes.items()}
        return replace(self, table=self.table.at(rows), codes=codes)

    def key(self, columns: tuple[str, ...]) -> Indices:
        """(rows,) one number for what some columns say together."""
        key = np.zeros(len(self.table), np.int64)
        for name in columns:
            key = key * self.many[name] + self.codes[name]
        return key

    @property
    def own(self) -> tuple[str, ...]:
        """What tells its rows apart: slices are named within their study, or else patient."""
        return _apart(self.level, self.codes.keys())


def _apart(level: Level, there: Set[str]) -> tuple[str, ...]:
    if level is not Level.SLICE:
        return (level,)
    within = next((name for name in ("study", "patient") if name in there), None)
    return ("slice",) if within is None else (within, "slice")


def sides(predictions: Table, truth: Table) -> tuple[Side, Side]:
    """Both tables, with their identifiers as numbers.

    Raises:
        MeasureError: an identifier is empty, or a study has two patients; with file and line.
    """
    both = (predictions, truth)
    codes: tuple[dict[str, Indices], dict[str, Indices]] = ({}, {})
    many = {}
    for name in IDENTIFIERS:
        columns = [table.texts.get(name, np.empty(0, np.object_)) for table in both]
        number = {text: i for i, text in enumerate(dict.fromkeys(chain(*columns)))}
        many[name] = len(number)
        for table, coded, column in zip(both, codes, columns, strict=True):
            if name in table.texts:
                table.check(column != "", f"column {name} is empty: whose is it?")
                coded[name] = np.fromiter(map(number.__getitem__, column), np.int64, len(column))
    made = [
        Side(table, next(level for level in LEVELS if level in coded), coded, many)
        for table, coded in zip(both, codes, strict=True)
    ]
    for side in made:
        if {"patient", "study"} <= side.codes.keys():
            check_patients(side.table, side.codes["study"], side.codes["patient"])
    return made[0], made[1]


def check_patients(table: Table, studies: Indices, patients: Indices) -> None:
    """Refuse a study of two patients.

    Raises:
        MeasureError: with both lines.
    """
    _, firsts, places = np.unique(studies, return_index=True, return_inverse=True)
    differ = np.flatnonzero(patients != patients[firsts][places])
    if differ.size:
        pair = np.array([firsts[places[differ[0]]], differ[0]])
        raise table.error(
            pair,
            f"one study with two patients ({len(np.unique(studies[differ]))} such studies): name "
            "studies so that no two patients share one",
        )


def check_once(side: Side, columns: tuple[str, ...], *, why: str = "") -> None:
    """Refuse rows that some columns do not tell apart.

    Raises:
        MeasureError: with the lines of the first two.
    """
    key = side.key(columns)
    order = np.argsort(key, kind="stable")
    again: Flags = np.diff(key[order]) == 0
    if again.any():
        second = np.flatnonzero(again)[np.argmin(order[1:][again])] + 1
        raise side.table.error(
            order[second - 1 : second + 1],
            f"the same {' and '.join(columns)} twice ({np.count_nonzero(again)} of these)"
            + (why or "; find out which is right, and take the other row out"),
        )


def rows_of_systems(side: Side) -> tuple[tuple[tuple[str, str], ...], Indices]:
    """The systems of a file of predictions: model and run, and (systems, rows) of the table.

    A row of each system is in the place of the same row of the first.

    Raises:
        MeasureError: a row stands twice in a system, or systems have different rows; with lines.
    """
    table = side.table
    empty = np.full(len(table), "", np.object_)
    said = list(zip(*(table.texts.get(name, empty) for name in SYSTEM), strict=True))
    number = {name: i for i, name in enumerate(dict.fromkeys(said))}
    system = np.fromiter(map(number.__getitem__, said), np.int64, len(said))
    joined = replace(
        side,
        codes={**side.codes, "model and run": system},
        many={**side.many, "model and run": len(number)},
    )
    check_once(joined, ("model and run", *side.own) if len(number) > 1 else side.own)
    key = side.key(side.own)
    order = np.lexsort((key, system))
    counts = np.bincount(system)
    if len(set(counts.tolist())) == 1:
        rows = order.reshape(len(number), -1)
        differ = np.flatnonzero((key[rows] != key[rows[0]]).any(axis=1))
    else:
        differ = np.flatnonzero(counts != counts[0])
    if differ.size:
        raise _other_rows(table, key, system, (tuple(number), int(differ[0])))
    base = np.flatnonzero(system == 0)
    rows = rows[:, np.searchsorted(key[rows[0]], key[base])]
    return tuple(number), rows


def _other_rows(
    table: Table, key: Indices, system: Indices, named: tuple[tuple[tuple[str, str], ...], int]
) -> MeasureError:
    names, which = named
    first, other = (np.flatnonzero(system == one) for one in (0, which))
    lacking = first[~np.isin(key[first], key[other])]
    more = other[~np.isin(key[other], key[first])]
    return table.error(
        np.concatenate([lacking, more])[:3],
        # Names of models and runs are the user's own, and no identifiers of patients.
        f"systems must have the same rows: {_named(names[which])} lacks {len(lacking)} of the "
        f"rows of {_named(names[0])}, and has {len(more)} that it has not",
    )


def _named(system: tuple[str, str]) -> str:
    told = [f"{word} {name}" for word, name in zip(SYSTEM, system, strict=True) if name]
    return ", ".join(told) or "the system without a name"


@dataclass(frozen=True, eq=False)
class Match:
    """Which truth belongs to each predicted row.

    Args:
        level: at which the two files meet: the coarser of theirs.
        group: (predicted rows,) the group of truth of each, counted from 0.
        firsts: (groups,) the first row of truth of each group.
        groups: (truth rows,) of which group each row of truth is; -1 where nothing was predicted.
        unpredicted: rows of truth without a prediction.
    """

    level: Level
    group: Indices
    firsts: Indices
    groups: Indices
    unpredicted: Indices


def match(predicted: Side, truth: Side) -> Match:
    """Find the truth of each predicted row.

    Raises:
        MeasureError: the files share no identifier, one row could belong to several, a prediction
            has no truth, or another patient than its truth; with file and lines.
    """
    level = max(predicted.level, truth.level, key=LEVELS.index)
    columns = _shared(predicted, truth, level)
    check_once(truth, truth.own)
    for side, other in ((predicted, truth), (truth, predicted)):
        if side.level is level and columns != side.own:
            lacks = next(name for name in side.own if name not in columns)
            told = f" as far as {other.table.file} tells them apart: add the column {lacks} there"
            check_once(side, columns, why=told)
    wanted, there = predicted.key(columns), truth.key(columns)
    known, firsts, groups = np.unique(there, return_index=True, return_inverse=True)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    lacking = np.flatnonzero(known[place] != wanted)
    if lacking.size:
        raise predicted.table.error(
            lacking,
            f"no truth in {truth.table.file} for {len(lacking)} of {len(wanted)} predictions, "
            f"compared by {' and '.join(columns)}: add it, or take these rows out",
        )
    if {"patient"} <= predicted.codes.keys() & truth.codes.keys():
        _check_same_patient(predicted, truth, firsts[place])
    is_asked = np.zeros(len(known), np.bool_)
    is_asked[place] = True
    number = np.cumsum(is_asked) - 1
    return Match(
        level=level,
        group=number[place],
        firsts=firsts[is_asked],
        groups=np.where(is_asked[groups], number[groups], -1),
        unpredicted=np.flatnonzero(~is_asked[groups]),
    )


def _shared(predicted: Side, truth: Side, level: Level) -> tuple[str, ...]:
    """The columns by which rows of both files are compared."""
    both = predicted.codes.keys() & truth.codes.keys()
    if level not in both:
        lacks, has = (predicted, truth) if level not in predicted.codes else (truth, predicted)
        raise MeasureError(
            f"{lacks.table.file} has no column {level}, and {has.table.file} has rows by {level}: "
            f"add the column {level} to {lacks.table.file}"
        )
    return _apart(level, both)


def _check_same_patient(predicted: Side, truth: Side, rows: Indices) -> None:
    """``rows``: (predicted rows,) the row of truth of each."""
    differ = np.flatnonzero(predicted.codes["patient"] != truth.codes["patient"][rows])
    if differ.size:
        first = differ[:1]
        raise predicted.table.error(
            first,
            f"another patient than in {truth.table.place(rows[first])}, for the same "
            f"{predicted.level} ({len(differ)} of these)",
        )

"""Two files, what systems said and what is true → the outcomes of each system, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from headct.core.errors import MeasureError, Refusal
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LABELS
from headct.core.text import lines
from headct.measure.outcomes import Indices, Level, Outcomes
from headct.measure.reading.columns import ABC2, IDENTIFIERS, NUMBERS, SYSTEM, VOLUMES
from headct.measure.reading.content import (
    Content,
    read_predictions,
    read_truth,
    with_any_hemorrhage,
)
from headct.measure.reading.gather import columns, group_values
from headct.measure.reading.joined import Joined, join
from headct.measure.reading.match import rows_of_systems, sides
from headct.measure.reading.pair import Pair, System
from headct.measure.reading.table import Table


def read_pair(
    predictions: Path, truth: Path, *, subgroups: Sequence[str] = (), subset: bool = False
) -> Pair:
    """Read what systems said and what is true, as ``docs/reference/measurement.md`` tells.

    Args:
        predictions: CSV or Parquet, a row a slice, study or patient.
        truth: likewise; its rows may be coarser or finer.
        subgroups: columns of truth, or else of predictions, by which subgroups are told apart;
            into ``Outcomes.groups``, "" where a cell is empty.
        subset: whether truth may have rows that nothing was predicted of; they are counted.

    Raises:
        MeasureError: a file is not what it must be, or the two do not belong together; with file
            and line, never with an identifier.
    """
    true = read_truth(truth, subgroups)
    pair, joined = _put_together(read_predictions(predictions, subgroups), true, subgroups)
    return _counted(pair, true.table, joined.matched.unpredicted, subset=subset)


def read_with_validation(
    files: tuple[Path, Path], truth: Path, *, subgroups: Sequence[str] = (), subset: bool = False
) -> tuple[Pair, Pair]:
    """Read predictions and those of other patients, on whom thresholds are chosen.

    Args:
        files: predictions, and those on validation; of the same systems and labels.
        truth: of the patients of both.
        subgroups: of the former, as in ``read_pair``.
        subset: whether truth may have rows that neither file has.

    Returns:
        Both pairs, with their systems in the same order; what truth has besides is counted in the
        first.

    Raises:
        MeasureError: as in ``read_pair``; or a patient is in both files, or systems or labels are
            not the same.
    """
    true = read_truth(truth, subgroups)
    pair, joined = _put_together(read_predictions(files[0], subgroups), true, subgroups)
    validation, beside = _put_together(read_predictions(files[1], ()), true, ())
    is_leaked = np.isin(joined.names[:, 0], beside.names[:, 0])
    if is_leaked.any():
        leaked = np.flatnonzero(is_leaked)
        raise joined.asked.table.error(
            leaked,
            f"{len(set(joined.names[leaked, 0]))} patients are in {beside.asked.table.file} too: "
            "what is chosen on a patient may not be measured on them",
        )
    found = {(one.model, one.run): one for one in validation.systems}
    wanted = [(one.model, one.run) for one in pair.systems]
    labels = [one.systems[0].outcomes.labels for one in (pair, validation)]
    if found.keys() != set(wanted) or labels[0] != labels[1]:
        raise MeasureError(
            f"{files[0].name} and {files[1].name} must have the same systems by model and run, and "
            f"the same labels: got {len(wanted)} and {len(found)} systems, labels "
            f"{', '.join(labels[0])} and {', '.join(labels[1])}"
        )
    unpredicted = np.intersect1d(joined.matched.unpredicted, beside.matched.unpredicted)
    validation = replace(validation, systems=tuple(found[name] for name in wanted))
    return _counted(pair, true.table, unpredicted, subset=subset), validation


def _put_together(said: Content, true: Content, subgroups: Sequence[str]) -> tuple[Pair, Joined]:
    _check_subgroups(subgroups, said, true)
    is_asked = ANY_HEMORRHAGE in said.labels and ANY_HEMORRHAGE not in true.labels
    is_derived = is_asked and not set(HEMORRHAGE_SUBTYPES).isdisjoint(true.labels)
    if is_derived:
        true = with_any_hemorrhage(true)
    labels, volumes = _in_common(said.table, true.table)
    all_rows, there = sides(said.table, true.table)
    names, systems = rows_of_systems(all_rows)
    joined = join(all_rows.at(systems[0]), there)
    outcomes = Outcomes(
        level=joined.asked.level,
        labels=labels,
        names=joined.names,
        patients=joined.patients,
        studies=joined.studies,
        scores=columns(joined.asked.table, labels),
        truth=joined.truth_by_row(labels),
        groups={n: group_values(n, there, joined.matched, said.table, systems) for n in subgroups},
    )
    scores = columns(said.table, labels)
    measured = joined.volumes(said.table, systems, volumes) if volumes else [None] * len(names)
    stated = joined.stated(labels)
    pair = Pair(
        systems=tuple(
            System(model, run, replace(outcomes, scores=scores[rows]), ml, stated)
            for (model, run), rows, ml in zip(names, systems, measured, strict=True)
        ),
        left_out=(*said.unused, *true.unused, *_apart(said, true)),
        remarks=tuple(_remarks(joined, is_derived=is_derived)),
    )
    return pair, joined


def _check_subgroups(names: Sequence[str], said: Content, true: Content) -> None:
    for name in names:
        if name in (*IDENTIFIERS, *SYSTEM, *NUMBERS):
            raise MeasureError(
                f"subgroup {name}: expected a column of its own, such as site or age_group"
            )
        if name not in true.table.texts and name not in said.table.texts:
            there = ", ".join(one.reason for one in (*true.unused, *said.unused))
            raise MeasureError(
                f"no column {name} in {true.table.file}, nor in {said.table.file}, for subgroups; "
                f"columns {there or 'of other names: none'}"
            )


def _in_common(said: Table, true: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels, and labels of volumes, that both files have.

    Raises:
        MeasureError: there are none.
    """
    both = [name for name in NUMBERS if name in said.numbers and name in true.numbers]
    labels = tuple(name for name in both if name in LABELS)
    volumes = tuple(VOLUMES[name] for name in both if name in VOLUMES)
    if not labels and not volumes:
        raise MeasureError(
            f"no label in common: {said.file} has {', '.join(said.numbers)}, and {true.file} has "
            f"{', '.join(true.numbers)}"
        )
    return labels, volumes


def _apart(said: Content, true: Content) -> Iterator[Refusal]:
    """Labels and volumes of one file that the other lacks; ABC/2 stands in one alone."""
    for one, other in ((said.table, true.table), (true.table, said.table)):
        lacking = [name for name in one.numbers if name not in other.numbers and name != ABC2]
        if lacking:
            yield Refusal(
                f"{', '.join(lacking)} of {one.file}",
                f"not measured, as {other.file} has no such column",
                len(lacking),
            )


def _counted(pair: Pair, truth: Table, rows: Indices, *, subset: bool) -> Pair:
    """The pair with what truth has besides.

    Raises:
        MeasureError: there are such rows, and this was not asked for.
    """
    if not rows.size:
        return pair
    if not subset:
        raise truth.error(
            rows,
            f"no prediction for {len(rows)} of {len(truth)} rows: what a system says nothing of "
            "may be what it finds hard; predict them too, or give --subset (subset=True)",
        )
    where = lines(truth.places[rows].tolist(), word=truth.word)
    left = Refusal(
        f"{len(rows)} of {len(truth)} rows of {truth.file}",
        f"nothing was predicted of them ({where})",
        len(rows),
    )
    return replace(pair, left_out=(*pair.left_out, left))


def _remarks(joined: Joined, *, is_derived: bool) -> Iterator[str]:
    """What was made of the files by rule."""
    asked, level, file = joined.asked.level, joined.matched.level, joined.there.table.file
    if is_derived:
        yield (
            f"{ANY_HEMORRHAGE} of {file} is made from its subtypes: yes where one is, no where all "
            "five are not, else not known"
        )
    if joined.there.level is not level:
        yield (
            f"truth of a {level} is made from rows by {joined.there.level}: yes where one is, no "
            "where all are known and are not, else not known"
        )
    if asked is not level:
        yield f"{file} has rows by {level}: a {asked} has no truth of its own"
    if asked is not Level.PATIENT and not joined.has_studies:
        yield "no file has a column study: each patient counts as one"

"""From slices to studies, and from studies to patients: scores and truth."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headct.measure.levels.choices import Aggregation, Max
from headct.measure.levels.choices import (
    parse_aggregation as parse_aggregation,  # noqa: PLC0414 - given on from here
)
from headct.measure.levels.slices import ranked
from headct.measure.outcomes import UNKNOWN, Indices, Level, Outcomes, Scores

SEVERAL = "several"
"""The group of a study or patient whose rows are of more than one, such as two sites."""

_LEVELS = (Level.SLICE, Level.STUDY, Level.PATIENT)
# What tells a row apart: patient; study; slice.
_NAMES = {Level.SLICE: 3, Level.STUDY: 2, Level.PATIENT: 1}


def aggregate(
    outcomes: Outcomes, how: Aggregation | Mapping[str, Aggregation], to: Level
) -> Outcomes:
    """What the rows say of their studies or patients.

    ``how`` takes slices to studies. A patient is then as the study with the highest score: slices
    of two scans never vote together.

    Truth is 1 where any row is 1, 0 where all are known to be 0, else not known; rows count for
    truth whether or not they have a score. A score is made of the rows that have one; where none
    has, there is none. Rows come out in order of ``outcomes.studies`` or ``outcomes.patients``.

    Args:
        outcomes: of slices, or of studies where ``to`` is the patient.
        how: one choice for all labels, or one for each.
        to: ``Level.STUDY`` or ``Level.PATIENT``; the same level gives the outcomes as they are.

    Raises:
        ValueError: ``to`` is finer than the rows are, a label has no choice, a score lies outside
            0 to 1, or a study has two patients.
    """
    place = _LEVELS.index(outcomes.level)
    if _LEVELS.index(to) < place:
        raise ValueError(f"rows are by {outcomes.level}, and no {to} can be told from them")
    if (outcomes.scores < 0).any() or (outcomes.scores > 1).any():
        raise ValueError("expected scores from 0 to 1")
    choices = how if isinstance(how, Mapping) else dict.fromkeys(outcomes.labels, how)
    if lacking := [label for label in outcomes.labels if label not in choices]:
        raise ValueError(f"no aggregation for {', '.join(lacking)}")
    for level in _LEVELS[place + 1 : _LEVELS.index(to) + 1]:
        by = [choices[label] if level is Level.STUDY else Max() for label in outcomes.labels]
        outcomes = _gathered(outcomes, by, level)
    return outcomes


def only(outcomes: Outcomes, label: str) -> Outcomes:
    """The same rows with one label alone."""
    place = outcomes.labels.index(label)
    column = slice(place, place + 1)
    return replace(
        outcomes,
        labels=(label,),
        scores=outcomes.scores[:, column],
        truth=outcomes.truth[:, column],
    )


def _gathered(outcomes: Outcomes, how: list[Aggregation], to: Level) -> Outcomes:
    """One level up."""
    whose = outcomes.studies if to is Level.STUDY else outcomes.patients
    _, firsts, group = np.unique(whose, return_index=True, return_inverse=True)
    if (outcomes.patients != outcomes.patients[firsts][group]).any():
        raise ValueError("a study has two patients")
    scores = [
        _scores(column, group, len(firsts), choice)
        for column, choice in zip(outcomes.scores.T, how, strict=True)
    ]
    return replace(
        outcomes,
        level=to,
        names=outcomes.names[firsts, : _NAMES[to]],
        patients=outcomes.patients[firsts],
        studies=outcomes.studies[firsts],
        scores=np.stack(scores, axis=1) if scores else np.empty((len(firsts), 0)),
        truth=any_positive(outcomes.truth, group, len(firsts)),
        groups={name: common(column, group, firsts) for name, column in outcomes.groups.items()},
    )


def _scores(column: Scores, group: Indices, groups: int, how: Aggregation) -> Scores:
    """(groups,) of one label; NaN where no row of a group has a score."""
    is_given = ~np.isnan(column)
    given, has_any = np.full(groups, np.nan), np.zeros(groups, np.bool_)
    has_any[group[is_given]] = True
    if has_any.any():
        dense = np.cumsum(has_any) - 1
        given[has_any] = how(ranked(column[is_given], dense[group[is_given]]))
    return given


def any_positive(truth: NDArray[np.int8], group: Indices, groups: int) -> NDArray[np.int8]:
    """(groups, labels): any 1 is 1, all 0 is 0, else not known."""
    found = np.zeros((groups, truth.shape[1]), np.int8)
    for column, label in zip(found.T, truth.T, strict=True):
        column[group[label == UNKNOWN]] = UNKNOWN
        column[group[label == 1]] = 1
    return found


def common(column: NDArray[np.object_], group: Indices, firsts: Indices) -> NDArray[np.object_]:
    """(groups,) the value that all rows of a group have, or ``SEVERAL``."""
    values = column[firsts].astype(object)
    differ = np.flatnonzero(column != values[group])
    values[group[differ]] = SEVERAL
    return values

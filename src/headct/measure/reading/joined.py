"""Predicted rows with all that both files know of them: whose they are, and what is true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headct.core.errors import MeasureError
from headct.measure.levels.aggregate import any_positive
from headct.measure.outcomes import UNKNOWN, Indices, Level, Scores
from headct.measure.reading.columns import ABC2, IDENTIFIERS
from headct.measure.reading.gather import (
    Truths,
    check_one_study,
    columns,
    sums,
    truth_of,
)
from headct.measure.reading.match import Match, Side, check_patients, match
from headct.measure.reading.pair import StatedTruth, Volumes
from headct.measure.reading.table import Table, Texts

# As wide as the identifiers of a level: patient; with study; with slice.
_WIDTH = {Level.PATIENT: 1, Level.STUDY: 2, Level.SLICE: 3}


@dataclass(frozen=True, eq=False)
class Joined:
    """Predicted rows, each with its truth.

    Args:
        asked: the rows of the first system.
        there: all rows of truth.
        matched: which belong together.
        names: (rows, identifiers) as in ``Outcomes``.
        patients: (rows,) int64, from 0 in the order of their names; ``studies``: likewise.
        has_studies: whether a file names studies; if not, each patient counts as one.
    """

    asked: Side
    there: Side
    matched: Match
    names: Texts
    patients: Indices
    studies: Indices
    has_studies: bool

    def truth(self, labels: Sequence[str]) -> Truths:
        """(groups, labels) truth at the level where both files meet."""
        rows = np.flatnonzero(self.matched.groups >= 0)
        stated = truth_of(self.there.table.at(rows), labels)
        return any_positive(stated, self.matched.groups[rows], len(self.matched.firsts))

    def truth_by_row(self, labels: Sequence[str]) -> Truths:
        """(rows, labels) truth; not known where it is coarser than the rows."""
        truth = self.truth(labels)
        if self.matched.level is not self.asked.level:
            truth = np.full_like(truth, UNKNOWN)
        return truth[self.matched.group]

    def stated(self, labels: tuple[str, ...]) -> StatedTruth | None:
        """Truth that is coarser than the predicted rows; None where it is not.

        A study of a positive patient is positive only where it is the only one.
        """
        if self.matched.level is self.asked.level:
            return None
        by_row = self.truth(labels)[self.matched.group]
        _, firsts = np.unique(self.studies, return_index=True)
        by_study, whose = by_row[firsts], self.patients[firsts]
        several = np.bincount(whose)[whose] > 1
        by_patient = any_positive(by_study, whose, int(self.patients.max()) + 1)
        if self.matched.level is Level.PATIENT:
            by_study = np.where((by_study == 1) & several[:, None], UNKNOWN, by_study)
        return StatedTruth(self.matched.level, labels, by_study.astype(np.int8), by_patient)

    def volumes(
        self, predictions: Table, systems: Indices, labels: tuple[str, ...]
    ) -> list[Volumes]:
        """Volumes by study, or patient where the files meet there, of each system.

        Args:
            predictions: rows of all systems.
            systems: (systems, rows) which of them are each system's.
            labels: whose volumes.

        Raises:
            MeasureError: volumes by patient of a patient with several studies, or ABC/2 in both
                files.
        """
        names = [f"{label}_ml" for label in labels]
        level = Level.PATIENT if self.matched.level is Level.PATIENT else Level.STUDY
        if level is Level.PATIENT:
            check_one_study(self.asked)
            check_one_study(self.there)
        unit = self.patients if level is Level.PATIENT else self.studies
        _, firsts = np.unique(unit, return_index=True)
        true_ml = self._true_ml(names)[self.matched.group]
        if self.matched.level is Level.SLICE:
            true_ml = sums(true_ml, unit, len(firsts))
        else:
            true_ml = true_ml[firsts]
        return [
            Volumes(
                level=level,
                labels=labels,
                names=self.names[firsts, : _WIDTH[level]],
                patients=self.patients[firsts],
                studies=self.studies[firsts],
                predicted_ml=sums(columns(predictions.at(rows), names), unit, len(firsts)),
                true_ml=true_ml,
                abc2_ml=self._abc2(predictions, rows, firsts),
            )
            for rows in systems
        ]

    def _true_ml(self, names: Sequence[str]) -> Scores:
        """(groups, labels) at the level where both files meet."""
        rows = np.flatnonzero(self.matched.groups >= 0)
        stated = columns(self.there.table.at(rows), names)
        return sums(stated, self.matched.groups[rows], len(self.matched.firsts))

    def _abc2(self, predictions: Table, rows: Indices, firsts: Indices) -> Scores | None:
        """Of each study; a table by slice has none."""
        truth = self.there.table
        if ABC2 in predictions.numbers and ABC2 in truth.numbers:
            raise MeasureError(
                f"both {predictions.file} and {truth.file} have a column {ABC2}: take one out"
            )
        if ABC2 in predictions.numbers:
            return predictions.numbers[ABC2][rows[firsts]]
        if ABC2 in truth.numbers:
            return truth.numbers[ABC2][self.matched.firsts[self.matched.group[firsts]]]
        return None


def join(asked: Side, there: Side) -> Joined:
    """Put predicted rows beside their truth.

    Raises:
        MeasureError: the files do not belong together, or neither names patients; with lines.
    """
    matched = match(asked, there)
    first_truth = matched.firsts[matched.group]
    codes, texts = {}, {}
    for name in IDENTIFIERS:
        if name in asked.codes:
            codes[name], texts[name] = asked.codes[name], asked.table.texts[name]
        # Where truth is coarser or finer, it tells of a row no more than patient.
        elif name in there.codes and (name == Level.PATIENT or matched.level is Level.SLICE):
            codes[name] = there.codes[name][first_truth]
            texts[name] = there.table.texts[name][first_truth]
    if Level.PATIENT not in codes:
        raise MeasureError(
            f"neither {asked.table.file} nor {there.table.file} has a column patient: rows of one "
            "patient are not independent, and intervals must know them; add it to one of the files "
            "(RSNA's long form has no place for it: make it a row a slice)"
        )
    within = Level.STUDY if Level.STUDY in codes else Level.PATIENT
    check_patients(asked.table, codes[within], codes[Level.PATIENT])
    empty = np.full(len(asked.table), "", np.object_)
    identifiers = [texts.get(name, empty) for name in IDENTIFIERS[: _WIDTH[asked.level]]]
    return Joined(
        asked=asked,
        there=there,
        matched=matched,
        names=np.stack(identifiers, axis=1),
        patients=_numbered(codes[Level.PATIENT], texts[Level.PATIENT]),
        studies=_numbered(codes[within], texts[within]),
        has_studies=within is Level.STUDY,
    )


def _numbered(codes: Indices, names: Texts) -> Indices:
    """Numbers from 0 in the order of names: the same draws come in whatever order rows stand."""
    _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(names[firsts]))[places]

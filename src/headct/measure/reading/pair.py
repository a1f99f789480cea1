"""What systems said beside what is true, as it is read from two files."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.measure.outcomes import Indices, Level, Outcomes, Scores


@dataclass(frozen=True, eq=False)
class Volumes:
    """Volumes as a system measured them, beside the true ones; a row is a study or a patient.

    Args:
        level: ``Level.STUDY``, or ``Level.PATIENT`` where one of the files has no finer rows.
        labels: one for each column.
        names: (rows, identifiers) as in ``Outcomes``.
        patients: (rows,) int64, whose each row is, as counted in the system's outcomes.
        studies: (rows,) int64, likewise.
        predicted_ml: (rows, labels) float64, NaN where none was given.
        true_ml: (rows, labels) float64, likewise.
        abc2_ml: (rows,) float64, the bedside estimate ABC/2, NaN where none was given; None where
            no file has it.
    """

    level: Level
    labels: tuple[str, ...]
    names: NDArray[np.object_]
    patients: Indices
    studies: Indices
    predicted_ml: Scores
    true_ml: Scores
    abc2_ml: Scores | None = None


@dataclass(frozen=True, eq=False)
class StatedTruth:
    """Truth of whole studies or patients, for predictions with finer rows.

    Args:
        level: what it was stated of.
        labels: as in the system's outcomes.
        by_study: (studies, labels) int8, of each study as counted in the outcomes.
        by_patient: (patients, labels) int8, of each patient, likewise.
    """

    level: Level
    labels: tuple[str, ...]
    by_study: NDArray[np.int8]
    by_patient: NDArray[np.int8]

    def of(self, outcomes: Outcomes) -> Outcomes:
        """Outcomes that were aggregated to studies or patients, with the truth as stated."""
        if outcomes.level is Level.SLICE:
            return outcomes
        if outcomes.level is Level.STUDY:
            return replace(outcomes, truth=self.by_study[outcomes.studies])
        return replace(outcomes, truth=self.by_patient[outcomes.patients])


@dataclass(frozen=True, eq=False)
class System:
    """What one system said: a model in one run.

    Args:
        model: its name; empty where the file tells none.
        run: which of its runs (a seed); empty likewise.
        outcomes: at the finest level of the predictions. Rows, patients and studies are the same
            for all systems of a file, in the same order.
        volumes: None where the files have no volume in common.
        stated: truth of whole studies or patients, where truth is coarser than predictions: rows
            of ``outcomes`` have no truth of their own then, and what is aggregated from them takes
            it from here.
    """

    model: str
    run: str
    outcomes: Outcomes
    volumes: Volumes | None = None
    stated: StatedTruth | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """Predictions and truth of one set of rows.

    Args:
        systems: at least one, in the order in which the file first names them.
        left_out: what of the files was not used, and why: rows, labels, columns.
        remarks: what was made of the files by rule, for the report: any_hemorrhage from its
            subtypes, a study's truth from its slices.
    """

    systems: tuple[System, ...]
    left_out: tuple[Refusal, ...] = ()
    remarks: tuple[str, ...] = ()

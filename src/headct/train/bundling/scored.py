"""Scores of patients who did not train the network that gave them, beside what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.cohort.splitting.rounds import VALIDATION
from headct.core.errors import TrainError
from headct.core.labels import LABELS
from headct.measure.calibration.probabilities import of_log_odds
from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Max
from headct.measure.outcomes import Flags, Indices, Level, Outcomes, Scores
from headct.measure.reading.pair import StatedTruth, System
from headct.measure.reading.predictions import read_pair
from headct.predict.neighbours import with_neighbours
from headct.train.bundling.beside import odds_of, with_marks
from headct.train.bundling.finished import TRUTH_CSV, Finished

GROUP = "group"
"""The group of rows that a choice is left out for, to be tried on it: a fold, or some patients."""

GROUPS = 5
"""Of the patients of a single run, as of the usual number of folds."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Slices with scores, in groups of patients.

    Args:
        system: their scores and truth; ``GROUP`` tells the groups apart.
        whose: who they are, in words: "62 patients of ct-ich, each scored by ...".
    """

    system: System
    whose: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(sorted(set(self.system.outcomes.groups[GROUP].tolist())))

    @property
    def patients(self) -> Indices:
        """Each patient once, as counted in the rows."""
        return np.unique(self.system.outcomes.patients)

    def within(self, group: str) -> System:
        """The rows of one group."""
        return _at(self.system, self.system.outcomes.groups[GROUP] == group)

    def without(self, group: str) -> System:
        """The rows of all other groups."""
        return _at(self.system, self.system.outcomes.groups[GROUP] != group)


def scores_of(run: Finished, part: str) -> Scored:
    """The patients of one part of a run's round, in ``GROUPS`` groups alike in the first label.

    Raises:
        MeasureError: predictions or truth are not what they must be.
    """
    system = _read(run, part)
    groups = _dealt(system, run.task.labels[0])
    patients = len(np.unique(system.outcomes.patients))
    whose = f"{patients} {part} patients of {_cohort(run)}, who did not train the network"
    if part == VALIDATION and run.plan.patience:
        whose += " but chose its epoch"
    return Scored(_grouped(system, groups), whose)


def pooled(folds: Sequence[Finished]) -> Scored:
    """The patients that each fold left out, together; a group is a fold.

    Raises:
        TrainError: folds share a patient.
        MeasureError: predictions or truth are not what they must be.
    """
    parts = [(fold, fold.measured_part) for fold in folds]
    systems = [_read(fold, part) for fold, part in parts if part is not None]
    named: dict[str, str] = {}
    for fold, system in zip(folds, systems, strict=True):
        for patient in set(system.outcomes.names[:, 0].tolist()):
            if named.setdefault(patient, fold.round_name) != fold.round_name:
                raise TrainError(
                    f"{fold.round_name} and {named[patient]} measure the same patient: give one "
                    "run of each fold, and of nested folds one run of each outer one"
                )
    together = _joined(systems)
    groups = np.repeat(
        np.array([fold.round_name for fold in folds], object),
        [len(system.outcomes) for system in systems],
    )
    whose = (
        f"{len(named)} patients of {_cohort(folds[0])}, out of fold ({len(folds)} networks of the "
        "same recipe, each asked about those it did not train on)"
    )
    if any(fold.plan.patience and part == VALIDATION for fold, part in parts):
        whose += ", but whose epoch they chose"
    return Scored(_grouped(together, groups), whose)


def marked(scored: Scored, marks: Scores | None) -> Scored:
    """The same slices with what the classical finder marks on them, where that is given."""
    return scored if marks is None else replace(scored, system=with_marks(scored.system, marks))


def neighboured(scored: Scored, share: float) -> Scored:
    """The same slices, each with so much of what is said of its neighbours in the study."""
    if share == 0:
        return scored
    outcomes = scored.system.outcomes
    numbers, odds = outcomes.names[:, 2].astype(np.int64), odds_of(outcomes.scores)
    scores = np.empty_like(odds)
    for study in np.unique(outcomes.studies):
        rows = np.flatnonzero(outcomes.studies == study)
        rows = rows[np.argsort(numbers[rows])]
        scores[rows] = of_log_odds(with_neighbours(odds[rows], share))
    return replace(scored, system=replace(scored.system, outcomes=replace(outcomes, scores=scores)))


def _cohort(run: Finished) -> str:
    return str(run.said["data"]["cohort"]["name"])


def _read(run: Finished, part: str) -> System:
    pair = read_pair(run.folder / f"{part}.csv", run.folder / TRUTH_CSV, subset=True)
    if len(pair.systems) != 1 or pair.systems[0].outcomes.labels != _ordered(run):
        raise TrainError(
            f"{run.name}, {part}.csv: expected scores of one network for each label of task "
            f"{run.task.name}: the file was edited; train the run anew"
        )
    patients = len(np.unique(pair.systems[0].outcomes.patients))
    if patients != run.parts[part]["patients"]:
        raise TrainError(
            f"{run.name}, {part}.csv: holds {patients} patients, and the run left out "
            f"{run.parts[part]['patients']}: the file was edited; train the run anew"
        )
    return pair.systems[0]


def _ordered(run: Finished) -> tuple[str, ...]:
    """Labels of a run as they are read: in their fixed order."""
    return tuple(label for label in LABELS if label in run.task.labels)


def _grouped(system: System, groups: NDArray[np.object_]) -> System:
    return replace(system, outcomes=replace(system.outcomes, groups={GROUP: groups}))


def _at(system: System, rows: Flags) -> System:
    return replace(system, outcomes=system.outcomes.at(rows))


def _dealt(system: System, label: str) -> NDArray[np.object_]:
    """(rows,) groups: patients with the label dealt in turn, then those without, then others."""
    patients = aggregate(system.outcomes, Max(), Level.PATIENT)
    if system.stated is not None:
        patients = system.stated.of(patients)
    truth = patients.truth[:, patients.labels.index(label)]
    order = np.argsort(-truth, kind="stable")
    group = np.empty(len(order), np.int64)
    group[order] = np.arange(len(order)) % GROUPS
    place = np.searchsorted(patients.patients, system.outcomes.patients)
    return np.array([f"{number + 1} of {GROUPS}" for number in group], object)[place]


def _joined(systems: Sequence[System]) -> System:
    """Systems of different patients as one: patients and studies are counted on."""
    patients = np.cumsum([0, *(int(one.outcomes.patients.max()) + 1 for one in systems)])
    studies = np.cumsum([0, *(int(one.outcomes.studies.max()) + 1 for one in systems)])
    outcomes = [one.outcomes for one in systems]
    together = Outcomes(
        level=outcomes[0].level,
        labels=outcomes[0].labels,
        names=np.concatenate([one.names for one in outcomes]),
        patients=np.concatenate(
            [one.patients + first for one, first in zip(outcomes, patients, strict=False)]
        ),
        studies=np.concatenate(
            [one.studies + first for one, first in zip(outcomes, studies, strict=False)]
        ),
        scores=np.concatenate([one.scores for one in outcomes]),
        truth=np.concatenate([one.truth for one in outcomes]),
    )
    stated = [one.stated for one in systems if one.stated is not None]
    if not stated:
        return replace(systems[0], outcomes=together)
    if len(stated) != len(systems) or len({one.level for one in stated}) > 1:
        raise TrainError("folds have truth of slices and truth of studies: prepare one store")
    return replace(
        systems[0],
        outcomes=together,
        stated=StatedTruth(
            stated[0].level,
            stated[0].labels,
            np.concatenate([one.by_study for one in stated]),
            np.concatenate([one.by_patient for one in stated]),
        ),
    )

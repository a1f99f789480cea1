"""Aggregation, thresholds and calibration, chosen on patients that did not train the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from headct.core.errors import TrainError
from headct.measure.calibration.scaling import Scaling, fit_isotonic, fit_logistic
from headct.measure.curves.operating import OperatingPoint
from headct.measure.evaluate.measurement import FEW_PATIENTS
from headct.measure.evaluate.settings import CHOSEN_VOTE, LEARNED
from headct.measure.levels.aggregate import aggregate, only
from headct.measure.levels.choices import Aggregation, Max, Vote, parse_aggregation
from headct.measure.levels.learn import fit_learned
from headct.measure.levels.vote import choose_votes
from headct.measure.outcomes import LabelRows, Level, Outcomes
from headct.measure.reading.pair import System
from headct.predict.beside import Beside
from headct.tasks.rule import parse_rule
from headct.tasks.task import LEVELS, Task, TaskLevel
from headct.train.bundling.beside import fit_beside, weighed

Place = tuple[str, TaskLevel]
"""A label, of slices or of patients."""

Fit = Callable[[ArrayLike, ArrayLike], Scaling | None]
"""From truth and scores to what makes probabilities of scores; None where nothing fits best."""

LOGISTIC_FROM, ISOTONIC_FROM = 2 * FEW_PATIENTS, 200
"""Patients of either kind. Ten for each number that is fitted: Peduzzi et al., J Clin Epidemiol
1996;49:1373-1379. A curve of free form wants 200: Van Calster et al., J Clin Epidemiol
2016;74:167-176."""

CALIBRATION_RULE = (
    f"slope and intercept (logistic) from {LOGISTIC_FROM} patients with the finding and "
    f"{LOGISTIC_FROM} without, a rising curve (isotonic) from {ISOTONIC_FROM} of each; with fewer "
    "none, nor where it is no better than saying the share of positives of patients that it was "
    "not fitted on: the score then stays a score"
)
"""Never a temperature: networks learn from more positives than patients have, and it leaves that
as it is. Of 62 simulated patients, 12 with the finding, it said of twice as many slices that they
show it as did."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What turns scores of slices into answers.

    Args:
        whose: on whom it was chosen, in words.
        aggregation: from slices to the patient, for all labels.
        points: an operating point for each label and level; one that was not found says why.
        scalings: from score to probability, where patients are enough.
        beside: what the classical finder's marks are worth, where they were given.
    """

    whose: str
    aggregation: Aggregation
    points: Mapping[Place, OperatingPoint]
    scalings: Mapping[Place, Scaling]
    beside: Beside | None = None


def choose(
    system: System,
    task: Task,
    aggregation: str,
    whose: str,
    *,
    fits: Mapping[Place, Fit] | None = None,
) -> Choice:
    """Choose all of it on some patients.

    Args:
        system: their slices, with scores and truth, and the finder's marks where these count.
        task: whose rule is followed.
        aggregation: as ``levels.choices`` reads it, or "vote" or "learned", which these patients
            fit by the task's first label.
        whose: who they are, for the record.
        fits: of calibration, where these are a part of the patients that ``fits_of`` was asked
            about; None for those of their own number.

    Raises:
        TrainError: the aggregation is to be fitted, and they are all of one kind.
        ValueError: there is no such aggregation.
    """
    beside = fit_beside(system)
    system = weighed(system, beside)
    how = _aggregation(system, task, aggregation)
    fits = fits_of(system, task) if fits is None else fits
    points: dict[Place, OperatingPoint] = {}
    scalings: dict[Place, Scaling] = {}
    for level in LEVELS:
        outcomes = at_level(system, how, level)
        for label in task.labels:
            rows, place = outcomes.of(label), (label, level)
            points[place] = _point(rows, task, whose)
            scaling = fits[place](rows.truth, rows.scores) if place in fits else None
            if scaling is not None:
                scalings[place] = scaling
    if task.level == "patient":
        for label in task.labels:
            points[label, "slice"] = _of_slices(points[label, "patient"], how)
    return Choice(whose, how, points, scalings, beside)


def fits_of(system: System, task: Task) -> dict[Place, Fit]:
    """What makes probabilities of scores, by ``CALIBRATION_RULE``; nothing where patients are few.

    Slices that are asked only for their patient carry a label without showing it: they have none.
    """
    found: dict[Place, Fit] = {}
    for level in LEVELS[LEVELS.index(task.level) :]:
        outcomes = at_level(system, Max(), level)
        for label in task.labels:
            fewest = min(outcomes.of(label).patients_by_kind)
            if fewest >= LOGISTIC_FROM:
                found[label, level] = fit_logistic if fewest < ISOTONIC_FROM else fit_isotonic
    return found


def at_level(system: System, how: Aggregation, level: TaskLevel) -> Outcomes:
    """Scores and truth of slices, or of patients."""
    if level == "slice":
        return system.outcomes
    outcomes = aggregate(system.outcomes, how, Level.PATIENT)
    return outcomes if system.stated is None else system.stated.of(outcomes)


def _point(rows: LabelRows, task: Task, whose: str) -> OperatingPoint:
    """The threshold of a label by the task's rule."""
    rule = parse_rule(task.rule)
    if not len(rows.truth):
        return OperatingPoint(None, str(rule), whose, "of nobody it is known whether it is there")
    point = rule.choose(rows.truth, rows.scores, whose)
    positive, negative = rows.patients_by_kind
    if point.threshold is None or min(positive, negative) >= FEW_PATIENTS:
        return point
    told = f"{positive} patients with it and {negative} without: little more than chance"
    note = "; ".join(part for part in (point.note, told) if part)
    return OperatingPoint(point.threshold, point.rule, point.chosen_on, note)


def _of_slices(point: OperatingPoint, how: Aggregation) -> OperatingPoint:
    """The threshold of slices that follows from their patient's, where one does.

    A vote reaches the patient's threshold exactly where so many slices reach it.
    """
    if isinstance(how, Max | Vote):
        note = "; ".join(part for part in (point.note, "the patient's, by its slices") if part)
        return OperatingPoint(point.threshold, point.rule, point.chosen_on, note)
    note = f"no slice has a truth of its own, and none follows from {how}"
    return OperatingPoint(None, point.rule, point.chosen_on, note)


def _aggregation(system: System, task: Task, text: str) -> Aggregation:
    if text not in (CHOSEN_VOTE, LEARNED):
        return parse_aggregation(text)
    label = task.labels[0]
    rows = only(system.outcomes, label)
    fit: Aggregation | None
    if text == CHOSEN_VOTE:
        fit = choose_votes(rows, label, judged=_stated(system, Level.PATIENT, label))
    else:
        fit = fit_learned(rows, label, judged=_stated(system, Level.STUDY, label))
    if fit is None:
        raise TrainError(
            f"--aggregate {text} is fitted on patients with and without {label}, and these are all "
            "of one kind: name one that needs no fitting, such as max"
        )
    return fit


def _stated(system: System, level: Level, label: str) -> Outcomes | None:
    """Studies or patients with the truth that was stated of them; None where none was."""
    if system.stated is None:
        return None
    return only(system.stated.of(aggregate(system.outcomes, Max(), level)), label)

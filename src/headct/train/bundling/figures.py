"""How good the answers are, on patients that neither trained the network nor chose how it answers.

Where there are no such patients left, as with folds, everything is chosen once more without a group
of them and tried on that group, group by group: what is measured then is the way of choosing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from headct.measure.calibration.estimates import calibration_scores
from headct.measure.calibration.proper import brier
from headct.measure.calibration.stored import Scaling
from headct.measure.curves.operating import STATED, OperatingPoint, at_threshold
from headct.measure.estimate import Estimate
from headct.measure.evaluate.label import areas, measured_points
from headct.measure.evaluate.measurement import FEW_PATIENTS
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import LabelRows, Scores
from headct.measure.reading.pair import System
from headct.tasks.task import LEVELS, Task
from headct.train.bundling.beside import weighed
from headct.train.bundling.choose import Choice, Place, at_level, choose, fits_of
from headct.train.bundling.scored import Scored

AREAS = ("auc", "average_precision")
SHARES = ("sensitivity", "specificity", "ppv", "npv")
CALIBRATION = ("brier", "observed_to_expected", "calibration_slope")


@dataclass(frozen=True, eq=False)
class Answered:
    """Rows of one label and level, with the answers that were given to them.

    Args:
        rows: truth and scores.
        calls: (rows,) 1 called present, 0 not, NaN where no threshold was found.
        probabilities: (rows,) NaN where none was given.
    """

    rows: LabelRows
    calls: Scores
    probabilities: Scores


@dataclass(frozen=True)
class Figure:
    """What is known of one label at one level.

    Args:
        rows: slices or patients of whom it is known; ``positives``: of these.
        positive_patients: with a positive row; ``negative_patients``: with a negative one.
        scores: by name, of ``AREAS``, ``SHARES`` and ``CALIBRATION``; none where patients are too
            few to claim anything.
        told: found, missed and false alarms in numbers, at the operating point.
        prevalence_brier: the Brier score of saying the share of positives of everybody.
    """

    label: str
    rows: int
    positives: int
    positive_patients: int
    negative_patients: int
    told: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, Estimate] = field(default_factory=dict)
    prevalence_brier: float | None = None

    @property
    def is_few(self) -> bool:
        """Too few patients of either kind to claim anything."""
        return min(self.positive_patients, self.negative_patients) < FEW_PATIENTS


def answered(choice: Choice, system: System, task: Task) -> dict[Place, Answered]:
    """The answers to patients that a choice was not made on."""
    system = weighed(system, choice.beside)
    found: dict[Place, Answered] = {}
    for level in LEVELS[LEVELS.index(task.level) :]:
        outcomes = at_level(system, choice.aggregation, level)
        for label in task.labels:
            rows, place = outcomes.of(label), (label, level)
            nothing = np.full(len(rows.scores), np.nan)
            point, scaling = choice.points[place], choice.scalings.get(place)
            found[place] = Answered(
                rows,
                nothing if point.threshold is None else point.calls(rows.scores).astype(float),
                nothing if scaling is None else scaling(rows.scores),
            )
    return found


def crossed(scored: Scored, task: Task, aggregation: str) -> dict[Place, Answered]:
    """The answers to each group of patients, by what the others choose.

    Raises:
        TrainError: the aggregation is to be fitted, and without a group all are of one kind.
    """
    fits = fits_of(scored.system, task)
    parts = []
    for group in scored.groups:
        others = scored.without(group)
        choice = choose(others, task, aggregation, scored.whose, fits=fits)
        parts.append(answered(choice, scored.within(group), task))
    return {place: _together([part[place] for part in parts]) for place in parts[0]}


def worth_having(
    scalings: Mapping[Place, Scaling], answers: Mapping[Place, Answered]
) -> dict[Place, Scaling]:
    """Calibrations that are better than saying the share of positives of everybody.

    Judged by the Brier score of patients that they were not fitted on.
    """
    kept = {}
    for place, scaling in scalings.items():
        given = answers[place]
        known = ~np.isnan(given.probabilities)
        truth, said = given.rows.truth[known], given.probabilities[known]
        if len(truth) and ((said - truth) ** 2).mean() < truth.mean() * (1 - truth.mean()):
            kept[place] = scaling
    return kept


def worth_deciding(
    points: Mapping[Place, OperatingPoint], answers: Mapping[Place, Answered], task: Task
) -> dict[Place, OperatingPoint]:
    """Operating points, without the thresholds that too few patients chose.

    Of them nothing is claimed, and an answer is a claim. One stated beforehand stays.
    """
    few = {
        label
        for (label, level), given in answers.items()
        if level == task.level and min(given.rows.patients_by_kind) < FEW_PATIENTS
    }
    return {
        place: replace(point, threshold=None)
        if place[0] in few and point.chosen_on != STATED
        else point
        for place, point in points.items()
    }


def measure_answers(answers: Mapping[Place, Answered], settings: Settings) -> dict[Place, Figure]:
    """Every figure with its interval; of few patients counts alone."""
    return {place: _figure(place[0], one, settings) for place, one in answers.items()}


def _together(parts: Sequence[Answered]) -> Answered:
    rows = [part.rows for part in parts]
    return Answered(
        LabelRows(
            truth=np.concatenate([one.truth for one in rows]),
            scores=np.concatenate([one.scores for one in rows]),
            patients=np.concatenate([one.patients for one in rows]),
            left_out=sum(one.left_out for one in rows),
        ),
        np.concatenate([part.calls for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
    )


def _figure(label: str, answers: Answered, settings: Settings) -> Figure:
    rows = answers.rows
    positive, negative = rows.patients_by_kind
    counts = (label, len(rows.truth), int(rows.truth.sum()), positive, negative)
    is_called = ~np.isnan(answers.calls)
    called, truth = answers.calls == 1, rows.truth
    told = {
        "found": int((called & truth).sum()),
        "missed": int((is_called & ~called & truth).sum()),
        "false_alarms": int((called & ~truth).sum()),
        "spared": int((is_called & ~called & ~truth).sum()),
        "undecided": int((~is_called).sum()),
    }
    if min(positive, negative) < FEW_PATIENTS:
        return Figure(*counts, told)
    found = areas(rows, settings)
    scores = {name: found[name] for name in AREAS}
    # Of calls there is one threshold, between 0 and 1, whatever thresholds they were made by.
    as_called = LabelRows(truth[is_called], answers.calls[is_called], rows.patients[is_called])
    for point in measured_points(as_called, (at_threshold(0.5),), settings):
        scores |= {name: point.scores[name] for name in SHARES}
    has_chance = ~np.isnan(answers.probabilities)
    if not has_chance.any():
        return Figure(*counts, told, scores)
    calibrated = calibration_scores(
        truth[has_chance],
        answers.probabilities[has_chance],
        rows.patients[has_chance],
        rng=np.random.default_rng(settings.seed),
        samples=settings.samples,
        level=settings.confidence,
    )
    scores |= {name: calibrated[name] for name in CALIBRATION}
    share = np.full(int(has_chance.sum()), truth[has_chance].mean())
    return Figure(*counts, told, scores, brier(truth[has_chance], share))

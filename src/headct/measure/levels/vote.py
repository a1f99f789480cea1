"""How many slices must agree: sensitivity and specificity over that number, and its choice."""

from dataclasses import dataclass

import numpy as np

from headct.measure.counts.effective import clustered_limits
from headct.measure.levels.aggregate import aggregate, only
from headct.measure.levels.choices import Max, Vote
from headct.measure.outcomes import UNKNOWN, Flags, Indices, LabelRows, Level, Outcomes, Scores
from headct.measure.resampling.sums import per_patient


@dataclass(frozen=True, eq=False)
class VoteCurve:
    """Sensitivity and specificity as more slices must agree: one falls, the other rises.

    Args:
        level: of what: ``Level.PATIENT`` or ``Level.STUDY``.
        threshold: a slice is positive where its score is at least this.
        slices: (points,) how many must agree, from 1 on without gaps.
        sensitivity: (points,), with the ends of its interval beside.
        specificity: (points,), likewise.
        positives: rows of ``level`` with the finding; ``negatives``: without.
    """

    level: Level
    threshold: float
    slices: Indices
    sensitivity: Scores
    sensitivity_low: Scores
    sensitivity_high: Scores
    specificity: Scores
    specificity_low: Scores
    specificity_high: Scores
    positives: int
    negatives: int


def vote_curve(
    outcomes: Outcomes,
    label: str,
    *,
    judged: Outcomes | None = None,
    threshold: float = 0.5,
    most: int | None = None,
    level: float = 0.95,
) -> VoteCurve | None:
    """Sensitivity and specificity over the number of slices that must agree.

    A patient is positive where a study is: see ``aggregate``.

    Args:
        outcomes: of slices.
        label: which.
        judged: patients or studies with their truth, as ``aggregate`` gives them, or with truth
            that was stated of them and not of slices; None judges patients by their slices.
        threshold: a slice is positive where its score is at least this; above 0.
        most: the largest number; None goes up to the first that nobody reaches, where all is
            called negative.
        level: how much each interval covers: exact where rows are patients; of studies as
            ``counts.effective.clustered_limits``.

    Returns:
        None without positives or without negatives.

    Raises:
        ValueError: rows are not slices, or those judged are; a threshold outside 0 to 1; ``most``
            below 1.
    """
    judged = judged or aggregate(only(outcomes, label), Max(), Level.PATIENT)
    rows, votes = _votes(outcomes, judged, label, threshold)
    if rows.truth.all() or not rows.truth.any():
        return None
    points = np.arange(1, (int(votes.max()) + 1 if most is None else most) + 1)
    if not len(points):
        raise ValueError(f"expected one slice or more, got {most}")
    called = votes[:, None] >= points
    ends = [
        _limits(right, rows.patients[of], level)
        for right, of in ((called[rows.truth], rows.truth), (~called[~rows.truth], ~rows.truth))
    ]
    return VoteCurve(
        level=judged.level,
        threshold=threshold,
        slices=points,
        sensitivity=called[rows.truth].mean(axis=0),
        sensitivity_low=ends[0][0],
        sensitivity_high=ends[0][1],
        specificity=(~called[~rows.truth]).mean(axis=0),
        specificity_low=ends[1][0],
        specificity_high=ends[1][1],
        positives=int(np.count_nonzero(rows.truth)),
        negatives=int(np.count_nonzero(~rows.truth)),
    )


def choose_votes(
    outcomes: Outcomes,
    label: str,
    *,
    judged: Outcomes | None = None,
    floor: float | None = None,
    threshold: float = 0.5,
) -> Vote | None:
    """How many slices must agree, chosen on validation to be used on other patients.

    Args:
        outcomes: of slices, of validation.
        label: which.
        judged: as in ``vote_curve``.
        floor: the sensitivity to keep: the largest number of slices that does is taken. None
            takes the highest sensitivity + specificity (Youden), of equals the fewest slices.
        threshold: a slice is positive where its score is at least this; above 0.

    Returns:
        None without positives or without negatives, or where one slice alone does not reach the
        floor: the threshold is too high for it.

    Raises:
        ValueError: as ``vote_curve``, or a floor outside 0 to 1.
    """
    if floor is not None and not 0 < floor <= 1:
        raise ValueError(f"expected a sensitivity above 0 up to 1, got {floor}")
    judged = judged or aggregate(only(outcomes, label), Max(), Level.PATIENT)
    rows, votes = _votes(outcomes, judged, label, threshold)
    positives, negatives = votes[rows.truth], votes[~rows.truth]
    if not len(positives) or not len(negatives):
        return None
    points = np.arange(1, int(votes.max()) + 2)
    found = np.count_nonzero(positives[:, None] >= points, axis=0)
    if floor is None:
        alarms = np.count_nonzero(negatives[:, None] >= points, axis=0)
        # In whole numbers, so that equals are equal.
        best = int(np.argmax(found * len(negatives) - alarms * len(positives)))
        return Vote(int(points[best]), threshold)
    enough = np.flatnonzero(found / len(positives) >= floor)
    return Vote(int(points[enough[-1]]), threshold) if len(enough) else None


def _votes(
    outcomes: Outcomes, judged: Outcomes, label: str, threshold: float
) -> tuple[LabelRows, Indices]:
    """Those judged whose truth is known and any of whose slices has a score, and their votes.

    The votes of a patient are those of the study with the most.
    """
    if outcomes.level is not Level.SLICE or judged.level is Level.SLICE:
        raise ValueError("expected slices that vote, and studies or patients that are judged")
    if not 0 < threshold <= 1:
        raise ValueError(f"expected a threshold above 0 up to 1, got {threshold}")
    scores = outcomes.scores[:, outcomes.labels.index(label)]
    _, firsts, study = np.unique(outcomes.studies, return_index=True, return_inverse=True)
    by_study = np.bincount(study, weights=scores >= threshold).astype(np.int64)
    scored = np.bincount(study, weights=~np.isnan(scores)) > 0
    theirs, ids = (
        (outcomes.studies[firsts], judged.studies)
        if judged.level is Level.STUDY
        else (outcomes.patients[firsts], judged.patients)
    )
    known, group = np.unique(theirs, return_inverse=True)
    most, any_scored = np.zeros(len(known), np.int64), np.zeros(len(known), np.bool_)
    np.maximum.at(most, group, by_study)
    any_scored[group[scored]] = True
    place = np.searchsorted(known, ids)
    if not np.array_equal(known.take(place, mode="clip"), ids):
        raise ValueError("a study or patient that is judged has no slices")
    truth = judged.truth[:, judged.labels.index(label)]
    kept = (truth != UNKNOWN) & any_scored[place]
    rows = LabelRows(
        truth=truth[kept] == 1,
        scores=most[place[kept]].astype(np.float64),
        patients=judged.patients[kept],
        left_out=int(np.count_nonzero(~kept)),
    )
    return rows, most[place[kept]]


def _limits(right: Flags, patients: Indices, level: float) -> tuple[Scores, Scores]:
    """Ends of the intervals of the shares of (rows, points) calls that are right."""
    return clustered_limits(
        per_patient(right, patients), per_patient(np.ones((len(right), 1)), patients), level
    )

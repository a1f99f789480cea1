"""A logistic model of a study's highest slice scores, fitted on patients that are not measured."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from headct.measure.levels.aggregate import aggregate, only
from headct.measure.levels.choices import Learned, Vote
from headct.measure.outcomes import UNKNOWN, Level, Outcomes, Scores

RANKS = (1, 2, 4, 8)
"""The highest slice, and ranks that double: on a scan of 30 slices, from one slice to a quarter of
the head. Assumed: more ranks say little that their neighbours do not, and want more patients."""

PENALTY = 1.0
"""On half the sum of squared weights, as scikit-learn's LogisticRegression with its C of 1: without
one, scores that separate the studies would have weights without end."""

_TOLERANCE = 1e-10


def fit_learned(
    outcomes: Outcomes,
    label: str,
    *,
    judged: Outcomes | None = None,
    ranks: tuple[int, ...] = RANKS,
    penalty: float = PENALTY,
) -> Learned | None:
    """The model of studies that fits best, by one label.

    Weights are 0 or more, so that a study's score rises with each slice's.

    Args:
        outcomes: of slices, of patients who trained or validated the network, never of those who
            are measured.
        label: which.
        judged: the studies with their truth, where it was stated of them and not of slices.
        ranks: of the highest slice scores that it may use.
        penalty: above 0, on the weights, not on the intercept.

    Returns:
        None without positive studies or without negative ones.

    Raises:
        ValueError: rows are not slices, those judged are not studies, or a penalty that is not
            above 0.

    Source:
        The penalty: le Cessie and van Houwelingen, Appl Stat 1992;41:191-201.
    """
    if outcomes.level is not Level.SLICE or (judged and judged.level is not Level.STUDY):
        raise ValueError("expected outcomes of slices, and those judged of studies")
    if not penalty > 0:
        raise ValueError(f"expected a penalty above 0, got {penalty}")
    one = only(outcomes, label)
    # The score of a vote of so many slices is that of the slice of this rank.
    by_rank = [aggregate(one, Vote(rank), Level.STUDY) for rank in ranks]
    told = by_rank[0] if judged is None else only(judged, label)
    place = np.searchsorted(by_rank[0].studies, told.studies)
    if not np.array_equal(by_rank[0].studies.take(place, mode="clip"), told.studies):
        raise ValueError("a study that is judged has no slices")
    scores = np.concatenate([study.scores[place] for study in by_rank], axis=1)
    is_known = (told.truth[:, 0] != UNKNOWN) & ~np.isnan(scores[:, 0])
    truth, scores = told.truth[is_known, 0] == 1, scores[is_known]
    if truth.all() or not truth.any():
        return None
    best = minimize(
        _loss,
        np.zeros(1 + len(ranks)),
        args=(scores, np.where(truth, 1.0, -1.0), penalty),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *[(0, None)] * len(ranks)],
        options={"ftol": _TOLERANCE**2, "gtol": _TOLERANCE, "maxiter": 10_000, "maxfun": 100_000},
    ).x
    return Learned(float(best[0]), ranks, tuple(float(weight) for weight in best[1:]))


def _loss(at: Scores, scores: Scores, signs: Scores, penalty: float) -> tuple[float, Scores]:
    """Cross-entropy with the penalty, and how it changes with intercept and weights."""
    intercept, weights = at[0], at[1:]
    odds = signs * (intercept + scores @ weights)
    pulls = -signs * expit(-odds)
    value = np.logaddexp(0, -odds).sum() + penalty / 2 * (weights @ weights)
    return float(value), np.concatenate([[pulls.sum()], pulls @ scores + penalty * weights])

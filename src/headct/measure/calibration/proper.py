"""Proper scores: those that nothing but the true probability makes best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.calibration.probabilities import checked_probabilities, inside
from headct.measure.outcomes import Indices, Scores


def squared_errors(truth: ArrayLike, probabilities: ArrayLike) -> Scores:
    """(rows,) what each row adds to the Brier score, from 0 to 1.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.
    """
    flags, values = checked_probabilities(truth, probabilities)
    return np.asarray((values - flags) ** 2, dtype=np.float64)


def log_losses(truth: ArrayLike, probabilities: ArrayLike) -> Scores:
    """(rows,) what each row adds to the cross-entropy: -ln of the probability of what came true.

    A probability of 0 or 1 is taken as ``probabilities.TINY`` from it.

    Raises:
        ValueError: as ``squared_errors``.
    """
    flags, values = checked_probabilities(truth, probabilities)
    kept = inside(values)
    return np.asarray(np.where(flags, -np.log(kept), -np.log1p(-kept)), dtype=np.float64)


def brier(truth: ArrayLike, probabilities: ArrayLike) -> float | None:
    """The mean squared distance of probabilities from what came true; 0 is best.

    Saying the prevalence p of everybody gives p(1 - p), so the score of a rare finding is always
    low: see ``BrierParts.skill``. None without rows.

    Raises:
        ValueError: as ``squared_errors``.

    Source:
        Brier, Mon Weather Rev 1950;78:1-3, for two outcomes counted once.
    """
    errors = squared_errors(truth, probabilities)
    return float(errors.mean()) if len(errors) else None


def binary_cross_entropy(truth: ArrayLike, probabilities: ArrayLike) -> float | None:
    """The mean of -ln of the probability given to what came true, in nats; 0 is best.

    None without rows.

    Raises:
        ValueError: as ``squared_errors``.

    Source:
        Good, J R Stat Soc B 1952;14:107-114.
    """
    losses = log_losses(truth, probabilities)
    return float(losses.mean()) if len(losses) else None


@dataclass(frozen=True)
class BrierParts:
    """What a Brier score is made of.

    Args:
        reliability: squared distance of what was said from what then came true, over groups of
            rows of like probability; 0 where calibrated.
        resolution: how far those groups lie from the prevalence; more is better.
        uncertainty: prevalence times its rest: the score of saying the prevalence of everybody.
        within: what comes of probabilities that differ within a group; 0 where none do.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @property
    def brier(self) -> float:
        """Their sum, which is the Brier score exactly."""
        return self.reliability - self.resolution + self.uncertainty + self.within

    @property
    def skill(self) -> float | None:
        """1 for certainty, 0 as good as the prevalence; None where all rows are alike."""
        return 1 - self.brier / self.uncertainty if self.uncertainty else None


def brier_parts(
    truth: ArrayLike, probabilities: ArrayLike, groups: Indices | None = None
) -> BrierParts | None:
    """The Brier score taken apart.

    Args:
        truth: (rows,) bool.
        probabilities: (rows,) from 0 to 1.
        groups: (rows,) which rows are of like probability, such as ``curve.bin_of``; None takes
            rows of one same probability together, as Murphy did: where each row has its own,
            reliability and resolution then say nothing.

    Returns:
        None without rows.

    Raises:
        ValueError: as ``squared_errors``, or groups that do not fit.

    Source:
        Murphy, J Appl Meteorol 1973;12:595-600; within groups: Stephenson, Coelho and Jolliffe,
        Weather Forecast 2008;23:752-757.
    """
    flags, values = checked_probabilities(truth, probabilities)
    of = values if groups is None else groups
    if of.shape != values.shape:
        raise ValueError(f"expected a group for each of {len(values)} rows, got {of.shape}")
    if not len(values):
        return None
    _, index, count = np.unique(of, return_inverse=True, return_counts=True)
    said = np.bincount(index, weights=values) / count
    seen = np.bincount(index, weights=flags) / count
    prevalence, rows = float(flags.mean()), len(flags)
    apart = values - said[index]
    return BrierParts(
        reliability=float(count @ (said - seen) ** 2) / rows,
        resolution=float(count @ (seen - prevalence) ** 2) / rows,
        uncertainty=prevalence * (1 - prevalence),
        within=float(np.mean(apart**2 - 2 * apart * (flags - seen[index]))),
    )

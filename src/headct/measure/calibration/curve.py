"""What came true beside what was said: the calibration curve, and its distance from the diagonal.

It says whether 0.3 means three of ten. It says nothing of how well ill and well are told apart.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.calibration.probabilities import checked_probabilities
from headct.measure.counts.effective import clustered_limits
from headct.measure.outcomes import Indices, Scores
from headct.measure.resampling.draws import numbered

Binning = Literal["equal", "quantile"]

BINS = 10
"""As in Naeini, Cooper and Hauskrecht, AAAI 2015:2901-2907, and as most reports print."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Groups of rows by what was said of them, those without rows left out.

    Args:
        mean_predicted: (groups,) mean probability, rising.
        observed: (groups,) share of positives.
        low: (groups,) lower end of the interval of ``observed``; ``high``: the upper.
        count: (groups,) rows.
        patients: (groups,) whose rows these are.
    """

    mean_predicted: Scores
    observed: Scores
    low: Scores
    high: Scores
    count: Indices
    patients: Indices

    @property
    def expected_error(self) -> float:
        """Mean distance of the groups from the diagonal, weighted by their rows (ECE).

        Chance alone makes it more than 0, the more the fewer rows there are: see
        ``estimates.calibration_scores``.
        """
        return float(self.count @ abs(self.observed - self.mean_predicted) / self.count.sum())

    @property
    def largest_error(self) -> float:
        """Distance of the group that lies furthest from the diagonal (MCE)."""
        return float(abs(self.observed - self.mean_predicted).max())


def reliability(
    truth: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    *,
    bins: int = BINS,
    binning: Binning = "equal",
    level: float = 0.95,
) -> Reliability | None:
    """The calibration curve with intervals by patient.

    Equal steps of probability are the default: where a finding is rare nine of ten groups of
    equal size lie near 0, and the tenth holds everything that is called.

    Args:
        truth: (rows,) bool.
        probabilities: (rows,) from 0 to 1.
        patients: (rows,) whose each row is; None where every row is another's.
        bins: at most so many groups.
        binning: "equal" steps of probability, or "quantile" for groups of about equal size.
        level: how much each interval covers; see ``counts.effective.clustered_limits``.

    Returns:
        None without rows.

    Raises:
        ValueError: lengths differ, truth that is not known, a probability outside 0 to 1, fewer
            than one bin.

    Source:
        DeGroot and Fienberg, The Statistician 1983;32:12-22.
    """
    flags, values = checked_probabilities(truth, probabilities)
    whose, people = numbered(patients, len(values))
    if not len(values):
        return None
    index = bin_of(values, bins, binning)
    count = np.bincount(index, minlength=bins)
    is_there = count > 0
    cell, cells = whose * bins + index, people * bins
    rows, found = (
        np.bincount(cell, weights=weights, minlength=cells).reshape(people, bins)[:, is_there]
        for weights in (None, flags)
    )
    low, high = clustered_limits(found, rows, level)
    return Reliability(
        mean_predicted=np.bincount(index, weights=values, minlength=bins)[is_there]
        / count[is_there],
        observed=found.sum(axis=0) / count[is_there],
        low=low,
        high=high,
        count=count[is_there].astype(np.int64),
        patients=np.count_nonzero(rows, axis=0).astype(np.int64),
    )


def bin_of(probabilities: Scores, bins: int = BINS, binning: Binning = "equal") -> Indices:
    """(rows,) which group a probability is in; one on an edge is in the group below it.

    Raises:
        ValueError: fewer than one bin, or binning of another name.
    """
    if bins < 1 or binning not in {"equal", "quantile"}:
        raise ValueError(f"expected bins, equal or quantile, got {bins} {binning!r}")
    if binning == "equal" or not len(probabilities):
        edges = np.linspace(0, 1, bins + 1)
    else:
        edges = np.percentile(probabilities, np.linspace(0, 1, bins + 1) * 100)
    return np.asarray(np.searchsorted(edges[1:-1], probabilities), dtype=np.int64)

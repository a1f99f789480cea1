"""The interval of an AUC whose rows belong together by patient, and the test of two: closed form.

What DeLong's method is for rows that are patients, this is for slices: each patient pulls the area
with all its rows together, positive and negative. Where every patient has one row, it is DeLong's.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit
from scipy.stats import norm, rankdata

from headct.measure.estimate import Comparison, Estimate
from headct.measure.resampling.draws import numbered
from headct.measure.resampling.rows import checked
from headct.measure.resampling.sums import effective_patients

Numbers = NDArray[np.float64]
Scale = Literal["logit", "plain"]

METHOD = "Obuchowski"

# Below this a standard error is the rounding of zero: no patient pulls.
_NO_ERROR = 1e-12


def obuchowski(
    truth: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    level: float = 0.95,
    scale: Scale = "logit",
) -> Estimate:
    """The area under the ROC curve with its interval, rows of a patient belonging together.

    Patients are independent, and many enough for a standard error by large-sample theory. The
    "logit" interval stays within 0 and 1, and its quantile is that of t for as many patients as
    those with the scarcer rows are worth; it covers better (docs/concepts/intervals.md). The
    "plain" one, as published, is the area and on each side the normal quantile times the error,
    cut at 0 and 1. There is none with fewer than two patients with positive rows, or with negative
    ones; nor where no patient pulls, as where positives and negatives are fully apart.

    Args:
        truth: (rows,) bool.
        scores: (rows,) finite.
        patients: (rows,) whose each row is; None where every row is another's.
        level: how much the interval covers.
        scale: of the interval.

    Raises:
        ValueError: lengths differ, a score that is not finite, or a level outside 0 to 1.

    Source:
        Obuchowski, Nonparametric analysis of clustered ROC curve data, Biometrics
        1997;53:567-578. Logit: Pepe, The Statistical Evaluation of Medical Tests for
        Classification and Prediction, 2003, chapter 5.
    """
    return _pulls(truth, scores, patients).estimate(level, scale)


def obuchowski_test(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    patients: ArrayLike | None,
    *,
    level: float = 0.95,
) -> Comparison:
    """Whether two models differ in the area on the same rows, which belong together by patient.

    Two models that order the rows alike differ by 0, with z = 0 and p = 1. Where the standard
    error is 0 and the difference is not, there is no test.

    Args:
        truth: (rows,) bool.
        first: (rows,) finite, scores of one model.
        second: (rows,) likewise of the other.
        patients: (rows,) whose each row is; None where every row is another's.
        level: how much the intervals cover.

    Raises:
        ValueError: as ``obuchowski``.

    Source:
        Obuchowski, Biometrics 1997;53:567-578.
    """
    one, other = _pulls(truth, first, patients), _pulls(truth, second, patients)
    apart = _Pulls(
        area=None if one.area is None or other.area is None else one.area - other.area,
        pulls=one.pulls - other.pulls,
        rows=one.rows,
    )
    error, z = apart.error, None
    if apart.area == 0 and error is not None:
        z = 0.0
    elif apart.area is not None and error:
        z = apart.area / error
    return Comparison(
        first=one.estimate(level, "logit"),
        second=other.estimate(level, "logit"),
        difference=apart.estimate(level, "plain", lowest=-1.0),
        z=z,
        p=None if z is None else float(2 * norm.sf(abs(z))),
    )


@dataclass(frozen=True, eq=False)
class _Pulls:
    """How far each patient pulls the area, by its positive and by its negative rows.

    Args:
        area: None without positives or without negatives.
        pulls: (2, patients) by positive and by negative rows, in parts of the area; each sums to 0.
        rows: (2, patients) how many rows of each kind they have.
    """

    area: float | None
    pulls: Numbers
    rows: Numbers

    @property
    def error(self) -> float | None:
        """Standard error of the area; None with fewer than two patients of either kind."""
        with_rows = np.count_nonzero(self.rows, axis=1)
        if with_rows.min() < 2:
            return None
        everyone = self.rows.shape[1]
        alone = with_rows / (with_rows - 1) * np.square(self.pulls).sum(axis=1)
        together = everyone / (everyone - 1) * float(self.pulls[0] @ self.pulls[1])
        # The parts have divisors of their own: with few patients their sum may fall below 0.
        return float(np.sqrt(max(float(alone.sum()) + 2 * together, 0.0)))

    def estimate(self, level: float, scale: Scale, lowest: float = 0.0) -> Estimate:
        if not 0 < level < 1:
            raise ValueError(f"expected a level between 0 and 1, got {level}")
        if self.area is None:
            return Estimate(None, note="no area without positives and negatives")
        error = self.error
        if error is None:
            return Estimate(
                self.area, note="no interval with one patient with positives, or with negatives"
            )
        if error < _NO_ERROR:
            return Estimate(self.area, note="no interval: no patient pulls, so no error is seen")
        if scale == "plain" or not 0 < self.area < 1:
            reach = float(norm.ppf(0.5 + level / 2)) * error
            low, high = max(self.area - reach, lowest), min(self.area + reach, 1.0)
            return Estimate(self.area, low, high, METHOD)
        free = min(effective_patients(kind) for kind in self.rows) - 1
        reach = float(stdtrit(max(free, 1.0), 0.5 + level / 2)) * error
        middle, reach = float(logit(self.area)), reach / (self.area * (1 - self.area))
        low, high = float(expit(middle - reach)), float(expit(middle + reach))
        return Estimate(self.area, low, high, f"{METHOD}, logit")


def _pulls(truth: ArrayLike, scores: ArrayLike, patients: ArrayLike | None) -> _Pulls:
    flags, values = checked(truth, scores)
    whose, count = numbered(patients, len(flags))
    positives = int(np.count_nonzero(flags))
    pairs = positives * (len(flags) - positives)
    ranks = rankdata(values)
    # Of each positive the negatives below it, and of each negative the positives above it, ties
    # being halves: a rank among all less the rank among one's own kind.
    below = ranks[flags] - rankdata(values[flags])
    above = positives - (ranks[~flags] - rankdata(values[~flags]))
    kinds = ((below, whose[flags]), (above, whose[~flags]))
    rows = [np.bincount(of, minlength=count) for _, of in kinds]
    pulls = [
        np.bincount(of, weights=wins - wins.sum() / max(len(wins), 1), minlength=count)
        for wins, of in kinds
    ]
    return _Pulls(
        area=float(below.sum() / pairs) if pairs else None,
        pulls=np.stack(pulls) / max(pairs, 1),
        rows=np.stack(rows).astype(np.float64),
    )

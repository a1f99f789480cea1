"""Readers with an aid and without it, on the same cases: does the area under the curve change."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit
from scipy.stats import rankdata

from headct.measure.estimate import Estimate
from headct.measure.outcomes import Flags, Indices, Scores
from headct.measure.resampling.draws import numbered

Numbers = NDArray[np.float64]
Kind = Literal["random", "fixed"]

METHOD = "Obuchowski-Rockette, {kind} readers"


@dataclass(frozen=True, eq=False)
class MultiReader:
    """What an aid does to readers.

    Args:
        without: mean area over readers without the aid, from those readings alone.
        aided: likewise with it.
        difference: aided less without.
        statistic: t of the difference (z for fixed readers); None where there is no test.
        freedom: its degrees of freedom; infinite for fixed readers; None likewise.
        p: two-sided; None likewise.
        areas: (2, readers) of each reader, without and with it.
        cases: rows used; ``left_out``: rows that a reader did not score both times.
    """

    without: Estimate
    aided: Estimate
    difference: Estimate
    statistic: float | None
    freedom: float | None
    p: float | None
    areas: Numbers
    cases: int = 0
    left_out: int = 0


def multireader(
    truth: ArrayLike,
    without: ArrayLike,
    aided: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    readers: Kind = "random",
    level: float = 0.95,
) -> MultiReader:
    """Compare areas under the ROC curve of readers who scored every case without and with an aid.

    Every reader scores every case both times. Random readers stand for all who might have read,
    fixed ones for themselves alone; cases are random in both. The covariances of areas are those
    of DeLong, or, where a patient has several rows, of Obuchowski (1997).

    Args:
        truth: (cases,) bool.
        without: (cases, readers) scores, NaN or None where missing: such a case is left out.
        aided: (cases, readers) likewise, the same readers in the same order.
        patients: (cases,) whose each row is; None where every row is another's.
        readers: what the readers stand for.
        level: how much each interval covers.

    Raises:
        ValueError: tables that do not fit, or a score that is infinite.

    Source:
        Obuchowski and Rockette, Commun Stat Simul Comput 1995;24:285-308; degrees of freedom:
        Hillis, Stat Med 2007;26:596-619. Both as in R's MRMCaov.
    """
    flags = np.asarray(truth, dtype=np.bool_)
    tables = [np.asarray(table, dtype=np.float64) for table in (without, aided)]
    shapes = [table.shape for table in tables]
    if tables[0].ndim != 2 or shapes[0] != shapes[1] or flags.shape != shapes[0][:1]:
        raise ValueError(f"expected (cases, readers) twice for each truth, got {shapes}")
    scores = np.concatenate(tables, axis=1)
    if np.isinf(scores).any():
        raise ValueError("a score is finite, or NaN where there is none")
    whole = ~np.isnan(scores).any(axis=1)
    whose, _ = numbered(patients, len(flags))
    areas, covariances = reader_covariances(flags[whole], scores[whole], whose[whole])
    cases, left_out = int(whole.sum()), int(np.count_nonzero(~whole))
    if areas is None:
        none = Estimate(None, note="no area without positives and negatives, and a reader")
        nothing = np.full((2, shapes[0][1]), np.nan)
        return MultiReader(none, none, none, None, None, None, nothing, cases, left_out)
    found = obuchowski_rockette(areas.reshape(2, -1), covariances, readers=readers, level=level)
    return replace(found, cases=cases, left_out=left_out)


def obuchowski_rockette(
    areas: ArrayLike,
    covariances: ArrayLike | None,
    *,
    readers: Kind = "random",
    level: float = 0.95,
) -> MultiReader:
    """The comparison from areas and their covariances alone, however these were estimated.

    Args:
        areas: (2, readers) without and with an aid.
        covariances: (2 readers, 2 readers) of the areas in that order, those without first; None
            where they are not known: there is then no interval.
        readers: what the readers stand for.
        level: how much each interval covers.

    Raises:
        ValueError: shapes that do not fit, a level outside 0 to 1, or another kind of readers.
    """
    found = np.asarray(areas, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != 2 or found.shape[1] < 1:
        raise ValueError(f"expected areas of (2, readers), got {found.shape}")
    if not 0 < level < 1 or readers not in ("random", "fixed"):
        raise ValueError(f"expected a level of 0 to 1, random or fixed, got {level}, {readers!r}")
    means = found.mean(axis=1)
    values = (float(means[0]), float(means[1]), float(means[1] - means[0]))
    why = _no_interval(found, covariances, readers)
    if why or covariances is None:
        without, aided, difference = (Estimate(value, note=why) for value in values)
        return MultiReader(without, aided, difference, None, None, None, found)
    parts = _Parts.of(np.asarray(covariances, dtype=np.float64), found.shape[1])
    errors = _random(found, parts) if readers == "random" else _fixed(found, parts)
    method = METHOD.format(kind=readers)
    without, aided, difference = (
        _estimate(value, error, level, method, lowest)
        for value, error, lowest in zip(values, errors, (0.0, 0.0, -1.0), strict=True)
    )
    variance, freedom = errors[2]
    if variance <= 0:
        z, p = (0.0, 1.0) if values[2] == 0 else (None, None)
        return MultiReader(without, aided, difference, z, None, p, found)
    statistic = values[2] / variance**0.5
    tail = ndtr(-abs(statistic)) if np.isinf(freedom) else stdtr(freedom, -abs(statistic))
    p = float(2 * tail)
    return MultiReader(without, aided, difference, statistic, freedom, p, found)


def reader_covariances(
    truth: Flags, scores: Scores, patients: Indices
) -> tuple[Numbers | None, Numbers | None]:
    """Areas of every column of scores, and their covariances over patients.

    Args:
        truth: (cases,) bool.
        scores: (cases, columns) finite.
        patients: (cases,) whose each is.

    Returns:
        (columns,) areas, None without positives, negatives or columns; and (columns, columns)
        covariances, None with fewer than two patients with a positive, or with a negative case.
    """
    positives, negatives = int(truth.sum()), int(np.count_nonzero(~truth))
    if not positives or not negatives or not scores.shape[1]:
        return None, None
    ranks = rankdata(scores, axis=0)
    # Of each positive the share of negatives below it, and of each negative of positives above.
    below = (ranks[truth] - rankdata(scores[truth], axis=0)) / negatives
    above = 1 - (ranks[~truth] - rankdata(scores[~truth], axis=0)) / positives
    index, among = numbered(patients, len(truth))
    ill, well = index[truth], index[~truth]
    with_ill, with_well = np.unique(ill), np.unique(well)
    if min(len(with_ill), len(with_well)) < 2:
        return below.mean(axis=0), None
    by_ill = _summed((below - below.mean(axis=0)) / positives, ill, among)
    by_well = _summed((above - above.mean(axis=0)) / negatives, well, among)
    covariances = _scaled(len(with_ill)) * by_ill.T @ by_ill
    covariances += _scaled(len(with_well)) * by_well.T @ by_well
    together = by_ill.T @ by_well
    covariances += _scaled(len(np.union1d(with_ill, with_well))) * (together + together.T)
    return below.mean(axis=0), covariances


def _scaled(patients: int) -> float:
    return patients / (patients - 1)


def _summed(pulls: Numbers, whose: Indices, among: int) -> Numbers:
    """(patients, columns) the pulls of each patient's cases."""
    sums = np.zeros((among, pulls.shape[1]))
    np.add.at(sums, whose, pulls)
    return sums


@dataclass(frozen=True)
class _Parts:
    """Means of the covariances by what two areas share.

    Args:
        variances: of an area, without and with the aid.
        readers: of two readers, both without and both with it: Cov2 of each.
        same_reader: of one reader without and with it: Cov1.
        neither: of two readers, one without and one with it: Cov3.
    """

    variances: tuple[float, float]
    readers: tuple[float, float]
    same_reader: float
    neither: float

    @classmethod
    def of(cls, covariances: Numbers, readers: int) -> "_Parts":
        blocks = covariances.reshape(2, readers, 2, readers)
        others = ~np.eye(readers, dtype=np.bool_)
        own, between = [blocks[i, :, i] for i in (0, 1)], blocks[0, :, 1]

        def mean(block: Numbers) -> float:
            return float(block[others].mean()) if readers > 1 else 0.0

        return cls(
            variances=(float(np.diag(own[0]).mean()), float(np.diag(own[1]).mean())),
            readers=(mean(own[0]), mean(own[1])),
            same_reader=float(np.diag(between).mean()),
            neither=mean(between),
        )

    @property
    def shared(self) -> float:
        """What two readers share more within one way of reading than across: Cov2 less Cov3."""
        return max(sum(self.readers) / 2 - self.neither, 0.0)


Errors = list[tuple[float, float]]
"""Variance and degrees of freedom of the mean without, the mean with the aid, the difference."""


def _random(areas: Numbers, parts: _Parts) -> Errors:
    readers = areas.shape[1]
    means = areas.mean(axis=1)
    rest = areas - means[:, None] - areas.mean(axis=0) + means.mean()
    interaction = float(np.square(rest).sum() / (readers - 1))
    found = [
        (float(areas[i].var(ddof=1)), readers * max(parts.readers[i], 0.0), 1.0) for i in (0, 1)
    ]
    found.append((interaction, readers * parts.shared, 2.0))
    return [
        (
            times * (square + case) / readers,
            (square + case) ** 2 * (readers - 1) / square**2 if square > 0 else np.inf,
        )
        for square, case, times in found
    ]


def _fixed(areas: Numbers, parts: _Parts) -> Errors:
    readers = areas.shape[1]
    found = [
        (parts.variances[i] + (readers - 1) * max(parts.readers[i], 0.0)) / readers for i in (0, 1)
    ]
    own = sum(parts.variances) / 2 - parts.same_reader
    found.append(2 * (own + (readers - 1) * parts.shared) / readers)
    return [(variance, np.inf) for variance in found]


def _no_interval(areas: Numbers, covariances: ArrayLike | None, readers: Kind) -> str:
    if covariances is None:
        return "no interval with one patient with positives, or with negatives"
    count = 2 * areas.shape[1]
    if np.shape(covariances) != (count, count):
        raise ValueError(f"expected covariances of {count} areas, got {np.shape(covariances)}")
    if readers == "random" and areas.shape[1] < 2:
        return "no interval for other readers: one reader alone"
    return ""


def _estimate(
    value: float, error: tuple[float, float], level: float, method: str, lowest: float
) -> Estimate:
    variance, freedom = error
    if variance <= 0:
        return Estimate(value, note="no interval: nothing varies")
    upper = 0.5 + level / 2
    quantile = ndtri(upper) if np.isinf(freedom) else stdtrit(freedom, upper)
    reach = float(quantile * variance**0.5)
    return Estimate(value, max(value - reach, lowest), min(value + reach, 1.0), method)

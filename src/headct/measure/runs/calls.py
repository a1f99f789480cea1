"""Whether two models call the same cases rightly as often: McNemar's test, by patient too."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from headct.measure.estimate import Estimate
from headct.measure.runs.flips import flip_p
from headct.measure.runs.paired import PairedTest


def mcnemar(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> PairedTest:
    """Compare how often two models are right on the same rows: the difference in accuracy.

    With the positive rows alone it compares sensitivity, with the negative ones specificity. Where
    each row is another patient's, p is that of McNemar's exact test. Where patients have several
    rows, which are not independent, the two models are exchanged for whole patients at once: p is
    the exact share of all such exchanges that part the models as far, and with one row a patient
    it is McNemar's.

    Args:
        truth: (rows,) bool.
        first: (rows,) bool, what one model calls positive.
        second: (rows,) bool, likewise of the other.
        patients: (rows,) whose each row is; None where every row is another's.
        level: how much the interval of the difference covers.

    Returns:
        Its statistic is by how many rows more the first is right.

    Raises:
        ValueError: lengths differ.

    Source:
        McNemar, Psychometrika 1947;12:153-157. Interval of independent rows: Bonett and Price,
        J Educ Behav Stat 2012;37:479-488, as Fagerland, Lydersen and Laake recommend, Stat Med
        2014;33:2850-2875; of several rows a patient: a ratio of sums over patients, linearized,
        as in Obuchowski, Stat Med 1998;17:1495-1507, with t in place of the normal distribution.
    """
    true, one, other = (np.asarray(column, dtype=np.bool_) for column in (truth, first, second))
    whose = np.arange(len(true)) if patients is None else np.asarray(patients)
    if len({len(true), len(one), len(other), len(whose)}) > 1:
        lengths = [len(true), len(one), len(other), len(whose)]
        raise ValueError(f"expected truth, two calls and patients of one length, got {lengths}")
    pulls = (one == true).astype(np.int64) - (other == true).astype(np.int64)
    groups, index = np.unique(whose, return_inverse=True)
    name = "McNemar, exact" if len(groups) == len(whose) else "McNemar by patient, exact"
    if not len(pulls):
        return PairedTest(name, Estimate(None, note="no rows"), None, None, 0)
    if len(groups) == len(whose):
        sums, told = pulls, _independent(pulls, level)
    else:
        sums = np.rint(np.bincount(index, weights=pulls)).astype(np.int64)
        told = _by_patient(sums, np.bincount(index), level)
    alone = f"the first alone is right in {np.sum(pulls > 0)} of {len(pulls)} rows, "
    note = alone + f"the second alone in {np.sum(pulls < 0)}"
    return PairedTest(name, told, float(pulls.sum()), flip_p(sums), len(groups), note)


def _independent(pulls: NDArray[np.int64], level: float) -> Estimate:
    rows = len(pulls)
    # One row more of each kind of disagreement keeps the interval honest where there are few.
    up, down = ((np.sum(pulls == sign) + 1) / (rows + 2) for sign in (1, -1))
    reach = float(ndtri(0.5 + level / 2)) * np.sqrt((up + down - (up - down) ** 2) / (rows + 2))
    low, high = max(up - down - reach, -1.0), min(up - down + reach, 1.0)
    return Estimate(float(pulls.mean()), float(low), float(high), "Bonett-Price")


def _by_patient(sums: NDArray[np.int64], rows: NDArray[np.int64], level: float) -> Estimate:
    patients = len(sums)
    value = float(sums.sum() / rows.sum())
    if patients == 1:
        return Estimate(value, note="one patient: no interval")
    pulls = sums - value * rows
    error = np.sqrt(patients / (patients - 1) * np.square(pulls).sum()) / rows.sum()
    if error == 0:
        return Estimate(value, note="patients do not differ: no interval")
    reach = float(stdtrit(patients - 1, 0.5 + level / 2) * error)
    low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    return Estimate(value, low, high, f"linearized by patient, {patients} patients")

"""Bias and limits of agreement of volumes, after Bland and Altman.

Three forms: the difference in mL; the ratio, for errors that grow with the volume; and the
difference as a percentage of the mean of both. Predicted less (or over) true throughout.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri, stdtr, stdtrit
from scipy.stats import nct

from headct.measure.estimate import Estimate
from headct.measure.outcomes import Flags, Indices, Scores
from headct.measure.volume.pairs import VolumePairs

Form = Literal["absolute", "log", "percent"]
Limits = Literal["exact", "approximate"]
Numbers = NDArray[np.float64]

UNITS: dict[Form, str] = {"absolute": "mL", "log": "ratio", "percent": "%"}

_NO_SPREAD = "every difference is the same: no interval"


@dataclass(frozen=True, eq=False)
class BlandAltman:
    """How far two volumes of the same scan lie apart.

    Args:
        form: what a difference is; its unit is ``UNITS[form]``.
        bias: mean difference; for "log" the geometric mean of predicted over true.
        lower: limit that 2.5 % of differences lie below; ``upper``: likewise above.
        slope: by how much the difference grows with the mean of both, per mL; for "log", of the
            logarithms, per unit of logarithm. A slope of 0 is a bias that is the same throughout.
        slope_p: two-sided p that it is 0; None where there is no test.
        deviation: standard deviation of differences; of logarithms for "log". None with one row.
        averages: (rows,) mean of both volumes in mL, geometric for "log": the plot's x.
        differences: (rows,) in the unit of the bias: the plot's y.
        patients: how many there are among these rows.
        left_out: rows that this form cannot use, or that lack a volume.
        note: why they were left out, and what else a reader must know.
    """

    form: Form
    bias: Estimate
    lower: Estimate
    upper: Estimate
    slope: Estimate
    slope_p: float | None
    deviation: float | None
    averages: Scores
    differences: Scores
    patients: int
    left_out: int
    note: str

    @property
    def unit(self) -> str:
        """Of the bias and the limits."""
        return UNITS[self.form]


def bland_altman(
    pairs: VolumePairs,
    *,
    form: Form = "absolute",
    limits: Limits = "exact",
    within: float = 0.95,
    level: float = 0.95,
) -> BlandAltman:
    """Bias and limits of agreement, with their intervals.

    Differences are taken as normal, and of the same spread whatever the volume; where they are
    not, the log form fits better. Where a patient has several rows, each patient weighs alike, and
    the limits are of one row of a new patient: between patients and within, added up.

    "log" cannot use a row in which either volume is 0, "percent" none in which both are; such rows
    are left out and counted. "percent" gives +200 or -200 where one of them is 0.

    Args:
        pairs: true and predicted volumes.
        form: what a difference is.
        limits: intervals of the limits where no patient repeats, "exact" by the noncentral t
            distribution (each limit by itself), or the "approximate" ones of 1999.
        within: the share of differences between the limits.
        level: how much each interval covers.

    Raises:
        ValueError: a share or level outside 0 to 1.

    Source:
        Bland and Altman, Stat Methods Med Res 1999;8:135-160. Exact limits: Carkeet, Optom Vis Sci
        2015;92:e71-80. Repeated rows, the true value varying: Bland and Altman, J Biopharm Stat
        2007;17:571-582; their intervals: Zou, Stat Methods Med Res 2013;22:630-642.
    """
    if not 0 < within < 1 or not 0 < level < 1:
        raise ValueError(f"expected a share and a level between 0 and 1, got {within}, {level}")
    usable, note = _usable(pairs, form)
    used = pairs.at(usable)
    averages, differences = _plotted(used, form)
    z = float(ndtri(0.5 + within / 2))
    if used.rows_are_patients:
        bias, lower, upper, deviation = _alone(differences, z, level, limits)
    else:
        bias, lower, upper, deviation = _repeated(differences, used.patients, z, level)
    slope, slope_p = _slope(averages, differences, used.patients, level)
    if form == "log":
        bias, lower, upper = (_raised(one) for one in (bias, lower, upper))
        averages, differences = np.exp(averages), np.exp(differences)
    return BlandAltman(
        form=form,
        bias=bias,
        lower=lower,
        upper=upper,
        slope=slope,
        slope_p=slope_p,
        deviation=deviation,
        averages=averages,
        differences=differences,
        patients=used.among,
        left_out=pairs.left_out + len(pairs) - len(used),
        note=note,
    )


def limit_factors(rows: int, z: float, level: float) -> tuple[float, float]:
    """Ends of the exact interval of mean + z standard deviations, in sample deviations.

    One-sided tolerance factors of the normal distribution: quantiles of the noncentral t over the
    square root of the rows.
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    low, high = nct.ppf(tails, rows - 1, z * rows**0.5) / rows**0.5
    return float(low), float(high)


def _usable(pairs: VolumePairs, form: Form) -> tuple[Flags, str]:
    none_true, none_found = pairs.true_ml == 0, pairs.predicted_ml == 0
    if form == "absolute":
        return np.ones(len(pairs), dtype=np.bool_), ""
    unusable = none_true | none_found if form == "log" else none_true & none_found
    count, which = int(unusable.sum()), "a volume is" if form == "log" else "both volumes are"
    notes = [f"left out: {count} in which {which} 0 mL"] if count else []
    if form == "percent" and (ends := int((none_true ^ none_found).sum())):
        notes.append(f"at 200 %: {ends} in which one volume is 0 mL")
    return ~unusable, "; ".join(notes)


def _plotted(pairs: VolumePairs, form: Form) -> tuple[Scores, Scores]:
    """Averages and differences, as logarithms for "log"."""
    true, predicted = pairs.true_ml, pairs.predicted_ml
    if form == "log":
        return (np.log(predicted) + np.log(true)) / 2, np.log(predicted) - np.log(true)
    averages = (predicted + true) / 2
    differences = predicted - true
    return averages, 100 * differences / averages if form == "percent" else differences


Found = tuple[Estimate, Estimate, Estimate, float | None]


def _alone(differences: Scores, z: float, level: float, limits: Limits) -> Found:
    """Each row another patient's."""
    rows = len(differences)
    if rows < 2:
        return _too_few(differences, "no rows" if not rows else "one row")
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    low, high = mean - z * spread, mean + z * spread
    if np.ptp(differences) == 0:
        return _same(mean)
    reach = float(stdtrit(rows - 1, 0.5 + level / 2))
    bias = _around(mean, reach * spread / rows**0.5, "t distribution")
    if limits == "approximate":
        about = reach * spread * (1 / rows + z**2 / (2 * (rows - 1))) ** 0.5
        name = "Bland-Altman 1999"
        return bias, _around(low, about, name), _around(high, about, name), spread
    near, far = (factor * spread for factor in limit_factors(rows, z, level))
    name = "exact, noncentral t"
    lower = Estimate(low, mean - far, mean - near, name)
    return bias, lower, Estimate(high, mean + near, mean + far, name), spread


def _repeated(differences: Scores, whose: Indices, z: float, level: float) -> Found:
    """Patients with several rows: variances between and within, intervals by recovery (MOVER)."""
    rows = np.bincount(whose)
    patients = len(rows)
    if patients < 2:
        return _too_few(differences, "one patient")
    means = np.bincount(whose, weights=differences) / rows
    mean = float(means.mean())
    if np.ptp(differences) == 0:
        return _same(mean)
    within = float(np.square(differences - means[whose]).sum() / (rows.sum() - patients))
    parts = np.array([means.var(ddof=1), (1 - np.mean(1 / rows)) * within])
    freedom = np.array([patients - 1, rows.sum() - patients])
    total = float(parts.sum())
    # chdtri takes the upper tail.
    below = parts * (1 - freedom / chdtri(freedom, (1 - level) / 2))
    above = parts * (freedom / chdtri(freedom, (1 + level) / 2) - 1)
    least = max(total - float(np.hypot(*below)), 0.0)
    most = total + float(np.hypot(*above))
    of_mean = ndtri(0.5 + level / 2) ** 2 * parts[0] / patients
    near = float(np.sqrt(of_mean + (z * (total**0.5 - least**0.5)) ** 2))
    far = float(np.sqrt(of_mean + (z * (most**0.5 - total**0.5)) ** 2))
    low, high = mean - z * total**0.5, mean + z * total**0.5
    name = f"MOVER by patient, {patients} patients"
    reach = float(stdtrit(patients - 1, 0.5 + level / 2)) * float((parts[0] / patients) ** 0.5)
    return (
        _around(mean, reach, f"t distribution, {patients} patients"),
        Estimate(low, low - far, low + near, name),
        Estimate(high, high - near, high + far, name),
        total**0.5,
    )


def _slope(
    averages: Scores, differences: Scores, whose: Indices, level: float
) -> tuple[Estimate, float | None]:
    """Proportional bias by least squares; errors by patient where patients repeat."""
    rows, patients = len(averages), len(np.unique(whose))
    if patients < 3:
        return Estimate(None, note="fewer than 3 patients"), None
    if np.ptp(averages) == 0:
        return Estimate(None, note="every average is the same"), None
    along = averages - averages.mean()
    squares = float(along @ along)
    value = float(along @ differences) / squares
    rest = differences - differences.mean() - value * along
    if patients == rows:
        error, freedom = float((rest @ rest / (rows - 2) / squares) ** 0.5), rows - 2
    else:
        sums = np.bincount(whose, weights=along * rest)
        scale = patients / (patients - 1) * (rows - 1) / (rows - 2)
        error, freedom = float((scale * (sums @ sums)) ** 0.5) / squares, patients - 1
    # What is left of a straight line is rounding.
    if error <= np.finfo(np.float64).eps * (abs(value) + np.ptp(differences) / np.ptp(averages)):
        return Estimate(value, note="every row lies on a line: no interval"), None
    told = "least squares" if patients == rows else f"least squares by patient, {patients} patients"
    reach = float(stdtrit(freedom, 0.5 + level / 2)) * error
    return _around(value, reach, told), float(2 * stdtr(freedom, -abs(value / error)))


def _too_few(differences: Scores, why: str) -> Found:
    none = Estimate(None, note=why)
    value = float(differences.mean()) if len(differences) else None
    return Estimate(value, note=why), none, none, None


def _same(mean: float) -> Found:
    told = Estimate(mean, note=_NO_SPREAD)
    return told, told, told, 0.0


def _around(value: float, reach: float, method: str) -> Estimate:
    return Estimate(value, value - reach, value + reach, method)


def _raised(one: Estimate) -> Estimate:
    """From a logarithm to the ratio; an end beyond what a number holds is infinite."""
    with np.errstate(over="ignore"):
        ends = [
            None if end is None else float(np.exp(end)) for end in (one.value, one.low, one.high)
        ]
    return replace(one, value=ends[0], low=ends[1], high=ends[2])

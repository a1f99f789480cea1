"""Calibration in three figures: how many too many, how much too low, how much too sure."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from headct.measure.calibration.logistic import fit_intercept, fit_log_odds
from headct.measure.calibration.probabilities import certain, checked_probabilities, log_odds
from headct.measure.estimate import Estimate
from headct.measure.outcomes import Flags, Scores
from headct.measure.resampling.draws import numbered

METHOD = "sandwich errors by patient"
ONE_PATIENT = "no interval: rows of one patient"


def calibration_slope(
    truth: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Estimate:
    """How truth follows log odds: 1 is right, less is too sure of itself, more too timid.

    The coefficient of the log odds in a logistic model of truth with an intercept of its own. Not
    defined where all probabilities are the same, or where one lies between those of all positives
    and all negatives, as then any steeper slope fits better.

    Args:
        truth: (rows,) bool.
        probabilities: (rows,) from 0 to 1; 0 and 1 are taken as ``probabilities.TINY`` from it.
        patients: (rows,) whose each row is; None where every row is another's.
        level: how much the interval covers, by the t distribution over patients.

    Raises:
        ValueError: lengths differ, truth that is not known, or a probability outside 0 to 1.

    Source:
        Cox, Biometrika 1958;45:562-565; Van Calster et al., BMC Med 2019;17:230.
    """
    flags, values = checked_probabilities(truth, probabilities)
    odds = log_odds(values)
    if reason := _lacking(flags) or _separated(flags, odds):
        return Estimate(None, note=reason)
    middle, spread = odds.mean(), odds.std()
    # Around their middle, in steps of their spread, the two columns do not disturb each other.
    columns = np.stack([np.ones(len(odds)), (odds - middle) / spread], axis=1)
    fit = fit_log_odds(columns, flags, offset=np.zeros(len(odds)), patients=patients)
    error = None if fit.errors is None else float(fit.errors[1] / spread)
    slope = float(fit.coefficients[1] / spread)
    return _with_interval(slope, error, fit.patients, level, _certain(values))


def calibration_intercept(
    truth: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Estimate:
    """How much all log odds lie too low, on average: 0 is right, less says too much is found.

    The intercept of a logistic model whose slope is held at 1: calibration in the large. That of
    ``calibration_slope``'s model is another figure. Not defined without positives or negatives.

    Arguments and errors are those of ``calibration_slope``.

    Source:
        Steyerberg et al., Epidemiology 2010;21:128-138; Van Calster et al., BMC Med 2019;17:230.
    """
    flags, values = checked_probabilities(truth, probabilities)
    if reason := _lacking(flags):
        return Estimate(None, note=reason)
    odds = log_odds(values)
    fit = fit_intercept(flags, offset=odds, patients=patients)
    error = None if fit.errors is None else float(fit.errors[0])
    intercept = float(fit.coefficients[0])
    return _with_interval(intercept, error, fit.patients, level, _certain(values))


def observed_to_expected(
    truth: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Estimate:
    """Positives for each that was expected: 1 is right, 0.5 says twice as many as there are.

    Not defined where nothing is expected; without interval where there are no positives. The
    interval is that of the logarithm, linearized, by the t distribution over patients.

    Arguments and errors are those of ``calibration_slope``.

    Source:
        Debray et al., BMJ 2017;356:i6460, the log of the ratio; its error over clusters as of a
        ratio of sums: Cochran, Sampling Techniques, 3rd ed. 1977, section 6.3.
    """
    flags, values = checked_probabilities(truth, probabilities)
    if not len(values) or not values.sum():
        return Estimate(None, note="nothing is expected" if len(values) else "no rows")
    ratio = float(flags.sum() / values.sum())
    if not ratio:
        return Estimate(ratio, note="no interval: no positives")
    whose, people = numbered(patients, len(values))
    if people < 2:
        return Estimate(ratio, note=ONE_PATIENT)
    pulls = np.bincount(whose, weights=flags - ratio * values)
    error = float(np.sqrt(people / (people - 1) * (pulls @ pulls))) / int(flags.sum())
    reach = float(stdtrit(people - 1, 0.5 + level / 2)) * error
    low, high = (float(ratio * np.exp(side * reach)) for side in (-1, 1))
    return Estimate(ratio, low, high, f"log method, {METHOD}")


def _lacking(truth: Flags) -> str:
    positives = int(np.count_nonzero(truth))
    if not len(truth):
        return "no rows"
    if not positives:
        return "no positives"
    return "no negatives" if positives == len(truth) else ""


def _separated(truth: Flags, odds: Scores) -> str:
    """Why no slope fits best; empty where one does."""
    positives, negatives = odds[truth], odds[~truth]
    if odds.min() == odds.max():
        return "all probabilities are the same"
    if positives.min() >= negatives.max() or negatives.min() >= positives.max():
        return "a threshold separates positives from negatives: no slope is steep enough"
    return ""


def _certain(values: Scores) -> str:
    many = certain(values)
    return f"{many} probabilities of 0 or 1 taken as 2.2e-16 from it" if many else ""


def _with_interval(
    value: float, error: float | None, patients: int, level: float, note: str
) -> Estimate:
    if error is None:
        return Estimate(value, note="; ".join(part for part in (ONE_PATIENT, note) if part))
    reach = float(stdtrit(patients - 1, 0.5 + level / 2)) * error
    return Estimate(value, value - reach, value + reach, METHOD, note)

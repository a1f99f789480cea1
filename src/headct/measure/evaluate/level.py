"""All labels of one system at each level, from the rows up to patients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from headct.core.errors import MeasureError
from headct.measure.calibration.scaling import Scaling, fit_isotonic, fit_temperature
from headct.measure.counts.averages import averages
from headct.measure.curves.operating import (
    OperatingPoint,
    at_sensitivity,
    at_threshold,
    at_youden,
)
from headct.measure.curves.precision_recall import mean_average_precision
from headct.measure.estimate import Estimate
from headct.measure.evaluate.errors import worst_errors
from headct.measure.evaluate.groups import measure_groups
from headct.measure.evaluate.label import Chosen, measure_label
from headct.measure.evaluate.measurement import LevelResult
from headct.measure.evaluate.settings import CHOSEN_VOTE, LEARNED, Settings
from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Aggregation, Max, parse_aggregation
from headct.measure.levels.learn import fit_learned
from headct.measure.levels.vote import VoteCurve, choose_votes, vote_curve
from headct.measure.outcomes import UNKNOWN, Level, Outcomes
from headct.measure.reading.pair import System

VALIDATION, SAME = "validation", "these data, so it looks better than it is"

_LEVELS = (Level.SLICE, Level.STUDY, Level.PATIENT)


@dataclass(frozen=True, eq=False)
class Both:
    """Outcomes of one system at one level, beside those of validation where they are given.

    Args:
        how: the aggregation that led here, as text; empty for the rows themselves.
    """

    own: Outcomes
    validation: Outcomes | None
    how: str


def at_levels(
    system: System, validation: System | None, how: Mapping[str, Aggregation]
) -> tuple[Both, ...]:
    """Every level that the rows of a system lead to and that has any truth.

    ``how`` is as ``aggregations`` gives it.
    """
    found = [
        Both(
            _at(system, how, level),
            None if validation is None else _at(validation, how, level),
            _told(how, system, level),
        )
        for level in levels_of(system)
    ]
    # Rows without truth of their own are left out: it stands with their studies or patients.
    return tuple(both for both in found if (both.own.truth != UNKNOWN).any())


def measure_level(both: Both, settings: Settings) -> LevelResult:
    """All labels at one level.

    Thresholds and calibration are chosen on validation; without one, thresholds are chosen on the
    rows themselves, and say so.
    """
    labels = []
    for label in both.own.labels:
        rows = both.own.of(label)
        if not len(rows.truth):
            continue
        chosen = choose(both, label, settings)
        result = measure_label(label, rows, chosen, settings)
        labels.append(
            replace(
                result,
                groups=measure_groups(both.own, label, chosen.points[0], settings),
                worst=worst_errors(both.own, label, settings.threshold),
            )
        )
    averages = _averages(both.own, settings)
    return LevelResult(both.own.level, both.how, tuple(labels), averages)


def told_by_label(system: System, how: Mapping[str, Aggregation]) -> dict[str, str]:
    """How slices of each label became studies; nothing where rows are no slices."""
    if system.outcomes.level is not Level.SLICE:
        return {}
    return {label: str(choice) for label, choice in how.items()}


def votes(system: System, settings: Settings) -> dict[str, VoteCurve]:
    """By label, patients found and spared over the number of slices that must agree."""
    outcomes = system.outcomes
    if outcomes.level is not Level.SLICE or not settings.threshold:
        return {}
    judged = _judged(system, Level.PATIENT)
    curves = {
        label: vote_curve(
            outcomes,
            label,
            judged=judged,
            threshold=settings.threshold,
            level=settings.confidence,
        )
        for label in outcomes.labels
    }
    return {label: curve for label, curve in curves.items() if curve is not None}


def levels_of(system: System) -> Iterator[Level]:
    """From the rows up; studies are left out where every patient has one."""
    outcomes = system.outcomes
    one_each = len(np.unique(outcomes.studies)) == len(np.unique(outcomes.patients))
    for level in _LEVELS[_LEVELS.index(outcomes.level) :]:
        if level is not Level.STUDY or not one_each:
            yield level


def aggregations(
    system: System, validation: System | None, settings: Settings
) -> Mapping[str, Aggregation]:
    """How each label goes from slices to studies.

    Raises:
        ValueError: validation has to fit it and is not there.
        MeasureError: validation lacks a label, or has only patients of one kind.
    """
    labels = system.outcomes.labels
    if settings.aggregation not in (CHOSEN_VOTE, LEARNED):
        return dict.fromkeys(labels, parse_aggregation(settings.aggregation))
    if validation is None:
        raise ValueError(
            f"the aggregation {settings.aggregation!r} is fitted on validation, which is not given"
        )
    fitted: dict[str, Aggregation] = {}
    for label in labels:
        fit: Aggregation | None = None
        if label in validation.outcomes.labels:
            fit = _fitted(validation, label, settings)
        if fit is None:
            raise MeasureError(
                f"validation has no patients with and without {label}: {settings.aggregation} "
                "cannot be fitted on it; name an aggregation that needs no fitting, such as max"
            )
        fitted[label] = fit
    return fitted


def _fitted(validation: System, label: str, settings: Settings) -> Aggregation | None:
    rows = validation.outcomes
    if settings.aggregation == CHOSEN_VOTE:
        judged = _judged(validation, Level.PATIENT)
        return choose_votes(rows, label, judged=judged, threshold=settings.threshold)
    return fit_learned(rows, label, judged=_judged(validation, Level.STUDY))


def _judged(system: System, level: Level) -> Outcomes | None:
    """Whole patients or studies with the truth that was stated of them; None where none was."""
    if system.stated is None:
        return None
    return system.stated.of(aggregate(system.outcomes, Max(), level))


def choose(both: Both, label: str, settings: Settings) -> Chosen:
    """Operating points and scalings, from validation where it has the label."""
    has_own = both.validation is not None and label in both.validation.labels
    chooser = both.validation if both.validation is not None and has_own else both.own
    rows, chosen_on = chooser.of(label), VALIDATION if has_own else SAME
    points: tuple[OperatingPoint, ...] = (
        at_threshold(settings.threshold),
        at_youden(rows.truth, rows.scores, chosen_on=chosen_on),
        at_sensitivity(rows.truth, rows.scores, settings.sensitivity_floor, chosen_on=chosen_on),
    )
    scalings: dict[str, Scaling] = {}
    if has_own:
        fits = {
            "temperature": fit_temperature(rows.truth, rows.scores),
            "isotonic": fit_isotonic(rows.truth, rows.scores),
        }
        scalings = {name: fit for name, fit in fits.items() if fit is not None}
    return Chosen(points, scalings)


def _averages(outcomes: Outcomes, settings: Settings) -> dict[str, Estimate]:
    if len(outcomes.labels) < 2:
        return {}
    given = ~np.isnan(outcomes.scores)
    truth = np.where(given, outcomes.truth, UNKNOWN).astype(np.int8)
    called = np.where(given, outcomes.scores, 0.0) >= settings.threshold
    found = averages(
        truth,
        called,
        outcomes.patients,
        rng=np.random.default_rng(settings.seed),
        samples=settings.samples,
        level=settings.confidence,
    )
    for kind in ("micro", "macro"):
        name = f"{kind} average_precision"
        found[name] = mean_average_precision(outcomes.truth, outcomes.scores, kind)
    return found


def _at(system: System, how: Mapping[str, Aggregation], level: Level) -> Outcomes:
    outcomes = aggregate(system.outcomes, how, level)
    return outcomes if system.stated is None else system.stated.of(outcomes)


def _told(how: Mapping[str, Aggregation], system: System, level: Level) -> str:
    if level is system.outcomes.level:
        return ""
    if system.outcomes.level is not Level.SLICE:
        return "max of studies"
    told = {str(choice) for choice in how.values()}
    if len(told) == 1:
        return told.pop()
    return "; ".join(f"{label} {choice}" for label, choice in how.items())

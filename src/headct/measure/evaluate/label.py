"""One label at one level: every figure of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from headct.measure.calibration.curve import reliability
from headct.measure.calibration.estimates import calibration_scores, proper_scores
from headct.measure.calibration.scaling import Scaling
from headct.measure.counts.clustered import scores_of_sets
from headct.measure.counts.confusion import Confusion, count_by_patient
from headct.measure.counts.scores import predictive_values, scores
from headct.measure.curves.decision import net_benefit
from headct.measure.curves.delong import delong
from headct.measure.curves.operating import OperatingPoint
from headct.measure.curves.precision_recall import average_precision, precision_recall
from headct.measure.curves.roc import auc, partial_auc, roc
from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import LabelResult, Point
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import LabelRows
from headct.measure.resampling.areas import area_samples
from headct.measure.resampling.interval import bootstrap, interval_of
from headct.measure.resampling.sums import effective_patients

# A partial area is computed anew for each sample: with more rows in all than this it would take
# longer than all other figures together.
_MOST_REDRAWN = 5_000_000


@dataclass(frozen=True)
class Chosen:
    """What was fixed before a label's rows were looked at.

    Args:
        points: operating points, the one of the stated threshold first.
        scalings: by name, fitted on validation; empty without one.
    """

    points: tuple[OperatingPoint, ...]
    scalings: Mapping[str, Scaling]


def measure_label(label: str, rows: LabelRows, chosen: Chosen, settings: Settings) -> LabelResult:
    """Areas, operating points, calibration and curves of one label.

    Intervals are exact or DeLong's where rows are patients, and by drawing patients anew where a
    patient has several.
    """
    truth, patients, level = rows.truth, rows.patients, settings.confidence
    positive, negative = rows.patients_by_kind
    is_calls = bool(np.isin(rows.scores, (0, 1)).all())
    points = chosen.points[:1] if is_calls else chosen.points
    return LabelResult(
        label=label,
        rows=len(truth),
        positives=int(truth.sum()),
        patients=len(np.unique(patients)),
        positive_patients=positive,
        negative_patients=negative,
        left_out=rows.left_out,
        areas=_of_calls(rows, settings) if is_calls else _of_scores(rows, settings),
        points=measured_points(rows, points, settings),
        unmet=tuple(point for point in points if point.threshold is None),
        is_calls=is_calls,
        roc=roc(truth, rows.scores, drop_collinear=True),
        precision_recall=precision_recall(truth, rows.scores),
        reliability=None if is_calls else reliability(truth, rows.scores, patients, level=level),
        decision=None
        if is_calls
        else net_benefit(truth, rows.scores, prevalence=settings.prevalence),
        rescaled={} if is_calls else _rescaled(rows, chosen.scalings, settings),
    )


def areas(rows: LabelRows, settings: Settings) -> dict[str, Estimate]:
    """AUC, partial AUC and average precision."""
    truth, values, patients = rows.truth, rows.scores, rows.patients
    whole = auc(truth, values)
    if whole is None:
        note = "no positives" if not truth.any() else "no negatives"
        nothing = Estimate(None, note=note)
        precision = Estimate(average_precision(truth, values), note=note)
        return {"auc": nothing, "partial_auc": nothing, "average_precision": precision}
    drawn = area_samples(truth, values, patients, rng=_rng(settings), samples=settings.samples)
    ill, well = (effective_patients(np.bincount(patients[kind])) for kind in (truth, ~truth))
    level = settings.confidence
    by_drawing = interval_of(whole, drawn.auc, level=level, patients=min(ill, well))
    return {
        "auc": delong(truth, values, level=level) if rows.rows_are_patients else by_drawing,
        "partial_auc": _partial(rows, settings),
        "average_precision": interval_of(
            average_precision(truth, values), drawn.average_precision, level=level, patients=ill
        ),
    }


def measured_points(
    rows: LabelRows, points: tuple[OperatingPoint, ...], settings: Settings
) -> tuple[Point, ...]:
    """The scores at each point; one without a threshold has none."""
    found = [point for point in points if point.threshold is not None]
    if not found or not len(rows.truth):
        return ()
    level = settings.confidence
    called = [point.calls(rows.scores) for point in found]
    counts = [count_by_patient(rows.truth, calls, rows.patients) for calls in called]
    confusions = [Confusion(*(int(n) for n in one.sum(axis=0))) for one in counts]
    if rows.rows_are_patients:
        by_point = [scores(one, level=level, interval=settings.interval) for one in confusions]
    else:
        rng, samples = _rng(settings), settings.samples
        sets = np.stack(counts, axis=1)
        by_point = list(scores_of_sets(sets, rng=rng, samples=samples, level=level))
    if settings.prevalence is not None:
        by_point = [{**one, **predictive_values(one, settings.prevalence)} for one in by_point]
    joined = zip(found, confusions, by_point, strict=True)
    return tuple(Point(point, confusion, of) for point, confusion, of in joined)


def _of_scores(rows: LabelRows, settings: Settings) -> dict[str, Estimate]:
    return {**areas(rows, settings), **_calibration(rows, settings)}


def _of_calls(rows: LabelRows, settings: Settings) -> dict[str, Estimate]:
    """Of calls there is one point, and the area is that under two straight lines through it."""
    found = areas(rows, settings)
    note = "of calls, not scores: (sensitivity + specificity) / 2"
    told = "; ".join(part for part in (note, found["auc"].note) if part)
    return {
        "auc": replace(found["auc"], note=told),
        "average_precision": found["average_precision"],
    }


def _partial(rows: LabelRows, settings: Settings) -> Estimate:
    rate = 1 - settings.min_specificity

    def partial(index: np.ndarray) -> float | None:
        return partial_auc(rows.truth[index], rows.scores[index], max_false_positive_rate=rate)

    note = f"at a specificity of {settings.min_specificity:g} or more, scaled to 0.5 to 1"
    if len(rows.truth) * settings.samples > _MOST_REDRAWN:
        value = partial(np.arange(len(rows.truth)))
        return Estimate(value, note=f"{note}; no interval: too many rows to draw them anew")
    found = bootstrap(
        partial,
        rows.patients,
        rng=_rng(settings),
        samples=settings.samples,
        level=settings.confidence,
    )
    return replace(found, note="; ".join(part for part in (note, found.note) if part))


def _calibration(rows: LabelRows, settings: Settings) -> dict[str, Estimate]:
    return calibration_scores(
        rows.truth,
        rows.scores,
        rows.patients,
        rng=_rng(settings),
        samples=settings.samples,
        level=settings.confidence,
    )


def _rescaled(
    rows: LabelRows, scalings: Mapping[str, Scaling], settings: Settings
) -> dict[str, Estimate]:
    found = {}
    for name, scaling in scalings.items():
        proper = proper_scores(
            rows.truth,
            scaling(rows.scores),
            rows.patients,
            rng=_rng(settings),
            samples=settings.samples,
            level=settings.confidence,
        )
        found.update({f"{name} {score}": estimate for score, estimate in proper.items()})
    return found


def _rng(settings: Settings) -> np.random.Generator:
    """The same draws for every figure of a label: they differ by their figures alone."""
    return np.random.default_rng(settings.seed)

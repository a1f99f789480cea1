"""The methods of a measurement in sentences, as a paper wants them."""

from collections.abc import Iterator

from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import Measurement, SystemResult
from headct.measure.evaluate.settings import Settings
from headct.report.measurement import words

_AREAS = (
    "AUC is the empirical area under the ROC curve, average precision the sum of precision over "
    "steps of recall; ties are counted exactly. Partial AUC is the area at a specificity of {:g} "
    "or more, scaled to 0.5 to 1 as McClish (1989) has it."
)
_CALIBRATION = (
    "Calibration: slope and intercept of a logistic regression of truth on the logit of the "
    "score, the expected calibration error over equal steps of probability, the Brier score and "
    "cross-entropy. Slope 1 and intercept 0 are right."
)
_COMPARED = (
    "Models are compared in AUC on the same rows, scores averaged over the runs of each: by "
    "DeLong's test (1988) where rows are patients, by Obuchowski's (1997) where patients have "
    "several. p values are two-sided and corrected by Holm for all comparisons of this "
    "measurement. How often each is right is compared by McNemar's exact test, by "
    "patient."
)


def methods(measurement: Measurement) -> list[str]:
    """How the figures came about, in sentences for the methods of a paper."""
    settings = measurement.settings
    told = [_rows(measurement)]
    if any(system.levels for system in measurement.systems):
        told += [
            _points(measurement),
            _aggregation(measurement),
            _AREAS.format(settings.min_specificity),
            _CALIBRATION,
        ]
    told.append(_intervals(settings))
    if found := methods_used(measurement):
        told.append(f"Methods of the intervals on this page: {'; '.join(found)}.")
    if measurement.comparisons:
        told.append(_COMPARED)
    if measurement.runs:
        told.append(
            "AVG is the mean over runs with its standard deviation. BEST is one run, chosen by AUC "
            + (
                "on validation."
                if measurement.has_validation
                else "on the very data it is reported on."
            )
        )
    if any(system.volumes for system in measurement.systems):
        told.append(
            "Volumes: limits of agreement of 95 % of differences after Bland and Altman (1999), "
            "in mL, as ratio and in per cent; differences are predicted less true."
        )
    return told


def methods_used(measurement: Measurement) -> list[str]:
    """Every way in which an interval of the tables was made, once each."""
    found = dict.fromkeys(one.method for one in _estimates(measurement) if one.method)
    return list(found)


def _estimates(measurement: Measurement) -> Iterator[Estimate]:
    for system in measurement.systems:
        for level in system.levels:
            for one in level.labels:
                yield from one.areas.values()
                for point in one.points:
                    yield from point.scores.values()
        yield from _of_volumes(system)


def _of_volumes(system: SystemResult) -> Iterator[Estimate]:
    for volume in system.volumes:
        yield from volume.compared.concordance.values()
        yield from volume.compared.errors.values()


def _rows(measurement: Measurement) -> str:
    return (
        f"{measurement.rows:,} rows of {measurement.patients:,} patients were measured. A row "
        "whose truth or score is not known counts for no figure of that label."
    )


def _points(measurement: Measurement) -> str:
    settings = measurement.settings
    chosen = "validation, other patients" if measurement.has_validation else "these very data"
    at = (
        ""
        if settings.prevalence is None
        else f" PPV and NPV are also given at a prevalence of {settings.prevalence:g}, with "
        "intervals after Mercaldo (2007)."
    )
    return (
        f"A row is called positive where its score is at least the threshold. The threshold of "
        f"{settings.threshold:g} was stated beforehand; those of Youden's index and of a "
        f"sensitivity of at least {settings.sensitivity_floor:g} were chosen on {chosen}.{at}"
    )


def _aggregation(measurement: Measurement) -> str:
    how = measurement.settings.aggregation
    levels = [level for system in measurement.systems for level in system.levels]
    if not any(level.how for level in levels):
        return "Rows are measured as they came; none were aggregated."
    return (
        f"The score of a study or patient is made of slices: {words.aggregated(how)}. Its truth is "
        "yes where any slice has the finding, no where all are known not to; where the files state "
        "it of studies or patients, it is that."
    )


def _intervals(settings: Settings) -> str:
    exact = {"clopper-pearson": "exact (Clopper-Pearson)", "wilson": "Wilson's"}
    return (
        f"Intervals cover {100 * settings.confidence:g} %. Where every row is another patient's, "
        f"those of proportions are {exact[settings.interval]} and those of AUC are DeLong's. Where "
        "patients have several rows, rows of one patient are not independent, and intervals that "
        "ignore it are too narrow: patients are drawn anew with all their rows, "
        f"{settings.samples:,} times (seed {settings.seed})."
    )

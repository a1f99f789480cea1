"""The methods of a measurement in sentences, as a paper wants them."""

from collections.abc import Iterator

from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import Measurement
from headct.measure.evaluate.settings import FITTED, Settings
from headct.report.measurement import words
from headct.report.measurement.tables import Table

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
_CALLS = (
    "Scores are only 0 and 1, as calls are: AUC is then (sensitivity + specificity) / 2, and there "
    "is nothing to calibrate and no other threshold to choose."
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
            *filter(None, [aggregation(measurement)]),
            _AREAS.format(settings.min_specificity),
        ]
        if has_scores(measurement):
            told.append(_CALIBRATION)
        else:
            told.append(_CALLS)
    told.append(_intervals(settings))
    if methods_used(measurement):
        told.append("Table “Intervals” tells which figures have which interval.")
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
    found = dict.fromkeys(one.method for _, one in _estimates(measurement) if one.method)
    return list(found)


def intervals_table(measurement: Measurement) -> Table:
    """Which figures have an interval of which kind."""
    found: dict[str, dict[str, None]] = {}
    for name, one in _estimates(measurement):
        if one.method:
            found.setdefault(one.method, {})[words.score(name)] = None
    rows = tuple((method, ", ".join(names)) for method, names in found.items())
    return Table("Intervals", ("interval", "of"), rows)


def has_scores(measurement: Measurement) -> bool:
    """Some label has more than calls of 0 and 1."""
    return any(
        not one.is_calls
        for system in measurement.systems
        for level in system.levels
        for one in level.labels
    )


def _estimates(measurement: Measurement) -> Iterator[tuple[str, Estimate]]:
    for system in measurement.systems:
        for level in system.levels:
            for one in level.labels:
                yield from one.areas.items()
                for point in one.points:
                    yield from point.scores.items()
        for volume in system.volumes:
            yield from volume.compared.concordance.items()
            yield from volume.compared.errors.items()


def _rows(measurement: Measurement) -> str:
    of = words.counted(measurement.patients, "patient")
    if measurement.masks is not None:
        return f"Masks measured: {words.counted(measurement.rows, 'case')} of {of}."
    return (
        f"{words.counted(measurement.rows, 'row')} of {of} were measured. A row "
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
    if not has_scores(measurement):
        return f"A row is called positive where its score is at least the threshold.{at}"
    return (
        f"A row is called positive where its score is at least the threshold. The threshold of "
        f"{settings.threshold:g} was stated beforehand; those of Youden's index and of a "
        f"sensitivity of at least {settings.sensitivity_floor:g} were chosen on {chosen}.{at}"
    )


def aggregation(measurement: Measurement) -> str:
    """How rows became studies and patients; empty where each patient has one row or they did not.

    How each label's slices did, where validation fitted it, is a table of its own.
    """
    truth = (
        "Its truth is yes where any of them has the finding, no where all are known not to; where "
        "the files state it of studies or patients, it is that."
    )
    if any(system.aggregation for system in measurement.systems):
        how = measurement.settings.aggregation
        fitted = (
            " Table “From slices to studies and patients” has each system's."
            if how in FITTED
            else ""
        )
        return (
            f"The score of a study or patient is made of its slices: {words.aggregated(how)}."
            f"{fitted} {truth}"
        )
    is_made = any(level.how for system in measurement.systems for level in system.levels)
    if not is_made:
        return "Rows are measured as they came; none were aggregated."
    if measurement.rows == measurement.patients:
        return ""
    return f"The score of a patient is the highest of the patient's studies. {truth}"


def _intervals(settings: Settings) -> str:
    exact = {"clopper-pearson": "exact (Clopper-Pearson)", "wilson": "Wilson's"}
    return (
        f"Intervals cover {100 * settings.confidence:g} %. Where every row is another patient's, "
        f"those of proportions are {exact[settings.interval]} and those of AUC are DeLong's. Where "
        "patients have several rows, rows of one patient are not independent, and intervals that "
        "ignore it are too narrow: patients are drawn anew with all their rows, "
        f"{settings.samples:,} times (seed {settings.seed})."
    )

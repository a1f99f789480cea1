"""Reporting checklists, filled in as far as a measurement can.

Topics are told in own words; the wording that counts is that of the statements themselves.

Source:
    TRIPOD+AI: Collins et al., BMJ 2024;385:e078378, table 1. CLAIM: Tejani et al., Radiol Artif
    Intell 2024;6:e240300, table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import headct
from headct.measure.evaluate.measurement import Measurement
from headct.report.measurement import words
from headct.report.measurement.methods import has_scores, methods_used
from headct.report.measurement.shown import leading, levels, of
from headct.report.measurement.tables import Table

AUTHORS = "for the authors"

Fill = Callable[[Measurement], str]


@dataclass(frozen=True)
class Item:
    """One item of a checklist.

    Args:
        number: as the statement has it.
        asks: what it asks for.
        fill: what a measurement can say to it; empty where it cannot.
    """

    number: str
    asks: str
    fill: Fill | None = None


@dataclass(frozen=True)
class Checklist:
    """All items of one statement."""

    name: str
    source: str
    items: tuple[Item, ...]


def checklist_table(checklist: Checklist, measurement: Measurement) -> Table:
    """Every item, filled in or left to the authors."""
    filled = [item.fill(measurement) if item.fill else "" for item in checklist.items]
    rows = tuple(
        (item.number, item.asks, told or AUTHORS)
        for item, told in zip(checklist.items, filled, strict=True)
    )
    count = sum(bool(told) for told in filled)
    note = (
        f"{count} of {len(rows)} items have something filled in; none is done by that alone. "
        f"Topics in own words, numbers as in {checklist.source}."
    )
    return Table(checklist.name, ("item", "asks for", "from this measurement"), rows, (note,))


def _counts(measurement: Measurement) -> str:
    label, first = leading(measurement), measurement.systems[0]
    told = [f"{measurement.rows:,} rows of {measurement.patients:,} patients were measured"]
    for level in levels(measurement):
        one = of(first, level, label)
        if one is not None:
            told.append(
                f"{words.LEVELS[level].lower()} {one.positives:,} of {one.rows:,} have "
                f"{words.label(label).lower()}"
            )
    return "; ".join(told) + ". Table “What was measured” has every label."


def _missing(measurement: Measurement) -> str:
    rows = "Rows without truth or score count for no figure of that label"
    left = sum(
        one.left_out for s in measurement.systems[:1] for at in s.levels for one in at.labels
    )
    used = f", {left:,} in all labels and levels" if measurement.systems[0].levels else ""
    reasons = "; ".join(f"{one.what}: {one.reason}" for one in measurement.left_out)
    return f"{rows}{used}. Nothing was imputed." + (f" Left out: {reasons}." if reasons else "")


def _groups(measurement: Measurement) -> str:
    columns = dict.fromkeys(
        group.column
        for system in measurement.systems
        for at in system.levels
        for one in at.labels
        for group in one.groups
    )
    return f"Measured apart by {', '.join(columns)}: section “Subgroups”." if columns else ""


def _measures(measurement: Measurement) -> str:
    if measurement.masks is not None:
        return "Overlap, distances, lesions and volumes: section “Methods”."
    found = ["discrimination, calibration, net benefit"] if levels(measurement) else []
    found += ["agreement of volumes"] if any(s.volumes for s in measurement.systems) else []
    return f"{'; '.join(found)}, with intervals: section “Methods”.".capitalize()


def _thresholds(measurement: Measurement) -> str:
    if not levels(measurement):
        return ""
    if not has_scores(measurement):
        return "Calls of 0 and 1: no threshold was chosen."
    chosen = "validation patients" if measurement.has_validation else "the data measured"
    return (
        f"Scores from 0 to 1. The threshold of {measurement.settings.threshold:g} was stated "
        f"beforehand; two others were chosen on {chosen}."
    )


def _updating(measurement: Measurement) -> str:
    if not _is_rescaled(measurement):
        return ""
    return (
        "Temperature and isotonic scaling were fitted on validation patients and are reported "
        "beside the scores as given, which all other figures use."
    )


def _is_rescaled(measurement: Measurement) -> bool:
    systems = measurement.systems
    return any(one.rescaled for system in systems for at in system.levels for one in at.labels)


def _performance(measurement: Measurement) -> str:
    label = leading(measurement)
    for level in levels(measurement):
        one = of(measurement.systems[0], level, label)
        if one is not None and not one.is_few:
            name = measurement.systems[0].name
            return (
                f"{words.label(label)} {words.LEVELS[level].lower()}, {name}: AUC "
                f"{one.areas['auc']}. Every figure with its interval: this page and tables/."
            )
    return "Counts and figures with intervals: this page and tables/."


def _diagnostic(measurement: Measurement) -> str:
    if not levels(measurement):
        return ""
    return "Sensitivity, specificity, PPV and NPV at each threshold: tables “Operating points”."


def _disjoint(measurement: Measurement) -> str:
    if not measurement.has_validation:
        return ""
    return "Validation shares no patient with the data measured: this was checked."


def _software(_: Measurement) -> str:
    return f"Measured with headct {headct.__version__}; versions stand under “Record”."


def _uncertainty(measurement: Measurement) -> str:
    kinds = words.counted(len(methods_used(measurement)), "kind")
    told = f"{100 * measurement.settings.confidence:g} % intervals of {kinds}"
    return f"{told}: table “Intervals” tells which figures have which."


def _failures(measurement: Measurement) -> str:
    if not any(one.worst for s in measurement.systems for at in s.levels for one in at.labels):
        return ""
    return "The misses scored lowest and false alarms scored highest: section “Worst errors”."


def _unit(measurement: Measurement) -> str:
    found = [words.LEVELS[level].lower() for level in levels(measurement)]
    aggregated = any(system.aggregation for system in measurement.systems)
    by = words.aggregated(measurement.settings.aggregation)
    how = f"; a study or patient is made of its slices: {by}" if aggregated else ""
    return f"Scores are measured {' and '.join(found)}{how}." if found else ""


TRIPOD_AI = Checklist(
    "TRIPOD+AI",
    "Collins et al., BMJ 2024;385:e078378",
    (
        Item("1", "Title: development or evaluation, population, outcome"),
        Item("2", "Abstract, by its own checklist"),
        Item("3a", "Healthcare context, rationale, existing models"),
        Item("3b", "Target population, purpose, users"),
        Item("3c", "Known health inequalities"),
        Item("4", "Objectives"),
        Item("5a", "Sources of data, and how representative they are"),
        Item("5b", "Dates of the data"),
        Item("6a", "Setting, number and place of centres"),
        Item("6b", "Who was eligible"),
        Item("6c", "Treatments, if relevant"),
        Item("7", "Preparation and quality control of data"),
        Item("8a", "Outcome: definition, how and when assessed"),
        Item("8b", "Who assessed the outcome"),
        Item("8c", "Blinding of that assessment"),
        Item("9a", "Choice of predictors (development)"),
        Item("9b", "Definition of predictors"),
        Item("9c", "Who assessed predictors"),
        Item("10", "Study size, and why it suffices"),
        Item("11", "Missing data and what was left out", _missing),
        Item("12a", "How data were used and partitioned (development)", _disjoint),
        Item("12b", "How predictors were handled (development)"),
        Item("12c", "Type of model, building, internal validation (development)"),
        Item("12d", "Heterogeneity across clusters: how it was handled", _groups),
        Item("12e", "Measures and plots of performance, comparison of models", _measures),
        Item("12f", "Updating or recalibration after evaluation", _updating),
        Item("12g", "How predictions were calculated", _unit),
        Item("13", "Class imbalance methods"),
        Item("14", "Fairness"),
        Item("15", "Output of the model, thresholds and how they were found", _thresholds),
        Item("16", "Differences between development and evaluation data"),
        Item("17", "Ethical approval and consent"),
        Item("18a", "Funding"),
        Item("18b", "Conflicts of interest"),
        Item("18c", "Protocol"),
        Item("18d", "Registration"),
        Item("18e", "Data sharing"),
        Item("18f", "Code sharing", _software),
        Item("19", "Patient and public involvement"),
        Item("20a", "Flow of participants, with and without the outcome", _counts),
        Item("20b", "Characteristics of participants"),
        Item("20c", "Comparison with the development data"),
        Item("21", "Participants and outcome events in each analysis", _counts),
        Item("22", "Full model, so that others can use it (development)"),
        Item("23a", "Performance with confidence intervals, key subgroups", _performance),
        Item("23b", "Heterogeneity of performance across clusters", _groups),
        Item("24", "Results of updating", _updating),
        Item("25", "Interpretation, fairness among it"),
        Item("26", "Limitations"),
        Item("27a", "Poor or missing input in use (development)"),
        Item("27b", "What users must do and know (development)"),
        Item("27c", "Next steps, applicability"),
    ),
)

CLAIM = Checklist(
    "CLAIM 2024",
    "Tejani et al., Radiol Artif Intell 2024;6:e240300",
    (
        Item("1", "Title or abstract: AI methodology and its category"),
        Item("2", "Structured abstract"),
        Item("3", "Background, intended use and clinical role"),
        Item("4", "Aims, objectives, hypotheses"),
        Item("5", "Prospective or retrospective"),
        Item("6", "Goal of the study"),
        Item("7", "Sources of data"),
        Item("8", "Inclusion and exclusion criteria"),
        Item("9", "Preprocessing"),
        Item("10", "Selection of data subsets"),
        Item("11", "De-identification"),
        Item("12", "Missing data", _missing),
        Item("13", "Image acquisition protocol"),
        Item("14", "How the reference standard was obtained"),
        Item("15", "Why this reference standard"),
        Item("16", "Source of its annotations"),
        Item("17", "Annotation of the test set"),
        Item("18", "Variability within and between raters"),
        Item("19", "How data were assigned to partitions"),
        Item("20", "Level at which partitions are disjoint", _disjoint),
        Item("21", "Intended sample size"),
        Item("22", "Model in detail"),
        Item("23", "Software libraries and packages", _software),
        Item("24", "Initialization of parameters"),
        Item("25", "Training"),
        Item("26", "How the final model was selected"),
        Item("27", "Ensembling"),
        Item("28", "Metrics of performance", _measures),
        Item("29", "Statistical significance and uncertainty", _uncertainty),
        Item("30", "Robustness or sensitivity analysis", _groups),
        Item("31", "Explainability"),
        Item("32", "Evaluation on internal data"),
        Item("33", "Testing on external data"),
        Item("34", "Trial registration"),
        Item("35", "Patients or examinations included and excluded", _counts),
        Item("36", "Characteristics of cases in each partition"),
        Item("37", "Performance metrics with their uncertainty", _performance),
        Item("38", "Estimates of diagnostic performance with their precision", _diagnostic),
        Item("39", "Failure analysis", _failures),
        Item("40", "Limitations"),
        Item("41", "Implications for practice, intended use"),
        Item("42", "Full study protocol or technical details"),
        Item("43", "Availability of software, model and data"),
        Item("44", "Funding and role of funders"),
    ),
)

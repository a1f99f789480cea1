"""What was measured, as tables: rows and patients, validation, and how slices became patients."""

from collections.abc import Sequence

from headct.measure.evaluate.measurement import Measurement, SystemResult
from headct.measure.outcomes import Level
from headct.report.measurement import words
from headct.report.measurement.shown import at
from headct.report.measurement.tables import Cell, Table


def data_table(system: SystemResult, levels: Sequence[Level]) -> Table:
    """How many rows and patients there are, with and without each label: all systems share them."""
    rows: list[tuple[Cell, ...]] = [
        (
            words.LEVELS[level], words.label(one.label), one.rows, one.positives,
            one.rows - one.positives, one.patients, one.positive_patients, one.negative_patients,
            one.left_out,
        )
        for level in levels
        if (found := at(system, level)) is not None
        for one in found.labels
    ]  # fmt: skip
    return Table(
        "What was measured",
        (
            *("level", "label", "rows", "positive", "negative", "patients"),
            *("patients with a positive row", "with a negative row", "not known"),
        ),
        tuple(rows),
        ("Not known: rows without truth or without a score, which count for no figure.",),
        row_heads=2,
    )


def validation_table(measurement: Measurement) -> Table:
    """On whom thresholds and the like were chosen; no row without validation."""
    columns = ("label", "patients with a positive row", "with a negative row")
    validation = measurement.validation
    if validation is None:
        return Table("Validation", columns, ())
    rows = tuple(
        (words.label(label), positive, validation.negative_patients.get(label))
        for label, positive in validation.positive_patients.items()
    )
    note = (
        f"{words.counted(validation.rows, 'row')} of "
        f"{words.counted(validation.patients, 'patient')}, none of them measured here: thresholds "
        "that were not stated beforehand and calibration were fitted on them."
    )
    return Table("Validation", columns, rows, (note,))


def aggregation_table(systems: Sequence[SystemResult]) -> Table:
    """How the slices of each label became studies and patients; no row where nothing did."""
    rows = tuple(
        (system.name, words.label(label), words.aggregated(how))
        for system in systems
        for label, how in system.aggregation.items()
    )
    title = "From slices to studies and patients"
    return Table(title, ("system", "label", "score"), rows, row_heads=2)

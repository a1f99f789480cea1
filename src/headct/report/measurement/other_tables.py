"""Comparisons, runs and volumes as tables; and the lists that carry identifiers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from headct.measure.agreement.kappa import Agreement
from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import (
    MaskResult,
    Measurement,
    RunsResult,
    SystemResult,
)
from headct.measure.masks.cohort import CASE_COLUMNS, case_rows
from headct.measure.volume.compared import VolumeComparison
from headct.measure.volume.errors import SizeErrors
from headct.report.measurement import words
from headct.report.measurement.noted import noted
from headct.report.measurement.paper_tables import comparison_table, methods_of, p_value, runs_table
from headct.report.measurement.shown import claimed, listed_errors
from headct.report.measurement.tables import Cell, Table

_FORMS = {"absolute": "mL", "log": "ratio", "percent": "%"}
_SIZES = ("mae_ml", "bias_ml", "median_error_ml", "percent_error")


_MEAN = "A model of several runs stands here with the mean of their scores, row by row."
# From this p on differences grow or shrink with the volume.
_SLOPED = 0.001


@dataclass(frozen=True)
class Listed:
    """A table for a spreadsheet alone: it carries the cohort's own identifiers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_table(self) -> Table:
        """For ``tables.as_csv``."""
        return Table("", self.columns, self.rows)


def models_table(measurement: Measurement) -> Table:
    """Every two models in AUC and in right calls, with p, alone and corrected."""
    found = claimed(measurement, measurement.comparisons)
    rows: list[tuple[Cell, ...]] = [
        (
            words.LEVELS[one.level],
            words.label(one.label),
            f"{one.first} less {one.second}",
            one.tested.first,
            one.tested.second,
            one.tested.difference,
            p_value(one.tested.p),
            p_value(one.adjusted_p),
            one.calls.difference,
            p_value(one.calls.p),
        )
        for one in found
    ]
    columns = (
        *("level", "label", "comparison", "AUC of the first", "AUC of the second", "difference"),
        *("p", "corrected p", "difference in right calls", "p of that"),
    )
    made = sum(one.tested.p is not None for one in measurement.comparisons)
    notes = [f"p of AUC corrected by Holm for {made} tests; p of right calls is not corrected."]
    if has_runs(measurement):
        notes.insert(0, f"{_MEAN} Asked is whether these models differ on other patients.")
    if len(found) < len(measurement.comparisons):
        notes.append("Labels that too few patients have, or lack, are left out.")
    told = (*notes, *methods_of(rows))
    return noted(Table("Models compared", columns, tuple(rows), told, row_heads=3))


def agreement_table(measurement: Measurement) -> Table:
    """Fleiss' kappa of all models, or of readers filed as models."""
    rows: list[tuple[Cell, ...]] = [
        (
            *(words.LEVELS[one.level], words.label(one.label), ", ".join(one.models)),
            *(_kappa(one.kappa), one.kappa.subjects, one.kappa.left_out),
        )
        for one in claimed(measurement, measurement.agreement)
    ]
    columns = ("level", "label", "models", "Fleiss' kappa", "rows", "left out")
    told = (*_calls_told(measurement), *methods_of(rows))
    return noted(Table("Agreement of models", columns, tuple(rows), told, row_heads=3))


def cohen_table(measurement: Measurement, label: str = "") -> Table:
    """Cohen's kappa of every two models or readers, and of each with what is true.

    Args:
        measurement: whose.
        label: of one label; empty for all.
    """
    rows: list[tuple[Cell, ...]] = []
    for one in claimed(measurement, measurement.agreement):
        if label not in ("", one.label):
            continue
        found = {**one.pairs, **{(name, "truth"): of for name, of in one.with_truth.items()}}
        rows += [
            (
                *(words.LEVELS[one.level], words.label(one.label), first, second),
                *(_kappa(of), of.subjects, of.left_out),
            )
            for (first, second), of in found.items()
        ]
    columns = ("level", "label", "first", "second", "Cohen's kappa", "rows", "left out")
    told = (*_calls_told(measurement), *methods_of(rows))
    title = "Agreement of every two, and with the truth"
    return noted(Table(title, columns, tuple(rows), told, row_heads=4))


def has_runs(measurement: Measurement) -> bool:
    """A model has more than one run."""
    return len({one.model for one in measurement.systems}) < len(measurement.systems)


def _calls_told(measurement: Measurement) -> tuple[str, ...]:
    note = "Calls at the stated threshold; 1 where all agree, 0 as by chance."
    return (note, _MEAN) if has_runs(measurement) else (note,)


def runs_tables(one: RunsResult) -> Iterator[Table]:
    """AVG and BEST, and whether models differ over their runs."""
    of = f"{words.label(one.label)}, {words.LEVELS[one.level].lower()}"
    table = runs_table(one.models, title=f"Runs: {of}")
    at = table.columns.index("score")
    rows = tuple((*row[:at], words.score(str(row[at])), *row[at + 1 :]) for row in table.rows)
    notes = tuple(note.replace("chosen by auc", "chosen by AUC") for note in table.notes)
    yield replace(table, rows=rows, notes=notes)
    if one.compared:
        title = f"Models over their runs, AUC: {of}"
        compared = comparison_table(one.compared, title=title)
        note = (
            "Asked is whether training again would turn the models around, on these very patients. "
            "It speaks of chance in training alone: other patients would add to it, for which see "
            "“Models compared”."
        )
        yield replace(compared, notes=(*compared.notes, note))


def volume_tables(systems: Sequence[SystemResult]) -> Iterator[Table]:
    """Agreement, coefficients and errors of volumes; errors by size; and ABC/2 beside."""
    found = [
        (system.name, words.label(one.label), one.compared)
        for system in systems
        for one in system.volumes
    ]
    if not found:
        return
    agreement: list[tuple[Cell, ...]] = [
        (
            *(name, label, _FORMS.get(form, form), len(one.differences), one.left_out),
            *(one.bias, one.lower, one.upper, one.slope, p_value(one.slope_p)),
        )
        for name, label, compared in found
        for form, one in compared.agreement.items()
    ]
    columns: tuple[str, ...] = (
        *("system", "label", "in", "rows", "left out", "bias", "lower limit", "upper limit"),
        *("slope over the mean", "p of the slope"),
    )
    said = "Predicted less true; in ratio, predicted over true."
    notes = (said, *_sloped(found), *methods_of(agreement))
    yield noted(Table("Bland-Altman", columns, tuple(agreement), notes, row_heads=3))
    yield _scores(
        "Volumes: agreement and errors",
        [(name, label, {**one.concordance, **_errors(one)}) for name, label, one in found],
    )
    sizes: list[tuple[Cell, ...]] = [
        (name, label, *_size(size)) for name, label, one in found for size in one.by_size
    ]
    columns = ("system", "label", "true volume", "rows", *map(words.score, _SIZES))
    told = methods_of(sizes)
    yield noted(Table("Errors by size", columns, tuple(sizes), told, row_heads=3, digits=2))
    beside: list[tuple[Cell, ...]] = [
        (
            *(name, label, one.size.name, one.rows, one.predicted.get("mae_ml")),
            *(one.abc2.get("mae_ml"), one.difference_ml),
        )
        for name, label, compared in found
        for one in compared.abc2
    ]
    if beside:
        columns = (
            *("system", "label", "true volume", "rows", "mean absolute error, mL"),
            *("that of ABC/2, mL", "difference, mL"),
        )
        yield Table(
            "ABC/2 beside", columns, tuple(beside), methods_of(beside), row_heads=3, digits=2
        )


def error_list(measurement: Measurement) -> Listed:
    """The worst errors under the numbers that the page refers to them by."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(number, system.name, level.value, error.label, error.score, int(error.truth)),
            *(*error.name, "", "")[:3],
        )
        for number, (system, level, error) in enumerate(listed_errors(measurement), start=1)
    )
    columns = ("number", "system", "level", "label", "score", "truth", "patient", "study", "slice")
    return Listed(columns, rows)


def case_list(masks: MaskResult) -> Listed:
    """Every score of every case."""
    return Listed(CASE_COLUMNS, tuple(tuple(row) for row in case_rows(masks.cases)))


def _scores(title: str, found: Sequence[tuple[str, str, Mapping[str, Estimate]]]) -> Table:
    names = list(dict.fromkeys(name for _, _, of in found for name in of))
    rows: list[tuple[Cell, ...]] = [
        (words.score(score), *(of.get(score) for _, _, of in found)) for score in names
    ]
    heads = [f"{name} {label.lower()}" for name, label, _ in found]
    return noted(Table(title, ("score", *heads), tuple(rows), methods_of(rows)))


def _sloped(found: Sequence[tuple[str, str, VolumeComparison]]) -> list[str]:
    """Whose differences in mL grow or shrink with the volume, by system and label."""
    return [
        f"{name}, {label}: differences in mL change with the volume, so that constant limits in mL "
        "do not hold; see ratio and %."
        for name, label, compared in found
        for form, one in compared.agreement.items()
        if form == "absolute" and one.slope_p is not None and one.slope_p < _SLOPED
    ]


def _errors(compared: VolumeComparison) -> dict[str, Estimate]:
    """Without the bias, which stands in the Bland-Altman table with its own interval."""
    has_bias = "absolute" in compared.agreement
    return {
        name: one for name, one in compared.errors.items() if not (has_bias and name == "bias_ml")
    }


def _size(one: SizeErrors) -> tuple[Cell, ...]:
    return (one.size.name, one.rows, *(one.errors.get(name) for name in _SIZES))


def _kappa(one: Agreement) -> Estimate:
    if one.kappa is None:
        return Estimate(None, note="all calls are alike, so that chance alone agrees fully")
    return Estimate(one.kappa, one.low, one.high, "normal" if one.low is not None else "")

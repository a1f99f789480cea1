"""Which tables a measurement is told in: tables/ has all of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from headct.measure.evaluate.measurement import Measurement
from headct.measure.evaluate.systems import SHARES
from headct.measure.outcomes import Level
from headct.measure.runs.model import ModelRuns
from headct.report.measurement import words
from headct.report.measurement.checklist import CLAIM, TRIPOD_AI, checklist_table
from headct.report.measurement.data_tables import (
    aggregation_table,
    data_table,
    validation_table,
)
from headct.report.measurement.mask_tables import mask_tables
from headct.report.measurement.methods import intervals_table
from headct.report.measurement.other_tables import (
    agreement_table,
    cohen_table,
    models_table,
    runs_tables,
    volume_tables,
)
from headct.report.measurement.paper_tables import class_table, study_table, systems_table
from headct.report.measurement.result_tables import (
    Systems,
    areas_table,
    averages_table,
    calibration_table,
    groups_table,
    more_scores_table,
    points_table,
    predictive_table,
    summary_table,
    votes_table,
)
from headct.report.measurement.shown import claimed, leading, levels
from headct.report.measurement.tables import Table

OF_LEVEL: Mapping[str, Callable[[Systems, Level], Table]] = {
    "discrimination": areas_table,
    "operating-points": points_table,
    "predictive-values": predictive_table,
    "more-scores": more_scores_table,
    "calibration": calibration_table,
    "subgroups": groups_table,
}
"""Tables of all labels at one level, by name."""


def full_tables(measurement: Measurement) -> dict[str, Table]:
    """Every table that has any row, by the name of its files, of all systems and labels."""
    systems, there, label = measurement.systems, levels(measurement), leading(measurement)
    found: dict[str, Table] = {}
    if there:
        found["summary"] = summary_table(systems, there, label)
        found["data"] = data_table(systems[0], there)
        found["validation"] = validation_table(measurement)
        found["aggregation"] = aggregation_table(systems)
        found["over-all-labels"] = averages_table(systems, there)
        found["votes"] = votes_table(systems)
    for level in there:
        for name, build in OF_LEVEL.items():
            found[f"{name}-by-{level.value}"] = build(systems, level)
    if measurement.agreement:
        found["agreement"] = agreement_table(measurement)
        found["agreement-of-two"] = cohen_table(measurement)
    if measurement.comparisons:
        found["models-compared"] = models_table(measurement)
    for one in claimed(measurement, measurement.runs):
        for name, table in zip(("runs", "runs-compared"), runs_tables(one), strict=False):
            found[f"{name}-by-{one.level.value}-{one.label.replace('_', '-')}"] = table
    found |= {f"paper-{name}": table for name, table in paper_tables(measurement)}
    found |= {_plain(table.title): table for table in volume_tables(systems)}
    if measurement.masks is not None:
        found |= {f"masks-{_plain(t.title)}": t for t in mask_tables(measurement.masks)}
    found["intervals"] = intervals_table(measurement)
    for name, items in (("tripod-ai", TRIPOD_AI), ("claim-2024", CLAIM)):
        found[name] = checklist_table(items, measurement)
    return {name: table for name, table in found.items() if table.rows}


def paper_tables(measurement: Measurement) -> Iterator[tuple[str, Table]]:
    """Tables in the layout of the two papers, by name.

    A model that is called NETWORK/PIPELINE has both names in the grid of the first.
    """
    for one in claimed(measurement, measurement.runs):
        grid = {_setting(model): _shares(runs) for model, runs in one.models.items()}
        name = f"runs-by-{one.level.value}-{one.label.replace('_', '-')}"
        of = f"{words.label(one.label)}, {words.LEVELS[one.level].lower()}"
        yield name, study_table(grid, title=f"Networks and pipelines: {of}")
    by_system = {one.name: one.classes for one in measurement.systems if one.classes is not None}
    for number, (system, classes) in enumerate(by_system.items(), start=1):
        yield f"classes-{number}", class_table(classes, title=f"Right by class: {system}")
    if len(by_system) > 1:
        yield "systems", systems_table(by_system)


def _setting(model: str) -> tuple[str, str]:
    network, _, pipeline = model.partition("/")
    return network, pipeline


def _shares(runs: ModelRuns) -> ModelRuns:
    """The scores that are told in percent."""
    return replace(runs, averages={name: runs.averages[name] for name in (*SHARES, "auc")})


def _plain(title: str) -> str:
    return "-".join(words.file_words(title))

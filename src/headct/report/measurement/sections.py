"""The sections of a page: which tables and figures stand where, and what is folded away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headct.measure.evaluate.measurement import Measurement
from headct.measure.outcomes import Level
from headct.report.measurement import drawings, words
from headct.report.measurement.checklist import CLAIM, TRIPOD_AI, checklist_table
from headct.report.measurement.data_tables import (
    aggregation_table,
    data_table,
    validation_table,
)
from headct.report.measurement.mask_tables import mask_tables
from headct.report.measurement.methods import aggregation
from headct.report.measurement.other_tables import (
    agreement_table,
    cohen_table,
    models_table,
    runs_tables,
    volume_tables,
)
from headct.report.measurement.result_tables import (
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
from headct.report.measurement.shown import at, claimed, leading, levels, shown_systems
from headct.report.measurement.tables import Table

# As many lines of votes as can be read at a glance; the figure and tables/ have all.
_MOST_VOTES = 10

_FOLDED = (calibration_table, predictive_table, more_scores_table)


@dataclass(frozen=True)
class Shown:
    """A figure as a page has it.

    Args:
        name: of its files in figures/.
        section: as in ``drawings.Drawing``.
        svg: to stand in the page.
    """

    name: str
    section: str
    svg: str


@dataclass(frozen=True)
class Block:
    """Figures, then tables, then what is folded away.

    Args:
        title: above them; empty for none.
        told: a sentence below it.
        figures: side by side.
        tables: one below the other.
        folded: likewise, behind a line to open them.
        line: that line.
    """

    title: str = ""
    told: str = ""
    figures: tuple[Shown, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    line: str = "More tables"


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


def sections_of(measurement: Measurement, figures: Sequence[Shown]) -> Iterator[Section]:
    """Everything between the answer and the worst errors, in order."""
    found: dict[str, list[Shown]] = {}
    for one in figures:
        found.setdefault(one.section, []).append(one)
    by_section = {name: tuple(those) for name, those in found.items()}
    there = levels(measurement)
    if there:
        yield _summary(measurement)
    for level in there:
        yield _level(measurement, level, by_section)
    yield from _groups(measurement, by_section)
    yield from _votes(measurement, by_section)
    yield from _models(measurement, by_section)
    if measurement.masks is not None:
        yield Section(
            "masks",
            "Masks",
            (Block(tables=tuple(mask_tables(measurement.masks))),),
            "Voxel by voxel, on the true mask's own grid; distances in mm.",
        )
    yield from _volumes(measurement, by_section)


def checklists(measurement: Measurement) -> Section:
    """What reporting statements ask for, as far as it can be filled in."""
    blocks = tuple(
        Block(folded=(checklist_table(one, measurement),), line=f"{one.name} of {one.source}")
        for one in (TRIPOD_AI, CLAIM)
    )
    lead = (
        "What the reporting statements ask for, filled in as far as this measurement can. The "
        "rest is for the authors, and what is filled in is for them to check."
    )
    return Section("checklists", "Reporting checklists", blocks, lead)


def _summary(measurement: Measurement) -> Section:
    there, label = levels(measurement), leading(measurement)
    systems = measurement.systems
    blocks = (
        Block(tables=(summary_table(systems, there, label),)),
        Block(
            tables=_filled([data_table(systems[0], there), validation_table(measurement)]),
            folded=_filled(
                [
                    averages_table(shown_systems(measurement), there),
                    aggregation_table(shown_systems(measurement)),
                ]
            ),
            line="Micro and macro scores over all labels, and how slices became patients",
        ),
    )
    return Section("summary", "At a glance", blocks, _run_told(measurement))


def _run_told(measurement: Measurement) -> str:
    """Which runs figures and tables are of, where there are several."""
    systems = shown_systems(measurement)
    if len(systems) == len(measurement.systems):
        return ""
    names = ", ".join(system.name for system in systems)
    how = (
        "the one that validation chose by AUC of the first lines of this table"
        if measurement.has_validation
        else "the first, as choosing on these data would flatter it"
    )
    return (
        f"Every system stands in this table. From here on one run of each model is shown, {how}: "
        f"{names}. Tables of all runs lie in tables/."
    )


def _level(
    measurement: Measurement, level: Level, figures: Mapping[str, tuple[Shown, ...]]
) -> Section:
    systems, label = shown_systems(measurement), leading(measurement)
    blocks = [Block(words.label(label), figures=figures.get(level.value, ()))]
    for place, system in enumerate(systems):
        if at(system, level) is None:
            continue
        one = (system,)
        blocks.append(
            Block(
                f"All labels: {system.name}" if len(systems) > 1 else "All labels",
                figures=figures.get(drawings.section_of(place, level), ()),
                tables=(areas_table(one, level), points_table(one, level)),
                folded=_filled([build(one, level) for build in _FOLDED]),
                line="Calibration, predictive values elsewhere, accuracy, F1 and the like",
            )
        )
    is_made = any(found.how for s in systems if (found := at(s, level)))
    lead = aggregation(measurement) if is_made else ""
    if level is Level.SLICE:
        lead = "Slices of one patient are alike: intervals come from drawing patients anew."
    return Section(f"by-{level.value}", words.LEVELS[level], tuple(blocks), lead)


def _groups(
    measurement: Measurement, figures: Mapping[str, tuple[Shown, ...]]
) -> Iterator[Section]:
    systems, label = shown_systems(measurement), leading(measurement)
    blocks = []
    for level in levels(measurement):
        tables = _filled([groups_table(systems, level, label)])
        if not tables:
            continue
        drawn = tuple(
            one for one in figures.get(drawings.GROUPS, ()) if f"-{level.value}-" in one.name
        )
        title, folded = words.LEVELS[level], _filled([groups_table(systems, level)])
        blocks.append(Block(title, "", drawn, tables, folded, line="All labels"))
    if blocks:
        lead = (
            "At the threshold stated beforehand. Groups are not tested against each other: "
            "intervals of small ones are wide, and overlap is no proof of likeness."
        )
        yield Section("subgroups", "Subgroups", tuple(blocks), lead)


def _votes(measurement: Measurement, figures: Mapping[str, tuple[Shown, ...]]) -> Iterator[Section]:
    systems = shown_systems(measurement)
    table = votes_table(systems, leading(measurement), _MOST_VOTES)
    if not table.rows:
        return
    block = Block(
        figures=figures.get(drawings.VOTES, ()),
        folded=(table,),
        line=f"The first {_MOST_VOTES} numbers of slices",
    )
    lead = "How sensitivity and specificity of patients change with how many slices must agree."
    yield Section("votes", "Slices that must agree", (block,), lead)


def _models(
    measurement: Measurement, figures: Mapping[str, tuple[Shown, ...]]
) -> Iterator[Section]:
    blocks = []
    if measurement.comparisons:
        blocks.append(Block(tables=(models_table(measurement),)))
    if measurement.runs:
        label = leading(measurement)
        runs = claimed(measurement, measurement.runs)
        own = [t for one in runs if one.label == label for t in runs_tables(one)]
        rest = [t for one in runs if one.label != label for t in runs_tables(one)]
        blocks.append(
            Block(
                "Runs: AVG and BEST",
                figures=figures.get(drawings.RUNS, ()),
                tables=tuple(own),
                folded=tuple(rest),
                line="The other labels",
            )
        )
    if measurement.agreement:
        tables = (
            agreement_table(measurement),
            cohen_table(measurement, leading(measurement)),
        )
        folded, line = (cohen_table(measurement),), "Every two of all labels"
        blocks.append(Block(tables=_filled(tables), folded=_filled(folded), line=line))
    if blocks:
        yield Section("models", "Models and runs", tuple(blocks))


def _volumes(
    measurement: Measurement, figures: Mapping[str, tuple[Shown, ...]]
) -> Iterator[Section]:
    systems = shown_systems(measurement)
    blocks = []
    for place, system in enumerate(systems):
        tables = tuple(volume_tables((system,)))
        if tables:
            drawn = tuple(
                one
                for one in figures.get(drawings.VOLUMES, ())
                if one.name.endswith(f"-{place + 1}")
            )
            title = system.name if len(systems) > 1 else ""
            blocks.append(Block(title, figures=drawn, tables=tables))
    if blocks:
        yield Section(
            "volumes", "Volumes", tuple(blocks), "In mL; differences are predicted less true."
        )


def _filled(tables: Sequence[Table]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)

"""The tables of the two papers in their layout, and those that say whether a difference is one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from headct.measure.counts.paper_table import PaperTable, Share
from headct.measure.estimate import Estimate
from headct.measure.runs.many import Friedman
from headct.measure.runs.model import ModelRuns
from headct.measure.runs.pairs import Compared
from headct.measure.runs.summary import RunsSummary
from headct.report.measurement.tables import NOTHING, Cell, PValue, Table

_PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
_AVERAGE = (
    f"AVG is the mean {_PLUS_MINUS} the standard deviation over runs that differ in their seed; "
    "BEST is one run, with all its scores."
)
_OPTIMISTIC = (
    "BEST was chosen by {} on the data it is reported on, and is optimistic: were no run better "
    "than another, it would still beat AVG {}. Report AVG, or choose on validation."
)
_VALIDATED = (
    "BEST was chosen by {} on validation, and its scores here are of other data. Its score on "
    "validation is optimistic, and no result: chance alone would put it above the mean there {}."
)


def study_table(
    grid: Mapping[tuple[str, str], ModelRuns],
    *,
    title: str = "Networks and pipelines",
    heads: tuple[str, str] = ("network", "pipeline"),
    digits: int = 2,
) -> Table:
    """The leukoencephalopathy paper's: AVG and BEST in percent of each network and pipeline.

    Below it stands how each BEST was chosen, and what chance alone would make of it. Which scores
    there are is the caller's choice.

    Args:
        grid: by network and pipeline, in order; each with the same scores, which are shares.
        title: of the table.
        heads: what the two keys are.
        digits: of the percentages.

    Raises:
        ValueError: settings with different scores.
    """
    scores = list(next(iter(grid.values())).averages) if grid else []
    if any(list(runs.averages) != scores for runs in grid.values()):
        raise ValueError("expected the same scores in the same order of every setting of the grid")
    rows: list[tuple[Cell, ...]] = []
    for key, runs in grid.items():
        averages = [_average(one, digits) for one in runs.averages.values()]
        of_best = [_percent(runs.of_best[name], digits) for name in scores]
        count = max((one.runs for one in runs.averages.values()), default=0)
        rows.append((*key, count, *averages, *of_best))
    spans = (("", 3), ("AVG, %", len(scores)), ("BEST, %", len(scores)))
    return Table(
        title=title,
        columns=(*heads, "runs", *scores, *scores),
        rows=tuple(rows),
        notes=(_AVERAGE, *_chosen(grid.values())),
        spans=spans if scores else (),
        row_heads=2,
    )


def runs_table(models: Mapping[str, ModelRuns], *, title: str = "Runs") -> Table:
    """Every score of every model over its runs: mean with interval, spread, range and best run."""
    rows: list[tuple[Cell, ...]] = []
    for model, runs in models.items():
        for name, one in runs.averages.items():
            spread = (one.deviation, one.lowest, one.highest)
            best = (runs.best.run if runs.best else None, runs.of_best[name])
            chance = (one.best.above_average, one.best.by_chance) if one.best else (None, None)
            rows.append((model, name, one.runs, one.left_out, one.average, *spread, *best, *chance))
    spread_of = ("runs", "left out", "mean", "SD", "lowest", "highest")
    columns = ("model", "score", *spread_of, "best run", "of best run", "above mean", "by chance")
    notes = (*methods_told(row[4] for row in rows), *_chosen(models.values()))
    return Table(title, columns, tuple(rows), notes, row_heads=2)


def class_table(paper: PaperTable, *, title: str = "Right in train and test, by class") -> Table:
    """The hemorrhage paper's: of each class how many are right, in train and in test."""
    sides = [side for side in ("train", "test") if any(getattr(row, side) for row in paper.rows)]
    shares: dict[str, list[Share | None]] = {
        side: [row.train if side == "train" else row.test for row in paper.rows] for side in sides
    }
    by_patient = {
        side: any(one and one.by_patient for one in found) for side, found in shares.items()
    }
    columns, spans = ["class"], [("", 1)]
    for side in sides:
        heads = ["right", "of", "%, naive interval"]
        heads += ["%, interval by patient"] if by_patient[side] else []
        columns += heads
        spans.append((side, len(heads)))
    rows = []
    for i, row in enumerate(paper.rows):
        cells: list[Cell] = [row.name]
        for side in sides:
            one = shares[side][i]
            cells += [one.correct, one.total, _percents(one.naive)] if one else [None] * 3
            if by_patient[side]:
                cells += [_percents(one.by_patient) if one and one.by_patient else None]
        rows.append(tuple(cells))
    notes = (*paper.notes, *methods_of(rows))
    return Table(title, tuple(columns), tuple(rows), notes, tuple(spans), digits=2)


def systems_table(
    systems: Mapping[str, PaperTable],
    *,
    side: str = "test",
    title: str = "Systems compared",
) -> Table:
    """The hemorrhage paper's comparison: each system's share of right calls of each class.

    Args:
        systems: by name, in order, each with the same classes.
        side: train or test.
        title: of the table.

    Raises:
        ValueError: another side, or systems with different classes.
    """
    if side not in ("train", "test"):
        raise ValueError(f"expected side train or test, got {side!r}")
    classes = [row.name for row in next(iter(systems.values())).rows] if systems else []
    rows: list[tuple[Cell, ...]] = []
    for name, paper in systems.items():
        if [row.name for row in paper.rows] != classes:
            raise ValueError("expected the same classes in the same order of every system")
        found = [row.train if side == "train" else row.test for row in paper.rows]
        rows.append(
            (
                name,
                *(
                    f"{one.percent} ({one.correct}/{one.total})" if one and one.total else None
                    for one in found
                ),
            )
        )
    notes = tuple(dict.fromkeys(note for paper in systems.values() for note in paper.notes[:1]))
    return Table(f"{title}: {side}, %", ("system", *classes), tuple(rows), notes)


def comparison_table(
    compared: Sequence[Compared], *, correction: str = "Holm", title: str = "Differences"
) -> Table:
    """Every two models: the difference with its interval, p, and p for so many comparisons."""
    rows = tuple(
        (
            f"{one.first} less {one.second}",
            one.tested.pairs,
            one.tested.difference,
            p_value(one.tested.p),
            p_value(one.adjusted_p),
        )
        for one in compared
    )
    tests = ", ".join(dict.fromkeys(one.tested.test for one in compared))
    made = sum(one.tested.p is not None for one in compared)
    notes = [f"Test: {tests}. Corrected by {correction} for {made} comparisons."] if rows else []
    noted = [
        f"{one.first} less {one.second}: {one.tested.note}." for one in compared if one.tested.note
    ]
    columns = ("comparison", "pairs", "difference", "p", "corrected p")
    return Table(title, columns, rows, (*notes, *noted))


def ranks_table(ranked: Friedman, *, title: str = "Average ranks") -> Table:
    """Models by their average rank, best first, with what the ranks are worth."""
    if ranked.ranks is None or ranked.critical_difference is None:
        return Table(
            title,
            ("model", "rank"),
            tuple((name, None) for name in ranked.names),
            (f"Not tested: {ranked.note}.",),
        )
    order = sorted(zip(ranked.ranks, ranked.names, strict=True))
    f = f", F {ranked.f:.2f}" if ranked.f is not None else ""
    left = f", {ranked.left_out} left out for a score not defined" if ranked.left_out else ""
    apart = [
        f"{one.first} and {one.second} (p {p_value(one.p)})"
        for one in ranked.pairs
        if abs(one.difference) > ranked.critical_difference
    ]
    tested = (
        f"Friedman over {ranked.blocks} blocks{left}: chi-square {ranked.chi_square:.2f}{f}, "
        f"p {p_value(ranked.p)}."
    )
    differ = (
        f"Nemenyi: ranks further apart than {ranked.critical_difference:.2f} differ: "
        f"{', '.join(apart) or 'none do'}."
    )
    notes = (tested, differ)
    return Table(title, ("model", "rank"), tuple((name, rank) for rank, name in order), notes)


def estimates_table(
    rows: Mapping[str, Mapping[str, Estimate]], *, title: str, head: str = "label"
) -> Table:
    """Scores with intervals: a row for each label or system, a column for each score any has."""
    scores = list(dict.fromkeys(name for of in rows.values() for name in of))
    cells = tuple((row, *(of.get(name) for name in scores)) for row, of in rows.items())
    notes = methods_of(cells)
    return Table(title, (head, *scores), cells, notes)


def methods_told(cells: Iterable[Cell]) -> tuple[str, ...]:
    """One note on how the intervals came about; none where there are no intervals."""
    found = dict.fromkeys(
        cell.method for cell in cells if isinstance(cell, Estimate) and cell.method
    )
    return (f"Intervals: {'; '.join(found)}.",) if found else ()


def methods_of(rows: Iterable[Sequence[Cell]]) -> tuple[str, ...]:
    """``methods_told`` of all cells of some rows."""
    return methods_told(cell for row in rows for cell in row)


def p_value(p: float | None) -> PValue | None:
    """A cell of a p value; empty where there was no test."""
    return None if p is None else PValue(p)


def _chosen(models: Iterable[ModelRuns]) -> tuple[str, ...]:
    """How BEST was chosen, and how much of it chance may be: a note for each way there is."""
    told = []
    found = [(runs.chosen_by, runs.best) for runs in models if runs.best is not None]
    for optimistic in (True, False):
        of = [(name, best) for name, best in found if best.is_optimistic == optimistic]
        by_chance = [best.by_chance for _, best in of if best.by_chance is not None]
        if not by_chance:
            continue
        names = ", ".join(dict.fromkeys(name for name, _ in of))
        low, high = (f"{end:.3f}" for end in (min(by_chance), max(by_chance)))
        chance = f"by {low if low == high else f'{low} to {high}'}"
        told.append(
            _OPTIMISTIC.format(names, chance) if optimistic else _VALIDATED.format(names, chance)
        )
    return tuple(told)


def _average(one: RunsSummary, digits: int) -> str:
    if one.average.value is None:
        return NOTHING
    mean = f"{100 * one.average.value:.{digits}f}"
    if one.deviation is None:
        return mean
    return f"{mean} {_PLUS_MINUS} {100 * one.deviation:.{digits}f}"


def _percent(share: float | None, digits: int) -> str:
    return NOTHING if share is None else f"{100 * share:.{digits}f}"


def _percents(share: Estimate) -> Estimate:
    value, low, high = (
        None if x is None else 100 * x for x in (share.value, share.low, share.high)
    )
    return replace(share, value=value, low=low, high=high)

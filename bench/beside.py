"""Network and classical finder on CT-ICH: who finds whom, and what they come to as one answer.

Scores of the network are those of ``bench bleeds-shipped``, which trains it fold by fold. What the
finder's marks are worth is fitted without the fold that it is tried on. The finder's rules were
thought out on these patients, which flatters both it and the sum.
"""

from itertools import product

import numpy as np

from bench import bleeds, ctich
from headct.measure.reading.pair import System


def main() -> None:
    """Print the rows of the network, with neighbours, beside the finder; and who finds whom."""
    variant = bleeds.VARIANTS[-1]
    if not all((bleeds.folder(variant, k) / "truth.csv").exists() for k in bleeds.ASKED):
        print("(left out: python -m bench bleeds-shipped trains the networks)")
        return
    alone = [row for k in bleeds.ASKED for row in bleeds.read(variant, k)]
    averaged, both = with_neighbours_and_finder(variant)
    bleeds.tell_heading()
    bleeds.tell(variant, "as scanned", alone)
    bleeds.tell(variant, "with neighbours", averaged)
    bleeds.tell(variant, "beside the finder", both)
    patients = ctich.read_patients()
    areas = ctich.out_of_fold(patients)
    marked = {p.name: bool(area.any()) for p, area in zip(patients, areas, strict=True)}
    for name, rows in (("network", alone), ("both as one", both)):
        tell_agreement(name, rows, marked)


def with_neighbours_and_finder(
    variant: bleeds.Variant,
) -> tuple[list[bleeds.Row], list[bleeds.Row]]:
    """Scores averaged with neighbours; and with what the finder adds, weighed by other folds."""
    from headct.train.bundling.beside import (  # noqa: PLC0415 - needs PyTorch
        Scans,
        fit_beside,
        marks_of,
        weighed,
    )
    from headct.train.bundling.finished import runs_under  # noqa: PLC0415
    from headct.train.bundling.scored import marked, neighboured, pooled  # noqa: PLC0415

    runs = runs_under([bleeds.folder(variant, k) for k in bleeds.ASKED])
    scored = neighboured(pooled(runs), bleeds.NEIGHBOURS)
    scored = marked(scored, marks_of(Scans(bleeds.RUNS / "ctich", ctich.DATA), runs[0]))
    averaged: list[bleeds.Row] = []
    both: list[bleeds.Row] = []
    for fold, group in zip(sorted(bleeds.ASKED), scored.groups, strict=True):
        beside = fit_beside(scored.without(group))
        print(f"fold {fold}: beside 1 of the network's log odds, {beside} of the finder")
        averaged += rows_of(fold, scored.within(group))
        both += rows_of(fold, weighed(scored.within(group), beside))
    return averaged, both


def rows_of(fold: int, system: System) -> list[bleeds.Row]:
    """As the bench of bleeds measures them."""
    outcomes = system.outcomes
    return [
        bleeds.Row(
            fold,
            tuple(name),
            tuple(scores),
            tuple("" if value < 0 else str(value) for value in truth),
        )
        for name, scores, truth in zip(outcomes.names, outcomes.scores, outcomes.truth, strict=True)
    ]


def tell_agreement(name: str, rows: list[bleeds.Row], marked: dict[str, bool]) -> None:
    """How many patients each calls, at the threshold of the other folds."""
    calls = {row.name[0]: row for row in bleeds.called(bleeds.by_patient(rows))}
    for truth, (call, find) in product("10", product((True, False), repeat=2)):
        count = np.sum(
            [
                (row.truth[0], row.scores[0] == 1, marked[patient]) == (truth, call, find)
                for patient, row in calls.items()
            ]
        )
        print(f"bleed {truth}, {name} {call:d}, finder {find:d}: {count} patients")

"""Network and classical finder on CT-ICH: who finds whom, and what they come to as one answer.

Scores of the network are those of ``bench bleeds-shipped``, which trains it fold by fold. What the
finder's marks are worth is fitted without the fold that it is tried on. The finder's rules were
thought out on these patients, which flatters both it and the sum.
"""

from itertools import product

import numpy as np

from bench import bleeds, ctich


def main() -> None:
    """Print the rows of the network, alone and beside the finder, and who finds whom."""
    variant = bleeds.VARIANTS[-1]
    if not all((bleeds.folder(variant, k) / "truth.csv").exists() for k in bleeds.ASKED):
        print("(left out: python -m bench bleeds-shipped trains the networks)")
        return
    alone = [row for k in bleeds.ASKED for row in bleeds.read(variant, k)]
    both = with_finder(variant)
    bleeds.tell_heading()
    bleeds.tell(variant, "as scanned", alone)
    bleeds.tell(variant, "beside the finder", both)
    patients = ctich.read_patients()
    areas = ctich.out_of_fold(patients)
    marked = {p.name: bool(area.any()) for p, area in zip(patients, areas, strict=True)}
    for name, rows in (("network", alone), ("both as one", both)):
        tell_agreement(name, rows, marked)


def with_finder(variant: bleeds.Variant) -> list[bleeds.Row]:
    """Scores of any bleed with what the finder adds, by a weight of the other folds."""
    from headct.train.bundling.beside import (  # noqa: PLC0415 - needs PyTorch
        Scans,
        fit_beside,
        marks_of,
        weighed,
    )
    from headct.train.bundling.finished import runs_under  # noqa: PLC0415
    from headct.train.bundling.scored import marked, pooled  # noqa: PLC0415

    runs = runs_under([bleeds.folder(variant, k) for k in bleeds.ASKED])
    scored = marked(pooled(runs), marks_of(Scans(bleeds.RUNS / "ctich", ctich.DATA), runs[0]))
    rows = []
    for fold, group in zip(sorted(bleeds.ASKED), scored.groups, strict=True):
        beside = fit_beside(scored.without(group))
        print(f"fold {fold}: beside 1 of the network's log odds, {beside} of the finder")
        outcomes = weighed(scored.within(group), beside).outcomes
        for name, scores, truth in zip(
            outcomes.names, outcomes.scores, outcomes.truth, strict=True
        ):
            told = tuple("" if value < 0 else str(value) for value in truth)
            rows.append(bleeds.Row(fold, tuple(name), tuple(scores), told))
    return rows


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

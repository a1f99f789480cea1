"""Network and classical finder on CT-ICH: who finds whom, and what both come to, added up.

Scores of the network are those of ``bench bleeds-shipped``, which trains it fold by fold; the
finder's limits are chosen on other patients too (``bench ctich``). How they are added is not
fitted: log odds, and half of the logarithm of what the finder marks.
"""

from itertools import product

import numpy as np

from bench import bleeds, ctich
from headct.measure.calibration.probabilities import log_odds
from headct.measure.curves.precision_recall import average_precision
from headct.measure.curves.roc import auc

WEIGHT, UNIT = 0.5, 20.0  # of the finder; pixels
Numbers = ctich.Numbers


def main() -> None:
    """Print who finds whom, and the areas of each and of both."""
    network = bleeds.VARIANTS[-1]
    if not all((bleeds.folder(network, k) / "truth.csv").exists() for k in range(1, 6)):
        print("(left out: python -m bench bleeds-shipped trains the networks)")
        return
    rows = [row for k in range(1, bleeds.FOLDS + 1) for row in bleeds.read(network, k)]
    patients = ctich.read_patients()
    marked = {p.name: area for p, area in zip(patients, ctich.out_of_fold(patients), strict=True)}
    tell_agreement(rows, marked)
    print("| | slice AUC | average precision | patient AUC, highest slice |")
    print("|---|---|---|---|")
    whose = np.array([row.name[0] for row in rows])
    truth = np.array([row.truth[0] == "1" for row in rows])
    odds = log_odds(np.array([row.scores[0] for row in rows]))
    found, level = in_order(whose, marked), smoothed(odds, whose)
    finder = WEIGHT * np.log1p(found / UNIT)
    ways = {"network": odds, "finder": found, "added": odds + finder}
    ways |= {"network, averaged with neighbours": level, "added to that": level + finder}
    for name, scores in ways.items():
        of = [(truth[whose == one].any(), scores[whose == one].max()) for one in np.unique(whose)]
        areas = (auc(truth, scores), average_precision(truth, scores), auc(*zip(*of, strict=True)))
        print(f"| {name} | {' | '.join(f'{area:.3f}' for area in areas)} |")


def tell_agreement(rows: list[bleeds.Row], marked: dict[str, Numbers]) -> None:
    """How many patients each calls, at the network's threshold of the other folds."""
    calls = {row.name[0]: row for row in bleeds.called(bleeds.by_patient(rows))}
    for truth, (net, find) in product("10", product((True, False), repeat=2)):
        count = sum(
            (row.truth[0], row.scores[0] == 1, bool(marked[name].any())) == (truth, net, find)
            for name, row in calls.items()
        )
        print(f"bleed {truth}, network {net:d}, finder {find:d}: {count} patients")


def in_order(whose: np.ndarray, marked: dict[str, Numbers]) -> Numbers:
    """(rows,) what the finder marks in each slice; rows of a patient are in the order of slices."""
    found = np.zeros(len(whose))
    for name, areas in marked.items():
        found[whose == name] = areas
    return found


def smoothed(odds: Numbers, whose: np.ndarray) -> Numbers:
    """Each slice with half of either neighbour; the end slices stand in for what is beyond."""
    level = np.zeros(len(odds))
    for one in np.unique(whose):
        at = np.flatnonzero(whose == one)
        wide = np.pad(odds[at], 1, mode="edge")
        level[at] = (wide[1:-1] + 0.5 * (wide[:-2] + wide[2:])) / 2
    return level

"""How well the white matter tells the label, and which wrong labels that finds: see quality."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from headct.cohort.checking.look import look
from headct.cohort.checking.quality import assess
from headct.cohort.checking.suspects import SURE, Features, features, out_of_fold
from headct.cohort.images import open_case
from headct.core.case import Case
from headct.core.errors import ScanError

DRAWS = 20


def auc(ill: NDArray[np.float64], well: NDArray[np.float64]) -> float:
    """Area under the ROC curve, ties by half."""
    ranks = rankdata(np.concatenate([ill, well]))[: ill.size]
    return float((ranks.sum() - ill.size * (ill.size + 1) / 2) / (ill.size * well.size))


def seen_and_known(folder: Path) -> tuple[Features, dict[str, object], bool] | None:
    """Features and truth of a patient of the phantom cohort, and whether the gate lets it pass."""
    known = json.loads((folder.parent / "truth" / f"{folder.name}.json").read_text())["facts"]
    try:
        seen = look(open_case(Case(folder.name, "1", folder)))
    except ScanError:
        return None
    return features(seen), known, not assess(seen).reasons


def tell_suspects(found: Sequence[tuple[Features, dict[str, object], bool] | None]) -> None:
    """How well white matter tells the label, and which wrong labels that finds."""
    read = [one for one in found if one is not None and one[0].white_matter is not None]
    kept = [(seen.white_matter, known) for seen, known, _ in read if known["flaw"] != "copy"]
    passed = sum(one[2] for one in read)
    print(f"\nPhantom cohort: {len(found)} patients, {len(read)} measured, {passed} pass the gate.")
    rows = np.array([row for row, _ in kept], np.float64)
    grade = np.array([int(str(known["grade"])) for _, known in kept])
    wrong = np.array([known["flaw"] == "wrong report" for _, known in kept])
    patients = [str(number) for number in range(len(kept))]
    truth = grade > 0
    right = out_of_fold(rows, truth ^ wrong, patients)
    for least in (1, 2, 3, 4):
        told = auc(right[grade == least], right[~truth])
        print(f"  grade {least} against none: AUC {told:.4f}")
    print(f"  any grade: AUC {auc(right[truth], right[~truth]):.4f}")
    print("  probability: planted wrong reports, others; labels changed at random, others")
    planted = np.where(truth ^ wrong, 1 - right, right)
    drawn = [draw_wrong(rows, truth, patients, seed) for seed in range(DRAWS)]
    for limit in (0.5, 0.6, SURE, 0.8, 0.9):
        over = planted >= limit
        found = sum(np.count_nonzero(changed & (against >= limit)) for changed, against in drawn)
        others = sum(np.count_nonzero(~changed & (against >= limit)) for changed, against in drawn)
        print(
            f"  {limit:g}: {np.count_nonzero(over & wrong)} of {np.count_nonzero(wrong)}, "
            f"{np.count_nonzero(over & ~wrong)}; {found} of "
            f"{sum(np.count_nonzero(changed) for changed, _ in drawn)} in {DRAWS} draws, "
            f"{others / DRAWS:.1f} a draw"
        )


def draw_wrong(
    rows: NDArray[np.float64], given: NDArray[np.bool_], patients: Sequence[str], seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(cases,) which labels were changed, 1 % at random, and how sure the image is against each."""
    changed = np.random.default_rng(seed).random(given.size) < 0.01
    label = given ^ changed
    right = out_of_fold(rows, label, patients)
    return changed, np.where(label, 1 - right, right)

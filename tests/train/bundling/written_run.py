"""Runs whose scores are written by hand."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np

LABELS = (
    *("any_hemorrhage", "epidural", "intraparenchymal", "intraventricular"),
    *("subarachnoid", "subdural"),
)
SLICES = 4


def edited(run: Path, out: Path, **changes: object) -> Path:
    """A copy of a run that says other things of itself."""
    shutil.copytree(run, out, ignore=shutil.ignore_patterns("last.ckpt", "tensorboard"))
    said = json.loads((out / "run.json").read_text())
    for name, value in changes.items():
        said[name] = said[name] | value if isinstance(value, dict) else value
    (out / "run.json").write_text(json.dumps(said))
    return out


def as_round(run: Path, out: Path, name: str, parts: dict[str, np.ndarray], **changes) -> Path:
    """A copy of a run as if a round of a split had left out some patients.

    ``parts``: by part, (patients, slices, 2) of score and truth of any hemorrhage; of the other
    labels all is known to be absent, with a score of 0.1, but of subdural nothing is.
    """
    counts = {
        part: {"patients": len(rows), "slices": rows.size // 2} for part, rows in parts.items()
    }
    trained = json.loads((run / "run.json").read_text())["data"]["parts"]["train"]
    data = {"parts": {"train": trained, **counts}}
    edited(run, out, round=name, data=data, **changes)
    truth = [["patient", "study", "slice", *LABELS]]
    for part, patients in parts.items():
        said = [["patient", "study", "slice", "model", "run", *LABELS]]
        for number, slices in enumerate(patients):
            place = [f"{name}-{part}-{number}", f"{name}-{part}-{number}/1"]
            for row, (score, true) in enumerate(slices):
                said.append([*place, row, "resnet10t", 2, f"{score:.6f}", *[0.1] * 5])
                truth.append([*place, row, int(true), *[0] * 4, ""])
        with (out / f"{part}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(said)
    with (out / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows(truth)
    return out


def drawn(positive: int, negative: int, seed: int) -> np.ndarray:
    """(patients, slices, 2) of score and truth: positives have one slice that scores higher."""
    chance = np.random.default_rng(seed)
    rows = np.zeros((positive + negative, SLICES, 2))
    rows[..., 0] = np.round(chance.uniform(0.05, 0.5, rows.shape[:2]), 3)
    rows[:positive, 1, 0] = np.round(chance.uniform(0.3, 0.9, positive), 3)
    rows[:positive, 1, 1] = 1
    return rows


FOLDS = {"fold 1": drawn(12, 13, 1), "fold 2": drawn(13, 12, 2)}

"""A whole measurement of RSNA 2019's size: seconds and memory of ``headct measure``."""

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES

SLICES, STUDIES, PATIENTS = 752_803, 21_744, 18_938
"""As many as RSNA 2019's training set has."""
SHARES = (0.0042, 0.048, 0.035, 0.047, 0.063)
"""How many slices show each subtype there, as HEMORRHAGE_SUBTYPES goes."""


def main() -> None:
    """Make predictions and truth, and measure them in a process of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder, seed=1)
        sizes = [f"{path.stat().st_size / 1e6:.0f} MB" for path in sorted(folder.glob("*.csv"))]
        print(f"{SLICES:,} slices x 6 labels of {PATIENTS:,} made-up patients; {', '.join(sizes)}")
        start = time.perf_counter()
        command = ["measure", "predictions.csv", "truth.csv", "--out", "measured"]
        subprocess.run(
            [sys.executable, "-m", "headct", *command], cwd=folder, check=True, capture_output=True
        )
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    gigabytes = peak / (1e9 if sys.platform == "darwin" else 1e6)
    print(f"{seconds:.1f} s, {gigabytes:.2f} GB at most (asked: 60 s, 4 GB)")


def write_tables(folder: Path, *, seed: int) -> None:
    """predictions.csv and truth.csv: slices of a patient are alike, scores are of six digits."""
    rng = np.random.default_rng(seed)
    study = np.sort(
        np.concatenate([np.arange(STUDIES), rng.integers(STUDIES, size=SLICES - STUDIES)])
    )
    patient = np.sort(
        np.concatenate([np.arange(PATIENTS), rng.integers(PATIENTS, size=STUDIES - PATIENTS)])
    )[study]
    pull = rng.normal(size=(PATIENTS, len(SHARES)))[patient]
    hidden = (pull + rng.normal(size=pull.shape)) / np.sqrt(2)
    cut = np.quantile(hidden, 1 - np.array(SHARES), axis=0).diagonal()
    shown = hidden > cut
    noise = rng.normal(size=(PATIENTS, len(SHARES)))[patient] + rng.normal(size=pull.shape)
    scores = 1 / (1 + np.exp(-(4 * shown - 3 + noise)))
    truth = np.column_stack([shown.any(axis=1), shown]).astype(int)
    scores = np.column_stack([1 - np.prod(1 - scores, axis=1), scores])
    header = ",".join(["patient", "study", "slice", ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES])
    keys = np.column_stack([patient, study, np.arange(SLICES)])
    for name, values, form in (("predictions", scores, "%.6f"), ("truth", truth, "%d")):
        columns = np.column_stack([keys, values])
        formats = ["p%05d", "s%05d", "i%06d"] + [form] * values.shape[1]
        np.savetxt(
            folder / f"{name}.csv", columns, formats, ",", header=header, comments="", newline="\n"
        )

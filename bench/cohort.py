"""Cohorts: seconds and memory to read RSNA 2019's label file, beside pandas."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

SLICES, REPEATED = 752_803, 4
"""As the real file has them: 4 slices stand twice, so that there are 4,516,842 rows."""
SUBTYPES = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural", "any")
READERS = {
    "headct": (
        "from pathlib import Path; from headct.cohort.readers.rsna_labels import read_labels; "
        "table, doubts = read_labels(Path(sys.argv[1])); "
        "answer = len(table.ids), int((table.values == 1).sum()), doubts[0].count"
    ),
    # What the usual notebooks do: split the ID, drop what stands twice, one row a slice.
    "pandas": (
        "import pandas as pd; rows = pd.read_csv(sys.argv[1]); "
        "parts = rows.ID.str.rsplit('_', n=1, expand=True); "
        "rows['slice'], rows['subtype'] = parts[0], parts[1]; before = len(rows); "
        "rows = rows.drop_duplicates(['slice', 'subtype']); "
        "table = rows.pivot(index='slice', columns='subtype', values='Label'); "
        "answer = len(table), int(table.values.sum()), before - len(rows)"
    ),
}
_MEASURED = """
import resource, sys, time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seconds, peak / (1e6 if sys.platform == "darwin" else 1e3), *answer)
"""


def main() -> None:
    """Make the file, and read it in a process of its own with each reader."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stage_2_train.csv"
        write_labels(path, SLICES, REPEATED, seed=1)
        rows = (SLICES + REPEATED) * len(SUBTYPES)
        print(f"label file of {SLICES:,} slices, {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        print(f"{'reader':<12}{'s':>8}{'MB':>8}")
        seconds = {name: tell(name, code, path) for name, code in READERS.items()}
    print(f"pandas takes {seconds['pandas'] / seconds['headct']:.1f} times as long")


def write_labels(path: Path, slices: int, repeated: int, *, seed: int) -> None:
    """A label file like RSNA's: IDs in random order, six rows each, some slices twice."""
    chance = np.random.default_rng(seed)
    ids = chance.choice(2**36, slices, replace=False)
    shown = chance.random((slices, 5)) < 0.03
    labels = np.column_stack([shown, shown.any(axis=1)]).astype(int)
    order = np.concatenate([np.arange(slices), chance.choice(slices, repeated, replace=False)])
    chance.shuffle(order)
    with path.open("w", encoding="ascii") as file:
        file.write("ID,Label\n")
        for index in order:
            name, values = f"ID_{ids[index]:09x}", labels[index]
            file.write("".join(f"{name}_{s},{v}\n" for s, v in zip(SUBTYPES, values, strict=True)))


def tell(name: str, code: str, path: Path, repeats: int = 3) -> float:
    """Print and give the least seconds of some runs; the answers of readers must be alike."""
    runs = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED.format(code=code), str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append([float(value) for value in done.stdout.split()])
    seconds, peak_mb, slices, positive, again = min(runs)
    print(
        f"{name:<12}{seconds:>8.2f}{peak_mb:>8.0f}   {slices:.0f} slices, {positive:.0f} labels "
        f"of 1, {again:.0f} rows twice",
        flush=True,
    )
    return seconds

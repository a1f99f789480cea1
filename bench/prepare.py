"""Preparing: studies a second into a store, beside MONAI; reads a second; memory by cohort size.

MONAI's side is what its users write: LoadImaged, EnsureChannelFirstd, Resized, ScaleIntensityRanged
in its own DataLoader with as many workers, and a .npy file a study. It reads one folder as one
series, and checks nothing.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from headct.cohort.store.store import open_store
from headct.dicom.write import Header, write
from headct.phantom.body.anatomy import head
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

FEW, STUDIES, TURNS, WORKERS = 20, 100, 5, 2
SIZES = (100, 1000)
RANDOM = 4096
_HEADCT = """
import sys
from headct import api
if __name__ == "__main__":
    api.prepare(sys.argv[1], sys.argv[2], pipeline="A", layout="table", workers=int(sys.argv[3]))
"""
_MONAI = """
import csv, sys
from pathlib import Path
import numpy as np
import torch
from monai.data import DataLoader, Dataset
from monai.transforms import Compose, EnsureChannelFirstd, LoadImaged, Resized, ScaleIntensityRanged
class Bytes:
    def __call__(self, item):
        return (item["image"].as_tensor() * 255).round().to(torch.uint8)
if __name__ == "__main__":
    torch.set_num_threads(1)
    table = Path(sys.argv[1])
    images = [{"image": table.parent / r["path"]} for r in csv.DictReader(table.open())]
    steps = Compose([
        LoadImaged("image", reader=sys.argv[2], image_only=True),
        EnsureChannelFirstd("image"),
        Resized("image", (256, 256, -1), mode="trilinear"),
        ScaleIntensityRanged("image", 0, 100, 0, 1, clip=True),
        Bytes(),
    ])
    loader = DataLoader(Dataset(images, steps), num_workers=int(sys.argv[3]))
    for number, study in enumerate(loader):
        np.save(table.parent.parent / f"monai{number}.npy", study[0].numpy())
"""
_PEAK = """
import re, resource, runpy, sys
from pathlib import Path
runpy.run_path(sys.argv.pop(1), run_name="__main__")
status = Path("/proc/self/status")
if status.exists():
    # What a process used before it became this program counts in getrusage, and not here.
    print("peak", int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) * 1024 / 1e6)
else:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def main() -> None:
    """Print the three tables."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        tell_speed(place)
        tell_reads(place / "store")
        tell_memory(place)


def tell_speed(place: Path) -> None:
    """Studies a second, from processes that start to stores that are whole; and without the start.

    What a further study costs is the difference between a large cohort and a small one.
    """
    tables = {size: copies(place / f"ct{size}", size, matrix=512) for size in (FEW, STUDIES)}
    runs: dict[str, Callable[[Path], None]] = {"headct": lambda table: prepare_headct(place, table)}
    try:
        version("monai")
        for reader in ("ITKReader", "PydicomReader"):
            runs[f"monai {reader}"] = lambda table, reader=reader: run(
                _MONAI, table, reader, WORKERS
            )
    except PackageNotFoundError:
        print("(MONAI is not installed: left out)")
    print(f"{STUDIES} studies of 36 x 512 x 512, native, to pipeline A; {WORKERS} workers:")
    seconds: dict[str, dict[int, list[float]]] = {name: {FEW: [], STUDIES: []} for name in runs}
    for _, name, size in product(range(TURNS), runs, tables):
        start = time.perf_counter()
        runs[name](tables[size])
        seconds[name][size].append(time.perf_counter() - start)
    ours = {size: median(taken) for size, taken in seconds["headct"].items()}
    for name, taken in seconds.items():
        few, all_of_it = median(taken[FEW]), median(taken[STUDIES])
        further = (all_of_it - few) / (ours[STUDIES] - ours[FEW])
        print(
            f"  {name:<22}{STUDIES / all_of_it:>6.1f} studies/s, "
            f"{all_of_it / ours[STUDIES]:.1f} times headct's time; "
            f"{(STUDIES - FEW) / (all_of_it - few):.1f}/s and {further:.1f} without the start"
        )


def prepare_headct(place: Path, table: Path) -> None:
    """Make the store anew."""
    rmtree(place / "store", ignore_errors=True)
    run(_HEADCT, table, place / "store", WORKERS)


def tell_reads(folder: Path) -> None:
    """Slices a second from the store in random order, once the system holds it in memory."""
    store = open_store(folder)
    store.read(range(len(store)))
    chance = np.random.default_rng(1)
    for batch in (1, 32, 256):
        rates = []
        for _ in range(TURNS):
            picked = chance.integers(len(store), size=(RANDOM // batch, batch))
            start = time.perf_counter()
            for indices in picked:
                store.read(indices)
            rates.append(picked.size / (time.perf_counter() - start))
        print(f"  random reads of {batch:>3} slices of 256 x 256: {median(rates):>9,.0f} slices/s")


def tell_memory(place: Path) -> None:
    """Peak memory of the process that writes, for more and more studies."""
    for size in SIZES:
        table = copies(place / f"small{size}", size, matrix=128)
        script, wrapper = place / "prepare_it.py", place / "peak.py"
        script.write_text(_HEADCT)
        wrapper.write_text(_PEAK)
        called = [sys.executable, wrapper, script, table, place / f"store{size}", "1"]
        told = subprocess.run(list(map(str, called)), check=True, capture_output=True, text=True)
        peak_mb = float(told.stdout.rsplit("peak", 1)[1])
        print(f"  {size:>5} studies of 36 x 128 x 128, one process: peak {peak_mb:.0f} MB")


def run(code: str, *arguments: object) -> None:
    """Run a script in a Python of its own, as a user would."""
    with script_of(code) as path:
        called = [sys.executable, path, *arguments]
        subprocess.run(list(map(str, called)), check=True, capture_output=True)


@contextmanager
def script_of(code: str) -> Iterator[Path]:
    """A file to run: workers import it by its name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        path.write_text(code)
        yield path


def copies(out: Path, number: int, *, matrix: int) -> Path:
    """A table of studies that are one scan under many names (hard links), each its own patient."""
    scan = scan_head(head(1), [], Protocol((Block(36, 4.5, 4.5),), matrix), 1)
    files = write(scan.volume, out / "0", Header())
    rows = ["path,patient,any_hemorrhage", "0,0,0"]
    for index in range(1, number):
        (out / str(index)).mkdir()
        for file in files:
            (out / str(index) / file.name).hardlink_to(file)
        rows.append(f"{index},{index},0")
    (out / "cohort.csv").write_text("\n".join(rows) + "\n")
    return out / "cohort.csv"


if __name__ == "__main__":
    main()

"""Seconds and memory of whole processes, as a user waits for them."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

REPEATS = 7
REAL = Path(os.environ.get("HEADCT_DATA", Path(__file__).parents[2] / "shared" / "data"))
HEADCT = str(Path(sys.executable).with_name("headct"))


def main() -> None:
    """The real series if it is there, and a thin one of 548 slices."""
    print(f"Whole processes, median of {REPEATS} (thin: of 3); {os.cpu_count()} cores.")
    print(f"{'what':<52}{'s':>8}{'MB':>8}")
    report("headct --help", ["--help"])
    with TemporaryDirectory() as folder:
        thin = Path(folder) / "thin"
        out = Path(folder) / "out"
        series = REAL / "ge-head-ct"
        if series.is_dir():
            report("inspect, 28 slices of 512², tilted", ["inspect", str(series)])
            report("analyze, 28 slices of 512², tilted", ["analyze", str(series)], out)
            alone = ["analyze", str(series), "--no-bundle"]
            report("the same, by the finder alone", alone, out)
        else:
            print(f"(no real series at {series}: left out)")
        report("phantom, 32 slices of 512²", ["phantom"], out)
        run(["phantom", "--slices", "548x0.3125", "--out", str(thin)])
        report("analyze, 548 slices of 512²", ["analyze", str(thin / "dicom")], out, repeats=3)


def report(
    what: str, arguments: Sequence[str], out: Path | None = None, repeats: int = REPEATS
) -> None:
    """Print the median seconds and the most memory of some runs."""
    seconds, peaks = [], []
    for _ in range(repeats):
        if out is not None:
            shutil.rmtree(out, ignore_errors=True)
        elapsed, peak_mb = run([*arguments, *(["--out", str(out)] if out else [])])
        seconds.append(elapsed)
        peaks.append(peak_mb)
    print(f"{what:<52}{statistics.median(seconds):>8.2f}{max(peaks):>8.0f}", flush=True)


def run(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak MB of one headct process."""
    code = (
        "import resource, subprocess, sys; "
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, HEADCT, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    # Linux counts in kB, macOS in bytes.
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return time.perf_counter() - start, int(done.stdout) / scale

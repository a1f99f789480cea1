"""What a run came to, epoch by epoch: a table and a picture, whole after each."""

import csv
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from headct.cohort.store.header import write_whole

HISTORY_CSV, CURVE_PNG = "history.csv", "learning_curve.png"

Row = dict[str, float]
_NOT_DRAWN = ("epoch", "seconds", "learning_rate")


def write_history(rows: Sequence[Row], folder: Path) -> None:
    """Write history.csv and learning_curve.png; OSError where there is no room."""
    write_whole(folder / HISTORY_CSV, lambda file: _fill(rows, csv.writer(file)))
    partial = folder / f".{CURVE_PNG}.partial"
    try:
        draw(rows).savefig(partial, format="png")
        partial.replace(folder / CURVE_PNG)
    finally:
        partial.unlink(missing_ok=True)


def read_history(folder: Path) -> list[Row]:
    """The rows of history.csv; none where there is no file yet."""
    path = folder / HISTORY_CSV
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(v) for name, v in row.items() if v} for row in csv.DictReader(file)]


def draw(rows: Sequence[Row]) -> Figure:
    """The losses of training and validation by epoch; on the right the parts of the loss."""
    names = [name for name in _columns(rows) if name not in _NOT_DRAWN]
    whole = [name for name in names if name.endswith("/loss")]
    parts = [name for name in names if name.startswith("validation/") and name not in whole]
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 3.4), dpi=120, layout="constrained")
        for axes, shown, title in zip(
            figure.subplots(1, 2),
            (whole, parts),
            ("loss", "parts of the validation loss"),
            strict=True,
        ):
            for name in shown:
                known = [(row["epoch"], row[name]) for row in rows if name in row]
                axes.plot(*zip(*known, strict=True), marker="o", markersize=3, label=name)
            axes.set(title=title, xlabel="epoch", ylim=(0, None))
            axes.xaxis.get_major_locator().set_params(integer=True)
            if shown:
                axes.legend(frameon=False)
    return figure


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _fill(rows: Sequence[Row], file: "csv._writer") -> None:  # type: ignore[name-defined]
    columns = _columns(rows)
    file.writerow(columns)
    for row in rows:
        file.writerow([f"{row[name]:.6g}" if name in row else "" for name in columns])

"""attention.csv, a row a study and label; and mean_attention.csv, over patients."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from headct.measure.estimate import Estimate
from headct.train.explaining.attention import Attention, Mean, Share
from headct.train.explaining.regions import REGIONS

ROWS_NAME, MEANS_NAME = "attention.csv", "mean_attention.csv"

_FACTS = ("number", "patient", "study", "label", "truth", "score", "raw_peak")
_ESTIMATES = ("heat", "area", "times")


def write_tables(folder: Path, rows: Sequence[Attention], means: Sequence[Mean]) -> None:
    """Write both tables; an empty cell is not known. OSError where there is no room.

    Args:
        folder: to write into.
        rows: of each study and label.
        means: over patients.
    """
    regions = [f"{region}{what}" for region in REGIONS for what in ("", "_area")]
    _write(folder / ROWS_NAME, [*_FACTS, *regions, "not_counted"], map(_row, rows))
    ends = [f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high")]
    header = ["label", "group", "region", "patients", *ends, "interval"]
    _write(folder / MEANS_NAME, header, map(_mean, means))


def _row(row: Attention) -> list[object]:
    truth = "" if row.truth is None else int(row.truth)
    facts = [row.number, row.patient, row.study, row.label, truth]
    shares = [value for name in REGIONS for value in _told(row.shares.get(name))]
    return [*facts, f"{row.score:.6f}", f"{row.raw_peak:.6g}", *shares, row.told]


def _told(share: Share | None) -> tuple[str, str]:
    return ("", "") if share is None else (f"{share.heat:.6f}", f"{share.area:.6f}")


def _mean(mean: Mean) -> list[object]:
    estimates = [mean.heat, mean.area, mean.times]
    values = [end for one in estimates for end in _ends(one)]
    return [mean.label, mean.group, mean.region, mean.patients, *values, mean.heat.method]


def _ends(one: Estimate) -> tuple[str, ...]:
    return tuple("" if end is None else f"{end:.6f}" for end in (one.value, one.low, one.high))


def _write(path: Path, header: list[str], rows: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)

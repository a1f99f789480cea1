"""What is known about one patient of a cohort: kept beside the images, never among them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from headct.core.errors import OutputError
from headct.core.labels import HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY
from headct.phantom.cohort.make import Made

TRUTH_FOLDER, TRUTH_TABLE = "truth", "truth.csv"
_LABELS = (*HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)


@dataclass(frozen=True)
class Known:
    """The truth of one patient.

    Args:
        patient: the ID under which the layout files the patient.
        facts: one value for each column of the table.
        slices: for each file of a layout with labels by slice, the labels that it shows.
        findings: what CQ500's readers should say, in their order.
    """

    patient: str
    facts: Mapping[str, str | int | float]
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    findings: Sequence[bool] = ()


def facts_of(made: Made) -> dict[str, str | int | float]:
    """The facts of a patient: volumes as they are in the first series, and how it was taken."""
    plan, first = made.plan, made.series[0]
    grid = first.volume.grid
    return {
        "is_diseased": int(bool(made.truth_ml)),
        **{f"{label}_ml": round(made.truth_ml.get(label, 0.0), 4) for label in _LABELS},
        "sites": "; ".join(f"{label}: {site}" for label, site in made.sites.items()),
        "grade": plan.grade,
        "lacunes": plan.lacunes,
        "lookalike": made.diseased.lookalike,
        "midline_shift_mm": round(made.diseased.shift_mm, 2),
        "age_years": plan.age_years,
        "atrophy": plan.atrophy,
        "head_seed": plan.head_seed,
        "series_number": first.header.series_number,
        "slices": grid.shape[0],
        "rows": grid.shape[1],
        "columns": grid.shape[2],
        "tilt_deg": plan.technique.tilt_deg,
        "is_even": int(grid.is_uniform),
        "other_series": " ".join(plan.others),
        "flaw": plan.flaw,
        "original": plan.original,
    }


def save_known(known: Known, out: Path) -> None:
    """File a patient's truth; that it is there says that the patient is finished."""
    text = json.dumps(asdict(known), indent=1)
    unfinished = out / TRUTH_FOLDER / f".{known.patient}.json"
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.rename(known_path(out, known.patient))


def known_path(out: Path, patient: str) -> Path:
    """Where a patient's truth lies."""
    return out / TRUTH_FOLDER / f"{patient}.json"


def read_known(out: Path, patient: str) -> Known:
    """A patient's truth as it was filed.

    Raises:
        OutputError: the file is not what ``save_known`` wrote.
    """
    path = known_path(out, patient)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Known(stored["patient"], stored["facts"], stored["slices"], stored["findings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path.parent.name}/{path.name} cannot be read ({type(error).__name__}): remove it, "
            "and the patient is made again"
        ) from error


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(text.getvalue(), encoding="utf-8")
    unfinished.replace(path)


def write_truth(out: Path, all_known: Sequence[Known]) -> None:
    """One row a patient with every fact."""
    header = ["patient", *all_known[0].facts]
    write_table(
        out / TRUTH_TABLE, header, [[known.patient, *known.facts.values()] for known in all_known]
    )

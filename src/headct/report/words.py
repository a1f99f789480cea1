"""How an answer is said to people: short, and no surer than it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from headct.core.finding import Finding
from headct.core.grid import UNIFORM_TOLERANCE_MM
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LEUKOENCEPHALOPATHY,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.report.answer import Answer

NAMES = {
    ANY_HEMORRHAGE: "Hemorrhage",
    EPIDURAL: "Epidural hemorrhage",
    INTRAPARENCHYMAL: "Intraparenchymal hemorrhage",
    INTRAVENTRICULAR: "Intraventricular hemorrhage",
    SUBARACHNOID: "Subarachnoid hemorrhage",
    SUBDURAL: "Subdural hemorrhage",
    LEUKOENCEPHALOPATHY: "Leukoencephalopathy",
}


@dataclass(frozen=True)
class Run:
    """Neighbouring slice distances that agree.

    Args:
        count: how many.
        distance_mm: their mean.
        first: index of the slice below the first of them.
    """

    count: int
    distance_mm: float
    first: int


def headline(finding: Finding) -> str:
    """The answer in one line: "Hemorrhage: 31.2 mL", "No hemorrhage found"."""
    name = NAMES[finding.label]
    if finding.present is None:
        return f"{name}: not decided"
    if not finding.present:
        return f"No {name.lower()} found"
    volume_ml = finding.volume_ml
    return f"{name} found" if volume_ml is None else f"{name}: {milliliters(volume_ml)}"


def leading(answer: Answer) -> tuple[Finding, ...]:
    """The findings that the first lines of a report answer: any hemorrhage, and what is not one.

    Where hemorrhage as a whole was not asked for, each finding speaks for itself.
    """
    findings = answer.prediction.findings
    whole = [f for f in findings if f.label in (ANY_HEMORRHAGE, LEUKOENCEPHALOPATHY)]
    return tuple(sorted(whole or findings, key=lambda finding: finding.label != ANY_HEMORRHAGE))


def certainty(finding: Finding) -> str:
    """What kind of number stands behind an answer, in one sentence; empty where there is none."""
    parts = []
    if finding.probability is not None:
        parts.append(f"Probability {finding.probability:.2f}, calibrated.")
    if finding.score is not None:
        kind = f" ({finding.score_kind})" if finding.score_kind else ""
        bar = "" if finding.threshold is None else f"; present from {finding.threshold:.2g} on"
        parts.append(f"Score {finding.score:.2g}{kind}{bar}.")
    if parts and finding.probability is None:
        parts.append("Not a calibrated probability.")
    return " ".join(parts)


def milliliters(volume_ml: float) -> str:
    """A volume with as many digits as a reader can use: 0.42 mL, 31.2 mL, 1423 mL."""
    digits = 0 if volume_ml == 0 else 2 if volume_ml < 1 else 1 if volume_ml < 200 else 0
    return f"{volume_ml:.{digits}f} mL"


def interval(finding: Finding) -> str:
    """The range of a volume: "27.9 to 34.8 mL"; empty where none was established."""
    if finding.volume_interval_ml is None:
        return ""
    low, high = (milliliters(end) for end in finding.volume_interval_ml)
    return f"{low.removesuffix(' mL')} to {high}"


def runs(distances_mm: ArrayLike) -> tuple[Run, ...]:
    """Slice distances as runs of equal ones, lowest first."""
    distances = np.asarray(distances_mm, dtype=np.float64)
    if not distances.size:
        return ()
    # Twice the tolerance on one position: a distance is between two.
    changes = np.flatnonzero(np.abs(np.diff(distances)) > 2 * UNIFORM_TOLERANCE_MM) + 1
    parts = np.split(distances, changes)
    firsts = [0, *changes.tolist()]
    return tuple(
        Run(len(part), float(part.mean()), first) for part, first in zip(parts, firsts, strict=True)
    )


def slice_numbers(indices: ArrayLike) -> str:
    """Slices as people count them, from 1, neighbours joined: "4 to 6, 10"."""
    numbers = np.unique(np.asarray(indices, dtype=np.int64)) + 1
    if not numbers.size:
        return ""
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]} to {p[-1]}" for p in parts)

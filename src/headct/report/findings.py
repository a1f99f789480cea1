"""findings.json: an answer as plain values, and the schema that says what they mean."""

import json
from collections.abc import Mapping
from importlib.resources import files
from math import isfinite
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from headct.core.codes import Code
from headct.core.errors import Refusal
from headct.core.finding import Finding, Interval, Prediction
from headct.core.record import Argument, Record
from headct.report.answer import RESEARCH_ONLY, Answer

FINDINGS_NAME = "findings.json"
SCHEMA_VERSION = "1.1"

# Digits after the point: a micrometre, 0.01°, 0.01 mL (a voxel is near 0.001 mL), a millisecond.
_MM, _DEG, _ML, _S, _SCORE = 3, 2, 2, 3, 6


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of findings.json, a description and unit at every name."""
    text = files("headct.report").joinpath("findings.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def as_findings(answer: Answer) -> dict[str, Any]:
    """An answer as plain values that ``schema`` describes: finite, rounded, no identifiers.

    Raises:
        ValueError: a number is not finite.
    """
    prediction = answer.prediction
    timing_s = answer.timing_s or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "research_use_only": RESEARCH_ONLY,
        "series": _series(answer),
        "intracranial_volume_ml": _rounded(answer.intracranial_volume_ml, _ML),
        "method": {"name": prediction.method, "version": prediction.version},
        "findings": [_finding(finding) for finding in prediction.findings],
        "set_aside": _refusals(prediction.set_aside),
        "cross_check": None if answer.cross_check is None else _cross_check(answer.cross_check),
        "warnings": list(answer.warnings),
        "timing_s": {stage: _rounded(time_s, _S) for stage, time_s in timing_s.items()},
        "versions": dict(answer.record.versions),
        "record": _record(answer.record),
    }


def _series(answer: Answer) -> dict[str, Any]:
    grid = answer.volume.grid
    increments = np.linalg.norm(np.diff(grid.origins_mm, axis=0), axis=1)
    thickness_mm = grid.thickness_mm if grid.is_measured else None
    return {
        "name": answer.series_name,
        "slices": grid.shape[0],
        "rows": grid.shape[1],
        "columns": grid.shape[2],
        "pixel_spacing_mm": _all_rounded(grid.spacing_mm, _MM) if grid.is_measured else None,
        "thickness_mm": _rounded(thickness_mm, _MM),
        "tilt_deg": _rounded(grid.tilt_deg, _DEG) if grid.is_measured else None,
        "slice_distances_mm": _all_rounded(grid.distances_mm, _MM) if grid.is_measured else [],
        "table_increments_mm": _all_rounded(increments, _MM) if grid.is_measured else [],
        "missing_after": list(answer.missing_after),
        "history": list(answer.volume.history),
        "refused": _refusals(answer.refused),
    }


def _cross_check(prediction: Prediction) -> dict[str, Any]:
    return {
        "method": {"name": prediction.method, "version": prediction.version},
        "findings": [_finding(finding) for finding in prediction.findings],
        "set_aside": _refusals(prediction.set_aside),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "label": finding.label,
        "code": _code(finding.code),
        "present": finding.present,
        "probability": _rounded(finding.probability, _SCORE),
        "score": _rounded(finding.score, _SCORE),
        "score_kind": finding.score_kind,
        "threshold": _rounded(finding.threshold, _SCORE),
        "volume_ml": _rounded(finding.volume_ml, _ML),
        "volume_interval_ml": _interval(finding.volume_interval_ml),
        "abc2_ml": _rounded(finding.abc2_ml, _ML),
        "slices": list(finding.slices),
        "evidence": list(finding.evidence),
    }


def _code(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else _all_rounded(interval, _ML)


def _refusals(refusals: tuple[Refusal, ...]) -> list[dict[str, str]]:
    return [{"what": refusal.what, "reason": refusal.reason} for refusal in refusals]


def _record(record: Record) -> dict[str, Any]:
    return {
        "command": record.command,
        "arguments": _bare_arguments(record.arguments),
        "seed": record.seed,
        "inputs": [
            {"name": _bare(name), "sha256": digest} for name, digest in record.inputs.items()
        ],
    }


def _bare_arguments(arguments: Mapping[str, Argument]) -> dict[str, Argument]:
    return {
        name: _bare(value) if isinstance(value, str) else value for name, value in arguments.items()
    }


def _bare(text: str) -> str:
    """The last part of a path: the folders above may carry a patient's name."""
    return PurePath(text.replace("\\", "/")).name if "/" in text or "\\" in text else text


def _rounded(value: float | None, digits: int) -> float | None:
    if value is None:
        return None
    if not isfinite(value):
        raise ValueError(f"findings hold finite numbers, got {value}")
    return round(float(value), digits)


def _all_rounded(values: ArrayLike, digits: int) -> list[float]:
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"findings hold finite numbers, got {numbers.tolist()}")
    return [float(number) for number in numbers.round(digits)]

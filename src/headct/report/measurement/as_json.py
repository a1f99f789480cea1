"""measurement.json: every figure as plain values, without a row's score or identifier."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite, isnan

import numpy as np

from headct.core.record import Record
from headct.measure.curves.precision_recall import PrecisionRecall
from headct.measure.curves.roc import Roc
from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import Error, LabelResult, MaskResult, Measurement
from headct.measure.volume.bland_altman import BlandAltman
from headct.measure.volume.pairs import VolumePairs

MEASUREMENT_NAME = "measurement.json"
VERSION = 1

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]

# Row by row: figures/ draws them, and the files that were measured have them.
_BY_ROW = (Roc, PrecisionRecall, VolumePairs)
_BY_ROW_OF: Mapping[type, tuple[str, ...]] = {
    BlandAltman: ("averages", "differences"),
    MaskResult: ("cases",),
    # Identifiers: tables/worst_errors.csv has them.
    Error: ("name",),
}


def as_json(measurement: Measurement, record: Record) -> str:
    """The text of measurement.json.

    Every ``Estimate`` is an object of value, low, high, method and note. What is not defined is
    null; infinity, which JSON has no number for, is a text.
    """
    told = {"version": VERSION, **as_dict(measurement), "record": plain(record.as_dict())}
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_dict(measurement: Measurement) -> dict[str, Plain]:
    """The same as plain values, without version and record."""
    return _fields(measurement)


def plain(value: object) -> Plain:
    """Anything of a measurement as JSON can hold it.

    Raises:
        TypeError: a kind of value that no measurement holds.
    """
    match value:
        case Estimate():
            found: Plain = {name: plain(one) for name, one in value.as_dict().items()}
        case Enum():
            found = str(value.value)
        case None | bool() | int() | str():
            found = value
        case float():
            found = value if isfinite(value) else None if isnan(value) else str(value)
        case np.generic() | np.ndarray():
            found = plain(value.tolist())
        case Mapping():
            found = {_key(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            found = [plain(one) for one in value]
        case _:
            found = _fields(value)
    return found


def _fields(value: object) -> dict[str, Plain]:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"no form in JSON for {type(value).__name__}")
    left_out = _BY_ROW_OF.get(type(value), ())
    found = {
        one.name: plain(content)
        for one in fields(value)
        if one.name not in left_out and not isinstance(content := getattr(value, one.name), _BY_ROW)
    }
    return {**found, "is_few": value.is_few} if isinstance(value, LabelResult) else found


def _key(key: object) -> str:
    return str(key.value) if isinstance(key, Enum) else str(key)

"""Dates and times as DICOM writes them, moved by days."""

import re
from datetime import date, timedelta

# DICOM PS3.5, 6.2: DA, TM, DT, and the offset from UTC; a range or anything else is none of them.
_FORMS = {
    "DA": re.compile(r"\d{8}"),
    "TM": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
    "DT": re.compile(r"\d{4,14}(\.\d{1,6})?([+-]\d{4})?"),
    "SH": re.compile(r"[+-]\d{4}"),
}


def is_plain(value: str, vr: str) -> bool:
    """Whether every value of an attribute is a date or time, and nothing else is in it."""
    form = _FORMS.get(vr)
    parts = [part.strip(" \0") for part in value.split("\\")]
    return form is not None and all(not part or form.fullmatch(part) for part in parts)


def shifted(value: str, vr: str, days: int) -> str | None:
    """The value with its dates moved; times of day stay. None where it cannot be moved."""
    if not is_plain(value, vr):
        return None
    if vr not in ("DA", "DT"):
        return value
    moved = [_move(part.strip(" \0"), days) for part in value.split("\\")]
    return None if None in moved else "\\".join(part or "" for part in moved)


def _move(part: str, days: int) -> str | None:
    if not part:
        return part
    try:
        day = date(int(part[:4]), int(part[4:6]), int(part[6:8])) + timedelta(days)
    except (ValueError, OverflowError):
        return None
    return f"{day:%Y%m%d}".zfill(8) + part[8:]

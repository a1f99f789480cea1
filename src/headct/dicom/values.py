"""Values of a header, read leniently where they are clear and left out where they are not.

pydicom's own conversion raises or warns on over-long and malformed values, and its warnings quote
them. Here the raw bytes are read instead: a value is what it clearly says, or absent. A text with a
zero byte inside is absent: a damaged length made it swallow what follows, such as a name.
"""

import re
from functools import cache

from pydicom.charset import decode_bytes
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from headct.core.series import Sextuple, Triple
from headct.dicom.damage import BROKEN, DamagedError

# What a decimal string may be (DICOM PS3.5, 6.2), of any length, with the comma that some
# consoles set to a European locale write in place of the point.
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
# Line breaks, tabs and form feeds end the reach of a character set switched on by an escape.
_TEXT_DELIMITERS = {0x0D, 0x0A, 0x09, 0x0C}


def raw(dataset: Dataset, keyword: str) -> bytes:
    """The stored bytes of an attribute; empty where it is absent, or is a sequence."""
    # Deferred: an empty value would otherwise be converted, and its damage raised.
    element = dataset.get_item(_tag(keyword), keep_deferred=True)
    value = None if element is None else element.value
    return value if isinstance(value, bytes) else b""


@cache
def _tag(keyword: str) -> BaseTag:
    # Kept: scans ask for the same few of thousands of headers.
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword} is no DICOM attribute")
    return BaseTag(tag)


def strings(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of an attribute of plain codes (CS, UI, DS, IS), stripped; () where absent."""
    text = _code_text(dataset, keyword)
    return tuple([part.strip(" \0") for part in text.split("\\")]) if text else ()


def string(dataset: Dataset, keyword: str) -> str:
    """The first of an attribute's plain codes; empty where absent."""
    return _code_text(dataset, keyword).partition("\\")[0].strip(" \0")


def _code_text(dataset: Dataset, keyword: str) -> str:
    text = raw(dataset, keyword).decode("ascii", "replace").strip(" \0")
    return "" if "\0" in text else text


def text(dataset: Dataset, keyword: str) -> str:
    """Free text in the character set of the object, on one line; empty where absent."""
    value = raw(dataset, keyword).strip(b" \0")
    if not value or b"\0" in value:
        return ""
    encodings = dataset.original_character_set
    names = [encodings] if isinstance(encodings, str) else list(encodings)
    decoded = decode_bytes(value, names, _TEXT_DELIMITERS)
    return " ".join("".join(c if c.isprintable() else " " for c in decoded).split())


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """All decimal strings of an attribute; () where it is absent or any of them is unclear."""
    parsed = [parse_number(part) for part in strings(dataset, keyword)]
    clear = tuple(number for number in parsed if number is not None)
    return clear if len(clear) == len(parsed) else ()


def pair(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    """Exactly two decimal strings, or None."""
    match numbers(dataset, keyword):
        case (a, b):
            return a, b
    return None


def triple(dataset: Dataset, keyword: str) -> Triple | None:
    """Exactly three decimal strings, or None."""
    match numbers(dataset, keyword):
        case (a, b, c):
            return a, b, c
    return None


def sextuple(dataset: Dataset, keyword: str) -> Sextuple | None:
    """Exactly six decimal strings, or None."""
    match numbers(dataset, keyword):
        case (a, b, c, d, e, f):
            return a, b, c, d, e, f
    return None


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first decimal string; None where it is missing or unclear."""
    return parse_number(string(dataset, keyword))


def parse_number(written: str) -> float | None:
    """The finite number that a text clearly is; None for anything else."""
    if not _NUMBER.fullmatch(written):
        return None
    value = float(written.replace(",", "."))
    return value if abs(value) < float("inf") else None


def whole(dataset: Dataset, keyword: str) -> int | None:
    """An integer string; None where it is missing or not whole."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value.is_integer() else None


def unsigned(dataset: Dataset, keyword: str) -> int | None:
    """A 16-bit binary number, read without its sign; None where it is missing."""
    value = raw(dataset, keyword)
    if len(value) < 2:
        return None
    element = dataset.get_item(_tag(keyword), keep_deferred=True)
    little = getattr(element, "is_little_endian", True)
    return int.from_bytes(value[:2], "little" if little else "big")


def age_years(dataset: Dataset) -> float | None:
    """Age at the study in years, from PatientAge, else from the dates of birth and study."""
    stated = _AGE.fullmatch(string(dataset, "PatientAge"))
    if stated:
        return int(stated[1]) * _YEARS[stated[2]]
    born, seen = (string(dataset, name) for name in ("PatientBirthDate", "StudyDate"))
    if not (re.fullmatch(r"\d{8}", born) and re.fullmatch(r"\d{8}", seen)):
        return None
    years = (int(seen) - int(born)) // 10_000
    return float(years) if 0 <= years < 130 else None


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; [] where it is absent or empty.

    Raises:
        DamagedError: it cannot be read as a sequence.
    """
    if keyword not in dataset:
        return []
    try:
        return list(dataset[keyword].value or [])
    except BROKEN as error:
        raise DamagedError(
            f"its {keyword} is malformed ({type(error).__name__}): export it again"
        ) from error

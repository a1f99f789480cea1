"""What DICOM's confidentiality profile does with each attribute of a CT image."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files

from pydicom.uid import CTImageStorage, EnhancedCTImageStorage
from pydicom.uid import LegacyConvertedEnhancedCTImageStorage as LegacyEnhancedCTImageStorage


class Action(Enum):
    """What becomes of an attribute; the values are the words of the report."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced by a dummy"
    NEW_UID = "UID replaced"
    SHIFT = "date shifted"
    PSEUDONYM = "replaced by a pseudonym"


class Dates(Enum):
    """What becomes of dates and times."""

    REMOVE = "remove"
    SHIFT = "shift"
    KEEP = "keep"


@dataclass(frozen=True)
class Rule:
    """A row of the table.

    Args:
        code: of the Basic Profile: X remove, Z empty, D dummy, U new UID, or several joined by
            "/", the first of which holds unless the object must have the attribute.
        is_date: whether the options that retain dates apply.
    """

    code: str
    is_date: bool


# Z and Z/D let a dummy stand here, and files of two patients must not look like one's.
_NAMES = {"PatientName", "PatientID"}
_LETTERS = {
    "X": Action.REMOVE,
    "Z": Action.EMPTY,
    "D": Action.DUMMY,
    "U": Action.NEW_UID,
}
# Where a code leaves a choice: what these objects must have (type 1 or 2, or 1C where the
# condition cannot be told), by keyword. A CT Image may have all of them empty or not at all.
# Source: DICOM PS3.3 A.38 and A.70, C.7.5.2, C.7.6.14, C.7.6.16, C.8.15.2.
_MULTI_FRAME: Mapping[str, Action] = {
    "ContentDate": Action.DUMMY,
    "ContentTime": Action.DUMMY,
    "AcquisitionDateTime": Action.DUMMY,
    "DeviceSerialNumber": Action.DUMMY,
    "ReferencedPerformedProcedureStepSequence": Action.DUMMY,
    "AcquisitionContextSequence": Action.EMPTY,
    "ReferencedImageSequence": Action.NEW_UID,
    "SourceImageSequence": Action.NEW_UID,
}
_REQUIRED: Mapping[str, Mapping[str, Action]] = {
    CTImageStorage: {},
    EnhancedCTImageStorage: _MULTI_FRAME,
    LegacyEnhancedCTImageStorage: _MULTI_FRAME,
}


@cache
def table() -> Mapping[int, Rule]:
    """Every row of the table by tag; overlays, curves and private attributes are not in it.

    Source:
        DICOM PS3.15, Table E.1-1 (2026c); see CONFIDENTIALITY-NOTICE.txt.
    """
    text = files("headct.dicom").joinpath("confidentiality.csv").read_text("ascii")
    return {
        int(row["tag"], 16): Rule(row["basic_profile"], row["date_options"] == "date")
        for row in csv.DictReader(text.splitlines())
    }


def action_of(rule: Rule, keyword: str, sop_class: str) -> Action:
    """What the Basic Profile does with an attribute in an object of a class."""
    if keyword in _NAMES:
        return Action.PSEUDONYM
    letter, *others = rule.code.split("/")
    required = _REQUIRED[sop_class].get(keyword)
    return required if others and required is not None else _LETTERS[letter]

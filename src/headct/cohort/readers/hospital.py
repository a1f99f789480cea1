"""A hospital's cohort: a folder for each patient's number with ``.dcm`` files and ``NUMBER.json``.

The label is read from the report's text. Physicians' names are not carried on.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.readers.declaration import Declaration, Keys
from headct.cohort.readers.report_rules import Rules, read_rules
from headct.cohort.readers.reports import decide
from headct.cohort.readers.sentences import hide_names
from headct.core.case import Case
from headct.core.finding import Progress
from headct.core.text import decode
from headct.dicom.words import fold

# So many folders are looked at to see whether a cohort is one of a hospital.
_LOOKED_AT = 20


@dataclass(frozen=True)
class _Report:
    """What a patient's JSON file says."""

    findings: str
    patient: str = ""
    examination: str = ""
    physician: str = ""


class _NoReportError(Exception):
    """Why there is no report; the message is safe to print."""


def recognizes(path: Path) -> bool:
    """Whether there are folders named by numbers with ``.dcm`` files in them."""
    if not path.is_dir():
        return False
    numbered = (folder for folder in path.iterdir() if _is_numbered(folder))
    return any(_names(folder, ".dcm") for folder in islice(numbered, _LOOKED_AT))


def read(
    path: Path, declared: Declaration, progress: Progress | None = None
) -> Iterator[Case | Doubt]:
    """Each patient, with the labels that the report states or denies.

    Raises:
        CohortError: the declared table of rules is broken.
    """
    rules = read_rules(declared.rules)
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
    numbered = [folder for folder in folders if _is_numbered(folder)]
    others = [f for f in folders if not _is_numbered(f) and f.name[0] != "." and _names(f, ".dcm")]
    if others:
        yield Doubt(
            Kind.NOT_LISTED,
            f"{len(others)} folders with images are not named by a number, so whose they are is "
            "not known; left out",
            count=len(others),
        )
    for done, folder in enumerate(numbered, start=1):
        yield from _read_patient(folder, declared, rules)
        if progress is not None:
            progress(done, len(numbered))


def _is_numbered(folder: Path) -> bool:
    return folder.name.isdecimal() and folder.is_dir()


def _names(folder: Path, suffix: str) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.name.lower().endswith(suffix) and e.is_file())


def _read_patient(folder: Path, declared: Declaration, rules: Rules) -> Iterator[Case | Doubt]:
    patient = folder.name
    case = Case(patient, patient, folder, dict.fromkeys(declared.labels))
    if not _names(folder, ".dcm"):
        told = "a patient's folder holds no .dcm files: copy the images, or take the folder out"
        yield Doubt(Kind.NO_IMAGES, told, patient, patient)
        return
    try:
        report = _read_report(folder, declared.keys)
    except _NoReportError as error:
        yield case
        yield Doubt(Kind.NO_LABEL, str(error), patient, patient)
        return
    case = replace(case, study=report.examination or patient)
    if report.patient and report.patient != patient:
        yield case
        told = "the report names another patient than its folder: see whose it is"
        yield Doubt(Kind.CONTRADICTION, told, patient, case.study)
        return
    doubts = []
    for label in declared.labels:
        verdict = decide(report.findings, label, rules)
        case = case.with_label(label, verdict.value)
        if verdict.value is None:
            doubts.append(
                Doubt(
                    Kind.UNDECIDED if verdict.quoted else Kind.NO_LABEL,
                    f"{verdict.reason}: read it, and say whether there is {label}",
                    patient,
                    case.study,
                    label,
                    hide_names(verdict.quoted, report.physician),
                )
            )
    yield case
    yield from doubts


def _read_report(folder: Path, keys: Keys) -> _Report:
    """The report beside a patient's images.

    Raises:
        _NoReportError: there is none, or it cannot be read.
    """
    names = _names(folder, ".json")
    own = [name for name in names if Path(name).stem == folder.name] or names
    if not own:
        raise _NoReportError("no report lies beside the images: find it, or state the label")
    if len(own) > 1:
        raise _NoReportError(f"{len(own)} reports lie beside the images: leave the patient's own")
    try:
        stored = json.loads(decode((folder / own[0]).read_bytes()))
    except OSError as error:
        raise _NoReportError(f"the report cannot be opened ({type(error).__name__})") from error
    except UnicodeError as error:
        raise _NoReportError("the report is neither UTF-8 nor code page 1250: save it") from error
    except RecursionError as error:
        raise _NoReportError("the report is nested without end: export it again") from error
    except json.JSONDecodeError as error:
        raise _NoReportError(
            f"the report is no JSON from line {error.lineno} on: export it again"
        ) from error
    if isinstance(stored, list) and len(stored) == 1:
        (stored,) = stored
    if not isinstance(stored, dict):
        raise _NoReportError("the report is not one JSON object: export it again")
    by_key = {fold(str(key)): value for key, value in stored.items()}
    findings = _values(by_key, keys.findings)
    if not findings:
        raise _NoReportError(
            "the report has no text under a known key: declare the keys in cohort.toml"
        )
    # A file of another patient's number is another patient's, whatever it says inside.
    stem = Path(own[0]).stem
    stated = [*_values(by_key, keys.patient), *([stem] if stem.isdecimal() else [])]
    others = [number for number in stated if number != folder.name]
    return _Report(
        "\n".join(findings),
        patient=(others or stated or [""])[0],
        examination=next(iter(_values(by_key, keys.examination)), ""),
        physician=" ".join(_values(by_key, keys.physician)),
    )


def _values(by_key: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The texts and whole numbers under any of some names."""
    found = (by_key.get(fold(name)) for name in dict.fromkeys(names))
    texts = (str(value) if isinstance(value, str | int) else "" for value in found)
    return [text.strip() for text in texts if text.strip()]

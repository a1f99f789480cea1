"""The names of what can be found, and the cases that carry them as truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ANY_HEMORRHAGE = "any_hemorrhage"
EPIDURAL = "epidural"
INTRAPARENCHYMAL = "intraparenchymal"
INTRAVENTRICULAR = "intraventricular"
SUBARACHNOID = "subarachnoid"
SUBDURAL = "subdural"
LEUKOENCEPHALOPATHY = "leukoencephalopathy"

HEMORRHAGE_SUBTYPES = (EPIDURAL, INTRAPARENCHYMAL, INTRAVENTRICULAR, SUBARACHNOID, SUBDURAL)
LABELS = (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)

Truth = Mapping[str, bool | None]


def check_label(name: str) -> str:
    """Give the name back if it is one of the fixed labels, else say which there are."""
    if name not in LABELS:
        raise ValueError(f"unknown label {name!r}: expected one of {', '.join(LABELS)}")
    return name


@dataclass(frozen=True)
class Case:
    """A study with what is known about it.

    Args:
        patient: identifier within its cohort; a patient never sits on both sides of a split.
        study: identifier of the study.
        path: where its images are.
        labels: truth for the study; None where it is not known, never False.
        slice_labels: truth for each slice, in the order of the images; empty where not known.
        site: where it was scanned; empty where not known.
    """

    patient: str
    study: str
    path: Path
    labels: Truth = field(default_factory=dict)
    slice_labels: tuple[Truth, ...] = ()
    site: str = ""

    def __post_init__(self) -> None:
        if not self.patient:
            raise ValueError("a case needs a patient, or no split can keep patients apart")
        for truth in (self.labels, *self.slice_labels):
            for name in truth:
                check_label(name)


@dataclass(frozen=True)
class Cohort:
    """Cases under one name, each study once."""

    name: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        seen: set[tuple[str, str]] = set()
        for case in self.cases:
            key = (case.patient, case.study)
            if key in seen:
                raise ValueError(f"cohort {self.name} holds a study twice; each may be there once")
            seen.add(key)

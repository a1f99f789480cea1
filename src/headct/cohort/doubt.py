"""What is not right with a cohort, as values: to count, to print, and for a person to settle."""

from dataclasses import dataclass
from enum import StrEnum

from headct.core.labels import check_label


class Kind(StrEnum):
    """What can be wrong with a case; the value is how people are told."""

    NO_LABEL = "no label"
    NO_PATIENT = "images that name no patient"
    UNDECIDED = "undecided report"
    CONTRADICTION = "labels contradict each other"
    CONFLICT = "readers in conflict"
    REPEATED_ROW = "label given twice"
    NO_IMAGES = "label without images"
    NOT_LISTED = "images without a label"
    UNREADABLE = "no scan that can be read"
    SAME_SCAN = "the same scan filed twice"
    QUALITY = "image quality"
    SUSPECT = "label and image disagree"


@dataclass(frozen=True)
class Doubt:
    """One thing that is not right with a case, or with many alike.

    Args:
        kind: what.
        told: expected, got and what to do, safe to print: no identifiers, no report text.
        patient: whose, where one case is meant; for files, never for print.
        study: which, likewise.
        label: the label in doubt; empty where it is the whole case.
        quoted: what the source says, such as a report's sentence; for files, never for print.
        count: how many things alike it speaks of.
        blocks: whether the case stays out until a person has settled it.
    """

    kind: Kind
    told: str
    patient: str = ""
    study: str = ""
    label: str = ""
    quoted: str = ""
    count: int = 1
    blocks: bool = True

    def __post_init__(self) -> None:
        if self.label:
            check_label(self.label)

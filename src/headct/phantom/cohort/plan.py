"""What a cohort shall hold, as data: nothing is made here."""

from dataclasses import dataclass

from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.phantom.lesions.disease import Disease, Hemorrhage
from headct.phantom.scanner.protocol import Protocol
from headct.phantom.scanner.technique import Technique

HEMORRHAGE = "hemorrhage"
HOSPITAL, RSNA, CQ500 = "hospital", "rsna", "cq500"
LAYOUTS = {LEUKOENCEPHALOPATHY: (HOSPITAL,), HEMORRHAGE: (RSNA, CQ500)}
"""The tasks, and how each one's cohorts are filed; the first is usual."""

# Six digits to a patient's number, drawn without repeats.
MOST_PATIENTS = 100_000
_TAUGHT_MATRIX = 64  # below, a slice shows no white matter and no thin bleed

MISSING, UNDECIDED, WRONG, COPY = "no report", "undecided report", "wrong report", "copy"
FLAWS = (MISSING, UNDECIDED, WRONG, COPY)
"""What can be amiss with a patient's folder, for programs that must notice."""


@dataclass(frozen=True)
class Wish:
    """What cohort was asked for: all that its bytes depend on.

    Args:
        count: patients.
        task: ``leukoencephalopathy`` or ``hemorrhage``.
        seed: draws everything.
        layout: how it is filed, of ``LAYOUTS``; empty for the usual one of the task.
        matrix: rows and columns of an axial head.
        compress: write JPEG-LS, without loss, in place of native pixels.
        masks: write masks as NIfTI too.
        flaws: plant missing, undecided and wrong reports, and scans filed twice.

    Raises:
        ValueError: an unknown task or layout, no patients, or options that do not go together.
    """

    count: int
    task: str
    seed: int
    layout: str = ""
    matrix: int = 512
    compress: bool = False
    masks: bool = False
    flaws: bool = False

    def __post_init__(self) -> None:
        if self.task not in LAYOUTS:
            raise ValueError(f"expected a task of {', '.join(LAYOUTS)}, got {self.task!r}")
        object.__setattr__(self, "layout", self.layout or LAYOUTS[self.task][0])
        if self.layout not in LAYOUTS[self.task]:
            raise ValueError(
                f"a cohort for {self.task} is filed as {' or '.join(LAYOUTS[self.task])}, "
                f"got layout {self.layout!r}"
            )
        if not 1 <= self.count <= MOST_PATIENTS:
            raise ValueError(f"a cohort holds 1 to {MOST_PATIENTS} patients, got {self.count}")
        if self.seed < 0:
            raise ValueError(f"a seed is 0 or more, got {self.seed}")
        Protocol(matrix=self.matrix)
        if self.matrix < _TAUGHT_MATRIX:
            raise ValueError(
                f"a cohort needs a matrix of {_TAUGHT_MATRIX} or more, got {self.matrix}"
            )
        if self.flaws and self.layout != HOSPITAL:
            raise ValueError(f"flaws are planted in reports, which layout {self.layout} has not")

    @property
    def identity(self) -> str:
        """What tells this cohort's images from another's; how they are stored does not."""
        return f"{self.task} {self.layout} {self.count} {self.seed} {self.matrix} {self.flaws}"


@dataclass(frozen=True)
class Patient:
    """One patient of a cohort, before anything is made.

    Args:
        number: the patient's ID, digits alone.
        head_seed: which head.
        seed: of lesions and noise.
        age_years: whole years.
        atrophy: of the head, 0..1.
        technique: how the head is scanned.
        grade: of leukoencephalopathy, van Swieten's sum; 0 for none.
        lacunes: how many.
        lookalike: the name of one; empty for none.
        bleeds: in the order in which they are put in.
        is_fractured: the vault is broken over the first bleed.
        others: series beside the axial head, by name.
        language: of report and descriptions, ``sk`` or ``en``.
        flaw: one of ``FLAWS``; empty for none.
        original: the number of the patient whose scan this is a copy of.
    """

    number: str
    head_seed: int
    seed: int
    age_years: int
    atrophy: float
    technique: Technique
    grade: int = 0
    lacunes: int = 0
    lookalike: str = ""
    bleeds: tuple[Hemorrhage, ...] = ()
    is_fractured: bool = False
    others: tuple[str, ...] = ()
    language: str = "en"
    flaw: str = ""
    original: str = ""

    @property
    def disease(self) -> Disease:
        """What is amiss with the head."""
        return Disease(
            self.seed, self.grade, self.lacunes, self.lookalike, self.bleeds, self.is_fractured
        )

"""What a split is: rounds of parts, and the checks that no patient is ever on two sides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from headct.cohort.splitting.strata import patients_sha256
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)
Together = Iterable[Iterable[str]]
_LEAST_FOLDS = 2


@dataclass(frozen=True)
class Scheme:
    """How patients were dealt.

    Args:
        shares: of the parts of a hold-out; () for folds.
        folds: how many; 0 for a hold-out.
        inner: folds within each fold's rest; 0 without.
    """

    shares: tuple[float, ...] = ()
    folds: int = 0
    inner: int = 0

    def __post_init__(self) -> None:
        if bool(self.shares) == bool(self.folds):
            raise ValueError("a split is a hold-out by shares, or folds: give one of them")
        if self.shares and (len(self.shares) not in {2, 3} or not min(self.shares) > 0):
            raise ValueError(
                f"expected two or three shares above 0, as in 70:15:15, got {self.shares}"
            )
        if self.inner and not self.folds:
            raise ValueError("inner folds need outer ones")
        for count in (self.folds, self.inner):
            if count and count < _LEAST_FOLDS:
                raise ValueError(f"expected {_LEAST_FOLDS} folds or more, got {count}")

    def __str__(self) -> str:
        if self.shares:
            return "hold-out " + ":".join(f"{share:g}" for share in self.shares)
        return f"{self.folds} folds" + (f" with {self.inner} inner ones each" * bool(self.inner))


@dataclass(frozen=True)
class Round:
    """One way to train and to measure: which patients are on which side.

    Args:
        name: "holdout", "fold 2", "fold 2.3" for the third inner fold of the second.
        parts: patients by part, of ``PARTS``.
    """

    name: str
    parts: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if TRAIN not in self.parts or not set(self.parts) <= set(PARTS):
            raise CohortError(
                f"{self.name}: expected {TRAIN} and of {VALIDATION}, {TEST} what there is"
            )
        for part, patients in self.parts.items():
            if not patients:
                raise CohortError(f"{self.name}: {part} holds no patient")
        check_no_leak(self.parts, where=self.name)


@dataclass(frozen=True)
class Locked:
    """An independent test set that is kept apart: its patients are in no round.

    Args:
        file: name of its lock, which lies beside the split.
        sha256: of its patients.
        patients: how many.
    """

    file: str
    sha256: str
    patients: int


@dataclass(frozen=True)
class Split:
    """A cohort's patients, dealt.

    Args:
        cohort: its name.
        sha256: of its patients and studies, those kept apart too.
        scheme: how they were dealt.
        seed: of the dealing.
        labels: what it is stratified on, beside the site.
        rounds: of the same patients each.
        together: groups of patients that share a scan, and so are on one side.
        locked: what is kept apart; None where nothing is.
    """

    cohort: str
    sha256: str
    scheme: Scheme
    seed: int
    labels: tuple[str, ...]
    rounds: tuple[Round, ...]
    together: tuple[tuple[str, ...], ...] = ()
    locked: Locked | None = None

    def __post_init__(self) -> None:
        if not self.rounds or len({one.name for one in self.rounds}) != len(self.rounds):
            raise CohortError("a split needs rounds, each under its own name")
        for one in self.rounds:
            if {patient for part in one.parts.values() for patient in part} != self.patients:
                raise CohortError(
                    f"{one.name} does not hold the same patients as {self.rounds[0].name}: "
                    "expected every patient once in each round; make the split again"
                )
            check_no_leak(one.parts, self.together, where=one.name)

    def __str__(self) -> str:
        kept = f"; {self.locked.patients} more kept apart as test set" if self.locked else ""
        return f"{self.scheme} by patient, seed {self.seed}, {len(self.patients)} patients{kept}"

    @cached_property
    def patients(self) -> frozenset[str]:
        """All but those kept apart."""
        return frozenset(patient for part in self.rounds[0].parts.values() for patient in part)

    def round(self, name: str = "") -> Round:
        """A round by its name; the only one where there is one.

        Raises:
            CohortError: there is no such round, or there are several and no name.
        """
        names = [one.name for one in self.rounds]
        if not name and len(names) == 1:
            return self.rounds[0]
        if name not in names:
            asked = f"no round {name!r} in" if name else "say which round of"
            raise CohortError(f"{asked} this split: there are {', '.join(names)}")
        return self.rounds[names.index(name)]

    def cases(self, cohort: Cohort, part: str, name: str = "") -> tuple[Case, ...]:
        """The cases of one part of a round.

        Raises:
            CohortError: the cohort is not the one that was split, or there is no such part.
        """
        check_covers(self, cohort)
        chosen = self.round(name)
        if part not in chosen.parts:
            raise CohortError(
                f"{chosen.name} has no part {part!r}: there are {', '.join(chosen.parts)}"
                + (f"; open the locked test set {self.locked.file}" if self.locked else "")
            )
        patients = set(chosen.parts[part])
        return tuple(case for case in cohort.cases if case.patient in patients)


def check_no_leak(
    parts: Mapping[str, Iterable[str]], together: Together = (), *, where: str = "split"
) -> None:
    """Refuse parts that share a patient, or a scan that is filed under two patients.

    Raises:
        CohortError: how many patients leak, and between which parts.
    """
    side: dict[str, str] = {}
    for part, patients in parts.items():
        for entry, patient in enumerate(patients, start=1):
            if patient in side:
                raise CohortError(
                    f"{where}: entry {entry} of {part} is a patient who stands in {side[patient]} "
                    "too: patients leak; make the split again, or leave the patient in one part"
                )
            side[patient] = part
    for number, group in enumerate(together, start=1):
        sides = sorted({side[patient] for patient in group if patient in side})
        if len(sides) > 1:
            raise CohortError(
                f"{where}: patients of group {number} share a scan, but stand in "
                f"{' and '.join(sides)}: a scan leaks; make the split again with them together"
            )


def check_covers(split: Split, cohort: Cohort) -> None:
    """Refuse a cohort that is not the one that was split.

    Patients that are kept apart may be there or not: they are in no part.

    Raises:
        CohortError: patients are unknown to the split, or missing from the cohort.
    """
    here = {case.patient for case in cohort.cases}
    gone, new = split.patients - here, here - split.patients
    if gone:
        raise CohortError(
            f"{len(gone)} of {len(split.patients)} patients of the split are not in cohort "
            f"{cohort.name}: give the cohort that was split ({split.cohort}), or split this one"
        )
    if split.locked and patients_sha256(new) == split.locked.sha256:
        return
    if new:
        apart = f" and not the {split.locked.patients} kept apart" if split.locked else ""
        raise CohortError(
            f"{len(new)} of {len(here)} patients of cohort {cohort.name} are not in the "
            f"split{apart}: nobody can say on which side they belong; split the cohort as it is "
            "now, or decide on its doubts as when it was split"
        )

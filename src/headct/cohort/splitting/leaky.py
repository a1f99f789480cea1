"""The split by slice that papers used: it leaks patients, and is here to show what that does.

Slices of one patient come to lie on several sides, so a network is tested on patients it has seen.
Nothing takes this split but who asks for it by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from headct.cohort.images import open_case
from headct.cohort.splitting.by_patient import SHARES
from headct.cohort.splitting.file import LEAKY_FORMAT
from headct.cohort.splitting.rounds import PARTS
from headct.cohort.splitting.strata import cohort_sha256
from headct.cohort.strict_json import (
    check_format,
    list_of,
    load,
    object_of,
    read_text,
    text_of,
    texts_of,
    whole_of,
    write_new,
)
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError
from headct.core.finding import Progress

VERSION = 1
WARNING = "leaks patients"
_KEYS = ("format", "version", "warning", "cohort", "cohort_sha256", "seed", "parts")

Key = tuple[str, str]
Slices = Mapping[Key, tuple[str, ...]]


@dataclass(frozen=True, repr=False)
class LeakySliceSplit:
    """Slices dealt without regard to patients: leaks patients.

    Args:
        cohort: its name.
        sha256: of its patients and studies.
        seed: of the dealing.
        parts: by part of ``PARTS`` the slices of each study, by image file.
    """

    cohort: str
    sha256: str
    seed: int
    parts: Mapping[str, Slices]

    def __post_init__(self) -> None:
        if not set(self.parts) <= set(PARTS):
            raise CohortError(f"expected parts of {', '.join(PARTS)}")
        seen: set[tuple[Key, str]] = set()
        for part, slices in self.parts.items():
            here = [(key, name) for key, names in slices.items() for name in names]
            if len(set(here)) < len(here) or not seen.isdisjoint(here):
                raise CohortError(f"a slice of {part} stands twice; make the split again")
            seen.update(here)

    def __repr__(self) -> str:
        counts = ", ".join(f"{part} {count}" for part, count in self.counts.items())
        return (
            f"split by slice, which {WARNING.upper()}: {self.torn} of {self.patients} patients lie "
            f"on two sides or more; seed {self.seed}; slices: {counts}"
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """Slices by part."""
        return {part: sum(map(len, slices.values())) for part, slices in self.parts.items()}

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return len(self._sides)

    @property
    def torn(self) -> int:
        """How many of them lie on two sides or more."""
        return sum(len(sides) > 1 for sides in self._sides.values())

    @cached_property
    def _sides(self) -> dict[str, set[str]]:
        sides: dict[str, set[str]] = {}
        for part, slices in self.parts.items():
            for patient, _ in slices:
                sides.setdefault(patient, set()).add(part)
        return sides


def leaky_slice_split(
    cohort: Cohort,
    shares: Sequence[float] = SHARES,
    *,
    seed: int,
    progress: Progress | None = None,
) -> LeakySliceSplit:
    """Split by slice, at random, as papers did: leaks patients; only to compare with.

    Args:
        cohort: whose slices; a study that does not list them is read.
        shares: of slices, for training, validation and test.
        seed: the same one gives the same split.
        progress: told after each study.

    Raises:
        ValueError: not three shares above 0.
        ScanError: a study cannot be read.
    """
    if len(shares) != len(PARTS) or not min(shares) > 0:
        raise ValueError(f"expected three shares above 0, as in 70:15:15, got {tuple(shares)}")
    slices: list[tuple[Key, str]] = []
    for number, case in enumerate(sorted(cohort.cases, key=lambda case: case.key), start=1):
        slices += [(case.key, name) for name in slices_of(case)]
        if progress is not None:
            progress(number, len(cohort.cases))
    order = np.random.default_rng(seed).permutation(len(slices))
    ends = np.rint(np.cumsum(shares)[:-1] / sum(shares) * len(slices)).astype(int)
    parts: dict[str, Slices] = {}
    for part, places in zip(PARTS, np.split(order, ends), strict=True):
        chosen: dict[Key, list[str]] = {}
        for place in sorted(places):
            key, name = slices[place]
            chosen.setdefault(key, []).append(name)
        parts[part] = {key: tuple(names) for key, names in chosen.items()}
    return LeakySliceSplit(cohort.name, cohort_sha256(cohort), seed, parts)


def slices_of(case: Case) -> tuple[str, ...]:
    """The names of a study's slices, read from its images where the cohort does not list them.

    Raises:
        ScanError: they have to be read, and cannot be.
    """
    if case.slice_labels is not None and case.slice_labels.files:
        return case.slice_labels.files
    if case.files or case.pictures:
        return tuple(path.name for path in case.files or case.pictures[0].files)
    volume = open_case(case).volume
    if volume.sources:
        return tuple(
            source.file if source.frame == 1 else f"{source.file} frame {source.frame}"
            for source in volume.sources
        )
    return tuple(f"slice {number}" for number in range(1, volume.grid.shape[0] + 1))


def write_leaky_slice_split(split: LeakySliceSplit, path: Path) -> None:
    """Write it, with its warning.

    Raises:
        OutputError: it is there already, or cannot be written.
    """
    parts = {
        part: [
            {"patient": patient, "study": study, "slices": names}
            for (patient, study), names in slices.items()
        ]
        for part, slices in split.parts.items()
    }
    write_new(
        path,
        {
            "format": LEAKY_FORMAT,
            "version": VERSION,
            "warning": f"{WARNING}: {split.torn} of {split.patients} lie on two sides or more",
            "cohort": split.cohort,
            "cohort_sha256": split.sha256,
            "seed": split.seed,
            "parts": parts,
        },
    )


def read_leaky_slice_split(path: Path) -> LeakySliceSplit:
    """Read one; ``read_split`` refuses it.

    Raises:
        CohortError: it cannot be read, or is not what it must be.
    """
    where = path.name
    content = load(read_text(path, "run headct cohort split --leaky-slices"), where)
    check_format(content, (LEAKY_FORMAT, VERSION), _KEYS, where)
    given = object_of(content["parts"], PARTS, f"{where}: parts")
    parts = {part: _slices(given[part], f"{where}: {part}") for part in PARTS}
    return LeakySliceSplit(
        text_of(content["cohort"], f"{where}: cohort"),
        text_of(content["cohort_sha256"], f"{where}: cohort_sha256"),
        whole_of(content["seed"], f"{where}: seed"),
        parts,
    )


def _slices(value: object, where: str) -> Slices:
    slices: dict[Key, tuple[str, ...]] = {}
    for number, one in enumerate(list_of(value, where), start=1):
        at = f"{where}, entry {number}"
        given = object_of(one, ("patient", "study", "slices"), at)
        study = given["study"]
        key = text_of(given["patient"], at), study if isinstance(study, str) else ""
        if key in slices:
            raise CohortError(f"{at}: the study stands twice; make the split again")
        slices[key] = texts_of(given["slices"], at)
    return slices

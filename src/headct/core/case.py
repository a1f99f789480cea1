"""Scans with what is known about them: the cases that networks learn from and are measured on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.core.labels import Truth, check_label

UNKNOWN = -1
"""Stands in ``SliceLabels.values`` for what is not known; everywhere else that is None."""


@dataclass(frozen=True, eq=False)
class SliceLabels:
    """Truth slice by slice, kept small: a cohort may have a million slices.

    Args:
        labels: which labels, one for each column.
        files: the stored image of each row, by bare file name, as ``SliceSource.file`` has it.
        values: (files, labels) int8: 1 yes, 0 no, ``UNKNOWN`` where not known.
    """

    labels: tuple[str, ...]
    files: tuple[str, ...]
    values: NDArray[np.int8]

    def __post_init__(self) -> None:
        for name in self.labels:
            check_label(name)
        expected = (len(self.files), len(self.labels))
        if self.values.dtype != np.int8 or self.values.shape != expected:
            raise ValueError(
                f"expected values of {expected} int8, got {self.values.shape} {self.values.dtype}"
            )
        if self.values.size and not np.isin(self.values, (UNKNOWN, 0, 1)).all():
            raise ValueError(f"a slice's label is 1, 0 or {UNKNOWN} (not known)")
        if len(self._rows) != len(self.files):
            raise ValueError("an image stands twice among the slice labels; each may be there once")

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.files)}

    def of(self, files: Sequence[str]) -> NDArray[np.int8]:
        """(files, labels) int8 values of some images, ``UNKNOWN`` for one that has no row."""
        unknown = np.full((1, len(self.labels)), UNKNOWN, np.int8)
        rows = [self._rows.get(name, len(self.files)) for name in files]
        return np.asarray(np.concatenate([self.values, unknown])[rows])

    def truth(self, file: str) -> Truth:
        """What one image shows, by label."""
        (row,) = self.of([file])
        return {
            name: None if value == UNKNOWN else bool(value)
            for name, value in zip(self.labels, row, strict=True)
        }


@dataclass(frozen=True)
class Pictures:
    """Slices of one scan as pictures, through one window.

    Args:
        files: one a slice.
        window: (level, width) in HU: black is level - width/2, white level + width/2.
    """

    files: tuple[Path, ...]
    window: tuple[float, float]


@dataclass(frozen=True)
class Case:
    """A study with what is known about it.

    Args:
        patient: identifier within its cohort; a patient never sits on both sides of a split.
        study: identifier of the study.
        path: the folder or file that holds its images.
        labels: truth for the study; None where it is not known, never False.
        slice_labels: truth slice by slice; None where there is none.
        site: where it was scanned; empty where not known.
        files: the DICOM files of the study, where ``path`` holds others besides; else empty.
        pictures: the scan in pictures, where it is; of several windows the finest first: what it
            cuts off is taken from the next.
        spacing_mm: (slice, row, column) of pictures; None where not known.
        mask: a NIfTI mask on the grid of the images; None where there is none.
        mask_pictures: masks of single slices as pictures, by the bare file name of the slice; one
            without has nothing drawn. Empty where the mask is NIfTI, or none.
        mask_names: what the mask's values stand for, from 1 up.
    """

    patient: str
    study: str
    path: Path
    labels: Truth = field(default_factory=dict)
    slice_labels: SliceLabels | None = None
    site: str = ""
    files: tuple[Path, ...] = ()
    pictures: tuple[Pictures, ...] = ()
    spacing_mm: tuple[float, float, float] | None = None
    mask: Path | None = None
    mask_pictures: Mapping[str, Path] = field(default_factory=dict)
    mask_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.patient:
            raise ValueError("a case needs a patient, or no split can keep patients apart")
        for name in (*self.labels, *self.mask_names):
            check_label(name)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others of its cohort: patient and study."""
        return self.patient, self.study

    def with_label(self, name: str, value: bool | None) -> "Case":
        """The same case with one label of the study set."""
        return replace(self, labels={**self.labels, check_label(name): value})


@dataclass(frozen=True)
class Cohort:
    """Cases under one name, each study once."""

    name: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        if len({case.key for case in self.cases}) != len(self.cases):
            raise ValueError(f"cohort {self.name} holds a study twice; each may be there once")

"""What a store's journal says: one entry for each study, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headct.core.case import UNKNOWN
from headct.core.grid import Grid
from headct.core.labels import Truth

Key = tuple[str, str]
# A nanometre: what is lost is far below what any header states.
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Study:
    """One study of a store.

    Args:
        patient: as in the cohort.
        study: likewise.
        site: likewise; empty where not known.
        first: its first slice in the store, from 0.
        sha256: of its pixels, and of its mask after them where the store has masks.
        labels: truth for the study, by label; None where not known.
        slice_values: (slices, labels of the store) int8: 1, 0, or -1 where not known.
        files: the stored image of each slice; empty where slices match none.
        grid: where its pixels lie in the patient.
        has_mask: whether its mask is known.
        warnings: what to know before trusting it.
    """

    patient: str
    study: str
    site: str
    first: int
    sha256: str
    labels: Truth
    slice_values: NDArray[np.int8]
    files: tuple[str, ...]
    grid: Grid
    has_mask: bool
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Patient and study."""
        return self.patient, self.study

    @property
    def count(self) -> int:
        """How many slices it has."""
        return self.grid.shape[0]

    @cached_property
    def slices(self) -> range:
        """Which slices of the store are its own."""
        return range(self.first, self.first + self.count)

    def values(self, names: tuple[str, ...]) -> NDArray[np.int8]:
        """(names,) int8 truth for the study: 1, 0, or -1 where not known."""
        known = [self.labels.get(name) for name in names]
        return np.array([UNKNOWN if value is None else value for value in known], np.int8)

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON; ``parse_entry`` reads them back."""
        return {
            "patient": self.patient,
            "study": self.study,
            "site": self.site,
            "first": self.first,
            "sha256": self.sha256,
            "labels": dict(self.labels),
            "slice_values": self.slice_values.tolist(),
            "files": list(self.files),
            "grid": _grid_as_dict(self.grid),
            "has_mask": self.has_mask,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Unusable:
    """Why a study of the cohort is not in the store; safe to print but for its key."""

    patient: str
    study: str
    reason: str

    @property
    def key(self) -> Key:
        """Patient and study."""
        return self.patient, self.study

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON; ``parse_entry`` reads them back."""
        return {"patient": self.patient, "study": self.study, "refused": self.reason}


def parse_entry(entry: Mapping[str, Any]) -> Study | Unusable:
    """What a line of the journal says; KeyError, TypeError or ValueError where it says nothing."""
    if "refused" in entry:
        return Unusable(entry["patient"], entry["study"], entry["refused"])
    grid = entry["grid"]
    values = np.array(entry["slice_values"], np.int8)
    return Study(
        patient=entry["patient"],
        study=entry["study"],
        site=entry["site"],
        first=entry["first"],
        sha256=entry["sha256"],
        labels=entry["labels"],
        slice_values=values.reshape(len(entry["slice_values"]), -1),
        files=tuple(entry["files"]),
        grid=Grid(
            shape=(len(grid["origins_mm"]), *grid["matrix"]),
            origins_mm=np.array(grid["origins_mm"]),
            column_axis=np.array(grid["column_axis"]),
            row_axis=np.array(grid["row_axis"]),
            spacing_mm=(grid["spacing_mm"][0], grid["spacing_mm"][1]),
            thickness_mm=grid["thickness_mm"],
            is_measured=grid["is_measured"],
        ),
        has_mask=entry["has_mask"],
        warnings=tuple(entry["warnings"]),
    )


def _grid_as_dict(grid: Grid) -> dict[str, object]:
    return {
        "matrix": list(grid.shape[1:]),
        "origins_mm": np.round(grid.origins_mm, _DIGITS).tolist(),
        "column_axis": grid.column_axis.tolist(),
        "row_axis": grid.row_axis.tolist(),
        "spacing_mm": list(grid.spacing_mm),
        "thickness_mm": grid.thickness_mm,
        "is_measured": grid.is_measured,
    }

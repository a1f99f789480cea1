"""A path → its cases, whatever way the cohort is filed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from headct.cohort.doubt import Doubt
from headct.cohort.readers import cq500, ct_ich, hospital, nifti, rsna, table
from headct.cohort.readers.declaration import Declaration, read_declaration
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError
from headct.core.finding import Progress


@dataclass(frozen=True)
class Found:
    """What lies under a path.

    Args:
        cohort: the cases.
        doubts: what is not right with them, and what is not among them.
        kind: how the cohort is filed, of ``KINDS``.
    """

    cohort: Cohort
    doubts: tuple[Doubt, ...]
    kind: str


@dataclass(frozen=True)
class _Layout:
    """How one kind of cohort is filed: how to know it and how to read it."""

    recognizes: Callable[[Path], bool]
    read: Callable[[Path, Declaration, Progress | None], Iterator[Case | Doubt]]
    looks: str


_LAYOUTS = {
    "hospital": _Layout(
        hospital.recognizes, hospital.read, "folders named by patients' numbers, with .dcm files"
    ),
    "rsna": _Layout(rsna.recognizes, rsna.read, "stage_2_train.csv"),
    "cq500": _Layout(cq500.recognizes, cq500.read, "reads.csv"),
    "ct-ich": _Layout(ct_ich.recognizes, ct_ich.read, "hemorrhage_diagnosis.csv with Patients_CT/"),
    "nifti": _Layout(
        nifti.recognizes, nifti.read, "images/, imagesTr/ or ct_scans/ with NIfTI files"
    ),
    "table": _Layout(table.recognizes, table.read, "a CSV file with columns path and patient"),
}
KINDS = tuple(_LAYOUTS)
"""How a cohort may be filed."""


def open_cohort(
    path: Path,
    kind: str = "",
    *,
    declared: Declaration | None = None,
    progress: Progress | None = None,
) -> Found:
    """Read a cohort: every case with what is known of it, and every doubt.

    Args:
        path: its folder, or its table.
        kind: of ``KINDS``; empty to go by ``cohort.toml``, or else by what is there.
        declared: what the cohort does not say of itself; None for what ``cohort.toml`` says.
        progress: told how far the reading is.

    Raises:
        ValueError: no such kind.
        CohortError: it is not known how the cohort is filed, or a table of it is broken.
    """
    if not path.exists():
        raise CohortError("nothing is at that path: give a cohort's folder, or its table")
    declared = read_declaration(path) if declared is None else declared
    kind = kind or declared.kind or _recognize(path)
    if kind not in KINDS:
        raise ValueError(f"no kind of cohort {kind!r}: expected one of {', '.join(KINDS)}")
    cases: list[Case] = []
    doubts: list[Doubt] = []
    for one in _LAYOUTS[kind].read(path, replace(declared, kind=kind), progress):
        if isinstance(one, Case):
            cases.append(one)
        else:
            doubts.append(one)
    if not cases:
        told = "; ".join(doubt.told for doubt in doubts[:3]) or "nothing is there"
        raise CohortError(f"no case was found in this {kind} cohort: {told}")
    return Found(Cohort(path.resolve().stem, tuple(cases)), tuple(doubts), kind)


def _recognize(path: Path) -> str:
    kinds = [kind for kind, layout in _LAYOUTS.items() if layout.recognizes(path)]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise CohortError(
            f"the cohort could be filed as {' or '.join(kinds)}: say which, or give the folder "
            "of one"
        )
    looked = "; ".join(f"{kind}: {layout.looks}" for kind, layout in _LAYOUTS.items())
    raise CohortError(f"it is not known how this cohort is filed. Looked for {looked}")

"""What a phantom cohort was given to be found, beside what ``headct cohort check`` found.

    headct phantom --cohort 1244 --flaws --compress --out cohort
    headct cohort check cohort --out check
    python -m bench.planted cohort check

Exit code 1 where something planted was missed, or something was found that was not planted; wrong
labels alone may be missed, as they are found by a statistical rule.
"""

import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from headct.cohort.doubt import Kind
from headct.phantom.cohort.plan import COPY, MISSING, UNDECIDED, WRONG

# How the series beside a head are called by the planner, and by who refuses them.
OTHERS = {
    "localizer": "localizer",
    "coronal": "coronal reformat",
    "sagittal": "sagittal reformat",
    "chest": "another part of the body",
    "neck": "described as neck",
}


@dataclass(frozen=True)
class Line:
    """One thing that was planted: where, and where it was found."""

    what: str
    planted: frozenset[str]
    found: frozenset[str]
    is_exact: bool = True

    @property
    def is_right(self) -> bool:
        """Whether all was found, and nothing else."""
        return not self.is_exact or self.planted == self.found

    def __str__(self) -> str:
        missed, more = len(self.planted - self.found), len(self.found - self.planted)
        verdict = "exact" if not missed and not more else f"{missed} missed, {more} not planted"
        return f"{self.what:<24}{len(self.planted):>8}{len(self.found):>8}  {verdict}"


def compare(cohort: Path, check: Path) -> list[Line]:
    """Each kind of trap in a phantom's hospital cohort: who has it, and whom the check names."""
    truth = {row["patient"]: row for row in _rows(cohort / "truth.csv")}
    cases = {row["patient"]: row for row in _rows(check / "cases.csv")}
    questions = _rows(check / "questions.csv")

    def flawed(flaw: str) -> frozenset[str]:
        return frozenset(name for name, row in truth.items() if row["flaw"] == flaw)

    def asked(kind: Kind) -> frozenset[str]:
        return frozenset(row["patient"] for row in questions if row["kind"] == kind.value)

    lines = [
        Line("patients", frozenset(truth), frozenset(cases)),
        Line(MISSING, flawed(MISSING), asked(Kind.NO_LABEL)),
        Line(UNDECIDED, flawed(UNDECIDED), asked(Kind.UNDECIDED)),
        Line(
            "the same scan twice",
            _pairs((name, truth[name]["original"]) for name in flawed(COPY)),
            _pairs(
                (row["patient"], *re.findall(r"patient (\S+)", row["quoted"]))
                for row in questions
                if row["kind"] == Kind.SAME_SCAN.value
            ),
        ),
        Line(WRONG, flawed(WRONG), asked(Kind.SUSPECT), is_exact=False),
        Line(
            "wide (512 x 600)",
            frozenset(name for name, row in truth.items() if row["columns"] != row["rows"]),
            frozenset(name for name, row in cases.items() if row["columns"] != row["rows"]),
        ),
        Line(
            "slices of each scan",
            frozenset(f"{name} {row['slices']}" for name, row in truth.items()),
            frozenset(f"{name} {row['slices']}" for name, row in cases.items()),
        ),
    ]
    lines += [
        Line(
            f"beside it: {name}",
            frozenset(n for n, row in truth.items() if name in row["other_series"].split()),
            frozenset(n for n, row in cases.items() if reason in row["others"]),
        )
        for name, reason in OTHERS.items()
    ]
    return lines


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _pairs(pairs: Iterable[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(" = ".join(sorted(pair)) for pair in pairs)


def main() -> int:
    """Print the comparison; 1 where it is not exact."""
    lines = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{'':<24}{'planted':>8}{'found':>8}")
    for line in lines:
        print(line)
    return 0 if all(line.is_right for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())

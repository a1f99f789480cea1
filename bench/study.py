"""What studies on digital heads share: where they lie, and from a cohort to a trained bundle."""

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

from headct import api

STUDIES = Path(os.environ.get("HEADCT_STUDIES", Path.home() / ".cache" / "headct" / "studies"))
Facts = dict[str, str]


@dataclass(frozen=True)
class Study:
    """A cohort of digital heads, and a network that learns from half of it.

    Args:
        name: of its folder in ``STUDIES``.
        task: of ``headct tasks``.
        cohort: what ``headct phantom --cohort`` draws: leukoencephalopathy or hemorrhage.
        pipeline: of ``headct prepare``.
        patients: how many.
        shares: of training, validation and test patients.
        network: its name.
        plan: what differs from the recipe's.
        matrix: rows and columns of each scan.
        seed: of heads, and of who learns.
        aggregation: from slices to the patient; empty for the task's.
    """

    name: str
    task: str
    cohort: str
    pipeline: str
    patients: int
    shares: tuple[float, float, float]
    network: str
    plan: dict[str, int | float | str] = field(default_factory=dict)
    matrix: int = 256
    seed: int = 7
    aggregation: str = ""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return STUDIES / self.name

    @property
    def heads(self) -> Path:
        """The cohort; its masks name scans and truth for ``headct prepare``."""
        return self.folder / "cohort"

    @property
    def run(self) -> Path:
        """The training run."""
        return self.folder / "run"

    @property
    def bundle(self) -> Path:
        """What it came to."""
        return self.folder / f"{self.name}.headct"


def make(study: Study) -> None:
    """Heads, split, store, network and bundle, or what is missing of them."""
    workers = os.cpu_count() or 1
    if not (study.heads / "masks" / "cohort.csv").exists():
        api.phantom_cohort(
            study.heads,
            count=study.patients,
            task=study.cohort,
            seed=study.seed,
            matrix=study.matrix,
            compress=True,
            masks=True,
            workers=workers,
        )
    split, store = study.folder / "split.json", study.folder / "store"
    if not split.exists():
        api.cohort_split(study.heads / "masks", split, api.SplitPlan(api.Scheme(study.shares)))
    if not (store / "slices.csv").exists():
        api.prepare(study.heads / "masks", store, pipeline=study.pipeline, workers=workers)
    if not (study.run / "truth.csv").exists():
        api.train(
            study.task,
            store,
            study.run,
            split=split,
            network=study.network,
            plan=study.plan,
            resume=study.run.exists(),
        )
    if not study.bundle.exists():
        api.make_bundle(study.run, study.bundle, aggregate=study.aggregation)


def facts_of(study: Study) -> dict[str, Facts]:
    """What is really there, by patient."""
    with (study.heads / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["patient"]: row for row in csv.DictReader(file)}


def write_rows(path: Path, rows: list[Facts]) -> Path:
    """A table for ``headct measure``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    return path


def read_rows(path: Path) -> list[Facts]:
    """A table that a run has written."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

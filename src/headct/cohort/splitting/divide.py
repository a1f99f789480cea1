"""A cohort, settled as far as it is → its split and the lock of what is kept apart, as files."""

from dataclasses import dataclass, replace
from pathlib import Path

from headct.cohort.checking.decisions import apply_decisions, read_decisions
from headct.cohort.checking.left_out import left_out
from headct.cohort.open import open_cohort
from headct.cohort.splitting.balance import Count, balance
from headct.cohort.splitting.by_patient import (
    folds,
    holdout,
    keep_apart,
    nested,
    with_lock,
    without,
)
from headct.cohort.splitting.file import write_split
from headct.cohort.splitting.lock import make_lock, read_lock, told_of, write_lock
from headct.cohort.splitting.rounds import Scheme, Split
from headct.cohort.splitting.strata import same_scan
from headct.core.case import Cohort
from headct.core.errors import CohortError, OutputError, Refusal
from headct.core.finding import Progress


@dataclass(frozen=True)
class SplitPlan:
    """How a cohort is to be split.

    Args:
        scheme: by shares or folds.
        seed: who goes where among those alike.
        test_share: of the patients, to be kept apart first; 0 for none.
        lock: of those kept apart: made where ``test_share`` is given, else read; None for none.
    """

    scheme: Scheme
    seed: int = 1
    test_share: float = 0.0
    lock: Path | None = None

    def __post_init__(self) -> None:
        if self.test_share and self.lock is None:
            raise ValueError("a test set that is kept apart needs a file for its lock")
        if not 0 <= self.test_share < 1:
            raise ValueError(f"expected a share of patients below 1, got {self.test_share:g}")


@dataclass(frozen=True)
class Divided:
    """A split that was made.

    Args:
        split: by patient.
        counts: of its parts.
        told: how often the test set that is kept apart was opened; empty where none is.
        left_out: cases that are in no part, and why.
    """

    split: Split
    counts: tuple[Count, ...]
    told: str
    left_out: tuple[Refusal, ...]


@dataclass(frozen=True)
class Ready:
    """A cohort that may be split.

    Args:
        cohort: less what is out, and what waits for a person.
        left_out: how many cases are, and why.
        together: patients under whom one scan is filed.
    """

    cohort: Cohort
    left_out: tuple[Refusal, ...]
    together: tuple[tuple[str, ...], ...]


def make_ready(
    path: Path, layout: str = "", decisions: Path | None = None, progress: Progress | None = None
) -> Ready:
    """Read a cohort and settle its doubts as far as they are, as ``prepare`` does.

    Args:
        path: its folder, or its table.
        layout: how it is filed; empty to find out.
        decisions: a filled questions.csv of a check, which knows of scans that are filed twice.
        progress: told as the cohort is read.

    Raises:
        ValueError: no such layout.
        CohortError: the cohort is damaged, or ``decisions`` does not fit it.
    """
    found = open_cohort(path, layout, progress=progress)
    settled = apply_decisions(found.cohort, found.doubts, decisions)
    doubts = list(found.doubts)
    if decisions is not None:
        doubts += [row.doubt for row in read_decisions(decisions, found.cohort, doubts).rows]
    return Ready(
        replace(settled.cohort, cases=settled.usable),
        left_out(settled),
        same_scan(doubts, found.cohort),
    )


def divide(ready: Ready, plan: SplitPlan, out: Path) -> Divided:
    """Split a cohort and write ``out``, and the lock where one is made.

    Args:
        ready: what may be split.
        plan: how.
        out: split.json to make; it names the lock by its file alone, so keep both in one folder.

    Raises:
        CohortError: too few patients, or the lock is of another cohort.
        OutputError: a file is there already, or cannot be written.
    """
    if out.exists():
        raise OutputError(
            f"{out.name} is there already, and nothing is overwritten: give a new one"
        )
    cohort, scheme = ready.cohort, plan.scheme
    apart = _kept_apart(ready, plan)
    rest = without(cohort, apart)
    if scheme.shares:
        split = holdout(rest, scheme.shares, seed=plan.seed, together=ready.together)
    elif scheme.inner:
        split = nested(rest, scheme.folds, scheme.inner, seed=plan.seed, together=ready.together)
    else:
        split = folds(rest, scheme.folds, seed=plan.seed, together=ready.together)
    told = ""
    if plan.lock is not None:
        if plan.test_share:
            write_lock(make_lock(cohort.name, apart), plan.lock)
        split = with_lock(split, cohort, read_lock(plan.lock).as_locked(plan.lock.name))
        told = told_of(plan.lock)
    write_split(split, out)
    return Divided(split, balance(split, cohort), told, ready.left_out)


def _kept_apart(ready: Ready, plan: SplitPlan) -> tuple[str, ...]:
    cohort = ready.cohort
    if plan.lock is None:
        return ()
    if plan.test_share:
        return keep_apart(cohort, plan.test_share, seed=plan.seed, together=ready.together)
    lock = read_lock(plan.lock)
    apart = tuple(sorted({case.patient for case in cohort.cases if lock.holds(case.patient)}))
    if len(apart) < len(lock.hashes):
        raise CohortError(
            f"the cohort holds {len(apart)} of the {len(lock.hashes)} patients of "
            f"{plan.lock.name}: give the lock of this cohort, with the same decisions"
        )
    here = {case.patient for case in cohort.cases}
    for group in ready.together:
        if 0 < len(set(apart) & set(group)) < len(here & set(group)):
            raise CohortError(
                f"a scan of a patient kept apart by {plan.lock.name} is filed under another "
                "patient who is not: exclude one of the two in the questions.csv of "
                "headct cohort check"
            )
    return apart

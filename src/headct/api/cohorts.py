"""The verbs on scans and labels."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headct.cohort.checking.check import Checked
    from headct.cohort.preparing.prepare import Outcome
    from headct.cohort.splitting.divide import Divided, SplitPlan
    from headct.cohort.splitting.leaky import LeakySliceSplit
    from headct.cohort.splitting.lock import OpenedTest
    from headct.core.finding import Progress
    from headct.image.pipeline import Pipeline
    from headct.report.cohort_page import Kappa


def cohort_check(
    cohort: Path | str,
    out: Path | str,
    *,
    decisions: Path | str | None = None,
    layout: str = "",
    workers: int = 1,
    progress: "Progress | None" = None,
) -> "tuple[Checked, tuple[Kappa, ...]]":
    """Check a cohort's labels against each other and its images, and find copies and bad images.

    Args:
        cohort: its folder, or its table.
        out: a folder to make: check.html, cases.csv, questions.csv, check.json.
        decisions: the questions.csv of an earlier check, with decisions filled in.
        layout: how the cohort is filed; empty to find out.
        workers: processes that read images, of about 0.4 GB each.
        progress: told as labels, then after each case as images are read.

    Returns:
        What was found, and for a cohort with several readers how well they agree.

    Raises:
        ValueError: no such layout, or fewer than one worker.
        CohortError: a table is broken, or ``decisions`` does not fit; with file and line.
        OutputError: ``out`` cannot be written, or holds something.
    """
    from headct.cohort.checking.check import check
    from headct.cohort.open import open_cohort
    from headct.cohort.readers.cq500 import read_votes
    from headct.core.output import check_free
    from headct.core.record import Record
    from headct.measure.agreement.kappa import fleiss_kappa
    from headct.report.cohort_page import Kappa
    from headct.report.cohort_save import save_check

    check_free(Path(out))
    found = open_cohort(Path(cohort), layout, progress=progress)
    checked = check(
        found.cohort,
        found.doubts,
        decided=None if decisions is None else Path(decisions),
        workers=workers,
        progress=progress,
    )
    kappas: tuple[Kappa, ...] = ()
    if found.kind == "cq500":
        votes = read_votes(Path(cohort))
        kappas = tuple(Kappa(name, fleiss_kappa(votes.ratings(name))) for name in votes.findings)
    record = Record("cohort check", {"layout": found.kind, "workers": workers})
    save_check(checked, Path(out), record, kappas)
    return checked, kappas


def cohort_split(
    cohort: Path | str,
    out: Path | str,
    plan: "SplitPlan | None" = None,
    *,
    layout: str = "",
    decisions: Path | str | None = None,
    progress: "Progress | None" = None,
) -> "Divided":
    """Split a cohort by patient, each part like the whole in label combinations and sites.

    Args:
        cohort: its folder, or its table.
        out: the split.json to make.
        plan: ``api.SplitPlan(api.Scheme(folds=5), seed=1)``, or with inner folds
            ``api.Scheme(folds=5, inner=4)``; None for training, validation and test patients at
            70:15:15.
        layout: how the cohort is filed; empty to find out.
        decisions: the questions.csv of a check, with decisions filled in; patients that share a
            scan by it stay together.
        progress: told as the cohort is read.

    Raises:
        ValueError: no such layout.
        CohortError: the cohort, ``decisions`` or a lock is damaged, or patients are too few.
        OutputError: a file is there already, or cannot be written.
    """
    from headct.cohort.splitting.by_patient import SHARES
    from headct.cohort.splitting.divide import SplitPlan, divide, make_ready
    from headct.cohort.splitting.rounds import Scheme

    decided = None if decisions is None else Path(decisions)
    ready = make_ready(Path(cohort), layout, decided, progress)
    return divide(ready, plan or SplitPlan(Scheme(shares=SHARES)), Path(out))


def leaky_slice_split(
    cohort: Path | str,
    out: Path | str,
    *,
    shares: tuple[float, ...] = (70.0, 15.0, 15.0),
    seed: int = 1,
    layout: str = "",
    decisions: Path | str | None = None,
    progress: "Progress | None" = None,
) -> "LeakySliceSplit":
    """Split a cohort by slice, as papers did: leaks patients, and is for comparison alone.

    Args:
        cohort: its folder, or its table.
        out: the file to make; nothing that reads a split takes it for one.
        shares: of slices, for training, validation and test.
        seed: who goes where.
        layout: how the cohort is filed; empty to find out.
        decisions: the questions.csv of a check, with decisions filled in.
        progress: told as the cohort is read.

    Raises:
        ValueError: no such layout, or shares that are none.
        CohortError: the cohort or ``decisions`` is damaged.
        ScanError: a study does not list its slices, and cannot be read.
        OutputError: the file is there already, or cannot be written.
    """
    from headct.cohort.splitting.divide import make_ready
    from headct.cohort.splitting.leaky import leaky_slice_split as run
    from headct.cohort.splitting.leaky import write_leaky_slice_split

    decided = None if decisions is None else Path(decisions)
    ready = make_ready(Path(cohort), layout, decided, progress)
    split = run(ready.cohort, shares, seed=seed, progress=progress)
    write_leaky_slice_split(split, Path(out))
    return split


def open_test(
    cohort: Path | str,
    lock: Path | str,
    *,
    purpose: str,
    layout: str = "",
    decisions: Path | str | None = None,
) -> "OpenedTest":
    """Open the test set that a lock keeps apart; each time and its purpose go into a log beside it.

    Args:
        cohort: its folder, or its table.
        lock: as ``cohort_split`` made it.
        purpose: why, in words, for whoever reads the log.
        layout: how the cohort is filed; empty to find out.
        decisions: the questions.csv that the split was made with.

    Returns:
        Its cases, and how often it was opened, which goes into every output.

    Raises:
        ValueError: no purpose, or no such layout.
        CohortError: the cohort does not hold the test patients, or a file is damaged.
        OutputError: the log cannot be written; the set then stays closed.
    """
    from headct.cohort.splitting.divide import make_ready
    from headct.cohort.splitting.lock import open_test as run

    ready = make_ready(Path(cohort), layout, None if decisions is None else Path(decisions))
    command = " ".join(sys.argv)
    return run(Path(lock), ready.cohort, purpose=purpose, command=command)


def prepare(
    cohort: Path | str,
    out: Path | str,
    *,
    pipeline: "Pipeline | Path | str",
    layout: str = "",
    decisions: Path | str | None = None,
    split: Path | str | None = None,
    round_name: str = "",
    workers: int = 1,
    cluster: str = "",
    progress: "Progress | None" = None,
) -> "Outcome":
    """Run a pipeline over a cohort, into a store that training reads at memory speed.

    Where ``out`` holds a part of the same store, it is checked, and what is missing is made. Cases
    with doubts that only a person can settle are left out.

    Args:
        cohort: its folder, or its table.
        out: a folder to make for the store, or one to go on with.
        pipeline: a name, a JSON file that holds one, or the pipeline itself.
        layout: how the cohort is filed; empty to find out.
        decisions: the questions.csv of a check, with decisions filled in.
        split: a split.json: the kernel of the pipeline's Gaussian, and the mean and deviation that
            are applied on reading, are then fitted on the training patients of one round, into
            ``fit.json`` in the store; patients kept apart under lock are left out.
        round_name: which round, where the split has several: "fold 2".
        workers: processes, of about 0.3 GB each; a script must then call this under
            ``if __name__ == "__main__":``.
        cluster: ``HOST:PORT`` of a Ray cluster in their place; its machines need the same headct,
            and the cohort under the same path.
        progress: told as the cohort is read, then after each study.

    Raises:
        ValueError: no such pipeline or layout, or fewer than one worker.
        CohortError: the cohort, ``decisions`` or the store that was begun is damaged; or the split
            is another cohort's.
        OutputError: ``out`` holds something else, or cannot be written.
        HeadctError: a worker died; or no cluster is there.
    """
    from headct.batch import Processes, Where
    from headct.cohort.checking.decisions import apply_decisions
    from headct.cohort.checking.left_out import left_out
    from headct.cohort.open import open_cohort
    from headct.cohort.preparing.prepare import pick_pipeline
    from headct.cohort.preparing.prepare import prepare as run
    from headct.image.pipeline import Pipeline

    where: Where = Processes(workers)
    if cluster:
        from headct.batch.ray_cluster import Cluster

        where = Cluster(cluster)
    picked = pipeline if isinstance(pipeline, Pipeline) else pick_pipeline(str(pipeline))
    found = open_cohort(Path(cohort), layout, progress=progress)
    path = None if decisions is None else Path(decisions)
    settled = apply_decisions(found.cohort, found.doubts, path)
    usable = replace(settled.cohort, cases=settled.usable)
    if split is None:
        outcome = run(usable, picked, Path(out), kind=found.kind, where=where, progress=progress)
    else:
        from headct.cohort.preparing.one_round import RoundPlan, prepare_round

        plan = RoundPlan(Path(split), round_name, workers)
        outcome = prepare_round(
            usable, picked, Path(out), plan, kind=found.kind, where=where, progress=progress
        )
    return replace(outcome, left_out=left_out(settled))

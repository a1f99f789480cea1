"""A cohort → a store for one round of a split, with what is fitted on its training patients."""

from dataclasses import dataclass, replace
from pathlib import Path

from headct.batch import Processes, Where
from headct.cohort.fitting.file import read_fit, write_fit
from headct.cohort.fitting.fit import Fitted, fit_pipeline, fit_standardize
from headct.cohort.fitting.kernel import gaussian_of, with_kernel
from headct.cohort.preparing.prepare import Outcome, prepare
from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.training import training
from headct.core.case import Cohort
from headct.core.finding import Progress
from headct.image.pipeline import Pipeline

FIT_FILE = "fit.json"


@dataclass(frozen=True)
class RoundPlan:
    """For which round of which split a store is made.

    Args:
        split: a split.json, by patient.
        name: of the round; may be left out where there is one.
        workers: processes that fit the kernel.
    """

    split: Path
    name: str = ""
    workers: int = 1


def prepare_round(
    cohort: Cohort,
    pipeline: Pipeline,
    out: Path,
    plan: RoundPlan,
    *,
    kind: str = "",
    where: Where = Processes(),  # noqa: B008 - a frozen value
    progress: Progress | None = None,
) -> Outcome:
    """Make a store with the kernel that training patients want, and fit what is applied on reading.

    Patients that the split keeps apart under lock are not prepared. ``fit.json`` in the store says
    what was fitted; a second run takes the kernel from there.

    Args:
        cohort: the one that was split.
        pipeline: as declared; a Gaussian in it gets the fitted kernel.
        out: as ``prepare`` takes it.
        plan: which round.
        kind: how the cohort was filed, for the record.
        where: who prepares.
        progress: told after each study, of the fitting first.

    Raises:
        CohortError: another cohort's split, no such round, or one that nothing can be fitted on;
            and as ``prepare`` does.
    """
    split = read_split(plan.split)
    learnt = training(split, cohort, plan.name)
    fit = read_fit(out / FIT_FILE, split)
    fitted = fit.round(learnt.name)
    if fitted is None or not _is_of(fitted, pipeline):
        fitted = fit_pipeline(pipeline, learnt, workers=plan.workers, progress=progress)
    kept = tuple(case for case in cohort.cases if case.patient in split.patients)
    outcome = prepare(
        replace(cohort, cases=kept), fitted.pipeline, out, kind=kind, where=where, progress=progress
    )
    fitted = replace(fitted, standardize=fit_standardize(outcome.store, split, learnt.name))
    write_fit(fit.with_round(fitted), out / FIT_FILE)
    return replace(outcome, fitted=fitted)


def _is_of(fitted: Fitted, pipeline: Pipeline) -> bool:
    """Whether a fitted pipeline is this one but for its kernel."""
    if gaussian_of(pipeline) is None or gaussian_of(fitted.pipeline) is None:
        return fitted.pipeline == pipeline
    return with_kernel(fitted.pipeline, 1.0) == with_kernel(pipeline, 1.0)

"""A cohort → a store: every scan read, run through a pipeline, filed with what is known of it."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headct.batch import Processes, Where
from headct.cohort.preparing.one_study import Recipe, make_study
from headct.cohort.store.header import describe
from headct.cohort.store.store import Store
from headct.cohort.store.writer import open_writer
from headct.core.case import Cohort
from headct.core.errors import CohortError, Refusal
from headct.core.finding import Progress
from headct.core.record import installed_versions
from headct.image.intensity import Normalize, Standardize
from headct.image.pipeline import Pipeline, parse_pipeline
from headct.image.pipelines import PIPELINES

if TYPE_CHECKING:  # what fits kernels takes as long to import as some studies to prepare
    from headct.cohort.fitting.fit import Fitted


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run came to.

    Args:
        store: all that is in it now.
        made: studies that this run added.
        repaired: studies that were damaged, and made again.
        refused: why others of the cohort are not in it.
        left_out: what was not asked of it: cases that wait for a person, or were taken out.
        fitted: what was fitted on training patients; None where no split was given.
    """

    store: Store
    made: int
    repaired: int
    refused: tuple[Refusal, ...]
    left_out: tuple[Refusal, ...] = ()
    fitted: "Fitted | None" = None


def prepare(
    cohort: Cohort,
    pipeline: Pipeline,
    out: Path,
    *,
    kind: str = "",
    where: Where = Processes(),  # noqa: B008 - a frozen value
    progress: Progress | None = None,
) -> Outcome:
    """Make a store of a cohort, or what is missing of it; the same bytes wherever it is done.

    What is there already is checked first. A scan that cannot be used is refused, and tried again
    in the next run; the others go on.

    Args:
        cohort: the cases.
        pipeline: ends in frames of [0, 1]; holds nothing that is fitted on pixels.
        out: a new or empty folder, or a store that was begun.
        kind: how the cohort was filed, for the record.
        where: processes here, or a cluster.
        progress: told after each study.

    Raises:
        ValueError: the pipeline holds what must not be stored.
        CohortError: what is there is damaged beyond repair.
        OutputError: ``out`` holds something else, or cannot be written.
        HeadctError: a worker died, or has other versions.
    """
    for step in pipeline.steps:
        if isinstance(step, Standardize | Normalize):
            raise ValueError(
                f"pipeline {pipeline.name}: {type(step).__name__} is fitted on training patients "
                "and applied as pixels are read: leave it out here"
            )
    header = describe(cohort, kind, pipeline)
    recipe = Recipe(pipeline, header.labels, header.mask_names, installed_versions())
    with open_writer(out, header) as writer:
        before = writer.store
        damaged = {before.studies[number].key for number in before.check()}
        done = {study.key for study in before.studies}
        tried = {one.key for one in before.refused}
        cases = sorted(
            (case for case in cohort.cases if case.key in damaged or case.key not in done),
            # What is broken first, what was refused before last; else in the cohort's order.
            key=lambda case: (case.key not in damaged, case.key in tried),
        )
        there = len(cohort.cases) - len(cases)
        with closing(where(partial(make_study, recipe), cases)) as results:
            for number, made in enumerate(results, start=1):
                writer.take(made)
                if progress is not None:
                    progress(there + number, len(cohort.cases))
        writer.finish()
        store = writer.store
    return Outcome(
        store,
        made=len(store.studies) - len(before.studies),
        repaired=len(damaged),
        refused=tuple(_told(store, cohort)),
    )


def pick_pipeline(name: str) -> Pipeline:
    """The pipeline of a name, or of a manifest in a JSON file.

    Raises:
        ValueError: there is neither.
        CohortError: the file is no pipeline.
    """
    if name in PIPELINES:
        return PIPELINES[name]
    path = Path(name)
    if not path.is_file():
        raise ValueError(
            f"no pipeline {name!r}: expected one of {', '.join(PIPELINES)}, or a JSON file"
        )
    try:
        return parse_pipeline(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CohortError(f"{path.name}: {error}") from error


def _told(store: Store, cohort: Cohort) -> Iterator[Refusal]:
    """Why studies are missing, without their names."""
    reasons = {one.key: one.reason for one in store.refused}
    for number, case in enumerate(cohort.cases, start=1):
        if case.key in reasons:
            yield Refusal(f"case {number} of {len(cohort.cases)}", reasons[case.key])

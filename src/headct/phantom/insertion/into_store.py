"""A cohort's scans with inserted lesions, as a store filed under the patients' own names.

So a split keeps them where their patients are: what is drawn into a scan of a test patient is
left out of training by the same rule as the scan itself.
"""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.batch import Processes, Where
from headct.cohort.images import open_case
from headct.cohort.preparing.one_study import Recipe, refused_by
from headct.cohort.preparing.prepare import Outcome
from headct.cohort.store.entry import Study, Unusable
from headct.cohort.store.header import Header, describe
from headct.cohort.store.store import NO_MASK
from headct.cohort.store.writer import Prepared, open_writer
from headct.core.case import UNKNOWN, Case, Cohort
from headct.core.errors import Refusal, ScanError
from headct.core.finding import Progress
from headct.core.labels import ANY_HEMORRHAGE, LABELS
from headct.core.record import Record, installed_versions
from headct.core.volume import Mask
from headct.image.encoders import as_bytes
from headct.image.pipeline import Pipeline
from headct.image.transfer import transfer_mask
from headct.phantom.generator import MASKED
from headct.phantom.insertion.background import make_background
from headct.phantom.insertion.generate import draw_inserted, example_of, shaped
from headct.phantom.insertion.ranges import InsertionRanges


@dataclass(frozen=True)
class Insertions:
    """What is put into each scan.

    Args:
        times: how often each scan is given lesions, each time others; in place of that of
            ``ranges``.
        seed: draws everything.
        matrix: rows and columns that a scan is brought to before: time goes with their product.
            320 are pixels of 0.75 mm, finer than those of the frames.
        ranges: from what.
    """

    times: int = 8
    seed: int = 0
    matrix: int = 320
    ranges: InsertionRanges = field(default_factory=InsertionRanges)

    def __post_init__(self) -> None:
        if self.times < 1 or self.seed < 0 or self.matrix < 1:
            raise ValueError(
                "expected lesions once or more, a seed of 0 or more and a matrix, got "
                f"{self.times} times, seed {self.seed} and matrix {self.matrix}"
            )


def insert_into_store(
    cohort: Cohort,
    pipeline: Pipeline,
    out: Path,
    insertions: Insertions,
    *,
    kind: str = "",
    where: Where = Processes(),  # noqa: B008 - a frozen value
    progress: Progress | None = None,
) -> Outcome:
    """Make a store of scans with inserted lesions, or what is missing of it.

    Slices that show a bleed of their own, or may, are kept as they are beside the others, and
    nothing is known of them. A study is named after its own and a number: ``049+3``.

    Args:
        cohort: of real scans; each with or without disease of its own.
        pipeline: as ``prepare`` takes it.
        out: a new or empty folder, or a store that was begun with the same.
        insertions: what is put in.
        kind: how the cohort was filed, for the record.
        where: processes here, or a cluster.
        progress: told after each scan.

    Raises:
        CohortError: what is there is damaged beyond repair.
        OutputError: ``out`` holds something else, or cannot be written.
    """
    made = _named(cohort, insertions.times)
    recipe = Recipe(pipeline, LABELS, MASKED, installed_versions())
    with open_writer(out, _header(made, kind, pipeline, insertions)) as writer:
        before = writer.store
        done = {study.key for study in before.studies}
        numbered = [
            (number, case)
            for number, case in enumerate(cohort.cases)
            if any((case.patient, _name(case, one)) not in done for one in range(insertions.times))
        ]
        with closing(where(partial(_insert, recipe, insertions), numbered)) as results:
            for number, studies in enumerate(results, start=1 + len(cohort.cases) - len(numbered)):
                for study in studies:
                    if isinstance(study, Unusable) or study.entry.key not in done:
                        writer.take(study)
                if progress is not None:
                    progress(number, len(cohort.cases))
        writer.finish()
        store = writer.store
    told = {one.reason: 0 for one in store.refused}
    for one in store.refused:
        told[one.reason] += 1
    return Outcome(
        store,
        made=len(store.studies) - len(before.studies),
        repaired=0,
        refused=tuple(Refusal(f"{count} scans", reason) for reason, count in told.items()),
    )


def _named(cohort: Cohort, times: int) -> Cohort:
    """The studies to make, by name alone."""
    return Cohort(
        cohort.name,
        tuple(
            replace(case, study=_name(case, number), slice_labels=None, labels={})
            for case in cohort.cases
            for number in range(times)
        ),
    )


def _name(case: Case, number: int) -> str:
    return f"{case.study}+{number}"


def _header(made: Cohort, kind: str, pipeline: Pipeline, insertions: Insertions) -> Header:
    header = describe(made, kind, pipeline)
    asked: dict[str, str | int | float | bool | None] = {
        "pipeline": pipeline.name,
        "kind": kind,
        "times": insertions.times,
    }
    return replace(
        header,
        labels=LABELS,
        mask_names=MASKED,
        truth_sha256=hashlib.sha256(repr(insertions).encode()).hexdigest(),
        record=Record("insert", asked, seed=insertions.seed).as_dict(),
    )


def _insert(
    recipe: Recipe, insertions: Insertions, numbered: tuple[int, Case]
) -> list[Prepared | Unusable]:
    """Everything that is made of one scan: to make it ready takes as long as two of them."""
    place, case = numbered
    try:
        return list(_drawn(recipe, insertions, place, case))
    except Exception as error:  # noqa: BLE001 - told as in preparing, and the others go on
        return [Unusable(case.patient, _name(case, 0), refused_by(error))]


def _drawn(recipe: Recipe, insertions: Insertions, place: int, case: Case) -> Sequence[Prepared]:
    volume = shaped(open_case(case).volume, insertions.matrix)
    background = make_background(volume)
    if isinstance(background, Refusal):
        raise ScanError(background.reason)
    files = tuple(source.file for source in volume.sources)
    clear = _clear(case, files, len(volume.hu))
    made = []
    for number in range(insertions.times):
        chance = np.random.default_rng([insertions.seed, place, number])
        found = draw_inserted(background, insertions.ranges, chance)
        example = example_of(found, clear)
        frames = recipe.pipeline(found.volume)
        known = np.ones_like(example.labels) if example.known is None else example.known
        values = np.where(known, example.labels, np.int8(UNKNOWN)).astype(np.int8)
        drawn = Mask(example.masks, found.volume.grid, MASKED)
        mask = transfer_mask(drawn, frames.grid).labels.copy()
        mask[~clear] = NO_MASK
        entry = Study(
            patient=case.patient,
            study=_name(case, number),
            site=case.site,
            first=0,
            sha256="",
            labels={},
            slice_values=values,
            files=files,
            grid=frames.grid,
            has_mask=True,
        )
        made.append(Prepared(entry, frames.channels, as_bytes(frames.pixels), mask).signed())
    return made


def _clear(case: Case, files: tuple[str, ...], count: int) -> NDArray[np.bool_]:
    """(slices,) which are known to show no bleed."""
    if case.labels.get(ANY_HEMORRHAGE) is False:
        return np.ones(count, np.bool_)
    clear = np.zeros(count, np.bool_)
    if case.slice_labels is not None and files and ANY_HEMORRHAGE in case.slice_labels.labels:
        column = case.slice_labels.labels.index(ANY_HEMORRHAGE)
        clear |= case.slice_labels.of(files)[:, column] == 0
    return clear

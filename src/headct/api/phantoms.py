"""The verbs that make digital heads."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headct.cohort.preparing.prepare import Outcome
    from headct.core.finding import Progress
    from headct.image.pipeline import Pipeline
    from headct.phantom.cohort.known import Known
    from headct.phantom.examination import Examination, Person
    from headct.phantom.insertion.ranges import InsertionRanges
    from headct.phantom.lesions.disease import Disease
    from headct.phantom.scanner.protocol import Protocol


def phantom(
    out: Path | str,
    disease: "Disease | None" = None,
    *,
    person: "Person | None" = None,
    protocol: "Protocol | None" = None,
    maker: str = "",
) -> "Examination":
    """Make a digital head as a DICOM series, with its truth beside it.

    Args:
        out: a folder to make: ``dicom/``, ``truth.json``, ``truth.npz``.
        disease: what is amiss with the head, ``api.Disease(bleeds=(api.Hemorrhage("subdural",
            40.0, site="left"),))``; a bleed has exactly its mL, and pushes the brain aside. None
            for a well head.
        person: whose head it is, ``api.Person(seed=7, age_years=80)``; the seed draws head and
            noise, and lesions where the disease has none of its own.
        protocol: how it is scanned, ``api.Protocol((api.Block(32, 5.0, 5.0),), tilt_deg=15.0)``.
        maker: whose way of writing files they follow: ``GE``, ``GE, older``, ``Siemens``,
            ``Philips`` or ``Toshiba``; empty for a plain one.

    Returns:
        the scan, the head, and all that is known of it.

    Raises:
        ValueError: what was asked for cannot be: a bleed that does not fit into this head.
        OutputError: ``out`` holds something, or cannot be written.
    """
    from headct.core.output import check_free
    from headct.phantom.examination import Person, examine
    from headct.phantom.lesions.disease import Disease
    from headct.phantom.scanner.protocol import Protocol
    from headct.phantom.series import save_examination

    check_free(Path(out))
    made = examine(person or Person(), disease or Disease(), protocol or Protocol(), maker)
    save_examination(made, out)
    return made


def phantom_cohort(
    out: Path | str,
    *,
    count: int,
    task: str,
    seed: int = 1,
    layout: str = "",
    matrix: int = 512,
    compress: bool = False,
    masks: bool = False,
    flaws: bool = False,
    workers: int = 1,
    progress: "Progress | None" = None,
) -> "tuple[Known, ...]":
    """Make a cohort of digital heads, filed as real cohorts are, with the truth of every patient.

    Where ``out`` holds a part of the same cohort, only what is missing is made.

    Args:
        out: a folder to make.
        count: patients.
        task: ``leukoencephalopathy`` or ``hemorrhage``.
        seed: draws everything; the same seed gives the same bytes.
        layout: ``hospital`` (leukoencephalopathy), ``rsna`` (hemorrhage) or ``cq500``
            (hemorrhage); empty for the first that the task has.
        matrix: rows and columns of the axial heads.
        compress: write JPEG-LS, without loss.
        masks: write masks as NIfTI beside the exact ones.
        flaws: plant missing, undecided and wrong reports, and scans filed twice.
        workers: processes, of about 0.5 GB each.
        progress: told after each patient.

    Returns:
        What is known of each patient.

    Raises:
        ValueError: a cohort that cannot be.
        OutputError: ``out`` holds something else, or cannot be written.
    """
    from headct.phantom.cohort.plan import Wish
    from headct.phantom.cohort.write import write_cohort

    wish = Wish(
        count=count,
        task=task,
        seed=seed,
        layout=layout,
        matrix=matrix,
        compress=compress,
        masks=masks,
        flaws=flaws,
    )
    return write_cohort(wish, Path(out), workers=workers, progress=progress)


def insert(
    cohort: Path | str,
    out: Path | str,
    *,
    pipeline: "Pipeline | Path | str",
    times: int = 8,
    seed: int = 0,
    matrix: int = 320,
    ranges: "InsertionRanges | None" = None,
    layout: str = "",
    decisions: Path | str | None = None,
    workers: int = 1,
    progress: "Progress | None" = None,
) -> "Outcome":
    """Put bleeds of known place into a cohort's scans, into a store that training can add.

    The store files them under the patients' own names, so that no split trains on what was drawn
    into the scan of a test patient. Where ``out`` holds a part of the same store, what is missing
    is made.

    Args:
        cohort: its folder, or its table.
        out: a folder to make for the store, or one to go on with.
        pipeline: a name, a JSON file that holds one, or the pipeline itself.
        times: how often each scan is given lesions, each time others.
        seed: draws everything.
        matrix: rows and columns that a scan is brought to before: time goes with their product.
        ranges: of what is drawn.
        layout: how the cohort is filed; empty to find out.
        decisions: the questions.csv of a check, with decisions filled in.
        workers: processes, of about 0.6 GB each.
        progress: told after each scan.

    Raises:
        ValueError: no such pipeline or layout, or a number that cannot be.
        CohortError: the cohort, ``decisions`` or the store that was begun is damaged.
        OutputError: ``out`` holds something else, or cannot be written.
    """
    from dataclasses import replace

    from headct.batch import Processes
    from headct.cohort.checking.decisions import apply_decisions
    from headct.cohort.checking.left_out import left_out
    from headct.cohort.open import open_cohort
    from headct.cohort.preparing.prepare import pick_pipeline
    from headct.image.pipeline import Pipeline
    from headct.phantom.insertion.into_store import Insertions, insert_into_store
    from headct.phantom.insertion.ranges import InsertionRanges

    wanted = Insertions(times, seed, matrix, ranges or InsertionRanges())
    picked = pipeline if isinstance(pipeline, Pipeline) else pick_pipeline(str(pipeline))
    found = open_cohort(Path(cohort), layout, progress=progress)
    path = None if decisions is None else Path(decisions)
    settled = apply_decisions(found.cohort, found.doubts, path)
    outcome = insert_into_store(
        replace(settled.cohort, cases=settled.usable),
        picked,
        Path(out),
        wanted,
        kind=found.kind,
        where=Processes(workers),
        progress=progress,
    )
    return replace(outcome, left_out=left_out(settled))

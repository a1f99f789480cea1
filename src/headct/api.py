"""The verbs in Python, one function each.

Imports stay inside the functions: a verb pays only for what it needs.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from headct.analyze.deidentification import Account
    from headct.analyze.inspection import Inspection
    from headct.analyze.study import Watch
    from headct.core.finding import Progress
    from headct.phantom import examination
    from headct.phantom.cohort.known import Known
    from headct.phantom.lesions import disease as lesions
    from headct.phantom.scanner import protocol as scanner
    from headct.report.answer import Answer

    Block = scanner.Block
    Disease = lesions.Disease
    Examination = examination.Examination
    Hemorrhage = lesions.Hemorrhage
    Person = examination.Person
    Protocol = scanner.Protocol

# What verbs take besides plain values, as ``api.Disease``: imported when first asked for.
_TAKEN = {
    "Block": "headct.phantom.scanner.protocol",
    "Disease": "headct.phantom.lesions.disease",
    "Examination": "headct.phantom.examination",
    "Hemorrhage": "headct.phantom.lesions.disease",
    "Person": "headct.phantom.examination",
    "Protocol": "headct.phantom.scanner.protocol",
}


def __getattr__(name: str) -> Any:
    if name not in _TAKEN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_TAKEN[name]), name)


def analyze(
    scan: Path | str,
    out: Path | str | None = None,
    *,
    window: tuple[float, float] | None = None,
    spacing_mm: tuple[float, float, float] | None = None,
    allow_gaps: bool = False,
    watch: "Watch | None" = None,
) -> "Answer":
    """Say what is in a non-contrast head CT, and file the answer where asked.

    Args:
        scan: a folder or ZIP of DICOM files, a DICOM file, NIfTI, or a folder of pictures.
        out: a folder to make; None writes nothing.
        window: (level, width) in HU, for pictures.
        spacing_mm: (slice, row, column), for pictures.
        allow_gaps: analyze a series with missing slices all the same.
        watch: told each stage as it begins.

    Raises:
        ScanError: nothing usable is there; a ``NothingUsable`` carries every reason.
        OutputError: ``out`` cannot be written, or holds something.
    """
    from headct.analyze.study import analyze as run
    from headct.analyze.study import unwatched
    from headct.core.output import check_free
    from headct.image.formats.offer import Reading
    from headct.report.save import save

    if out is not None:
        check_free(Path(out))
    watch = watch or unwatched
    answer = run(Path(scan), Reading(window, spacing_mm, allow_gaps), watch)
    if out is not None:
        watch("write")
        save(answer, Path(out))
    return answer


def inspect(
    scan: Path | str, *, folders: bool = False, progress: "Progress | None" = None
) -> "Inspection":
    """Say what studies and series are under a path, which would be used, and why not the others.

    Args:
        scan: a folder or ZIP of DICOM files, or a DICOM file.
        folders: whether to name those of each study, which may carry a patient's name.
        progress: told how many files have been read.

    Raises:
        ScanError: nothing is there.
    """
    from headct.analyze.inspection import inspect as run

    return run(Path(scan), progress, folders=folders)


def deidentify(
    scan: Path | str,
    out: Path | str,
    *,
    dates: "Literal['remove', 'shift', 'keep']" = "remove",
    deface: bool = False,
    key: Path | str | None = None,
    progress: "Progress | None" = None,
) -> "Account":
    """Write CT images without what tells who the patient is, by DICOM PS3.15 Annex E.

    Args:
        scan: a folder, a ZIP archive or a DICOM file.
        out: a folder to make: ``images/`` and ``deidentification.json``.
        dates: remove them, shift them by days of the patient's own, or keep them.
        deface: also take the face out of the pixels.
        key: a file with a secret, at least 16 bytes; the same one gives the same new IDs, UIDs
            and dates. None draws one at random and forgets it.
        progress: told after each image.

    Raises:
        ScanError: no CT image is there; a ``NothingLeft`` carries every reason.
        OutputError: ``out`` cannot be written, or holds something.
    """
    from headct.analyze.deidentification import Wish, deidentify_folder
    from headct.dicom.confidentiality import Dates
    from headct.dicom.pseudonyms import Pseudonyms, read_key

    pseudonyms = Pseudonyms() if key is None else read_key(Path(key))
    wish = Wish(pseudonyms, Dates(dates), deface)
    return deidentify_folder(Path(scan), Path(out), wish, progress)


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


def schema() -> dict[str, Any]:
    """The JSON Schema of findings.json."""
    from headct.report.findings import schema as run

    return run()

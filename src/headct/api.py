"""The verbs in Python, one function each.

Imports stay inside the functions: a verb pays only for what it needs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from headct.analyze.deidentification import Account
    from headct.analyze.inspection import Inspection
    from headct.analyze.study import Watch
    from headct.core.finding import Progress
    from headct.phantom.cohort.known import Known
    from headct.phantom.lesions.bleed import Lesion
    from headct.phantom.scanner.scan import Phantom
    from headct.report.answer import Answer


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
    *,
    bleeds: Mapping[str, float],
    blocks: Sequence[tuple[int, float]] = ((32, 5.0),),
    tilt_deg: float = 0.0,
    noise_hu: float = 3.6,
    matrix: int = 512,
    seed: int = 1,
) -> "Phantom":
    """Make a digital head as a DICOM series, with its truth beside it.

    Args:
        out: a folder to make: ``dicom/``, ``truth.json``, ``truth.npz``.
        bleeds: mL by hemorrhage subtype.
        blocks: (slices, mm between them along the table, which is their thickness too), from
            the feet up.
        tilt_deg: of the gantry.
        noise_hu: standard deviation in the brain at 5 mm.
        matrix: rows and columns.
        seed: draws head, bleeds and noise.

    Raises:
        ValueError: what was asked for cannot be: a bleed that does not fit, a distance of 0.
        OutputError: ``out`` holds something, or cannot be written.
    """
    from headct.phantom.body.anatomy import head
    from headct.phantom.body.traits import follow_tilt
    from headct.phantom.lesions.bleed import bleed
    from headct.phantom.scanner.protocol import Block, Protocol
    from headct.phantom.scanner.scan import scan_head
    from headct.phantom.series import save_phantom

    protocol = Protocol(
        blocks=tuple(Block(count, mm, mm) for count, mm in blocks),
        matrix=matrix,
        tilt_deg=tilt_deg,
        noise_hu=noise_hu,
    )
    # A technician tilts the gantry along the skull base: so the head lies that way in the scan.
    drawn = head(seed, ranges=follow_tilt(tilt_deg))
    lesions: list[Lesion] = []
    for label, volume_ml in bleeds.items():
        lesions.append(bleed(drawn, label, volume_ml, seed, beside=lesions))
    made = scan_head(drawn, lesions, protocol, seed)
    save_phantom(made, out)
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

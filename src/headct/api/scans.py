"""The verbs on one scan."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from headct.analyze.bundled import BundleFile
    from headct.analyze.deidentification import Account
    from headct.analyze.inspection import Inspection
    from headct.analyze.study import Trained, Watch
    from headct.analyze.worklist import WorkList
    from headct.api.bundles import BackendName
    from headct.core.finding import Progress
    from headct.predict.bundle.bundle import Bundle
    from headct.report.answer import Answer


def analyze(
    scan: Path | str,
    out: Path | str | None = None,
    *,
    window: tuple[float, float] | None = None,
    spacing_mm: tuple[float, float, float] | None = None,
    allow_gaps: bool = False,
    bundle: "Bundle | Path | str | None" = "default",
    backend: "BackendName" = "onnxruntime",
    watch: "Watch | None" = None,
) -> "Answer":
    """Say what is in a non-contrast head CT, and file the answer where asked.

    Args:
        scan: a folder or ZIP of DICOM files, a DICOM file, NIfTI, or a folder of pictures.
        out: a folder to make; None writes nothing.
        window: (level, width) in HU, for pictures.
        spacing_mm: (slice, row, column), for pictures.
        allow_gaps: analyze a series with missing slices all the same.
        bundle: what gives the answer, opened by ``open_bundle``, or its file, or "default" for the
            one that comes with headct; the classical finder is the cross-check. None asks the
            finder alone.
        backend: of a bundle that is not opened yet; "openvino" where it is installed and the bundle
            lists it as checked.
        watch: told each stage as it begins.

    Raises:
        ScanError: nothing usable is there; a ``NothingUsable`` carries every reason, and
            ``SeveralStudies`` wants ``analyze_studies``.
        BundleError: the bundle does not fit; with the reason.
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
    trained = None
    if bundle is not None:
        watch("open")
        trained = _trained(bundle, backend)
    answer = run(Path(scan), Reading(window, spacing_mm, allow_gaps), watch, trained)
    if out is not None:
        watch("write")
        save(answer, Path(out))
    return answer


def analyze_studies(
    folder: Path | str,
    out: Path | str,
    *,
    window: tuple[float, float] | None = None,
    spacing_mm: tuple[float, float, float] | None = None,
    allow_gaps: bool = False,
    bundle: Path | str | None = "default",
    backend: "BackendName" = "onnxruntime",
    workers: int | None = None,
    limit_s: float | None = None,
    progress: "Progress | None" = None,
) -> "WorkList":
    """Answer every study under a folder, and list them, the most urgent first.

    Where ``out`` holds a part of the same list, what is new or was changed is answered, and what
    was refused is tried again. One study that cannot be read, crashes or takes too long stops no
    other. A script calls this under ``if __name__ == "__main__":``.

    Args:
        folder: with studies in any order: DICOM files, ZIPs, NIfTI files, folders of pictures.
        out: a folder to make for the list, or one to go on with: worklist.html and worklist.csv,
            which name where each study lies, and an answer in ``studies/`` for each.
        window: (level, width) in HU, for pictures, which are left aside without it.
        spacing_mm: (slice, row, column), for pictures.
        allow_gaps: analyze series with missing slices all the same.
        bundle: file of what gives the answers; "default" and None as in ``analyze``.
        backend: "openvino" where it is installed and the bundle lists it as checked.
        workers: processes, of 0.4 to 0.8 GB each; None takes one a core.
        limit_s: how long a study may take; None for ten minutes.
        progress: told while headers are read, and then after each study.

    Raises:
        ScanError: nothing is under the folder.
        BundleError: the bundle does not fit; with the reason.
        OutputError: ``out`` holds something else, or cannot be written: what is done is kept.
        ValueError: no workers, or no time.
    """
    import os

    from headct.analyze.studies import studies_under
    from headct.analyze.worklist import LIMIT_S, Plan, answer_all, check_out
    from headct.image.formats.offer import Reading

    plan = Plan(
        Path(out),
        Reading(window, spacing_mm, allow_gaps),
        None if bundle is None else _bundle_file(bundle, backend),
        workers=(os.cpu_count() or 1) if workers is None else workers,
        limit_s=LIMIT_S if limit_s is None else limit_s,
    )
    check_out(plan.out)
    studies = studies_under(
        Path(folder), has_window=window is not None, leave_out=plan.out, progress=progress
    )
    return answer_all(studies, plan, progress)


def is_work_list(folder: Path | str, out: Path | str, *, has_window: bool = False) -> bool:
    """Whether ``out`` holds a work list, or ``folder`` more than one scan by its files' names.

    Several studies in one heap of DICOM files show when they are read: ``analyze`` then raises
    ``SeveralStudies``.

    Args:
        folder: with one study or many.
        out: for the answer.
        has_window: whether the window of pictures is known.
    """
    from headct.analyze.studies import holds_list, holds_many

    return holds_list(Path(out)) or holds_many(Path(folder), has_window=has_window)


def _bundle_file(bundle: Path | str, backend: "BackendName") -> "BundleFile":
    """A bundle for other processes, which this one has opened: what is wrong is told once."""
    from headct.analyze.bundled import BundleFile
    from headct.api.bundles import open_bundle
    from headct.predict.bundle.shipped import bundle_path

    opened = open_bundle(bundle, backend=backend)
    return BundleFile(bundle_path(bundle).absolute(), opened.sha256, opened.backend)


def _trained(bundle: "Bundle | Path | str", backend: "BackendName") -> "Trained":
    from headct.analyze.bundled import trained_by
    from headct.api.bundles import open_bundle
    from headct.predict.bundle.bundle import Bundle

    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle, backend=backend)
    return trained_by(opened)


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


def schema() -> dict[str, Any]:
    """The JSON Schema of findings.json."""
    from headct.report.findings import schema as run

    return run()

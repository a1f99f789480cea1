"""The verbs on one scan."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from headct.analyze.deidentification import Account
    from headct.analyze.inspection import Inspection
    from headct.analyze.study import Trained, Watch
    from headct.analyze.worklist import WorkList
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
    bundle: "Bundle | Path | str | None" = None,
    watch: "Watch | None" = None,
) -> "Answer":
    """Say what is in a non-contrast head CT, and file the answer where asked.

    Args:
        scan: a folder or ZIP of DICOM files, a DICOM file, NIfTI, or a folder of pictures.
        out: a folder to make; None writes nothing.
        window: (level, width) in HU, for pictures.
        spacing_mm: (slice, row, column), for pictures.
        allow_gaps: analyze a series with missing slices all the same.
        bundle: what gives the answer, opened by ``open_bundle``, or its file; the classical finder
            is then set beside it. None leaves the answer to the finder alone.
        watch: told each stage as it begins.

    Raises:
        ScanError: nothing usable is there; a ``NothingUsable`` carries every reason.
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
        trained = _trained(bundle)
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
    bundle: Path | str | None = None,
    workers: int = 1,
    progress: "Progress | None" = None,
) -> "WorkList":
    """Answer every study under a folder, and list them, the most urgent first.

    Where ``out`` holds a part of the same list, what is missing is answered, and what was refused
    is tried again. One study that cannot be read stops no other.

    Args:
        folder: with studies in any order: DICOM files, ZIPs, NIfTI files, folders of pictures.
        out: a folder to make for the list, or one to go on with: worklist.csv, worklist.html, and
            an answer in ``studies/`` for each that could be read. Names of the studies are those
            of their files.
        window: (level, width) in HU, for pictures.
        spacing_mm: (slice, row, column), for pictures.
        allow_gaps: analyze series with missing slices all the same.
        bundle: file of what gives the answers; None leaves them to the classical finder.
        workers: processes, of about 0.6 GB each; a script must then call this under
            ``if __name__ == "__main__":``.
        progress: told after each study.

    Raises:
        ScanError: nothing is under the folder.
        BundleError: the bundle does not fit; with the reason.
        OutputError: ``out`` holds something else, or cannot be written.
        HeadctError: a worker died; the same call goes on from there.
    """
    from os import cpu_count

    from headct.analyze.studies import studies_under
    from headct.analyze.worklist import Plan, answer_all
    from headct.core.errors import ScanError
    from headct.image.formats.offer import Reading

    studies = studies_under(Path(folder))
    if not studies:
        raise ScanError(f"no study is under {Path(folder).name!r}: check the folder")
    plan = Plan(
        Path(out),
        Reading(window, spacing_mm, allow_gaps),
        None if bundle is None else Path(bundle),
        # Together the workers' networks take as many threads as there are cores.
        threads=max(1, (cpu_count() or 1) // workers),
    )
    return answer_all(studies, plan, workers=workers, progress=progress)


def count_studies(scan: Path | str) -> int:
    """How many studies of a head lie under a path; ScanError where nothing is there.

    What is none, as a damaged file beside a study, does not make a study many.
    """
    from headct.analyze.studies import studies_under

    return sum(study.is_head for study in studies_under(Path(scan)))


def _trained(bundle: "Bundle | Path | str") -> "Trained":
    from headct.analyze.study import Trained
    from headct.predict.bundle.bundle import Bundle, open_bundle
    from headct.predict.infer import Runner

    opened = bundle if isinstance(bundle, Bundle) else open_bundle(Path(bundle))
    backend = f"{opened.backend.name} {opened.backend.version}"
    return Trained(Runner(opened), opened.sha256, backend)


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

"""The verbs on tasks and bundles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from headct.predict.bundle.bundle import Bundle
    from headct.predict.bundle.network import Backend
    from headct.tasks.task import Task
    from headct.train.bundling.make import Made

BackendName = Literal["onnxruntime", "openvino"]


def tasks() -> "Mapping[str, Task]":
    """What can be asked, by name."""
    from headct.tasks.find import TASKS

    return TASKS


def open_bundle(
    path: Path | str, *, backend: BackendName = "onnxruntime", threads: int | None = None
) -> "Bundle":
    """Open a bundle, after all its checks and its self-test.

    Args:
        path: of the file; "default" is the one that comes with headct.
        backend: "openvino" where it is installed and the bundle lists it as checked.
        threads: of the backend; None takes as many as there are cores.

    Raises:
        BundleError: something does not fit; with the reason.
    """
    from headct.predict.bundle.bundle import open_bundle as run
    from headct.predict.bundle.shipped import bundle_path

    return run(bundle_path(path), backend=_backend(backend), threads=threads)


def manifest_of(bundle: "Bundle") -> dict[str, object]:
    """What a bundle says of itself as plain values, ready for JSON."""
    from headct.predict.bundle.manifest import as_dict

    return as_dict(bundle.manifest)


def export_bundle(path: Path | str, out: Path | str) -> None:
    """Write what a bundle holds as plain files into a new folder, after all its checks.

    Raises:
        BundleError: the bundle is refused.
        OutputError: ``out`` holds something, or cannot be written.
    """
    from headct.core.output import check_free
    from headct.predict.bundle.bundle import export_bundle as run
    from headct.predict.bundle.shipped import bundle_path

    check_free(Path(out))
    run(bundle_path(path), Path(out))


def make_bundle(
    run: Path | str,
    out: Path | str,
    *,
    folds: Sequence[Path | str] = (),
    name: str = "",
    version: str = "0.1.0",
    aggregate: str = "",
    rule: str = "",
    neighbours: float = 0.0,
    store: Path | str | None = None,
    beside: Path | str | None = None,
    card_notes: Path | str | None = None,
    sources: Path | str | None = None,
    backend: BackendName = "onnxruntime",
) -> "Made":
    """Make a bundle of a finished run of ``train``, with thresholds, calibration and model card.

    All of it is chosen on patients who did not train the network.

    Args:
        run: folder of the run whose network goes in.
        out: the bundle to write, by custom ``NAME.headct``.
        folds: runs of the folds of the same split, or folders that hold them, where ``run`` was
            trained on every patient (``round_name="all"``). Without them the run's own validation
            patients are taken.
        name: of the bundle: small letters, digits, dots, dashes; empty for task and network.
        version: of the bundle.
        aggregate: from slices to the patient, such as "top-mean:3"; or "vote" or "learned", which
            these patients fit; empty for the task's.
        rule: by which thresholds are chosen: "sensitivity>=0.95", "youden" (highest sensitivity +
            specificity) or "threshold=0.5"; empty for the task's.
        neighbours: share, 0 to a third, of each neighbouring slice in what the network says of a
            slice, in log odds.
        beside: a cohort, with ``store``, that was prepared from it and that the runs were trained
            on: the classical finder is asked about its scans, and what its marks are worth beside
            the network is fitted on the same patients. None for the network alone.
        store: see ``beside``.
        card_notes: Markdown of what it is bad at, for the model card.
        sources: TOML or JSON of data and weights that went in, with licences and attributions,
            beside those that headct knows.
        backend: "openvino" to have it checked and listed beside ONNX Runtime.

    Raises:
        TrainError: the run is not finished, folds are not its own, or PyTorch is not there.
        CohortError: store and cohort do not belong together, or cannot be read.
        MeasureError: predictions or truth of a run are not what they must be.
        BundleError: a bundle that would be refused, or notes or sources that cannot be read.
        OutputError: ``out`` is there, or cannot be written.
        ValueError: there is no such aggregation, rule or share, or ``beside`` without ``store``.
    """
    from headct.api.training import check_installed

    check_installed()

    from headct.train.bundling.beside import Scans
    from headct.train.bundling.make import Wish
    from headct.train.bundling.make import make_bundle as make
    from headct.train.bundling.sources import read_sources

    if (beside is None) != (store is None):
        raise ValueError("beside and store go together: the cohort, and what was prepared from it")
    scans = None if beside is None or store is None else Scans(Path(store), Path(beside))
    return make(
        Wish(
            Path(run),
            Path(out),
            folds=tuple(Path(folder) for folder in folds),
            name=name,
            version=version,
            aggregation=aggregate,
            rule=rule,
            neighbours=neighbours,
            beside=scans,
            notes="" if card_notes is None else _text_of(Path(card_notes)),
            sources=() if sources is None else read_sources(Path(sources)),
            backends=() if backend == "onnxruntime" else (_backend(backend),),
        )
    )


def _text_of(notes: Path) -> str:
    from headct.core.errors import BundleError

    try:
        return notes.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{notes.name} cannot be read: give Markdown in UTF-8") from error


def _backend(name: str) -> "Backend":
    from headct.core.errors import BundleError
    from headct.predict.bundle.network import REFERENCE

    if name == REFERENCE.name:
        return REFERENCE
    if name != "openvino":
        raise ValueError(f"expected onnxruntime or openvino, got {name!r}")
    try:
        from headct.predict.bundle.openvino import BACKEND
    except ImportError as error:
        raise BundleError(
            "OpenVINO is not installed: pip install 'headct[openvino]', or take onnxruntime"
        ) from error
    return BACKEND

"""The verbs on tasks and bundles."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from headct.predict.bundle.bundle import Bundle
    from headct.predict.bundle.network import Backend
    from headct.tasks.task import Task

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
        path: of the file.
        backend: "openvino" where it is installed and the bundle lists it as checked.
        threads: of the backend; None takes as many as there are cores.

    Raises:
        BundleError: something does not fit; with the reason.
    """
    from headct.predict.bundle.bundle import open_bundle as run

    return run(Path(path), backend=_backend(backend), threads=threads)


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

    check_free(Path(out))
    run(Path(path), Path(out))


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

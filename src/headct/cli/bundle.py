"""``headct bundle``: show, check and export a bundle."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.api.bundles import BackendName
from headct.core.errors import printable

if TYPE_CHECKING:
    from headct.predict.bundle.bundle import Bundle
    from headct.predict.bundle.manifest import Manifest

BundleFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A bundle, NAME.headct, or default.")
]


def bundle_show(
    file: BundleFile,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest as JSON, for programs.")
    ] = False,
    card: Annotated[bool, typer.Option("--card", help="Print the model card.")] = False,
) -> None:
    """Say what a bundle holds, after all its checks."""
    if as_json and card:
        raise typer.BadParameter("--json and --card print different things: give one")
    opened = api.open_bundle(file)
    if as_json:
        # Escapes all but ASCII, so that no terminal is steered by what a bundle says.
        print(json.dumps(api.manifest_of(opened), indent=1))
    elif card:
        print(printable(opened.card))
    else:
        _tell(opened)


def bundle_check(
    file: BundleFile,
    backend: Annotated[
        BackendName, typer.Option(help="What runs the self-test beside ONNX Runtime.")
    ] = "onnxruntime",
) -> None:
    """Check a bundle: checksums, version, pipeline, graph, self-test."""
    opened = api.open_bundle(file, backend=backend)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"  {'bundle':<13}{escape(opened.manifest.name)} {opened.manifest.version}")
    console.print(f"  {'sha256':<13}{opened.sha256}")
    console.print(f"  {'checksums':<13}as written")
    console.print(f"  {'pipeline':<13}{_shown(opened.manifest.pipeline.name)}: as written")
    console.print(f"  {'self-test':<13}{_proof(opened)}")


def bundle_export(
    file: BundleFile,
    out: Annotated[Path, typer.Option(help="Folder to make for what the bundle holds.")],
) -> None:
    """Write what a bundle holds as plain files: manifest, graph, model card, self-test."""
    api.export_bundle(file, out)
    Console(highlight=False, soft_wrap=True).print(f"  {'written':<13}{escape(str(out))}")


def _tell(bundle: "Bundle") -> None:
    console = Console(highlight=False, soft_wrap=True)
    for word, said in _lines(bundle.manifest):
        console.print(f"  {word:<13}{_shown(said)}")
    console.print(f"  {'sha256':<13}{bundle.sha256}")
    console.print(f"  {'self-test':<13}{_proof(bundle)}")


def _proof(bundle: "Bundle") -> str:
    backend = bundle.backend
    return f"off by {bundle.difference:.1e} with {backend.name} {backend.version}"


def _lines(manifest: "Manifest") -> Iterator[tuple[str, str]]:
    """What it is called and what is said of it, line by line."""
    task, graph = manifest.task, manifest.graph
    yield "bundle", f"{manifest.name} {manifest.version}"
    yield "task", f"{task.name}: {task.title}"
    for label, code in zip(task.labels, task.codes, strict=True):
        yield "label", f"{label} ({code.scheme} {code.value}, {code.meaning})"
    yield "patients", f"by {task.aggregation}"
    for place, step in enumerate(manifest.pipeline.steps, 1):
        yield ("pipeline" if place == 1 else ""), repr(step)
    if manifest.standardize is not None:
        yield "", repr(manifest.standardize)
    yield "network", f"takes {', '.join(graph.channels)}, {graph.rows} x {graph.columns}"
    yield "", f"gives {', '.join(graph.meanings)}"
    for one in manifest.thresholds:
        said = one.point.note if one.point.threshold is None else f"{one.point.threshold:.4g}"
        yield "threshold", f"{one.label} by {one.level}: {said} ({one.point.rule})"
        yield "", f"chosen: {one.point.chosen_on}"
    for calibration in manifest.calibrations:
        kind = type(calibration.scaling).__name__.lower()
        where = f"{calibration.label} by {calibration.level}"
        yield "calibrated", f"{where}: {kind}, fitted on {calibration.fitted_on}"
    if not manifest.calibrations:
        yield "calibrated", "no: it gives scores, not probabilities"
    for key, value in manifest.training.items():
        yield "training", f"{key}: {value}"
    for source in manifest.sources:
        yield "made from", f"{source.name}, {source.use} ({source.licence}): {source.attribution}"
    yield "checked with", ", ".join(manifest.backends)


def _shown(text: str) -> str:
    """Text from a file, which may not steer the terminal."""
    return escape(printable(text).replace("\n", " "))

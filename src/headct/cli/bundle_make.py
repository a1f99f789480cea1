"""``headct bundle make``: a finished run of training to a bundle."""

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
    from headct.train.bundling.make import Made

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished headct train.")]
Out = Annotated[Path, typer.Option(help="The bundle to write, NAME.headct.")]
Folds = Annotated[
    list[Path] | None,
    typer.Option(metavar="RUN", help="Run of a fold, or a folder of such; may be repeated."),
]
Name = Annotated[str, typer.Option(help="Of the bundle; usual: task and network.")]
Version = Annotated[str, typer.Option(help="Of the bundle.")]
Aggregate = Annotated[
    str, typer.Option(help="From slices to the patient; usual: the task's. vote, learned: fitted.")
]
Rule = Annotated[
    str,
    typer.Option(
        help="How thresholds are chosen; usual: the task's. sensitivity>=0.95, youden, or "
        "threshold=0.5."
    ),
]
Neighbours = Annotated[
    float,
    typer.Option(help="Share of each neighbouring slice in what is said of a slice, 0 to 0.33."),
]
Beside = Annotated[
    Path | None,
    typer.Option(
        metavar="COHORT",
        help="Let what the classical finder marks in these scans count too; with --store.",
    ),
]
OfStore = Annotated[
    Path | None, typer.Option(metavar="STORE", help="What was prepared from that cohort.")
]
Notes = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Markdown for the card: what it is bad at.")
]
Sources = Annotated[
    Path | None, typer.Option(metavar="FILE", help="TOML or JSON: licences and attributions.")
]
Checked = Annotated[
    BackendName, typer.Option("--backend", help="What to check and list beside ONNX Runtime.")
]


def bundle_make(
    run: Run,
    out: Out,
    folds: Folds = None,
    name: Name = "",
    version: Version = "0.1.0",
    aggregate: Aggregate = "",
    rule: Rule = "",
    neighbours: Neighbours = 0.0,
    beside: Beside = None,
    store: OfStore = None,
    card_notes: Notes = None,
    sources: Sources = None,
    backend: Checked = "onnxruntime",
) -> None:
    """Make a bundle of a trained network, with thresholds, calibration and model card."""
    try:
        made = api.make_bundle(
            run,
            out,
            folds=folds or (),
            name=name,
            version=version,
            aggregate=aggregate,
            rule=rule,
            neighbours=neighbours,
            beside=beside,
            store=store,
            card_notes=card_notes,
            sources=sources,
            backend=backend,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    console = Console(highlight=False, soft_wrap=True)
    for word, said in _lines(made, out):
        colour = "yellow" if word == "remark" else ""
        padded = f"{word:<13}"
        shown = escape(printable(said))
        console.print(f"  [{colour}]{padded}[/]{shown}" if colour else f"  {padded}{shown}")


def _lines(made: "Made", out: Path) -> Iterator[tuple[str, str]]:
    """What it came to, line by line."""
    bundle, known = made.bundle, made.known
    manifest = bundle.manifest
    megabytes = out.stat().st_size / 1e6
    yield "bundle", f"{manifest.name} {manifest.version}, {megabytes:.1f} MB: {out}"
    yield "sha256", bundle.sha256
    yield "self-test", f"off by {bundle.difference:.1e} from PyTorch"
    if known.figures:
        yield "chosen on", known.chosen_on
        if known.measured_on != known.chosen_on:
            yield "measured on", known.measured_on
    for (label, level), figure in known.figures.items():
        if not figure.is_few:
            scores = figure.scores
            told = ", ".join(f"{name} {scores[name].show()}" for name in _SHOWN if name in scores)
            yield f"by {level}", f"{label}: {told}"
    calibrated = [f"{one.label} by {one.level}" for one in manifest.calibrations]
    yield "calibrated", ", ".join(calibrated) or "no: it gives scores, not probabilities"
    for remark in known.remarks:
        yield "remark", remark


_SHOWN = ("auc", "average_precision", "sensitivity", "specificity")

"""A finished run → a bundle: its graph, what was chosen on whom, figures, card, and proof."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from headct.cohort.splitting.rounds import TEST, VALIDATION
from headct.core.errors import BundleError, OutputError, TrainError
from headct.core.record import Argument
from headct.measure.evaluate.settings import FITTED, Settings
from headct.measure.levels.choices import parse_aggregation
from headct.predict.bundle.bundle import Bundle, Contents, write_bundle
from headct.predict.bundle.manifest import (
    LABEL_LOGITS,
    MEANINGS,
    Calibration,
    Graph,
    Manifest,
    Source,
    Threshold,
)
from headct.predict.bundle.network import REFERENCE, Backend
from headct.predict.neighbours import check_share
from headct.tasks.rule import parse_rule
from headct.tasks.task import LEVELS, Task
from headct.train.bundling.beside import Scans, marks_of
from headct.train.bundling.card import Known, card
from headct.train.bundling.choose import Choice, choose
from headct.train.bundling.figures import (
    answered,
    crossed,
    measure_answers,
    worth_deciding,
    worth_having,
)
from headct.train.bundling.finished import Finished, check_folds, read_finished, runs_under
from headct.train.bundling.proof import check_backend, make_selftest, trained_network
from headct.train.bundling.scored import Scored, marked, neighboured, pooled, scores_of
from headct.train.bundling.sources import NOT_STATED, has_imagenet_weights, sources_of
from headct.train.run import GRAPH

_NOBODY = "every patient trained the network, and nobody was left to choose it on"
_CROSSED = (
    "For the figures all of it was chosen once more without a {0} and tried on that {0}, one after "
    "the other."
)


@dataclass(frozen=True)
class Wish:
    """What to make a bundle of.

    Args:
        run: folder of a finished run; its graph goes in.
        out: the bundle to write, by custom ``NAME.headct``.
        folds: folders of the runs of its folds, or of folders that hold them: every patient of the
            run, scored by a network that did not train on them. Empty takes the run's own
            validation patients.
        name: of the bundle; empty for task and network.
        version: of the bundle.
        aggregation: from slices to the patient, or "vote" or "learned" to fit it; empty for the
            task's.
        rule: by which thresholds are chosen, as ``tasks.rule`` reads it; empty for the task's.
        neighbours: share of each neighbouring slice in what the network says of a slice.
        beside: where the classical finder sees the same scans: its marks then count beside the
            network's log odds of hemorrhage. None for the network alone.
        notes: what it is bad at, Markdown, for the model card.
        sources: data and weights beside those known by name.
        backends: to be listed as checked beside ONNX Runtime, once they are.
        settings: of intervals.
    """

    run: Path
    out: Path
    folds: tuple[Path, ...] = ()
    name: str = ""
    version: str = "0.1.0"
    aggregation: str = ""
    rule: str = ""
    neighbours: float = 0.0
    beside: Scans | None = None
    notes: str = ""
    sources: tuple[Source, ...] = ()
    backends: tuple[Backend, ...] = ()
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        check_share(self.neighbours)


@dataclass(frozen=True, eq=False)
class Made:
    """What came of it.

    Args:
        bundle: as it was opened from what was written.
        known: how good it is, and on whom that is known.
    """

    bundle: Bundle
    known: Known


def make_bundle(wish: Wish) -> Made:
    """Write the bundle of a run, and open it.

    Raises:
        TrainError: the run is not finished, folds are not its own, or its pieces do not fit.
        MeasureError: predictions or truth of a run are not what they must be.
        BundleError: it would be refused, as by its name, or where graph and weights differ.
        OutputError: ``out`` is there, or cannot be written.
        ValueError: there is no such aggregation or rule.
    """
    if wish.out.exists():
        raise OutputError(f"{wish.out.name} is there already, and nothing is overwritten")
    run = read_finished(wish.run).ruled(wish.rule)
    folds = runs_under(wish.folds)
    choice, known = _chosen(wish, run, folds)
    sources = sources_of(run, wish.sources)
    remarks = (*known.remarks, *_untaught(run), *_unstated(sources))
    known = replace(known, remarks=remarks)
    model = (run.folder / GRAPH).read_bytes()
    graph = _graph(run, model)
    manifest = _manifest(wish, run, graph, choice)
    manifest = replace(manifest, training=_training(run, folds), sources=sources)
    selftest = make_selftest(run, trained_network(run), model, dict(graph.outputs))
    for backend in wish.backends:
        check_backend(backend, model, selftest, dict(graph.outputs))
    text = card(run, manifest, known, wish.settings, wish.notes)
    bundle = write_bundle(wish.out, Contents(manifest, model, text, selftest))
    return Made(bundle, known)


def _chosen(wish: Wish, run: Finished, folds: tuple[Finished, ...]) -> tuple[Choice, Known]:
    """What turns scores into answers, and how good these are."""
    task, aggregation = run.task, wish.aggregation or run.task.aggregation
    remarks = check_folds(run, folds) if folds else ()
    chooser = VALIDATION if VALIDATION in run.parts else TEST
    if not folds and chooser not in run.parts:
        if wish.beside is not None:
            raise TrainError(f"--beside needs patients to be fitted on: {_NOBODY}")
        return _nothing(task, aggregation), Known({}, remarks=(f"Not measured: {_NOBODY}",))
    marks = None if wish.beside is None else marks_of(wish.beside, run)

    def as_answered(scored: Scored) -> Scored:
        return marked(neighboured(scored, wish.neighbours), marks)

    scored = as_answered(pooled(folds) if folds else scores_of(run, chooser))
    asked, trained = len(scored.patients), run.trained_on["patients"]
    if folds and asked < trained:
        remarks = (*remarks, f"Folds asked about {asked} of the {trained} patients that trained it")
    answers = crossed(scored, task, aggregation)
    choice = choose(scored.system, task, aggregation, scored.whose)
    choice = replace(choice, scalings=worth_having(choice.scalings, answers))
    decided = worth_deciding(choice.points, answers, task)
    known = Known(
        {},
        measured_on=scored.whose,
        chosen_on=scored.whose,
        tried=_CROSSED.format("fold" if folds else "fifth of the patients"),
        is_sisters=bool(folds),
        remarks=remarks,
    )
    if not folds and {TEST, VALIDATION} <= set(run.parts):
        others = as_answered(scores_of(run, TEST))
        answers = answered(choice, others.system, task)
        known = replace(known, measured_on=others.whose, tried="Tried on the test patients.")
    figures = measure_answers(answers, wish.settings)
    return replace(choice, points=decided), replace(known, figures=figures)


def _nothing(task: Task, aggregation: str) -> Choice:
    """Where nobody is left: a threshold that was stated beforehand, or none."""
    if aggregation in FITTED:
        raise TrainError(f"--aggregate {aggregation} needs patients to be fitted on: {_NOBODY}")
    point = parse_rule(task.rule).choose([], [], "nobody")
    if point.threshold is None:
        point = replace(point, note=_NOBODY)
    points = {(label, level): point for label in task.labels for level in LEVELS}
    return Choice("nobody", parse_aggregation(aggregation), points, {})


def _graph(run: Finished, model: bytes) -> Graph:
    """What goes into a graph and what comes out; its outputs are named by what they mean."""
    network = REFERENCE.load(model, None)
    unknown = [name for name in network.outputs if name not in MEANINGS]
    if len(network.inputs) != 1 or unknown or LABEL_LOGITS not in network.outputs:
        raise TrainError(
            f"{run.name}, {GRAPH}: expected one input and outputs of {', '.join(MEANINGS)}: it was "
            "not written by headct train"
        )
    _, rows, columns = run.shape
    return Graph(
        input=network.inputs[0],
        channels=tuple(run.said["data"]["channels"]),
        rows=rows,
        columns=columns,
        outputs=tuple((name, name) for name in network.outputs),
    )


def _manifest(wish: Wish, run: Finished, graph: Graph, choice: Choice) -> Manifest:
    usual = f"{run.task.name}-{run.said['network']['name']}"
    try:
        return Manifest(
            name=wish.name or re.sub(r"[^a-z0-9._-]+", "-", usual.casefold()),
            version=wish.version,
            task=replace(run.task, aggregation=str(choice.aggregation)),
            graph=graph,
            thresholds=tuple(
                Threshold(label, level, point) for (label, level), point in choice.points.items()
            ),
            calibrations=tuple(
                Calibration(label, level, scaling, choice.whose)
                for (label, level), scaling in choice.scalings.items()
            ),
            neighbours=wish.neighbours,
            beside=choice.beside,
            backends=(REFERENCE.name, *(one.name for one in wish.backends)),
        )
    except ValueError as error:
        raise BundleError(f"such a bundle there cannot be: {error}") from error


def _training(run: Finished, folds: tuple[Finished, ...]) -> Mapping[str, Argument]:
    """The training record, in plain values."""
    said, plan = run.said, asdict(run.plan)
    frames = {name: said["store"][name] for name in ("studies", "truth", "pipeline")}
    record: dict[str, Argument] = {
        "network": said["network"]["name"],
        "begun with": "ImageNet weights" if has_imagenet_weights(run) else "weights by chance",
        **plan,
        **{f"loss, {name}": value for name, value in said["loss"].items()},
        "positive": said["positive"][0],
        "positive of others": said["positive"][1],
        "look": said["look"],
        "round": run.round_name,
        "patients": run.trained_on["patients"],
        "slices": run.trained_on["slices"],
        "others": "; ".join(f"{o['folder']}: {o['share']:g}" for o in said["data"]["others"]),
        "folds": ", ".join(fold.round_name for fold in folds),
        "split sha256": said["split"],
        **{f"store, {name} sha256": value for name, value in frames.items()},
        **{f"version of {name}": v for name, v in said["record"]["versions"].items()},
    }
    return {name: value for name, value in record.items() if value not in ("", None)}


def _untaught(run: Finished) -> tuple[str, ...]:
    """Labels that no training slice has, or all have."""
    return tuple(
        f"{label}: of {run.trained_on['slices']} training slices {known['positive_slices']} have "
        f"it, {known['negative_slices']} do not: its output means nothing"
        for label, known in run.trained_on["labels"].items()
        if not known["positive_slices"] or not known["negative_slices"]
    )


def _unstated(sources: tuple[Source, ...]) -> tuple[str, ...]:
    names = [source.name for source in sources if source.licence == NOT_STATED]
    if not names:
        return ()
    return (f"Licence and attribution of {', '.join(names)} are not stated (--sources)",)

"""From a prepared cohort and its split to a network, its predictions and its graph."""

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.rounds import TEST, TRAIN, VALIDATION, Round
from headct.cohort.store.store import Store, open_store
from headct.core.errors import OutputError, TrainError
from headct.core.output import check_free
from headct.core.record import Record, file_sha256
from headct.tasks.task import Task
from headct.train.batches import Mixture
from headct.train.export import export_onnx
from headct.train.fit import Material, fit, threads
from headct.train.gather import (
    Order,
    data_of,
    identity_of,
    mixture_of,
    other_slices,
    parts_of,
    round_of,
    whence,
)
from headct.train.history import Row
from headct.train.losses import Loss
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.plan import Plan
from headct.train.precision import faster_precision
from headct.train.predict_out import predict, write_predictions, write_truth
from headct.train.processes import is_first, run_of_first
from headct.train.settings import check_same, plan_of, read_run, write_run
from headct.train.shortage import shortage_told
from headct.train.slices import Slices, check_learnable

logger = logging.getLogger(__name__)

GRAPH = "network.onnx"


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of it.

    Args:
        round_name: that was trained.
        counts: slices by part.
        history: of each epoch.
        outputs: of the graph; none in a process that another one writes for.
        precision: that was trained in.
        remarks: what to know before trusting it.
    """

    round_name: str
    counts: dict[str, int]
    history: list[Row]
    outputs: tuple[str, ...]
    precision: str
    remarks: tuple[str, ...]


def train(order: Order) -> Trained:
    """Train a network, or go on; then predict validation and test, and write its graph.

    Raises:
        CohortError: store or split cannot be read, or do not belong together.
        TrainError: this cannot be learned from, or not by this network.
        OutputError: ``out`` holds something else, or cannot be written.
    """
    recipe, labels = order.recipe, order.recipe.task.labels
    if not order.resumes and is_first():
        check_free(order.out)
    store, split = open_store(order.store), read_split(order.split)
    part_of = round_of(split, order.fold, order.round_name)
    parts = parts_of(store, split, part_of, recipe)
    remarks = list(check_learnable(parts[TRAIN], labels))
    _check_patience(recipe.plan, part_of)
    others, left_out = other_slices(order, part_of, store)
    if left_out:
        remarks.append(f"{left_out} slices of other stores are of patients kept from training")
    if store.header.pipeline.sha256 != recipe.task.steps.sha256:
        remarks.append(
            f"the store is made by pipeline {store.header.pipeline.name}, and the task asks for "
            f"{recipe.task.steps.name}"
        )
    mixture = mixture_of(recipe, parts[TRAIN], others)
    data = data_of(store, parts, others, order)
    network, plan = _begin(order, mixture, part_of, store, data)
    material = Material(mixture, parts.get(VALIDATION))
    if plan.patience and TEST not in parts:
        remarks.append("validation patients chose the epoch: their scores are better than others'")
    history = fit(
        network,
        material,
        Loss(labels, recipe.weights),
        plan,
        folder=order.out,
        is_watched=order.is_watched,
    )
    with shortage_told(), threads(plan.threads):
        outputs = _finish(order, network, store, parts) if is_first() else ()
    counts = {name: len(slices) for name, slices in parts.items()}
    return Trained(part_of.name, counts, history, outputs, plan.precision, tuple(remarks))


def _check_patience(plan: Plan, chosen: Round) -> None:
    """Refuse to stop early where nobody is there to be watched."""
    if plan.patience and VALIDATION not in chosen.parts:
        raise TrainError(
            f"--patience watches validation patients, and round {chosen.name} has none: leave it "
            "out, or take a round that has"
        )


def _begin(
    order: Order, mixture: Mixture, chosen: Round, store: Store, data: dict[str, Any]
) -> tuple[nn.Module, Plan]:
    """The network with its first weights, and the plan with what was found out; both recorded."""
    recipe = order.recipe
    there = read_run(order.out) if is_first() else run_of_first(order.out)
    channels, rows, columns = mixture.sources[0].slices.pixels.shape[1:]
    labels = len(recipe.task.labels)
    wish = Wish(recipe.network, channels, labels, order.is_pretrained, recipe.mirrored)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.plan.seed)
        network = build(wish)
    plan = recipe.plan if there is None else plan_of(there, recipe.plan)
    plan = replace(plan, threads=plan.threads or torch.get_num_threads())
    if plan.precision == "measure":
        with shortage_told(), threads(plan.threads):
            faster = faster_precision(network, (channels, rows, columns), plan.batch_size)
        plan = replace(plan, precision=faster)
    asked: dict[str, Any] = {
        "task": recipe.task.name,
        "task_file": None if order.task_file is None else file_sha256(order.task_file),
        "labels": list(recipe.task.labels),
        "network": {
            "name": recipe.network,
            "pretrained": order.is_pretrained,
            "mirrored": recipe.mirrored,
        },
        "frames": {"channels": channels, "rows": rows, "columns": columns},
        "plan": asdict(plan),
        "loss": asdict(recipe.weights),
        "positive": [recipe.positive, recipe.added_positive],
        "look": repr(recipe.look),
        "undrawn": None if recipe.undrawn is None else recipe.undrawn.__module__,
        "round": chosen.name,
        "split": file_sha256(order.split),
        "store": identity_of(store),
        "others": [{"from": whence(f), "share": share} for f, share in order.others],
        "declaration": _declared(recipe.task),
        "data": data,
        "record": Record("train", seed=plan.seed).as_dict(),
    }
    if there is None:
        _begin_folder(order.out, asked)
    else:
        check_same(there, asked)
    return network, plan


def _begin_folder(out: Path, asked: dict[str, Any]) -> None:
    check_free(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_run(asked, out)
    except OSError as error:
        raise OutputError(
            f"cannot write into {out.name}: {error.strerror or error}; check that the disk has "
            "room and the folder above may be written"
        ) from error


def _declared(task: Task) -> dict[str, Any]:
    """What a task says of itself beside its labels and pipeline, which the run has its own of."""
    said = asdict(task)
    return {name: said[name] for name in said if name not in {"name", "labels", "pipeline"}}


def _finish(
    order: Order, network: nn.Module, store: Store, parts: dict[str, Slices]
) -> tuple[str, ...]:
    """Predictions of all but training patients, what is known of these, and the graph."""
    recipe, labels = order.recipe, order.recipe.task.labels
    measured = {name: part for name, part in parts.items() if name != TRAIN}
    system = (recipe.network, str(recipe.plan.seed))
    try:
        for name, part in measured.items():
            scores = predict(network, part, recipe.plan.batch_size)
            path = order.out / f"{name}.csv"
            write_predictions(path, store, part, scores, labels=labels, system=system)
        if measured:
            write_truth(order.out / "truth.csv", store, list(measured.values()), labels)
        channels, rows, columns = store.pixels.shape[1:]
        return export_onnx(network.cpu(), (channels, rows, columns), order.out / GRAPH)
    except OSError as error:
        raise OutputError(
            f"cannot write into {order.out.name}: {error.strerror or error}; check that the disk "
            "has room, then --resume: the trained network is kept"
        ) from error

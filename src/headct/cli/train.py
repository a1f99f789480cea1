"""``headct train``: a prepared cohort to a network that was never shown its test patients."""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from headct import api

if TYPE_CHECKING:
    from headct.train.run import Trained

# Of a plan, an option that is None leaves what the task's recipe says.
_Whole = int | None
Fold = Annotated[str, typer.Option(metavar="K/N", help="The K-th of N folds.")]
RoundName = Annotated[
    str,
    typer.Option("--round", help="Which round of the split, in place of --fold; all: everybody."),
]
Network = Annotated[str, typer.Option(help="multitask, efficientnet-lite0, unet, or one of timm.")]
Seed = Annotated[int, typer.Option(min=0, help="Draws first weights and batches.")]
Add = Annotated[
    list[str] | None,
    typer.Option(metavar="STORE=SHARE", help="Another store or shard, and its share."),
]
Epochs = Annotated[_Whole, typer.Option(help="Epochs, at most.")]
Steps = Annotated[_Whole, typer.Option(help="Steps of an epoch; usual: every slice once.")]
BatchSize = Annotated[_Whole, typer.Option(help="Slices a step, on each device.")]
LearningRate = Annotated[float | None, typer.Option(help="The highest.")]
Patience = Annotated[
    _Whole, typer.Option(help="Stop after so many epochs without gain; keep the best.")
]
Precision = Annotated[
    str | None, typer.Option(help="32-true, bf16-mixed, 16-mixed, or measure the faster.")
]
Devices = Annotated[_Whole, typer.Option(help="Processes, with an accelerator each.")]
Nodes = Annotated[_Whole, typer.Option(help="Machines, each started by torchrun.")]
Threads = Annotated[_Whole, typer.Option(help="Threads of PyTorch; 0 for all.")]
Workers = Annotated[_Whole, typer.Option(help="Processes that read batches; 0 for none beside.")]
Pretrained = Annotated[
    bool, typer.Option(help="Begin with ImageNet weights, where a package brings them.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from the last epoch of the run in --out.")
]


def train(
    task: Annotated[str, typer.Argument(help="Name of a task, or a Python file that declares it.")],
    store: Annotated[Path, typer.Argument(help="Folder that headct prepare has made.")],
    split: Annotated[Path, typer.Option(help="The split.json of the cohort, by patient.")],
    out: Annotated[Path, typer.Option(help="Folder to make for the run.")],
    fold: Fold = "",
    round_name: RoundName = "",
    network: Network = "",
    seed: Seed = 0,
    add: Add = None,
    epochs: Epochs = None,
    steps: Steps = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    patience: Patience = None,
    precision: Precision = None,
    devices: Devices = None,
    nodes: Nodes = None,
    threads: Threads = None,
    workers: Workers = None,
    pretrained: Pretrained = True,
    resume: Resume = False,
) -> None:
    """Train a network on a prepared cohort, and predict the patients it did not learn from."""
    plan = _given(seed=seed, epochs=epochs, steps=steps, batch_size=batch_size, patience=patience)
    plan |= _given(learning_rate=learning_rate, precision=precision, threads=threads)
    plan |= _given(devices=devices, nodes=nodes, workers=workers)
    _quieten()
    console = Console(stderr=True)
    try:
        trained = api.train(
            task,
            store,
            out,
            split=split,
            fold=fold,
            round_name=round_name,
            network=network,
            others=[_share(text) for text in add or ()],
            plan=plan,
            pretrained=pretrained,
            resume=resume,
            watch=console.is_terminal,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        console.print("each finished epoch is kept: the same command with --resume goes on")
        raise
    if trained.outputs:  # of several processes one writes the run, and speaks
        _tell(trained, out)


def _given(**options: float | str | None) -> dict[str, float | str]:
    """Options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _share(text: str) -> tuple[Path, float]:
    folder, _, share = text.rpartition("=")
    try:
        return Path(folder), float(share)
    except ValueError:
        raise typer.BadParameter(f"--add: expected STORE=SHARE as inserted=0.4: {text}") from None


def _quieten() -> None:
    """What Lightning says of its own parts is nothing to a person who trains."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(f"{name}.utilities.rank_zero").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\.|torch\.")


def _tell(trained: "Trained", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    counts = ", ".join(f"{count} {part}" for part, count in trained.counts.items())
    console.print(f"  {'slices':<13}{trained.round_name}: {counts}")
    if trained.history:
        last = trained.history[-1]
        losses = [
            f"{part} {last[f'{part}/loss']:.4f}"
            for part in ("train", "validation")
            if f"{part}/loss" in last
        ]
        seconds = sum(row["seconds"] for row in trained.history)
        console.print(f"  {'loss':<13}{', '.join(losses)}, after {len(trained.history)} epochs")
        console.print(f"  {'time':<13}{seconds:.0f} s of training, in {trained.precision}")
    console.print(f"  {'graph':<13}network.onnx: {', '.join(trained.outputs)}")
    for remark in trained.remarks:
        console.print(f"  [yellow]{'remark':<13}[/]{escape(remark)}")
    predicted = [f"{part}.csv" for part in trained.counts if part != "train"]
    for name in predicted:
        console.print(f"  {'predictions':<13}{escape(str(out / name))}, truth in truth.csv")

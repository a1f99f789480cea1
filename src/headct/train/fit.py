"""Train a network, on Lightning; stopped at any moment, it goes on from its last epoch.

The same seed, threads and devices give the same weights, whether it was stopped or not: what an
epoch draws follows from seed and epoch alone, and weights, their average, optimizer, schedule and
the count towards early stopping are in the checkpoint.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader

from headct.core.errors import TrainError
from headct.train.batches import Drawn, InOrder, Mixture
from headct.train.history import Row, read_history
from headct.train.keeping import LAST, WATCHED, WEIGHTS, Keep, WholeFiles
from headct.train.learner import Learner
from headct.train.losses import Batch, Loss
from headct.train.plan import Plan
from headct.train.processes import are_started_outside
from headct.train.shortage import shortage_told
from headct.train.slices import Slices

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Material:
    """What a network learns from, and what it is watched on.

    Args:
        mixture: to learn from.
        validation: of other patients; None where there are none.
    """

    mixture: Mixture
    validation: Slices | None = None


class Loaders(lightning.LightningDataModule):
    """Batches of each epoch, by its number: nothing else is to be remembered."""

    def __init__(self, material: Material, plan: Plan, steps: int) -> None:
        super().__init__()
        self._material, self._plan, self._steps = material, plan, steps

    def train_dataloader(self) -> DataLoader[Batch]:
        """The batches of the epoch that begins."""
        epoch = 0 if self.trainer is None else self.trainer.current_epoch
        drawn = Drawn(self._material.mixture, steps=self._steps, epoch=epoch, place=self._place())
        return self._loader(drawn)

    def val_dataloader(self) -> DataLoader[Batch] | list[DataLoader[Batch]]:
        """All validation slices, in order."""
        if self._material.validation is None:
            return []
        size = self._plan.batch_size
        return self._loader(InOrder(self._material.validation, size, self._place()))

    def _loader(self, batches: Drawn | InOrder) -> DataLoader[Batch]:
        # Whole batches are read at once: collating slices one by one takes longer than reading.
        return DataLoader(batches, batch_size=None, num_workers=self._plan.workers)

    def _place(self) -> tuple[int, int]:
        trainer = self.trainer
        return (0, 1) if trainer is None else (trainer.global_rank, trainer.world_size)


def fit(
    network: nn.Module,
    material: Material,
    loss: Loss,
    plan: Plan,
    *,
    folder: Path,
    is_watched: bool = False,
) -> list[Row]:
    """Train a network, or go on training it where its folder holds a checkpoint.

    Args:
        network: with its first weights; afterwards with those that are kept.
        material: to learn from.
        loss: of the task.
        plan: how; its precision measured.
        folder: of the run: last.ckpt, weights.pt, history.csv, learning_curve.png, tensorboard/.
        is_watched: show a progress bar.

    Returns:
        What each epoch came to.

    Raises:
        TrainError: the memory does not suffice, the loss is no number any more, or the checkpoint
            is of another network.
        OutputError: the folder cannot be written; the last whole checkpoint is kept.
    """
    steps = plan.steps or steps_of(material.mixture, plan)
    learner = Learner(network, loss, plan, steps * plan.epochs)
    trainer = _trainer(plan, folder, is_watched=is_watched)
    last = folder / LAST
    with shortage_told(), _same_network(), threads(plan.threads), torch.random.fork_rng():
        trainer.fit(
            learner,
            datamodule=Loaders(material, plan, steps),
            ckpt_path=last if last.exists() else None,
            weights_only=True,
        )
    # Of several processes the first has written them; the others have nothing more to do.
    if trainer.is_global_zero:
        weights = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
        network.load_state_dict(weights)
    return read_history(folder)


def steps_of(mixture: Mixture, plan: Plan) -> int:
    """Steps on each device after which each slice of the first source was taken once."""
    return max(1, len(mixture.sources[0].slices) // (mixture.counts[0] * plan.devices * plan.nodes))


def _trainer(plan: Plan, folder: Path, *, is_watched: bool) -> lightning.Trainer:
    callbacks: list[Callback] = [Keep(folder, best=plan.patience > 0)]
    if plan.patience:
        callbacks.insert(0, EarlyStopping(WATCHED, patience=plan.patience))
    is_alone = plan.devices * plan.nodes == 1
    on_processor = not torch.accelerator.is_available()
    # Processes made by fork share the memory-mapped slices; with accelerators they cannot.
    is_forked = on_processor and not are_started_outside()
    return lightning.Trainer(
        strategy="auto" if is_alone else "ddp_fork" if is_forked else "ddp",
        accelerator="cpu" if on_processor else "auto",
        devices=plan.devices,
        num_nodes=plan.nodes,
        precision="32-true" if plan.precision == "measure" else plan.precision,
        max_epochs=plan.epochs,
        callbacks=callbacks,
        plugins=[WholeFiles()],
        logger=TensorBoardLogger(folder, name="tensorboard", version=""),
        enable_progress_bar=is_watched,
        enable_model_summary=False,
        enable_checkpointing=False,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
        deterministic="warn",
        gradient_clip_val=None,
    )


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads for a while; 0 leaves them as they are."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _same_network() -> Iterator[None]:
    """Let weights that do not fit be a refusal."""
    try:
        yield
    except RuntimeError as error:
        if "state_dict" not in str(error):
            raise
        raise TrainError(
            "the checkpoint is of another network: give a new folder as --out"
        ) from error

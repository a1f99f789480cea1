"""After each epoch: what is needed to go on, the weights worth keeping, and how it went."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.plugins.io import TorchCheckpointIO

from headct.train.history import Row, write_history
from headct.train.learner import Learner

LAST, WEIGHTS = "last.ckpt", "weights.pt"
WATCHED = "validation/loss"


class Keep(Callback):
    """Writes the run's files at the end of each epoch, each whole or as it was before.

    It comes after early stopping among the callbacks, whose state the checkpoint holds.
    """

    def __init__(self, folder: Path, *, best: bool) -> None:
        """Say where to keep what.

        Args:
            folder: of the run.
            best: keep the weights of the lowest validation loss, in place of the last.
        """
        self._folder, self._keeps_best = folder, best
        self._rows: list[Row] = []
        self._began = 0.0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint remembers of it."""
        return {"rows": self._rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._rows = state_dict["rows"]

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Look at the clock."""
        del trainer, pl_module
        self._began = time.monotonic()

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Note the epoch, keep weights, write what is needed to go on."""
        measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self._rows.append(_row(trainer, measured, time.monotonic() - self._began))
        losses = [row[WATCHED] for row in self._rows if WATCHED in row]
        is_kept = not self._keeps_best or not losses or losses[-1] == min(losses)
        # Weights come first: a checkpoint never stands for an epoch whose weights are not there.
        if is_kept and trainer.is_global_zero and isinstance(pl_module, Learner):
            save_whole(pl_module.kept.state_dict(), self._folder / WEIGHTS)
        # All processes take part in a checkpoint; one writes it.
        trainer.save_checkpoint(self._folder / LAST)
        if trainer.is_global_zero:
            write_history(self._rows, self._folder)

    def on_fit_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Write the table again: a run may have been stopped right before it."""
        if trainer.is_global_zero and self._rows:
            write_history(self._rows, self._folder)


class WholeFiles(TorchCheckpointIO):
    """Checkpoints that are there whole, or as they were.

    Lightning's own way leads through the system's folder for temporary files, which may be smaller,
    and where a run that is killed leaves them.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Path | str, storage_options: object = None
    ) -> None:
        """Write one; OSError where there is no room."""
        del storage_options
        save_whole(checkpoint, Path(path))


def save_whole(state: Mapping[str, Any], path: Path) -> None:
    """Write a state that is there whole, or as it was; OSError where there is no room."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _row(trainer: lightning.Trainer, measured: Mapping[str, float], seconds: float) -> Row:
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    epoch = {"epoch": float(trainer.current_epoch + 1), "seconds": seconds, "learning_rate": rate}
    return {**epoch, **dict(sorted(measured.items()))}

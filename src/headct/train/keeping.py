"""After each epoch: what is needed to go on, the weights worth keeping, and how it went."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

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
        # All processes take part in a checkpoint; one writes it.
        partial = self._folder / f".{LAST}.partial"
        trainer.save_checkpoint(partial)
        if not trainer.is_global_zero or not isinstance(pl_module, Learner):
            return
        if is_kept:
            save_whole(pl_module.kept.state_dict(), self._folder / WEIGHTS)
        partial.replace(self._folder / LAST)
        write_history(self._rows, self._folder)

    def on_fit_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Write the table again: a run may have been stopped right before it."""
        if trainer.is_global_zero and self._rows:
            write_history(self._rows, self._folder)


def save_whole(state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write weights that are there whole, or as they were; OSError where there is no room."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(dict(state), file)
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _row(trainer: lightning.Trainer, measured: Mapping[str, float], seconds: float) -> Row:
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    epoch = {"epoch": float(trainer.current_epoch + 1), "seconds": seconds, "learning_rate": rate}
    return {**epoch, **dict(sorted(measured.items()))}

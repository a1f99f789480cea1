"""One step of learning, as Lightning asks for it."""

from collections.abc import Callable, Mapping

import lightning
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel

from headct.train.losses import Batch
from headct.train.networks.outputs import Outputs
from headct.train.plan import Plan

Tensors = tuple[Tensor, ...] | list[Tensor]
Score = Callable[[Outputs, Batch], Mapping[str, Tensor]]

_RISING = 0.1  # of all steps, as in the trial
# A moving average that began with weights drawn by chance would keep them for 1 / (1 - decay)
# steps; the ramp of TensorFlow's ExponentialMovingAverage forgets them sooner.
_RAMP = 10


class Learner(lightning.LightningModule):
    """A network that learns, and the moving average of its weights."""

    def __init__(self, network: nn.Module, loss: Score, plan: Plan, steps: int) -> None:
        """Put together what learns.

        Args:
            network: from frames in [0, 1] to ``Outputs``.
            loss: parts by name, with their sum as "loss".
            plan: how to train.
            steps: of all epochs, on each device.
        """
        super().__init__()
        self.network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = AveragedModel(network, multi_avg_fn=_ramped(plan.ema), use_buffers=True)
        self.average = average.requires_grad_(False)
        self._loss, self._plan, self._steps = loss, plan, steps

    @property
    def kept(self) -> nn.Module:
        """The network whose answers count: the average, where there is one."""
        if not self._plan.ema:
            return self.network
        kept = self.average.module
        return kept if isinstance(kept, nn.Module) else self.network

    def on_fit_start(self) -> None:
        """Take as many threads as the plan says: Lightning gives processes a number of its own."""
        if self._plan.threads:
            torch.set_num_threads(self._plan.threads)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Begin a step from chance that hangs on nothing before it, so that it can be redone.

        To begin an epoch so is not enough: the iterators of loaders draw from the same generator,
        and where a run is resumed they do it at another moment.
        """
        del batch, batch_idx
        seeds = np.random.SeedSequence([self._plan.seed, self.global_step, self.global_rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of a batch."""
        parts = self._loss(self.network(as_input(batch.pixels)), batch)
        self._log("train", parts, batch)
        return parts["loss"]

    def validation_step(self, batch: Batch, _: int) -> None:
        """The loss of a batch, by the weights that are kept."""
        self._log("validation", self._loss(self.kept(as_input(batch.pixels)), batch), batch)

    def on_train_batch_end(self, *_: object) -> None:
        """Move the average."""
        if self._plan.ema:
            self.average.update_parameters(self.network)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Optimizer and schedule of the plan; the schedule moves at every step."""
        plan = self._plan
        kind = torch.optim.AdamW if plan.optimizer == "adamw" else torch.optim.Adam
        optimizer = kind(
            self.network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
        )
        schedule: LRScheduler
        # In a step or less there is nothing to rise, and OneCycleLR divides by it.
        if plan.schedule == "onecycle" and self._steps * _RISING > 1:
            schedule = OneCycleLR(
                optimizer, plan.learning_rate, total_steps=self._steps, pct_start=_RISING
            )
        elif plan.schedule != "constant":
            schedule = CosineAnnealingLR(optimizer, self._steps)
        else:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _log(self, part: str, parts: Mapping[str, Tensor], batch: Batch) -> None:
        for name, value in parts.items():
            self.log(
                f"{part}/{name}",
                value.detach(),
                on_step=False,
                on_epoch=True,
                prog_bar=name == "loss",
                batch_size=len(batch.pixels),
                sync_dist=True,
            )


def as_input(pixels: Tensor) -> Tensor:
    """Stored bytes as frames in [0, 1], in the memory order that convolutions are fastest in."""
    return (pixels.float() / 255).contiguous(memory_format=torch.channels_last)


def _ramped(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """Moves tensors of one kind together: one by one they take several times as long."""

    def average(before: Tensors, now: Tensors, count: Tensor | int) -> None:
        if before[0].is_floating_point():
            kept = min(decay, float((1 + count) / (_RAMP + count)))
            torch._foreach_lerp_(before, now, 1 - kept)
        else:
            torch._foreach_copy_(before, now)

    return average

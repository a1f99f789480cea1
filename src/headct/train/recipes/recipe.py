"""What joins a task to a network, a loss and a schedule."""

from collections.abc import Callable
from dataclasses import dataclass, field

from headct.image.augment import AugmentationRanges
from headct.tasks.task import Task
from headct.train.look import Ranges
from headct.train.losses import Weights
from headct.train.plan import Plan
from headct.train.slices import Pixels


@dataclass(frozen=True)
class Recipe:
    """How a task is learned, where nothing else is asked for.

    Args:
        task: what is asked.
        network: see ``headct.train.networks.build``.
        plan: how to train.
        weights: of the parts of the loss.
        positive: which part of a batch should have the first label; None for what is there.
        added_positive: the same of lesions that were put into the cohort's own scans, whose other
            slices the batch holds already; of another cohort it is ``positive``.
        undrawn: as ``headct.train.slices.Slices`` takes it; None where a lesion may be anywhere.
        mirrored: answer by the mean of a slice and its mirror image.
        look: what is changed by chance in slices to learn from; None for nothing.
    """

    task: Task
    network: str
    plan: Plan = field(default_factory=Plan)
    weights: Weights = field(default_factory=Weights)
    positive: float | None = None
    added_positive: float | None = None
    undrawn: Callable[[Pixels], Pixels] | None = None
    mirrored: bool = False
    look: Ranges | None = field(default_factory=AugmentationRanges)

    @property
    def inherits(self) -> bool:
        """Whether slices take the label of their study where they have none of their own."""
        return self.task.level == "patient"

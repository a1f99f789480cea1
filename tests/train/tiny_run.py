"""A run small enough to be killed; as a script it trains in the folder it is given."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from headct.image.augment import AugmentationRanges
from headct.train.batches import Mixture, Source
from headct.train.fit import Material, fit
from headct.train.history import Row
from headct.train.look import Augmented
from headct.train.losses import Loss, Weights
from headct.train.networks.outputs import Outputs
from headct.train.plan import Plan
from headct.train.slices import Slices

LABELS = ("any_hemorrhage", "subdural")
PLAN = Plan(epochs=4, batch_size=8, threads=1, precision="32-true", seed=5, learning_rate=1e-2)


class Small(nn.Module):
    """Two convolutions, normalized, and chance within: all that a checkpoint may forget."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.2)
        )
        self.masks = nn.Conv2d(8, 2, 3, padding=1)
        self.labels = nn.Linear(8, 2)

    def forward(self, pixels: Tensor) -> Outputs:
        maps = self.body(pixels)
        return Outputs(self.labels(maps.mean((2, 3))), self.masks(maps))


def squares(count: int, seed: int) -> Slices:
    """Noise, in every second slice with a bright square that is drawn."""
    chance = np.random.default_rng(seed)
    pixels = chance.integers(60, 120, (count, 1, 32, 32)).astype(np.uint8)
    masks, labels = np.zeros((count, 32, 32), np.uint8), np.zeros((count, 2), np.int8)
    for number in range(0, count, 2):
        y, x = chance.integers(2, 22, 2)
        masks[number, y : y + 8, x : x + 8] = 2
        labels[number] = 1
    pixels[:, 0][masks > 0] = 230
    return Slices("squares", pixels, labels, masks, np.arange(count))


def run(folder: Path, plan: Plan = PLAN) -> tuple[list[Row], nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        network = Small()
    look = Augmented(AugmentationRanges())
    mixture = Mixture((Source(squares(32, 0), positive=0.4, look=look),), 8, plan.seed)
    material = Material(mixture, squares(16, 1))
    return fit(network, material, Loss(LABELS, Weights()), plan, folder=folder), network


if __name__ == "__main__":
    run(Path(sys.argv[1]))

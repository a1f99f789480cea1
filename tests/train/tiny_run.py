"""A run small enough to be killed; as a script it trains in the folder it is given."""

import sys
from itertools import count
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
from headct.train.slices import Slices, Taken

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


def squares(many: int, seed: int) -> Slices:
    """Noise, in every second slice with a bright square that is drawn."""
    chance = np.random.default_rng(seed)
    pixels = chance.integers(60, 120, (many, 1, 32, 32)).astype(np.uint8)
    masks, labels = np.zeros((many, 32, 32), np.uint8), np.zeros((many, 2), np.int8)
    for number in range(0, many, 2):
        y, x = chance.integers(2, 22, 2)
        masks[number, y : y + 8, x : x + 8] = 2
        labels[number] = 1
    pixels[:, 0][masks > 0] = 230
    return Slices("squares", pixels, labels, masks, np.arange(many))


def run(folder: Path, plan: Plan = PLAN, batches: int | None = None) -> tuple[list[Row], nn.Module]:
    """Train; something goes wrong after so many batches."""
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        network = Small()
    augmented, drawn = Augmented(AugmentationRanges()), count()

    def look(taken: Taken, chance: np.random.Generator) -> Taken:
        if next(drawn) == batches:
            raise RuntimeError("enough")
        return augmented(taken, chance)

    mixture = Mixture((Source(squares(32, 0), positive=0.4, look=look),), 8, plan.seed)
    material = Material(mixture, squares(16, 1))
    return fit(network, material, Loss(LABELS, Weights()), plan, folder=folder), network


if __name__ == "__main__":
    run(Path(sys.argv[1]))

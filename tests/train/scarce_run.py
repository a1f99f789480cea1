"""As a script it trains in the folder it is given, and after two epochs gets no more memory."""

import resource
import sys
from pathlib import Path

import numpy as np
import torch
from tests.train.tiny_run import LABELS, Small, squares
from torch import nn

from headct.core.errors import TrainError
from headct.train.batches import Mixture, Source
from headct.train.fit import Material, fit
from headct.train.history import Row
from headct.train.losses import Loss, Weights
from headct.train.plan import Plan
from headct.train.slices import Taken

PLAN = Plan(epochs=3, steps=2, batch_size=8, threads=1, precision="32-true", ema=0.0)


class Growing:
    """Changes nothing, until after some batches slices grow and the system gives no more."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def __call__(self, taken: Taken, chance: np.random.Generator) -> Taken:
        del chance
        self.left -= 1
        if self.left >= 0:
            return taken
        # Activations of 64 MB, more than a process keeps in reserve.
        pixels, masks = (
            one.repeat(32, axis=-2).repeat(32, axis=-1) for one in (taken.pixels, taken.masks)
        )
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        now = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + 2**20, resource.RLIM_INFINITY))
        return Taken(pixels, taken.labels, masks)


def run(folder: Path, batches: int = 1000) -> tuple[list[Row], nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Small()
    source = Source(squares(16, 0), look=Growing(batches))
    mixture = Mixture((source,), PLAN.batch_size, PLAN.seed)
    loss = Loss(LABELS, Weights())
    return fit(network, Material(mixture), loss, PLAN, folder=folder), network


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]), batches=4)
    except TrainError as error:
        sys.exit(str(error))

"""Training: what fit adds to a plain PyTorch loop, and whether reading keeps up with the network.

The plain loop is what a user would write: the same network, loss, optimizer and batches, read
ahead. ``fit`` reads and changes its batches as it goes, logs, draws its curve and writes its
checkpoint; with its moving average and without. Frames of noise: what they show costs nothing.
"""

import logging
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from headct.image.look import LookRanges
from headct.train.batches import Mixture, Source
from headct.train.fit import Material, fit
from headct.train.learner import as_input
from headct.train.look import Augmented
from headct.train.losses import Loss, Weights
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.plan import Plan
from headct.train.slices import Slices

TURNS, STEPS, BATCH, SIDE, SLICES = 5, 20, 16, 192, 512
LABELS = ("any_hemorrhage", "subdural")


def main() -> None:
    """Print the table."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(f"{name}.utilities.rank_zero").setLevel(logging.ERROR)
    ways = {
        "plain PyTorch loop": plain,
        "headct, without moving average": lambda: fitted(0.0),
        "headct": lambda: fitted(0.99),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            seconds[name].append(way())
    first = seconds["plain PyTorch loop"]
    print(f"EfficientNet-lite0, {BATCH} slices of 3 x {SIDE} x {SIDE}, float32; {STEPS} steps")
    print("| | ms a step | times the plain loop, turn by turn |\n|---|---|---|")
    for name, found in seconds.items():
        ratio = median(one / plain for one, plain in zip(found, first, strict=True))
        print(f"| {name} | {1000 * median(found) / STEPS:.0f} | {ratio:.3f} |")
    read, taken = BATCH / reading(), BATCH * STEPS / median(first)
    print(f"\nRead and changed: {read:.0f} slices a second, on one core; the network takes")
    print(f"{taken:.0f}: there are {read / taken:.1f} times as many as it needs.")


def plain() -> float:
    """Seconds of the steps, batches at hand."""
    batches = [mixture().batch(number) for number in range(STEPS)]
    network = untrained().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss = Loss(LABELS, Weights())
    start = time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        loss(network(as_input(batch.pixels)), batch)["loss"].backward()
        optimizer.step()
    return time.perf_counter() - start


def fitted(ema: float) -> float:
    """Seconds of an epoch of the same steps by ``fit``."""
    plan = Plan(
        epochs=1, steps=STEPS, batch_size=BATCH, learning_rate=1e-4, precision="32-true", ema=ema
    )
    with TemporaryDirectory() as folder:
        loss = Loss(LABELS, Weights())
        (row,) = fit(untrained(), Material(mixture()), loss, plan, folder=Path(folder))
    return row["seconds"]


def reading() -> float:
    """Seconds that a batch takes to be read and changed."""
    source, spent = mixture(), []
    for number in range(STEPS):
        start = time.perf_counter()
        source.batch(number)
        spent.append(time.perf_counter() - start)
    return median(spent)


def untrained() -> nn.Module:
    """The network, the same each time."""
    torch.manual_seed(0)
    return build(Wish("efficientnet-lite0", 3, len(LABELS), is_pretrained=False))


def mixture() -> Mixture:
    """Slices with the widely randomized look, the dearest one."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (SLICES, 3, SIDE, SIDE), dtype=np.uint8)
    labels = chance.integers(0, 2, (SLICES, len(LABELS))).astype(np.int8)
    slices = Slices("noise", pixels, labels, None, np.arange(SLICES))
    return Mixture((Source(slices, look=Augmented(LookRanges())),), BATCH, 0)

"""Training: what fit adds to a plain PyTorch loop, and whether reading keeps up with the network.

The plain loop is what a user would write: the same network, loss and optimizer, and the same
batches, read and changed as it goes. ``fit`` logs besides, draws its curve and writes its
checkpoint; with its moving average and without. The first row is the plain loop on timm's network
as it is, without our gradients of depthwise convolutions. Frames of noise: what they show costs
nothing.
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
from headct.train.networks.efficientnet_lite import build as build_stock
from headct.train.networks.outputs import Wish
from headct.train.plan import Plan, Precision
from headct.train.slices import Slices

TURNS, STEPS, BATCH, SIDE, SLICES = 3, 30, 16, 192, 512
PLAIN = "plain PyTorch loop, the same network"
LABELS = ("any_hemorrhage", "subdural")
WISH = Wish("efficientnet-lite0", 3, len(LABELS), is_pretrained=False)


def main() -> None:
    """Print the table."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(f"{name}.utilities.rank_zero").setLevel(logging.ERROR)
    print(
        f"EfficientNet-lite0, {BATCH} slices of 3 x {SIDE} x {SIDE}; {STEPS} steps, {TURNS} turns"
    )
    print("| precision | | ms a step | times the plain loop, turn by turn |\n|---|---|---|---|")
    for precision in ("32-true", "bf16-mixed"):
        first = compare(precision)
    read, taken = BATCH / reading(), BATCH * STEPS / median(first)
    print(f"\nRead and changed: {read:.0f} slices a second, on one core; the network takes")
    print(f"{taken:.0f}: there are {read / taken:.1f} times as many as it needs.")


def compare(precision: Precision) -> list[float]:
    """Print the rows of one precision; seconds of the plain loop, by turn."""
    ways = {
        "plain PyTorch loop, timm's network": lambda: plain(stock(), precision),
        PLAIN: lambda: plain(untrained(), precision),
        "headct, without moving average": lambda: fitted(0.0, precision),
        "headct": lambda: fitted(0.99, precision),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            seconds[name].append(way())
    for name, found in seconds.items():
        ratio = median(one / plain for one, plain in zip(found, seconds[PLAIN], strict=True))
        print(f"| {precision} | {name} | {1000 * median(found) / STEPS:.0f} | {ratio:.3f} |")
    return seconds[PLAIN]


def plain(network: nn.Module, precision: Precision) -> float:
    """Seconds of the steps."""
    source = mixture()
    network = network.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss = Loss(LABELS, Weights())
    start = time.perf_counter()
    for number in range(STEPS):
        batch = source.batch(number)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            outputs = network(as_input(batch.pixels))
            total = loss(outputs, batch)["loss"]
        total.backward()
        optimizer.step()
    return time.perf_counter() - start


def fitted(ema: float, precision: Precision) -> float:
    """Seconds of an epoch of the same steps by ``fit``."""
    plan = Plan(
        epochs=1, steps=STEPS, batch_size=BATCH, learning_rate=1e-4, precision=precision, ema=ema
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
    return build(WISH)


def stock() -> nn.Module:
    """The same as timm makes it."""
    torch.manual_seed(0)
    return build_stock(WISH)


def mixture() -> Mixture:
    """Slices with the widely randomized look, the dearest one."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (SLICES, 3, SIDE, SIDE), dtype=np.uint8)
    labels = chance.integers(0, 2, (SLICES, len(LABELS))).astype(np.int8)
    slices = Slices("noise", pixels, labels, None, np.arange(SLICES))
    return Mixture((Source(slices, look=Augmented(LookRanges())),), BATCH, 0)

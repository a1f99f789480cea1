"""The same network by PyTorch and as a bundle runs it: how far apart, and how much faster.

Frames are those of the shipped bundle's pipeline, of a real series and of a digital head. The
network is the shipped one's with ImageNet weights: how long it takes, and how well both agree, does
not hang on what else it has learned. Both get four slices at once, as ``headct analyze`` asks.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench.speed import REAL
from headct.core.volume import Volume
from headct.image.encoders import as_bytes
from headct.image.formats.offer import Reading, offer
from headct.image.geometry import upright
from headct.image.pipelines import PIPELINES
from headct.measure.calibration.probabilities import of_log_odds
from headct.phantom.body.anatomy import head
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.predict.bundle.network import REFERENCE
from headct.tasks.hemorrhage import TASK
from headct.train.export import LABEL_LOGITS, export_onnx
from headct.train.learner import as_input
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish, slice_logits

TURNS, TOGETHER = 7, 4
Pixels = NDArray[np.uint8]


def main() -> None:
    """Print the table."""
    print(f"Probabilities of all slices, ms a scan; medians of {TURNS} in turns.")
    print("| scan | eager PyTorch | ONNX Runtime | times as fast | probabilities apart |")
    print("|---|---|---|---|---|")
    network = build(Wish("multitask", 3, len(TASK.labels), is_mirrored=True)).eval()
    network = network.to(memory_format=torch.channels_last)
    for name, volume in scans():
        pixels = as_bytes(PIPELINES["brain-neighbours"](volume).pixels)
        eager_ms, fast_ms, apart = compared(network, pixels)
        ratio = eager_ms / fast_ms
        print(f"| {name} | {eager_ms:.0f} | {fast_ms:.0f} | {ratio:.1f} | {apart:.1e} |")


def compared(network: nn.Module, pixels: Pixels) -> tuple[float, float, float]:
    """Milliseconds of eager PyTorch and of ONNX Runtime, and how far apart they are at most."""
    with TemporaryDirectory() as folder:
        graph = Path(folder) / "network.onnx"
        export_onnx(network, pixels.shape[1:], graph)
        runtime = REFERENCE.load(graph.read_bytes(), None)
    ways = (
        lambda some: slice_logits(network(as_input(torch.from_numpy(some)))).numpy(),
        lambda some: runtime(some.astype(np.float32) / 255)[LABEL_LOGITS],
    )
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for spent, ask in zip(times, ways, strict=True):
            start = time.perf_counter()
            asked(ask, pixels)
            spent.append(1000 * (time.perf_counter() - start))
    apart = np.abs(asked(ways[0], pixels) - asked(ways[1], pixels)).max()
    return median(times[0]), median(times[1]), float(apart)


def scans() -> Iterator[tuple[str, Volume]]:
    """A real series, where it is at hand, and a digital head."""
    series = REAL / "ge-head-ct"
    if series.is_dir():
        yield "28 slices, tilted, GE", upright(offer(series, Reading()).choices[0].read())
    phantom = scan_head(head(1), [], Protocol(blocks=(Block(32, 5.0, 5.0),)), seed=1)
    yield "32 slices, digital head", phantom.volume


def asked(ask: Callable[[Pixels], NDArray[np.float32]], pixels: Pixels) -> NDArray[np.float64]:
    """(slices, labels) probabilities."""
    with torch.inference_mode():
        starts = range(0, len(pixels), TOGETHER)
        parts = [ask(pixels[start : start + TOGETHER]) for start in starts]
    return of_log_odds(np.concatenate(parts))

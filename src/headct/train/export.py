"""A network as an ONNX graph with named outputs, that says the same as the network.

The graph takes ``frames`` (slices, channels, rows, columns) float32 in [0, 1] and gives

- ``label_logits`` (slices, labels): the answer, its sigmoid a score;
- ``mask_logits`` (slices, labels, rows, columns), coarser than the frames, where there are masks;
- ``cam`` likewise: Grad-CAM before negative values are cut off, where it has a closed form.
"""

import logging
import warnings
from collections.abc import Sequence
from itertools import compress
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from headct.core.errors import TrainError
from headct.train.networks.outputs import Outputs, slice_logits

logger = logging.getLogger(__name__)

FRAMES, LABEL_LOGITS, MASK_LOGITS, CAM = "frames", "label_logits", "mask_logits", "cam"

MOST_APART = 1e-4
"""Of probabilities, between network and graph: float32 sums in another order differ by 1e-6."""

_OPSET = 17
_CHECKED_SLICES = 3


class _Answer(nn.Module):
    """A network that gives what a graph gives."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        outputs: Outputs = self.network(frames)
        given = (slice_logits(outputs), outputs.mask_logits, outputs.activation)
        return tuple(values for values in given if values is not None)


def export_onnx(network: nn.Module, shape: tuple[int, int, int], path: Path) -> tuple[str, ...]:
    """Write a network as ONNX, and check that it says the same.

    Args:
        network: on the processor; its mode is set to evaluation.
        shape: channels, rows, columns of a frame.
        path: of the graph.

    Returns:
        The names of its outputs.

    Raises:
        TrainError: probabilities of network and graph differ by more than ``MOST_APART``.
    """
    answer = _Answer(network).eval()
    chance = np.random.default_rng(0)
    frames = chance.random((_CHECKED_SLICES, *shape), dtype=np.float32)
    with torch.inference_mode():
        expected = [values.numpy() for values in answer(torch.from_numpy(frames))]
        outputs: Outputs = network(torch.from_numpy(frames))
    has = (True, outputs.mask_logits is not None, outputs.activation is not None)
    names = tuple(compress((LABEL_LOGITS, MASK_LOGITS, CAM), has))
    with warnings.catch_warnings():
        # The exporter by tracing is announced to go; the other one needs one more library.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            answer,
            (torch.from_numpy(frames),),
            path,
            input_names=[FRAMES],
            output_names=list(names),
            dynamic_axes={name: {0: "slices"} for name in (FRAMES, *names)},
            opset_version=_OPSET,
            dynamo=False,
        )
    # One slice, too: a graph may have kept the number of slices it was traced with.
    for some in (slice(None), slice(1)):
        apart = _apart(path, frames[some], [values[some] for values in expected])
        logger.info("graph and network differ by %.1e at most", apart)
        if not apart <= MOST_APART:
            raise TrainError(
                f"the ONNX graph and its network differ by {apart:.2g} in probability, more than "
                f"{MOST_APART:g}: this network cannot be exported as it is"
            )
    return names


def _apart(
    path: Path, frames: NDArray[np.float32], expected: Sequence[NDArray[np.float32]]
) -> float:
    """The largest difference of probabilities."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    got = session.run(None, {FRAMES: frames})
    return max(
        float(np.abs(_sigmoid(np.asarray(one)) - _sigmoid(other)).max())
        for one, other in zip(got, expected, strict=True)
    )


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))

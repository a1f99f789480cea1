"""A network asked about the slices of one study: how sure it is of each, and where it looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from headct.core.grid import Grid
from headct.core.volume import Heatmap, Mask
from headct.predict.drawing import draw_heatmap, draw_mask
from headct.train.gradcam import weighed_maps
from headct.train.learner import as_input
from headct.train.networks.outputs import Outputs, slice_logits

_BATCH = 16
# As a bundle draws its masks where nothing else is stated.
_DRAWN_FROM = 0.5


@dataclass(frozen=True, eq=False)
class Looked:
    """What a network says of a study.

    Args:
        scores: (slices, labels) from 0 to 1.
        heatmaps: by label, on the grid of the frames, each with its raw peak: what the brightest
            cell adds to the log odds of the label, to first order.
        mask: what it draws; None where it draws nothing.
    """

    scores: NDArray[np.float32]
    heatmaps: Mapping[str, Heatmap]
    mask: Mask | None


class _Part(NamedTuple):
    """Of some slices: scores, what each place adds for each label, log odds of masks."""

    scores: Tensor
    seen: Tensor
    masks: Tensor | None


def look_at(
    network: nn.Module,
    pixels: NDArray[np.uint8],
    grid: Grid,
    *,
    labels: Sequence[str],
    wanted: Sequence[str],
) -> Looked:
    """Grad-CAM and scores of the slices of a study.

    Args:
        network: of ``build``, in evaluation mode.
        pixels: (slices, channels, rows, columns) as a store holds them.
        grid: of these frames.
        labels: of the network, in order.
        wanted: of these, whose heatmaps to make.

    Raises:
        TrainError: the network has no last maps to look at.
    """
    parts = [
        _asked(network, pixels[start : start + _BATCH], [labels.index(name) for name in wanted])
        for start in range(0, len(pixels), _BATCH)
    ]
    scores, seen = torch.cat([one.scores for one in parts]), torch.cat([one.seen for one in parts])
    cams = seen.numpy()
    heatmaps = {name: draw_heatmap(cams[:, place], grid) for place, name in enumerate(wanted)}
    drawn = [one.masks for one in parts if one.masks is not None]
    mask = draw_mask(torch.cat(drawn).numpy(), labels, _DRAWN_FROM, grid) if drawn else None
    return Looked(scores.numpy(), heatmaps, mask)


def _asked(network: nn.Module, pixels: NDArray[np.uint8], places: list[int]) -> _Part:
    frames = as_input(torch.from_numpy(pixels))
    with torch.no_grad():
        outputs: Outputs = network(frames)
    if outputs.activation is not None:
        seen = outputs.activation[:, places]
    else:
        seen = torch.stack([weighed_maps(network, frames, place) for place in places], dim=1)
    masks = None if outputs.mask_logits is None else outputs.mask_logits.contiguous()
    return _Part(slice_logits(outputs).sigmoid(), seen.contiguous(), masks)

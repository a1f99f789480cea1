"""What every network takes and gives."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

# Of photographs, as all networks trained on ImageNet expect them: red, green, blue.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

TOP_SHARE = 1 / 144
"""Of a mask, its highest pixels, whose mean is a slice's score: 16 of 48 x 48."""


class Outputs(NamedTuple):
    """What a network says of a batch.

    ``label_logits`` (slices, labels); ``mask_logits`` (slices, labels, rows, columns), coarser
    than the picture, None where a network draws no masks; ``activation`` likewise, where each
    label's ``label_logits`` come from, None while it learns and where it cannot be told.
    """

    label_logits: Tensor
    mask_logits: Tensor | None = None
    activation: Tensor | None = None


@dataclass(frozen=True)
class Wish:
    """What a network must take and give.

    Args:
        name: of the network, see ``build``.
        channels: of a frame.
        labels: how many.
        is_pretrained: whether to begin with ImageNet weights, where a package brings them.
        is_mirrored: whether it answers by the mean of a slice and its mirror image.
    """

    name: str
    channels: int
    labels: int
    is_pretrained: bool = True
    is_mirrored: bool = False


def mask_scores(mask_logits: Tensor) -> Tensor:
    """(slices, labels) mean of the highest mask pixels: a slice's score from its masks."""
    pixels = mask_logits.flatten(2)
    return pixels.topk(max(1, round(TOP_SHARE * int(pixels.shape[-1]))), dim=-1).values.mean(-1)


def slice_logits(outputs: Outputs) -> Tensor:
    """(slices, labels) what counts as a network's answer: with masks the mean of both heads."""
    if outputs.mask_logits is None:
        return outputs.label_logits
    return (outputs.label_logits + mask_scores(outputs.mask_logits)) / 2


class AsPhotograph(nn.Module):
    """Frames in [0, 1] as a network that knows photographs expects them.

    One channel is repeated three times; any number but three is shifted by the mean of the three.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = 3 if channels == 1 else channels
        mean, deviation = torch.tensor(_MEAN), torch.tensor(_DEVIATION)
        if self.channels != len(_MEAN):
            mean, deviation = mean.mean()[None], deviation.mean()[None]
        self.register_buffer("mean", mean[:, None, None], persistent=False)
        self.register_buffer("deviation", deviation[:, None, None], persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """(slices, channels, rows, columns) in [0, 1] → the same, standardized."""
        if pixels.shape[1] == 1:
            pixels = pixels.expand(-1, 3, -1, -1)
        return (pixels - self.mean) / self.deviation

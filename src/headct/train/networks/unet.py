"""U-Net: masks as fine as the picture, and labels from its deepest maps.

Ronneberger, Fischer and Brox, MICCAI 2015, which specifies two 3 x 3 convolutions a level, four
halvings, and skips that are concatenated. Assumed: padding, so that sizes stay; batch
normalization; half the paper's widths (32 to 512), or others by name (``unet:16`` for 16 to 256, a
quarter of the time); nearest-neighbour enlarging, as transposed
convolutions draw checkerboards; labels by global average of the deepest maps, which the paper has
not.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor, nn

from headct.core.errors import TrainError
from headct.train.networks.activation import PooledHead
from headct.train.networks.outputs import Outputs, Wish

WIDTH = 32
_LEVELS = 5
_LEAST, _MOST = 4, 128
_FIRST_LOGIT = -4.0


def _twice(into: int, out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (into, out):
        layers += [nn.Conv2d(width, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Down and up again; rows and columns must be multiples of 16."""

    def __init__(self, wish: Wish, width: int = WIDTH) -> None:
        """Make one; ``width`` is that of the first level, doubled on each below."""
        super().__init__()
        widths = [width * 2**level for level in range(_LEVELS)]
        into = (wish.channels, *widths[:-1])
        self.down = nn.ModuleList(_twice(a, b) for a, b in zip(into, widths, strict=True))
        self.up = nn.ModuleList(_twice(a + b, b) for a, b in pairwise(widths[::-1]))
        self.masks = nn.Conv2d(width, wish.labels, 1)
        self.labels = nn.Linear(widths[-1], wish.labels)
        nn.init.constant_(self.masks.bias, _FIRST_LOGIT)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> Outputs:
        """(slices, channels, rows, columns) in [0, 1] → logits of labels and of their masks."""
        skips = self._down(pixels)
        path = deepest = skips.pop()
        for level in self.up:
            larger = F.interpolate(path, scale_factor=2.0, mode="nearest")
            path = level(torch.cat([larger, skips.pop()], dim=1))
        seen = None if self.training else PooledHead(self.labels).activation(deepest)
        return Outputs(self.labels_of(deepest), self.masks(path), seen)

    def last_maps(self, pixels: Tensor) -> Tensor:
        """The deepest maps: (slices, channels, rows, columns)."""
        return self._down(pixels)[-1]

    def labels_of(self, maps: Tensor) -> Tensor:
        """(slices, labels) log odds of the deepest maps."""
        logits: Tensor = self.labels(maps.mean((2, 3)))
        return logits

    def _down(self, pixels: Tensor) -> list[Tensor]:
        skips: list[Tensor] = [self.down[0](pixels)]
        for level in self.down[1:]:
            skips.append(level(F.max_pool2d(skips[-1], 2)))
        return skips


def build(wish: Wish, width: str = "") -> nn.Module:
    """A U-Net that gives labels and their masks; of another width where one is given.

    Raises:
        TrainError: that is no width.
    """
    if not width:
        return UNet(wish)
    if not width.isdecimal() or not _LEAST <= int(width) <= _MOST:
        raise TrainError(
            f"network {wish.name}: expected unet, or a first width of {_LEAST} to {_MOST} behind "
            "it, as in unet:16"
        )
    return UNet(wish, int(width))

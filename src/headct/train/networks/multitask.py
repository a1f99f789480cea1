"""Labels of a slice and masks from one backbone: what is drawn says where, and helps to say what.

A top-down path in the manner of feature pyramids (Lin et al., CVPR 2017): the backbone's maps are
brought to 64 channels, and the coarse are added to the finer ones. Assumed: width 64, one
convolution of 3 x 3 before the masks, and masks that begin at a probability of 2 %, as most pixels
show nothing.
"""

import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor, nn

from headct.core.errors import TrainError
from headct.train.networks.activation import pooled_head
from headct.train.networks.outputs import AsPhotograph, Outputs

WIDTH = 64
STRIDES = (4, 8, 16, 32)
_FIRST_LOGIT = -4.0


class Multitask(nn.Module):
    """A backbone with two heads."""

    def __init__(self, backbone: nn.Module, *, channels: int, labels: int, stride: int) -> None:
        """Give a backbone a second head.

        Args:
            backbone: of timm, with ``labels`` outputs of its own.
            channels: of a frame.
            labels: how many masks.
            stride: pixels of the picture to one of the masks: 4 or 8.

        Raises:
            TrainError: the backbone does not give maps of all strides up to 32.
        """
        super().__init__()
        self.frames = AsPhotograph(channels)
        self.backbone = backbone
        info = {one["reduction"]: (i, one["num_chs"]) for i, one in enumerate(_maps(backbone))}
        wanted = [one for one in STRIDES if one >= stride]
        if stride not in STRIDES or not set(wanted) <= set(info):
            raise TrainError(
                f"masks at stride {stride} need maps at {', '.join(map(str, wanted))}, and this "
                f"network has {', '.join(map(str, sorted(info)))}: take another network"
            )
        self._indices = [info[one][0] for one in wanted]
        self.laterals = nn.ModuleList(nn.Conv2d(info[one][1], WIDTH, 1) for one in wanted)
        self.drawing = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(),
            last := nn.Conv2d(WIDTH, labels, 1),
        )
        nn.init.constant_(last.bias, _FIRST_LOGIT)  # type: ignore[arg-type]
        self._head = pooled_head(backbone)

    def forward(self, pixels: Tensor) -> Outputs:
        """(slices, channels, rows, columns) in [0, 1] → logits of labels and of their masks."""
        last, maps = self.backbone.forward_intermediates(  # type: ignore[operator]
            self.frames(pixels), indices=self._indices
        )
        path = self.laterals[-1](maps[-1])
        for lateral, finer in zip(self.laterals[-2::-1], maps[-2::-1], strict=True):
            path = lateral(finer) + F.interpolate(path, scale_factor=2.0, mode="nearest")
        # Of the labels' own head: what the other one saw, its masks show.
        seen = None if self.training or self._head is None else self._head.activation(last)
        return Outputs(self.labels_of(last), self.drawing(path), seen)

    def last_maps(self, pixels: Tensor) -> Tensor:
        """What the labels' head pools: (slices, channels, rows, columns)."""
        maps: Tensor = self.backbone.forward_features(self.frames(pixels))  # type: ignore[operator]
        return maps

    def labels_of(self, maps: Tensor) -> Tensor:
        """(slices, labels) log odds of last maps."""
        logits: Tensor = self.backbone.forward_head(maps)  # type: ignore[operator]
        return logits


def _maps(backbone: nn.Module) -> list[dict[str, int]]:
    info = getattr(backbone, "feature_info", None)
    if getattr(backbone, "forward_intermediates", None) is None or not isinstance(info, list):
        raise TrainError("this network does not give its inner maps: take another for masks")
    return info

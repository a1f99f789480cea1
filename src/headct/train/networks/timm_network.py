"""Any 2D network that timm has, by its name there: ResNet50, DenseNet-121, ConvNeXt and others.

timm: Wightman, PyTorch Image Models, doi 10.5281/zenodo.4414861; each name stands for a paper that
timm's own page of the network names.
"""

from difflib import get_close_matches

import timm
from torch import Tensor, nn

from headct.core.errors import TrainError
from headct.train.networks.activation import pooled_head
from headct.train.networks.outputs import AsPhotograph, Outputs, Wish


class TimmNetwork(nn.Module):
    """A network of timm whose last layer gives labels."""

    def __init__(self, backbone: nn.Module, channels: int) -> None:
        super().__init__()
        self.frames = AsPhotograph(channels)
        self.backbone = backbone
        self._head = pooled_head(backbone)

    def forward(self, pixels: Tensor) -> Outputs:
        """(slices, channels, rows, columns) in [0, 1] → logits of the labels."""
        maps = self.last_maps(pixels)
        seen = None if self.training or self._head is None else self._head.activation(maps)
        return Outputs(self.labels_of(maps), activation=seen)

    def last_maps(self, pixels: Tensor) -> Tensor:
        """What the network sees before it pools: (slices, channels, rows, columns) for most."""
        maps: Tensor = self.backbone.forward_features(self.frames(pixels))  # type: ignore[operator]
        return maps

    def labels_of(self, maps: Tensor) -> Tensor:
        """(slices, labels) log odds of last maps."""
        logits: Tensor = self.backbone.forward_head(maps)  # type: ignore[operator]
        return logits


def make_backbone(name: str, channels: int, labels: int) -> nn.Module:
    """A network of timm with weights drawn by chance.

    Args:
        name: as timm has it, "resnet50".
        channels: of a frame; one is repeated three times, see ``AsPhotograph``.
        labels: how many it gives.

    Raises:
        TrainError: timm has none of that name; with the nearest ones.
    """
    check_name(name)
    # 0 classes would leave the last layer out.
    network = timm.create_model(
        name, pretrained=False, num_classes=labels, in_chans=AsPhotograph(channels).channels
    )
    if not isinstance(network, nn.Module):
        raise TypeError(f"timm made a {type(network).__name__} of {name}")
    return network


def check_name(name: str, others: tuple[str, ...] = ()) -> None:
    """Refuse a name that timm has not, with the nearest of its names and of others.

    Raises:
        TrainError: there is no such network.
    """
    known = timm.list_models()
    if name in known:
        return
    near = get_close_matches(name.casefold(), [*others, *known], n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "timm.list_models() prints them"
    raise TrainError(
        f"no network {name!r}: expected {''.join(f'{one}, ' for one in others)}or a name of timm; "
        f"{hint}"
    )


def build(wish: Wish) -> nn.Module:
    """A network of timm that gives labels."""
    return TimmNetwork(make_backbone(wish.name, wish.channels, wish.labels), wish.channels)

"""A network by its name."""

from torch import nn

from headct.train.networks import efficientnet_lite, timm_network, unet
from headct.train.networks.activation import Mirrored
from headct.train.networks.depthwise import quicken
from headct.train.networks.multitask import Multitask
from headct.train.networks.outputs import Wish

LITE0, MULTITASK, UNET = "efficientnet-lite0", "multitask", "unet"
OWN = (LITE0, MULTITASK, UNET)
"""Names beside timm's; ``multitask:resnet50`` puts the masks on another network than lite0, and
``unet:16`` is half as wide."""

# Thin epidurals are 2 to 4 pixels wide at 256 x 256; at stride 8 they vanish.
_STRIDE = 4


def build(wish: Wish) -> nn.Module:
    """A network that takes frames in [0, 1] and gives ``Outputs``.

    Raises:
        TrainError: there is none of that name, with the nearest; or it cannot draw masks.
    """
    network = quicken(_build(wish))
    return Mirrored(network) if wish.is_mirrored else network


def _build(wish: Wish) -> nn.Module:
    kind, _, inner = wish.name.partition(":")
    if wish.name == LITE0:
        return efficientnet_lite.build(wish)
    if kind == UNET:
        return unet.build(wish, inner)
    if kind == MULTITASK:
        if inner in {"", LITE0}:
            backbone = efficientnet_lite.make_lite0(wish)
        else:
            backbone = timm_network.make_backbone(inner, wish.channels, wish.labels)
        return Multitask(backbone, channels=wish.channels, labels=wish.labels, stride=_STRIDE)
    timm_network.check_name(wish.name, OWN)
    return timm_network.build(wish)

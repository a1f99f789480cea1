"""Grad-CAM in PyTorch, for any network that ``build`` makes.

Selvaraju et al., Grad-CAM, ICCV 2017:618-626, equations 1 and 2: the mean gradient of a label's log
odds over each of the last maps weighs that map, and what speaks against the label is cut off.
"""

import torch
from torch import Tensor, nn

from headct.core.errors import TrainError
from headct.train.networks.activation import Mirrored


def grad_cam(network: nn.Module, pixels: Tensor, label: int) -> Tensor:
    """(slices, rows, columns) where a network sees a label; not scaled, so peaks compare.

    Args:
        network: of ``build``; it is left in evaluation mode.
        pixels: (slices, channels, rows, columns) in [0, 1].
        label: its place among the network's labels.

    Raises:
        TrainError: the network has no last maps to look at, as a transformer of patches.
    """
    return weighed_maps(network, pixels, label).clamp(min=0)


def weighed_maps(network: nn.Module, pixels: Tensor, label: int) -> Tensor:
    """The same before negative values are cut off."""
    network.eval()
    if isinstance(network, Mirrored):
        one = weighed_maps(network.network, pixels, label)
        return (one + weighed_maps(network.network, pixels.flip(3), label).flip(2)) / 2
    if not hasattr(network, "last_maps"):
        raise TrainError("this network has no last maps to look at: take a convolutional one")
    with torch.no_grad():
        maps: Tensor = network.last_maps(pixels)  # type: ignore[operator]
    if maps.ndim != pixels.ndim or maps.shape[1] < maps.shape[2]:
        raise TrainError(
            f"the last maps of this network are {tuple(maps.shape)}, expected (slices, channels, "
            "rows, columns): take a convolutional network"
        )
    maps = maps.detach().requires_grad_()
    with torch.enable_grad():
        logits: Tensor = network.labels_of(maps)  # type: ignore[operator]
        (gradient,) = torch.autograd.grad(logits[:, label].sum(), maps)
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * maps).sum(1).detach()

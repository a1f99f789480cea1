"""Where a network that pools its last maps and then decides has looked, in closed form.

Grad-CAM (Selvaraju et al., ICCV 2017:618-626) weighs each of the last maps by the mean gradient of
a label's log odds, which for an average followed by a linear layer is that layer's weight, and for
an average, a layer normalization and a linear layer (ConvNeXt) the Jacobian below. So a graph can
hold it, and needs no gradient where it is run.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headct.train.networks.outputs import Outputs

# Of two ways to compute the same log odds in float32.
_APART = 1e-4


@dataclass(frozen=True, eq=False)
class PooledHead:
    """How labels follow from the last maps.

    Args:
        linear: from channels to labels.
        norm: a layer normalization between average and linear layer; None for none.
    """

    linear: nn.Linear
    norm: nn.Module | None = None

    def logits(self, maps: Tensor) -> Tensor:
        """(slices, labels) of maps (slices, channels, rows, columns)."""
        pooled = maps.mean((2, 3))
        if self.norm is not None:
            unit, _ = self._unit(pooled)
            pooled = unit * self.norm.weight + self.norm.bias  # type: ignore[operator]
        return self.linear(pooled)

    def activation(self, maps: Tensor) -> Tensor:
        """(slices, labels, rows, columns): what each place adds to a label's log odds.

        It is Grad-CAM before negative values are cut off; its sum over places is what the maps
        as a whole add, to first order.
        """
        weights = self.linear.weight[None]
        if self.norm is not None:
            # d((x - m) / s) / dx, where m and s are mean and deviation over channels.
            unit, deviation = self._unit(maps.mean((2, 3)))
            scaled = weights * self.norm.weight  # type: ignore[operator]
            along = unit[:, None]
            off = scaled.mean(2, keepdim=True) + along * (scaled * along).mean(2, keepdim=True)
            weights = (scaled - off) / deviation[:, None]
        rows, columns = maps.shape[2:]
        weighed = (weights[..., None, None] * maps[:, None]).sum(2)
        return weighed / (rows * columns)

    def _unit(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        mean = pooled.mean(1, keepdim=True)
        variance = (pooled - mean).square().mean(1, keepdim=True)
        deviation = (variance + self.norm.eps).sqrt()  # type: ignore[union-attr,operator]
        return (pooled - mean) / deviation, deviation


def pooled_head(backbone: nn.Module) -> PooledHead | None:
    """The head of a network of timm, where it is one of the two kinds; None for any other.

    That it is, is tried on random maps: a head that gives other log odds is none.
    """
    linear = backbone.get_classifier()  # type: ignore[operator]
    norm = getattr(getattr(backbone, "head", None), "norm", None)
    if not isinstance(linear, nn.Linear):
        return None
    candidates = [PooledHead(linear)]
    if getattr(norm, "weight", None) is not None and hasattr(norm, "eps"):
        candidates.append(PooledHead(linear, norm))
    was_training = backbone.training
    backbone.eval()
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        maps = torch.rand((2, linear.in_features, 3, 3), generator=chance)
        found = next((head for head in candidates if _fits(backbone, head, maps)), None)
    backbone.train(was_training)
    return found


def _fits(backbone: nn.Module, head: PooledHead, maps: Tensor) -> bool:
    try:
        expected = backbone.forward_head(maps)  # type: ignore[operator]
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError):
        return False
    return bool(torch.allclose(head.logits(maps), expected, atol=_APART, rtol=_APART))


class Mirrored(nn.Module):
    """Answers by the mean of a slice and its mirror image, when it no longer learns.

    Heads are nearly symmetric, and half of what it learns from is mirrored.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Outputs:
        """As the network does; twice the time."""
        one: Outputs = self.network(pixels)
        if self.training:
            return one
        other: Outputs = self.network(pixels.flip(3))
        return Outputs(
            (one.label_logits + other.label_logits) / 2,
            _mean(one.mask_logits, other.mask_logits),
            _mean(one.activation, other.activation),
        )


def _mean(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Of a plane and of one seen in a mirror."""
    return None if one is None or other is None else (one + other.flip(3)) / 2

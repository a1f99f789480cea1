"""Depthwise convolutions whose backward pass is fast on a processor.

On a processor PyTorch 2.13 spends most of a training step of EfficientNet-lite0 on two gradients
that its library has no fast kernel for: of the input, where a depthwise convolution takes every
second pixel, and of weights of 5 x 5; of 7 x 7, as in ConvNeXt, likewise. Here both are put in
terms of what it is fast at; the sums are the same, in another order. ``python -m bench training``
measures what it gains.
"""

from itertools import product
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import pad_same
from torch import Tensor, nn

_FAST, _SLOW = (3, 3), {(5, 5), (7, 7)}
_EVERY_SECOND = (2, 2)


def quicken(network: nn.Module) -> nn.Module:
    """Give slow depthwise convolutions of a network the fast backward pass, in place.

    Weights and their names stay, and so does everything without gradients, as an export.
    """
    for module in network.modules():
        if type(module) in _QUICK and isinstance(module, nn.Conv2d) and _is_slow(module):
            module.__class__ = _QUICK[type(module)]
    return network


def _is_slow(conv: nn.Conv2d) -> bool:
    return (
        conv.groups == conv.in_channels == conv.out_channels
        and conv.kernel_size in {_FAST, *_SLOW}
        and conv.stride in {(1, 1), _EVERY_SECOND}
        and (conv.kernel_size in _SLOW or conv.stride == _EVERY_SECOND)
        and conv.dilation == (1, 1)
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
    )


class _Quick(nn.Conv2d):
    def forward(self, pixels: Tensor) -> Tensor:
        if not torch.is_grad_enabled() or pixels.device.type != "cpu":
            return super().forward(pixels)
        rows, columns = (int(count) for count in self.padding)
        padded = F.pad(pixels, (columns, columns, rows, rows))
        return _depthwise(padded, self)


class _QuickSame(Conv2dSame):
    def forward(self, pixels: Tensor) -> Tensor:
        if not torch.is_grad_enabled() or pixels.device.type != "cpu":
            found: Tensor = super().forward(pixels)  # type: ignore[no-untyped-call]
            return found
        padded = pad_same(pixels, list(self.kernel_size), list(self.stride), [1, 1])
        return _depthwise(padded, self)


_QUICK: dict[type[nn.Module], type[nn.Conv2d]] = {nn.Conv2d: _Quick, Conv2dSame: _QuickSame}


def _depthwise(padded: Tensor, conv: nn.Conv2d) -> Tensor:
    weight, bias = conv.weight, conv.bias
    if torch.is_autocast_enabled("cpu"):
        kind = torch.get_autocast_dtype("cpu")
        padded, weight = padded.to(kind), weight.to(kind)
        bias = None if bias is None else bias.to(kind)
    stride = conv.stride[0]
    found: Tensor = _Depthwise.apply(padded, weight, bias, stride)  # type: ignore[no-untyped-call]
    return found


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, padded: Tensor, weight: Tensor, bias: Tensor | None, stride: int
    ) -> Tensor:
        ctx.save_for_backward(padded, weight)
        ctx.stride, ctx.has_bias = stride, bias is not None
        return F.conv2d(padded, weight, bias, stride=stride, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None]:
        padded, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        of_input = _of_input(gradient, weight, padded.shape, ctx.stride)
        of_weight = _of_weight(gradient, weight, padded, ctx.stride)
        return of_input, of_weight, gradient.sum((0, 2, 3)) if ctx.has_bias else None, None


def _of_input(gradient: Tensor, weight: Tensor, shape: torch.Size, stride: int) -> Tensor:
    """As of a convolution that took every pixel, with zeros where it took none."""
    side = weight.shape[-1]
    rows, columns = (count - side + 1 for count in shape[2:])
    if stride > 1:
        spread = gradient.new_zeros(
            (*gradient.shape[:2], rows, columns),
        ).contiguous(memory_format=torch.channels_last)
        spread[:, :, ::stride, ::stride] = gradient
        gradient = spread
    return F.conv2d(gradient, weight.flip(2, 3), padding=side - 1, groups=len(weight))


def _of_weight(gradient: Tensor, weight: Tensor, padded: Tensor, stride: int) -> Tensor:
    """In blocks of 3 x 3, whose edges are worked out twice where there are several."""
    found = torch.empty_like(weight)
    rows, columns = (stride * (count - 1) + 3 for count in gradient.shape[2:])
    for top, left in product(range(0, weight.shape[-1] - 2, 2), repeat=2):
        part = padded[:, :, top : top + rows, left : left + columns]
        part = part.contiguous(memory_format=torch.channels_last)
        at = (slice(None), slice(None), slice(top, top + 3), slice(left, left + 3))
        found[at] = _of_block(gradient, weight[at].contiguous(), part, stride)
    return found


def _of_block(gradient: Tensor, weight: Tensor, padded: Tensor, stride: int) -> Tensor:
    sides = [stride, stride], [0, 0], [1, 1]
    given = torch.ops.aten.convolution_backward(
        gradient, padded, weight, None, *sides, False, [0, 0], len(weight), (False, True, False)
    )
    found: Tensor = given[1]
    return found

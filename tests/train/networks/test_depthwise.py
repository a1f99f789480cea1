"""Depthwise convolutions: the same gradients as PyTorch's own, whatever the shape."""

from copy import deepcopy
from itertools import product

import pytest
import torch
from torch import nn

from headct.train.networks.build import build
from headct.train.networks.depthwise import Conv2dSame, quicken
from headct.train.networks.efficientnet_lite import build as build_stock
from headct.train.networks.outputs import Wish, slice_logits

CHANNELS = 6


def conv(kind: type[nn.Conv2d], side: int, stride: int) -> nn.Conv2d:
    """With a bias where it is 7 x 7, as in ConvNeXt."""
    torch.manual_seed(side)
    padding = 0 if kind is Conv2dSame else side // 2
    made = kind(CHANNELS, CHANNELS, side, stride, padding, groups=CHANNELS, bias=side == 7)
    return made.double()


@pytest.mark.parametrize("kind", [nn.Conv2d, Conv2dSame])
@pytest.mark.parametrize(("side", "stride"), [(3, 2), (5, 1), (5, 2), (7, 1), (7, 2)])
@pytest.mark.parametrize(("rows", "columns"), [(12, 15), (7, 8), (5, 5), (1, 3)])
def test_gradients_are_those_of_pytorch(kind, side, stride, rows, columns):
    stock = conv(kind, side, stride)
    quick = quicken(deepcopy(stock))
    assert type(quick) is not kind
    seen = torch.randn(2, CHANNELS, rows, columns, dtype=torch.float64)
    inputs = [seen.clone().requires_grad_() for _ in range(2)]
    outputs = [one(x) for one, x in zip((stock, quick), inputs, strict=True)]
    weights = torch.randn_like(outputs[0])
    for output in outputs:
        output.backward(weights)
    torch.testing.assert_close(outputs[1], outputs[0])
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    torch.testing.assert_close(quick.weight.grad, stock.weight.grad)
    if stock.bias is not None:
        torch.testing.assert_close(quick.bias.grad, stock.bias.grad)


def test_others_stay_as_they_are():
    kept = [
        nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS, bias=False),  # fast already
        nn.Conv2d(CHANNELS, CHANNELS, 5, padding=2, bias=False),  # not depthwise
        nn.Conv2d(CHANNELS, CHANNELS, 5, padding=2, groups=CHANNELS, bias=False, dilation=2),
        nn.Conv2d(CHANNELS, CHANNELS, 5, padding="same", groups=CHANNELS, bias=False),
    ]
    for one in kept:
        assert type(quicken(one)) is nn.Conv2d


@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_network_learns_as_it_would(is_mixed):
    """Weights by name and gradients of lite0: to rounding in float32, near it in bfloat16."""
    wish = Wish("efficientnet-lite0", 3, 2, is_pretrained=False)
    torch.manual_seed(1)
    stock = build_stock(wish)
    quick = build(wish)
    quick.load_state_dict(stock.state_dict())
    pixels = torch.rand(4, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    gradients = []
    for network in (stock, quick):
        network.eval()  # no chance, and no statistics of a batch
        with torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
            loss = slice_logits(network(pixels)).float().square().sum()
        loss.backward()
        found = {name: one.grad for name, one in network.named_parameters()}
        gradients.append(torch.cat([one.flatten() for one in found.values() if one is not None]))
    apart = (gradients[0] - gradients[1]).norm() / gradients[0].norm()
    assert gradients[0].norm() > 0
    assert apart < (0.05 if is_mixed else 1e-4)


def test_without_gradients_nothing_is_changed():
    """What is exported or asked is the class's own convolution."""
    stock = conv(Conv2dSame, 5, 2)
    quick = quicken(deepcopy(stock))
    seen = torch.randn(2, CHANNELS, 9, 9, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(stock(seen), quick(seen))


def test_strides_and_sides_are_all_covered():
    """Each slow convolution of lite0: four take every second pixel, seven more have 5 x 5."""
    network = build(Wish("efficientnet-lite0", 3, 2, is_pretrained=False))
    slow = [
        one
        for one in network.modules()
        if isinstance(one, nn.Conv2d) and one.groups > 1 and "Quick" in type(one).__name__
    ]
    shapes = [(one.kernel_size[0], one.stride[0]) for one in slow]
    wanted = set(product((3, 5), (1, 2))) - {(3, 1)}
    assert set(shapes) == wanted
    assert len(shapes) == 11

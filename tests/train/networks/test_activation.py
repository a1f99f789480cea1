import pytest
import torch
from torch import nn

from headct.train.gradcam import grad_cam, weighed_maps
from headct.train.networks.activation import Mirrored, PooledHead
from headct.train.networks.build import build
from headct.train.networks.outputs import Outputs, Wish

SIZE = 64
KINDS = [
    "resnet10t",
    "multitask:resnet10t",
    "unet:4",
    "convnext_atto",
    pytest.param("efficientnet-lite0", marks=pytest.mark.slow),
    pytest.param("densenet121", marks=pytest.mark.slow),
    pytest.param("resnet50", marks=pytest.mark.slow),
    pytest.param("convnext_tiny", marks=pytest.mark.slow),
]


def made(name: str, **wishes) -> nn.Module:
    torch.manual_seed(3)
    network = build(Wish(name, 3, 2, is_pretrained=False, **wishes))
    # Heads begin near 0: as if trained.
    for part in network.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.3)
    return network.eval()


def frames(count: int = 3) -> torch.Tensor:
    return torch.rand((count, 3, SIZE, SIZE), generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("name", KINDS)
def test_the_closed_form_is_grad_cam(name):
    network = made(name)

    with torch.no_grad():
        seen = network(frames()).activation

    for label in (0, 1):
        expected = weighed_maps(network, frames(), label)
        peak = float(expected.abs().max())
        assert peak > 0
        torch.testing.assert_close(seen[:, label] / peak, expected / peak, rtol=0, atol=1e-4)


def test_of_a_linear_head_the_sum_over_places_is_the_log_odds_but_for_the_bias():
    linear = nn.Linear(5, 2)
    maps = torch.rand(3, 5, 4, 4)

    seen = PooledHead(linear).activation(maps)

    torch.testing.assert_close(seen.sum((2, 3)) + linear.bias, linear(maps.mean((2, 3))))


def test_a_network_whose_head_does_more_gives_none():
    network = made("mobilenetv3_small_050")  # pools, then convolves once more

    with torch.no_grad():
        assert network(frames()).activation is None
    assert grad_cam(network, frames(), 0).shape[0] == 3


def test_while_it_learns_nothing_is_computed_that_is_not_needed():
    assert made("resnet10t").train()(frames()).activation is None


@pytest.mark.parametrize("name", ["multitask:resnet10t", "convnext_atto"])
def test_an_answer_with_its_mirror_image_does_not_hang_on_the_side(name):
    network = made(name, is_mirrored=True)

    with torch.no_grad():
        one, other = network(frames()), network(frames().flip(3))

    torch.testing.assert_close(one.label_logits, other.label_logits)
    for seen, mirrored in zip(one[1:], other[1:], strict=True):
        if seen is not None:
            torch.testing.assert_close(seen, mirrored.flip(3), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(one.activation[:, 1], weighed_maps(network, frames(), 1))


def test_while_it_learns_a_mirrored_network_sees_each_slice_once():
    class Counts(nn.Module):
        seen = 0

        def forward(self, pixels):
            self.seen += 1
            return Outputs(pixels.mean((2, 3)))

    network = Mirrored(Counts())

    network.train()(frames())

    assert network.network.seen == 1

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from headct.core.errors import TrainError
from headct.train.gradcam import grad_cam
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish


class OfLabels(nn.Module):
    """What the grad-cam package takes: a network that gives log odds and nothing else."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return self.network(pixels).label_logits


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet10t", lambda network: network.backbone.layer4[-1]),
        ("convnext_atto", lambda network: network.backbone.stages[-1]),
        pytest.param(
            "efficientnet-lite0", lambda network: network.backbone.bn2, marks=pytest.mark.slow
        ),
        pytest.param(
            "densenet121", lambda network: network.backbone.features, marks=pytest.mark.slow
        ),
    ],
)
def test_it_is_what_the_grad_cam_package_gives(name, layer):
    peer = pytest.importorskip("pytorch_grad_cam", reason="grad-cam is not installed")
    targets = pytest.importorskip("pytorch_grad_cam.utils.model_targets")
    torch.manual_seed(1)
    network = build(Wish(name, 3, 2, is_pretrained=False)).eval()
    # Large beside 1e-7, which the package adds.
    nn.init.normal_(network.backbone.get_classifier().weight, std=300.0)
    frames = torch.rand(4, 3, 128, 128)

    # Of two labels the one that something speaks for: untrained networks are not balanced.
    found = [grad_cam(network, frames, label).numpy() for label in (0, 1)]
    label = int(found[1].max() > found[0].max())
    ours = found[label]

    with peer.GradCAM(OfLabels(network), [layer(network)]) as cam:
        target = [targets.ClassifierOutputTarget(label)] * 4
        theirs = cam(input_tensor=frames, targets=target)
    assert ours.max() > 0
    # The package enlarges each map and scales it to 0 to 1; ours keeps the peak.
    for one, other in zip(ours, theirs, strict=True):
        large = cv2.resize(one, (128, 128))
        np.testing.assert_allclose((large - large.min()) / np.ptp(large), other, atol=1e-4)


def test_a_network_of_patches_is_refused_with_what_to_take():
    network = build(Wish("vit_tiny_patch16_224", 3, 2, is_pretrained=False))

    with pytest.raises(TrainError, match="take a convolutional network"):
        grad_cam(network, torch.rand(1, 3, 224, 224), 0)


def test_a_network_that_is_none_of_ours_is_refused():
    with pytest.raises(TrainError, match="no last maps"):
        grad_cam(nn.Conv2d(3, 2, 1), torch.rand(1, 3, 8, 8), 0)

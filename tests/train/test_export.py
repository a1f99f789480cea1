import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from headct.core.errors import TrainError
from headct.train.export import export_onnx
from headct.train.networks.build import build
from headct.train.networks.outputs import Outputs, Wish, slice_logits


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("resnet10t", ("label_logits", "cam")),
        ("multitask:resnet10t", ("label_logits", "mask_logits", "cam")),
        ("mobilenetv3_small_050", ("label_logits",)),
        pytest.param("efficientnet-lite0", ("label_logits", "cam"), marks=pytest.mark.slow),
        pytest.param("densenet121", ("label_logits", "cam"), marks=pytest.mark.slow),
        pytest.param("convnext_tiny", ("label_logits", "cam"), marks=pytest.mark.slow),
        pytest.param("unet", ("label_logits", "mask_logits", "cam"), marks=pytest.mark.slow),
    ],
)
def test_a_graph_says_what_its_network_says_for_any_number_of_slices(name, outputs, tmp_path):
    network = build(Wish(name, 3, 2)).eval()
    frames = torch.rand(5, 3, 64, 64)

    names = export_onnx(network, (3, 64, 64), tmp_path / "network.onnx")

    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    got = session.run(None, {"frames": frames.numpy()})
    with torch.inference_mode():
        said = network(frames)
    assert names == outputs == tuple(one.name for one in session.get_outputs())
    np.testing.assert_allclose(got[0], slice_logits(said).numpy(), atol=1e-4)
    if said.mask_logits is not None:
        np.testing.assert_allclose(got[1], said.mask_logits.numpy(), atol=1e-4)
    if said.activation is not None:
        seen = said.activation.numpy()
        np.testing.assert_allclose(got[-1], seen, atol=1e-4 * np.abs(seen).max())


class Unsteady(nn.Module):
    """Another answer each time: no graph can say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0.0

    def forward(self, frames):
        self.count += 1.0
        return Outputs(frames.mean((2, 3)) + self.count)


def test_a_graph_that_differs_from_its_network_is_refused(tmp_path):
    with pytest.raises(TrainError, match="cannot be exported"):
        export_onnx(Unsteady(), (3, 8, 8), tmp_path / "network.onnx")

import torch

from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.precision import faster_precision


def test_measuring_changes_neither_the_network_nor_chance():
    network = build(Wish("resnet10t", 1, 2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance = torch.get_rng_state()

    measured = faster_precision(network, (1, 32, 32), 4)

    assert measured in {"32-true", "bf16-mixed"}
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(chance, torch.get_rng_state())

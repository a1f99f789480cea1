import pytest

from headct.train.learner import Learner
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.plan import Plan


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11, 40])
def test_one_cycle_ends_near_nothing_however_few_steps_there_are(steps):
    network = build(Wish("resnet10t", 1, 1, is_pretrained=False))
    learner = Learner(network, lambda *_: {}, Plan(schedule="onecycle"), steps)

    made = learner.configure_optimizers()
    rates = []
    for _ in range(steps):
        rates.append(made["optimizer"].param_groups[0]["lr"])
        made["optimizer"].step()
        made["lr_scheduler"]["scheduler"].step() if len(rates) < steps else None

    assert max(rates) == pytest.approx(Plan().learning_rate, rel=0.2)
    assert rates[-1] <= rates[0] or steps == 1

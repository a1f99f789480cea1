"""Can a small network tell digital heads from real ones of CT-ICH, and by what?

Needs CT-ICH beside the checkout (see ``likeness.py``) and PyTorch, which headct itself does not:
``pip install torch==2.13.0`` in an environment of your own. Without either the section says so.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.ctich import DATA, auc
from bench.likeness import FIRST_SEED, Slices, quantization, real_slices, simulated_slices
from bench.likeness import statistics as plain_statistics

HEADS = 36
TEST_SHARE = 0.35
EPOCHS, BATCH, RATE = 12, 32, 2e-3
CELL = 24  # pixels of a side that is hidden at once
REPEATS = 1000
Numbers = NDArray[np.float64]


def main() -> None:
    """Train, test, and say what tells the two apart."""
    if not DATA.is_dir():
        print(f"(CT-ICH is not at {DATA}: left out; name its parent folder in HEADCT_DATA)")
        return
    if find_spec("torch") is None:
        print("(PyTorch is not installed: left out; pip install torch==2.13.0 beside headct)")
        return
    patients = sorted((DATA / "Patients_CT").iterdir())
    tables = quantization(next((patients[0] / "brain").glob("*.jpg")).read_bytes())
    real = [s for s in (real_slices(p, tables) for p in patients) if len(s.pictures)]
    seeds = range(FIRST_SEED, FIRST_SEED + HEADS)
    simulated = [s for s in (simulated_slices(s, tables) for s in seeds) if len(s.pictures)]
    train, test = split(real, simulated)
    print(f"{describe(train)} to learn from, {describe(test)} to test on.")
    network = fit(train)
    scores = score(network, gather(test))
    truth = answers(test)
    low, high = interval(test, truth, scores)
    print(f"AUC by slice: {auc(truth, scores):.3f} ({low:.3f} to {high:.3f}, by patient)")
    tell_statistics(test, truth)
    tell_regions(network, test, truth)
    tell_places(network, test, truth)


def split(real: Sequence[Slices], simulated: Sequence[Slices]) -> tuple[list[Slices], list[Slices]]:
    """By patient and by head; which go where is drawn once."""
    train, test = [], []
    for side in (real, simulated):
        order = np.random.default_rng(5).permutation(len(side))
        tested = round(TEST_SHARE * len(side))
        test += [side[i] for i in order[:tested]]
        train += [side[i] for i in order[tested:]]
    return train, test


def describe(slices: Sequence[Slices]) -> str:
    """How many of which."""
    parts = []
    for simulated, name in ((False, "patients"), (True, "digital heads")):
        side = [s for s in slices if s.simulated is simulated]
        parts.append(f"{len(side)} {name} ({sum(len(s.pictures) for s in side)} slices)")
    return " and ".join(parts)


def gather(slices: Sequence[Slices]) -> NDArray[np.float32]:
    """(slices, 1, rows, columns), -1 to 1."""
    return np.concatenate([s.pictures for s in slices])[:, None].astype(np.float32) / 127.5 - 1


def answers(slices: Sequence[Slices]) -> NDArray[np.bool_]:
    """(slices,) whether simulated."""
    return np.concatenate([np.full(len(s.pictures), s.simulated) for s in slices])


def build(torch: Any) -> Any:
    """Five convolutions of 3 x 3 with strides, about 100 000 weights."""
    layers, width = [], 1
    for wider in (16, 24, 48, 64, 96):
        layers += [
            torch.nn.Conv2d(width, wider, 3, stride=2, padding=1, bias=False),
            torch.nn.BatchNorm2d(wider),
            torch.nn.ReLU(),
        ]
        width = wider
    end = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Dropout(0.2)]
    return torch.nn.Sequential(*layers, *end, torch.nn.Linear(width, 1))


def fit(slices: Sequence[Slices]) -> Any:
    """A network trained on these slices; mirrored and moved a little, never changed in HU."""
    torch: Any = import_module("torch")
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network = build(torch)
    pictures, truth = torch.from_numpy(gather(slices)), torch.from_numpy(answers(slices)).float()
    weight = (truth.numel() - truth.sum()) / truth.sum()
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=weight)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.02)
    steps = EPOCHS * -(-len(truth) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(truth)).split(BATCH):
            batch = pictures[chosen]
            if torch.rand(()) < 0.5:
                batch = batch.flip(3)
            moves = [int(m) for m in torch.randint(-6, 7, (2,))]
            batch = batch.roll(moves, (2, 3))
            loss = loss_of(network(batch)[:, 0], truth[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def score(network: Any, pictures: NDArray[np.float32]) -> Numbers:
    """(slices,) how simulated each looks."""
    torch: Any = import_module("torch")
    with torch.no_grad():
        parts = [network(batch)[:, 0] for batch in torch.from_numpy(pictures).split(64)]
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)


def interval(
    slices: Sequence[Slices], truth: NDArray[np.bool_], scores: Numbers
) -> tuple[float, float]:
    """95 % of the AUC over patients and heads drawn again."""
    ends = np.cumsum([len(s.pictures) for s in slices])[:-1]
    of_each = np.split(np.arange(truth.size), ends)
    sides = [[i for i, s in enumerate(slices) if s.simulated is side] for side in (False, True)]
    chance, drawn = np.random.default_rng(1), []
    for _ in range(REPEATS):
        picked = np.concatenate([chance.choice(side, len(side)) for side in sides])
        index = np.concatenate([of_each[i] for i in picked])
        drawn.append(auc(truth[index], scores[index]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def tell_statistics(slices: Sequence[Slices], truth: NDArray[np.bool_]) -> None:
    """How well single numbers tell the sides apart."""
    print(f"\n{'of the test slices':<38}{'real':>9}{'simulated':>11}{'AUC':>8}")
    rows = []
    for name, values in plain_statistics(slices).items():
        area = auc(truth, values)
        rows.append(
            (max(area, 1 - area), name, np.median(values[~truth]), np.median(values[truth]))
        )
    for area, name, real, simulated in sorted(rows, reverse=True):
        print(f"{name:<38}{real:>9.3f}{simulated:>11.3f}{area:>8.3f}")


def tell_regions(network: Any, slices: Sequence[Slices], truth: NDArray[np.bool_]) -> None:
    """AUC with one part of the picture taken away from both sides."""
    pictures = gather(slices)[:, 0]
    inside = np.concatenate([s.inside for s in slices])
    bone = (pictures > 0.96) & ~inside
    for name, region in (
        ("inside of the skull flat", inside),
        ("all but the inside flat", ~inside),
        ("scalp gone", ~inside & ~bone),
    ):
        hidden = pictures.copy()
        # Brain's own grey, and air's.
        hidden[region] = 0.0 if name.startswith("inside") else -1.0
        if name.startswith("all but"):
            hidden[region] = 1.0
        print(f"AUC, {name:<32}{auc(truth, score(network, hidden[:, None])):>8.3f}")


def tell_places(network: Any, slices: Sequence[Slices], truth: NDArray[np.bool_]) -> None:
    """Where a square made flat moves the score towards the other side, mean of every fourth."""
    pictures, truth = gather(slices)[::4], truth[::4]
    usual = score(network, pictures)
    cells = pictures.shape[2] // CELL
    moved = np.zeros((2, cells, cells))
    for row, column in np.ndindex(cells, cells):
        hidden = pictures.copy()
        across = slice(column * CELL, (column + 1) * CELL)
        square = hidden[:, :, row * CELL : (row + 1) * CELL, across]
        square[...] = square.mean(axis=(2, 3), keepdims=True)
        change = usual - score(network, hidden)
        moved[:, row, column] = -change[~truth].mean(), change[truth].mean()
    for side, name in enumerate(("real", "simulated")):
        print(f"\nsquares of {CELL} pixels that speak for {name} (logit x 100)")
        for line in moved[side]:
            print("".join(f"{100 * value:>6.0f}" for value in line))

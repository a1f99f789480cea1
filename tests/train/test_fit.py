import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.train import scarce_run
from tests.train.tiny_run import PLAN, run

from headct.core.errors import OutputError, TrainError
from headct.train.history import CURVE_PNG, HISTORY_CSV, read_history
from headct.train.keeping import LAST, WEIGHTS


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / WEIGHTS, weights_only=True)


def are_equal(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    folder.mkdir()
    run(folder)
    return folder


@pytest.fixture(scope="module")
def half(tmp_path_factory) -> Path:
    """The same, gone wrong in its third epoch of four batches."""
    folder = tmp_path_factory.mktemp("runs") / "half"
    folder.mkdir()
    with pytest.raises(RuntimeError, match="enough"):
        run(folder, batches=10)
    return folder


def test_learning_lowers_the_loss(whole, tmp_path):
    rows, _ = run(shutil.copytree(whole, tmp_path / "again"))

    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["train/loss"] < 0.7 * rows[0]["train/loss"]
    assert rows[-1]["validation/loss"] < rows[0]["validation/loss"]


def test_killed_at_any_moment_a_run_goes_on_to_the_same_weights(whole, tmp_path):
    script = Path(__file__).with_name("tiny_run.py")
    process = subprocess.Popen([sys.executable, script, tmp_path], cwd=script.parents[2])
    history, deadline = tmp_path / HISTORY_CSV, time.monotonic() + 120
    while not (history.exists() and len(history.read_text().splitlines()) > 3):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    rows, _ = run(tmp_path)

    assert are_equal(weights(tmp_path), weights(whole))
    losses = [[row["validation/loss"] for row in rows]]
    losses.append([row["validation/loss"] for row in run(whole)[0]])
    assert losses[0] == losses[1]


def test_another_seed_gives_other_weights(whole, tmp_path):
    run(tmp_path, replace(PLAN, seed=6, epochs=1))
    one = run_of_one_epoch(tmp_path / "same")

    assert not are_equal(weights(tmp_path), weights(one))


def run_of_one_epoch(folder: Path) -> Path:
    folder.mkdir()
    run(folder, replace(PLAN, epochs=1))
    return folder


def test_batches_read_by_another_process_are_the_same(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, workers in ((one, 0), (other, 1)):
        folder.mkdir()
        run(folder, replace(PLAN, epochs=1, workers=workers))

    assert are_equal(weights(one), weights(other))


def test_the_network_that_is_given_back_has_the_weights_that_are_kept(whole, tmp_path):
    _, network = run(shutil.copytree(whole, tmp_path / "again"))

    assert are_equal(network.state_dict(), weights(whole))


def test_without_an_average_the_last_weights_are_kept(tmp_path):
    run(tmp_path, replace(PLAN, ema=0.0, epochs=1))

    last = torch.load(tmp_path / LAST, weights_only=True)["state_dict"]
    own = {name.removeprefix("network."): one for name, one in last.items() if "network." in name}

    assert are_equal(weights(tmp_path), {n: own[n] for n in weights(tmp_path)})


def test_with_patience_training_ends_and_the_best_epoch_is_kept(tmp_path):
    # Steps far too large: it does not get better each time.
    plan = replace(PLAN, epochs=8, patience=1, learning_rate=3.0, schedule="constant", ema=0.0)

    rows, _ = run(tmp_path, plan)

    losses = [row["validation/loss"] for row in rows]
    assert len(losses) < 8
    assert losses[:-1] == sorted(losses[:-1], reverse=True)
    assert losses[-1] >= losses[-2]
    last = torch.load(tmp_path / LAST, weights_only=True)["state_dict"]
    assert not torch.equal(last["network.labels.bias"], weights(tmp_path)["labels.bias"])


@pytest.mark.parametrize(
    "change",
    [{"optimizer": "adam", "schedule": "cosine"}, {"optimizer": "adamw", "schedule": "constant"}],
    ids=lambda change: "-".join(change.values()),
)
def test_every_optimizer_and_schedule_learns(tmp_path, change):
    rows, _ = run(tmp_path, replace(PLAN, epochs=2, **change))

    assert rows[1]["train/loss"] < rows[0]["train/loss"]


def test_the_learning_curve_is_a_picture(whole):
    assert (whole / CURVE_PNG).read_bytes().startswith(b"\x89PNG")


def test_a_checkpoint_of_another_network_is_refused(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "other")
    state = torch.load(folder / LAST, weights_only=True)
    state["state_dict"].pop("network.labels.bias")
    torch.save(state, folder / LAST)

    with pytest.raises(TrainError, match="of another network"):
        run(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("name", [LAST, WEIGHTS, HISTORY_CSV, CURVE_PNG])
def test_on_a_full_disk_nothing_is_lost_and_the_run_goes_on(whole, half, tmp_path, name):
    folder = shutil.copytree(half, tmp_path / "full")
    before = (folder / name).read_bytes()
    (folder / f".{name}.partial").symlink_to("/dev/full")

    with pytest.raises(OutputError, match=r"disk has room.*--resume"):
        run(folder)

    assert (folder / name).read_bytes() == before
    (folder / f".{name}.partial").unlink(missing_ok=True)
    run(folder)
    assert are_equal(weights(folder), weights(whole))


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory there")
def test_without_memory_finished_epochs_are_kept_and_the_run_goes_on(tmp_path):
    short, long = tmp_path / "short", tmp_path / "long"
    script = Path(__file__).with_name("scarce_run.py")

    done = subprocess.run(
        [sys.executable, "-m", "tests.train.scarce_run", short],
        cwd=script.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "the memory does not suffice" in done.stderr.splitlines()[-1]
    assert len(read_history(short)) == 2
    scarce_run.run(short)
    scarce_run.run(long)
    assert are_equal(weights(short), weights(long))


@pytest.mark.slow
def test_two_processes_learn_as_one_run(tmp_path):
    plan = replace(PLAN, devices=2, epochs=2, batch_size=4)

    rows, _ = run(tmp_path, plan)

    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["train/loss"] < rows[0]["train/loss"]

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from socket import socket

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

from headct import api
from headct.cli import app
from headct.core.errors import OutputError, TrainError
from headct.core.record import Record
from headct.phantom.generator import MASKED, Example, labels_of, write_shard
from headct.train.gather import Order
from headct.train.keeping import WEIGHTS
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish, slice_logits
from headct.train.plan import Plan
from headct.train.recipes.find import find_recipe
from headct.train.run import train

PLAN = Plan(epochs=2, steps=3, batch_size=8, threads=1, precision="32-true", seed=2)


def order(store, split, out: Path, **changes) -> Order:
    recipe = replace(find_recipe("hemorrhage"), network="multitask:resnet10t", plan=PLAN)
    return replace(Order(recipe, store.folder, split, out), **changes)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(store, split, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(order(store, split, out)), out


def test_a_run_says_what_it_came_to(trained, store, parts):
    told, _ = trained
    count = store.studies[0].count

    assert told.counts == {name: len(patients) * count for name, patients in parts.items()}
    assert len(told.history) == 2
    assert told.outputs == ("label_logits", "mask_logits", "cam")
    assert any("subarachnoid" in remark for remark in told.remarks)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_predictions_are_of_all_slices_of_a_part_and_of_no_training_patient(
    trained, parts, store, part
):
    _, out = trained

    predicted = rows(out / f"{part}.csv")

    assert {row["patient"] for row in predicted} == set(parts[part])
    assert len(predicted) == len(parts[part]) * store.studies[0].count
    assert all(0 <= float(row["any_hemorrhage"]) <= 1 for row in predicted)


def test_predictions_and_truth_are_what_measure_reads(trained, store, tmp_path):
    _, out = trained

    measured = api.measure(out / "test.csv", out / "truth.csv", tmp_path / "m", subset=True)

    assert measured.patients == 2
    assert measured.rows == 2 * store.studies[0].count


def test_truth_is_that_of_the_cohort_and_empty_where_not_known(trained, balls):
    _, out = trained
    known = {case.patient: case for case in balls.cases}

    for row in rows(out / "truth.csv"):
        own = known[row["patient"]].slice_labels.values[:, 0]
        assert row["epidural"] == ""
        assert int(row["any_hemorrhage"]) <= int(own.max())


def test_the_graph_predicts_what_stands_in_the_table(trained, store):
    _, out = trained
    predicted = rows(out / "test.csv")
    session = onnxruntime.InferenceSession(out / "network.onnx")
    frames = store.read([int(row["slice"]) for row in predicted]).astype(np.float32) / 255

    logits = session.run(["label_logits"], {"frames": frames})[0]

    scores = 1 / (1 + np.exp(-logits[:, 0].astype(float)))
    stated = [float(row["any_hemorrhage"]) for row in predicted]
    np.testing.assert_allclose(stated, scores, atol=1e-4)


def test_weights_that_are_kept_give_these_predictions(trained, store):
    _, out = trained
    network = build(Wish("multitask:resnet10t", 1, 6, is_mirrored=True)).eval()
    network.load_state_dict(torch.load(out / WEIGHTS, weights_only=True))
    predicted = rows(out / "validation.csv")

    with torch.inference_mode():
        frames = torch.from_numpy(store.read([int(row["slice"]) for row in predicted])) / 255.0
        scores = slice_logits(network(frames)).sigmoid()

    stated = [float(row["any_hemorrhage"]) for row in predicted]
    np.testing.assert_allclose(stated, scores[:, 0], atol=1e-5)


def test_a_finished_run_is_resumed_to_the_same(trained, store, split, tmp_path):
    _, out = trained
    again = shutil.copytree(out, tmp_path / "again")

    train(order(store, split, again, resumes=True))

    assert (again / "test.csv").read_bytes() == (out / "test.csv").read_bytes()


def test_a_run_that_was_asked_for_something_else_is_not_resumed(trained, store, split):
    _, out = trained
    other = replace(find_recipe("hemorrhage"), network="resnet10t", plan=replace(PLAN, seed=3))

    with pytest.raises(OutputError, match=r"resnet10t here.*seed 2 there, 3 here"):
        train(order(store, split, out, recipe=other, resumes=True))


def test_a_folder_in_use_is_refused_without_resume(trained, store, split):
    _, out = trained

    with pytest.raises(OutputError, match="holds files already"):
        train(order(store, split, out))


def test_an_unknown_network_leaves_no_folder(store, split, tmp_path):
    recipe = replace(find_recipe("hemorrhage"), network="resnet5O", plan=PLAN)

    with pytest.raises(TrainError, match="resnet50"):
        train(order(store, split, tmp_path / "out", recipe=recipe))

    assert list(tmp_path.iterdir()) == []


def test_a_fold_is_a_round_of_its_split(store, five_folds, tmp_path):
    done = train(order(store, five_folds, tmp_path / "run", fold="2/5"))

    assert done.round_name == "fold 2"
    patients = {row["patient"] for row in rows(tmp_path / "run" / "validation.csv")}
    assert patients == set(json.loads(five_folds.read_text())["rounds"][1]["parts"]["validation"])


@pytest.mark.parametrize("fold", ["6/5", "1/4", "0/5", "two"])
def test_a_fold_that_the_split_has_not_is_refused(store, five_folds, tmp_path, fold):
    with pytest.raises(TrainError, match="fold"):
        train(order(store, five_folds, tmp_path / "run", fold=fold))


def test_a_store_whose_patients_nobody_dealt_is_refused(store, split, tmp_path):
    content = json.loads(split.read_text())
    content["rounds"][0]["parts"]["train"].pop()
    (tmp_path / "split.json").write_text(json.dumps(content))

    with pytest.raises(TrainError, match="1 patients of store balls are not in the split"):
        train(order(store, tmp_path / "split.json", tmp_path / "run"))


def test_another_store_teaches_by_its_share_and_never_what_is_measured(
    store, split, parts, tmp_path
):
    done = train(order(store, split, tmp_path / "run", others=((store.folder, 0.25),)))

    left_out = len(parts["validation"] + parts["test"]) * store.studies[0].count
    assert f"{left_out} slices of other stores are of patients kept from training" in done.remarks


def test_a_shard_teaches_by_its_share(store, split, ball_head, tmp_path):
    scan = ball_head.scan()
    masks = np.zeros(scan.hu.shape, np.uint8)
    masks[10:15, 80:100, 60:80] = 1 + MASKED.index("subdural")
    example = Example(scan.hu + 35 * (masks > 0), masks, labels_of(masks), (5.0, 1.0, 1.0))
    write_shard(tmp_path / "shard", [example], Record("test"))

    done = train(order(store, split, tmp_path / "run", others=((tmp_path / "shard", 0.25),)))

    asked = json.loads((tmp_path / "run" / "run.json").read_text())["others"]
    assert asked[0]["share"] == 0.25
    assert set(asked[0]["from"]) == {"shard"}
    assert len(done.history) == 2


def test_the_command_trains_and_says_where_predictions_are(store, split, tmp_path):
    options = ["--epochs", "1", "--steps", "2", "--batch-size", "8", "--threads", "1"]
    out = str(tmp_path / "run")

    told = CliRunner().invoke(
        app,
        [
            *("train", "hemorrhage", str(store.folder), "--split", str(split), "--out", out),
            *("--network", "resnet10t", *options),
        ],
    )

    assert told.exit_code == 0, told.output
    assert "validation.csv, truth in truth.csv" in told.output
    assert json.loads((tmp_path / "run" / "run.json").read_text())["plan"]["precision"] != "measure"


def test_shares_that_leave_nothing_for_the_cohort_are_wrong(store, split, tmp_path):
    with pytest.raises(ValueError, match="below 1 together"):
        order(store, split, tmp_path, others=((store.folder, 0.5), (store.folder, 0.5)))


def torchrun(options: list[str], store, split, out: Path, *more: str) -> subprocess.Popen[str]:
    """The command, started as often as torchrun is told; both processes on this processor."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", *options, "-m", "headct"),
            *("train", "hemorrhage", str(store.folder), "--split", str(split), "--out", str(out)),
            *("--network", "resnet10t", "--epochs", "1", "--steps", "2", "--batch-size", "4"),
            *("--threads", "1", "--precision", "32-true", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kept(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / WEIGHTS, weights_only=True)


@pytest.mark.slow
def test_started_for_each_device_or_machine_the_command_is_one_run(store, split, tmp_path):
    one, each, nodes = (tmp_path / name for name in ("one", "each", "nodes"))
    recipe = replace(find_recipe("hemorrhage"), network="resnet10t")
    plan = replace(recipe.plan, **asdict(PLAN) | {"epochs": 1, "steps": 2, "batch_size": 4})
    plan = replace(plan, seed=0, devices=2)
    train(order(store, split, one, recipe=replace(recipe, plan=plan)))
    alone = torchrun(["--standalone", "--nproc-per-node=2"], store, split, each, "--devices", "2")
    said = [alone.communicate(timeout=300)]
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    machines = [
        torchrun(
            [
                "--nnodes=2",
                f"--node-rank={rank}",
                "--nproc-per-node=1",
                f"--master-addr={place[:9]}",
                f"--master-port={place[10:]}",
            ],
            *(store, split, nodes, "--nodes", "2"),
        )
        for rank in range(2)
    ]
    said += [machine.communicate(timeout=300) for machine in machines]

    assert [process.returncode for process in (alone, *machines)] == [0, 0, 0], said
    # One process speaks of each run, and all came to the weights of two processes made by fork.
    assert [text.count("truth in truth.csv") for text, _ in said] in ([2, 2, 0], [2, 0, 2])
    for out in (each, nodes):
        assert all(torch.equal(kept(out)[name], value) for name, value in kept(one).items())
        assert (out / "test.csv").read_bytes() == (one / "test.csv").read_bytes()


@pytest.mark.slow
def test_a_folder_in_use_is_refused_by_every_process(trained, store, split):
    _, out = trained
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}

    process = torchrun(["--standalone", "--nproc-per-node=2"], store, split, out, "--devices", "2")
    _, told = process.communicate(timeout=300)

    assert process.returncode != 0
    assert "holds files already" in told
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before

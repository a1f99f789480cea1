import zipfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import ndimage
from scipy.special import expit, logit
from sklearn.metrics import roc_curve
from tests.train.bundling.test_choose import least_to_find
from tests.train.bundling.written_run import FOLDS, LABELS, as_round, drawn, edited
from typer.testing import CliRunner

from headct import api
from headct.cli import app
from headct.core.errors import BundleError, OutputError, TrainError
from headct.measure.evaluate.settings import Settings
from headct.predict.bundle.bundle import open_bundle
from headct.predict.infer import Runner
from headct.train.bundling.finished import read_finished
from headct.train.bundling.make import Wish, make_bundle
from headct.train.bundling.proof import trained_network
from headct.train.networks.outputs import slice_logits

ANY = "any_hemorrhage"
SETTINGS = Settings(samples=100)
NOTES = "### Bad at\n\nThin **epidurals**.\n"


def wish(run: Path, out: Path, **changes) -> Wish:
    return replace(Wish(run, out, settings=SETTINGS), **changes)


@pytest.fixture(scope="module")
def made(everybody, folds, tmp_path_factory):
    """The bundle of everybody's network, by the command."""
    root = tmp_path_factory.mktemp("bundle")
    (root / "notes.md").write_text(NOTES)
    (root / "sources.toml").write_text(
        '[[source]]\nname = "balls"\nuse = "training"\nlicence = "CC0-1.0"\nattribution = "us"\n'
    )
    options = {
        "--out": root / "balls.headct",
        "--folds": folds,
        "--name": "balls",
        "--version": "1.2.0",
        "--card-notes": root / "notes.md",
        "--sources": root / "sources.toml",
    }
    given = [str(part) for pair in options.items() for part in pair]
    told = CliRunner().invoke(app, ["bundle", "make", str(everybody), *given])
    assert told.exit_code == 0, told.output
    return root / "balls.headct", told.output


def test_the_command_says_what_was_chosen_on_whom(made):
    _, told = made

    assert "balls 1.2.0" in told
    assert "50 patients of balls, out of fold (2 networks" in told
    assert f"{ANY}: auc " in told
    assert "epidural: of 290 training slices 0 have it, 0 do not: its output means nothing" in told
    assert "not stated" not in told


def test_the_bundle_opens_and_decides_as_its_patients_chose(made):
    bundle = open_bundle(made[0])
    scores = np.concatenate([rows[..., 0].max(axis=1) for rows in FOLDS.values()])
    truth = np.concatenate([rows[..., 1].any(axis=1) for rows in FOLDS.values()])

    manifest = bundle.manifest

    point = manifest.threshold(ANY, "patient")
    assert point.threshold == pytest.approx(least_to_find(scores[truth], 0.95))
    assert point.chosen_on.startswith("50 patients of balls, out of fold")
    assert manifest.threshold("subdural", "patient").threshold is None
    assert manifest.calibration(ANY, "patient").fitted_on == point.chosen_on
    assert manifest.calibration("epidural", "patient") is None
    assert manifest.task.labels == LABELS
    assert manifest.training["patients"] == 10
    assert manifest.training["folds"] == "fold 1, fold 2"
    assert [source.licence for source in manifest.sources] == ["CC0-1.0"]


def test_with_neighbours_all_of_it_is_chosen_on_averaged_scores(everybody, folds, tmp_path):
    options = ["--out", str(tmp_path / "n.headct"), "--folds", str(folds), "--neighbours", "0.25"]

    told = CliRunner().invoke(app, ["bundle", "make", str(everybody), *options])

    assert told.exit_code == 0, told.output
    bundle = open_bundle(tmp_path / "n.headct")
    averaged, truth = (
        [
            expit(ndimage.convolve1d(logit(rows[..., 0]), [0.25, 0.5, 0.25], mode="nearest"))
            for rows in FOLDS.values()
        ],
        [rows[..., 1].any(axis=1) for rows in FOLDS.values()],
    )
    scores = np.concatenate([rows.max(axis=1) for rows in averaged])
    chosen = bundle.manifest.threshold(ANY, "patient").threshold
    assert chosen == pytest.approx(least_to_find(scores[np.concatenate(truth)], 0.95))
    assert bundle.manifest.neighbours == 0.25
    assert "averaged with those of the slices below and above it (0.25 of each)" in bundle.card


def test_a_share_of_neighbours_that_cannot_be_is_refused(everybody, tmp_path):
    options = ["--out", str(tmp_path / "n.headct"), "--neighbours", "0.5"]

    told = CliRunner().invoke(app, ["bundle", "make", str(everybody), *options])

    assert told.exit_code == 2
    assert "expected a share of 0 to 0.33" in told.output


def test_the_bundle_says_what_its_weights_say_in_pytorch(made, everybody, healthy):
    bundle, run = open_bundle(made[0]), read_finished(everybody)

    seen = Runner(bundle).see(healthy.volume)

    frames = torch.from_numpy(run.pipeline(healthy.volume).pixels)
    with torch.inference_mode():
        expected = slice_logits(trained_network(run)(frames)).sigmoid().numpy()
    # Frames are rounded to bytes before they are asked: half a grey of 255 at most.
    np.testing.assert_allclose(seen.scores, expected, atol=5e-3)
    assert bundle.difference < 1e-5


def test_the_card_holds_figures_counts_licences_and_notes(made):
    card = open_bundle(made[0]).card

    assert "For research use only" in card
    assert "10 patients, 290 slices of balls" in card
    assert "| any hemorrhage | 5 | 5 | 25 | 265 |" in card
    assert "**balls**, training. Licence: CC0-1.0. us" in card
    assert "0 patients with it, 50 without: no claim" in card
    assert NOTES.strip() in card
    assert "was itself measured on nobody" in card


def test_nothing_of_a_patient_is_in_a_bundle(made):
    with zipfile.ZipFile(made[0]) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}

    # Of the cohort, and as the folds call theirs. Three letters come by chance in weights.
    assert not any(b"Ann" in content[name] for name in content if name.endswith((".json", ".md")))
    assert not any(b"validation-" in text for text in content.values())


def test_a_run_of_its_own_validation_is_measured_on_its_test_patients(everybody, tmp_path):
    parts = {"validation": drawn(12, 12, 5), "test": drawn(11, 13, 6)}
    run = as_round(everybody, tmp_path / "run", "holdout", parts)

    done = make_bundle(wish(run, tmp_path / "b.headct"))

    scores, truth = parts["validation"][..., 0].max(axis=1), parts["validation"][:, 1, 1] == 1
    threshold = least_to_find(scores[truth], 0.95)
    point = done.bundle.manifest.threshold(ANY, "patient")
    assert point.threshold == pytest.approx(threshold)
    assert point.chosen_on == "24 validation patients of balls, who did not train the network"
    told = done.known.figures[ANY, "patient"].told
    test = parts["test"][..., 0].max(axis=1) >= threshold
    assert told["found"] == test[:11].sum()
    assert told["false_alarms"] == test[11:].sum()
    assert done.known.measured_on.startswith("24 test patients")


def test_thresholds_are_chosen_by_the_rule_that_was_asked_for(everybody, tmp_path):
    parts = {"validation": drawn(12, 12, 5), "test": drawn(11, 13, 6)}
    run = as_round(everybody, tmp_path / "run", "holdout", parts)

    done = make_bundle(replace(wish(run, tmp_path / "b.headct"), rule="youden"))

    scores, truth = parts["validation"][..., 0].max(axis=1), parts["validation"][:, 1, 1] == 1
    false_rate, true_rate, at = roc_curve(truth, scores)
    point = done.bundle.manifest.threshold(ANY, "patient")
    assert done.bundle.manifest.task.rule == "youden"
    assert (true_rate - false_rate)[at == point.threshold] == (true_rate - false_rate).max()


def test_a_network_of_everybody_without_folds_decides_nothing_and_says_why(everybody, tmp_path):
    done = make_bundle(wish(everybody, tmp_path / "b.headct"))

    point = done.bundle.manifest.threshold(ANY, "patient")
    assert point.threshold is None
    assert "nobody was left" in point.note
    assert done.bundle.manifest.name == "hemorrhage-resnet10t"
    assert "Nothing is known of it" in done.bundle.card
    assert any("Not measured" in remark for remark in done.known.remarks)


def test_folds_that_ask_about_some_patients_only_say_so(everybody, tmp_path):
    trained = edited(everybody, tmp_path / "all")
    for name in ("fold 1", "fold 2"):
        as_round(everybody, tmp_path / "folds" / name, name, {"validation": drawn(2, 2, 1)})

    done = make_bundle(wish(trained, tmp_path / "b.headct", folds=(tmp_path / "folds",)))

    assert "Folds asked about 8 of the 10 patients that trained it" in done.known.remarks


@pytest.mark.parametrize("patients", [(1, 0), (0, 1), (1, 1)])
def test_very_few_validation_patients_choose_nothing_and_the_card_claims_nothing(
    everybody, tmp_path, patients
):
    rows = {"validation": drawn(*patients, 5)}
    run = as_round(everybody, tmp_path / "run", "holdout", rows)

    done = make_bundle(wish(run, tmp_path / "b.headct"))

    point = done.bundle.manifest.threshold(ANY, "patient")
    assert point.threshold is None
    assert "no claim" in done.bundle.card


def test_what_is_learned_needs_somebody_to_learn_from(everybody, tmp_path):
    with pytest.raises(TrainError, match="needs patients to be fitted on"):
        make_bundle(wish(everybody, tmp_path / "b.headct", aggregation="learned"))


def test_a_bundle_that_is_there_is_not_written_over(everybody, tmp_path):
    (tmp_path / "b.headct").write_text("mine")

    with pytest.raises(OutputError, match="is there already"):
        make_bundle(wish(everybody, tmp_path / "b.headct"))
    assert (tmp_path / "b.headct").read_text() == "mine"


def test_a_name_that_is_none_is_refused(everybody, tmp_path):
    with pytest.raises(BundleError, match="small letters"):
        make_bundle(wish(everybody, tmp_path / "b.headct", name="My Bundle"))
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_network_are_refused(everybody, tmp_path):
    run = edited(everybody, tmp_path / "run", network={"name": "resnet18"})

    with pytest.raises(TrainError, match=r"weights\.pt: not the weights of resnet18"):
        trained_network(read_finished(run))


def test_a_graph_that_is_not_of_these_weights_is_refused(everybody, tmp_path):
    run = edited(everybody, tmp_path / "run")
    weights = torch.load(run / "weights.pt", weights_only=True)
    last = next(name for name in reversed(weights) if name.endswith(".bias"))
    weights[last] += 0.5
    torch.save(weights, run / "weights.pt")

    with pytest.raises(BundleError, match="self-test is off by"):
        make_bundle(wish(run, tmp_path / "b.headct"))
    assert not (tmp_path / "b.headct").exists()


def test_a_task_of_a_researchers_own_goes_in_as_its_run_declares_it(everybody, tmp_path):
    declared = {"title": "blood, my way", "aggregation": "top-mean:2", "rule": "threshold=0.5"}
    run = edited(everybody, tmp_path / "run", task="mine", declaration=declared)

    bundle = make_bundle(wish(run, tmp_path / "b.headct")).bundle

    assert bundle.manifest.task.title == "blood, my way"
    assert bundle.manifest.task.aggregation == "top-mean:2"
    # Stated beforehand, it needs no patients.
    assert bundle.manifest.threshold(ANY, "patient").threshold == 0.5


def test_openvino_is_listed_once_it_gave_the_same(everybody, tmp_path):
    pytest.importorskip("openvino")
    backend = import_module("headct.predict.bundle.openvino").BACKEND

    make_bundle(wish(everybody, tmp_path / "b.headct", backends=(backend,)))

    assert open_bundle(tmp_path / "b.headct", backend=backend).backend is backend


def test_notes_that_cannot_be_read_are_refused(everybody, tmp_path):
    with pytest.raises(BundleError, match=r"none\.md cannot be read"):
        api.make_bundle(everybody, tmp_path / "b.headct", card_notes=tmp_path / "none.md")


def test_an_aggregation_that_is_none_is_wrong_usage(everybody, folds, tmp_path):
    told = CliRunner().invoke(
        app,
        [
            *("bundle", "make", str(everybody), "--out", str(tmp_path / "b.headct")),
            *("--folds", str(folds), "--aggregate", "median"),
        ],
    )

    assert told.exit_code == 2
    assert "expected vote" in told.output


def test_every_row_of_the_cards_tables_has_as_many_cells_as_its_head(made):
    lines = open_bundle(made[0]).card.splitlines()

    heads = [number for number, line in enumerate(lines) if set(line) == set("|-")]

    assert len(heads) == 7
    for head in heads:
        end = next(n for n in range(head, len(lines)) if not lines[n].startswith("|"))
        assert {line.count("|") for line in lines[head - 1 : end]} == {lines[head].count("|")}


def test_a_task_of_patients_is_bundled_with_truth_of_whole_studies(everybody, tmp_path):
    declared = {"level": "patient", "aggregation": "vote:1@0.5", "rule": "youden"}
    parts = {"validation": drawn(12, 12, 5)}
    run = as_round(everybody, tmp_path / "run", "holdout", parts, declaration=declared)
    by_study = pd.read_csv(run / "truth.csv").drop(columns="slice").groupby(["patient", "study"])
    by_study.max().reset_index().to_csv(run / "truth.csv", index=False)

    done = make_bundle(wish(run, tmp_path / "b.headct"))

    scores, truth = parts["validation"][..., 0].max(axis=1), np.repeat([1, 0], 12)
    false_rate, found, thresholds = roc_curve(truth, scores)
    best = thresholds[np.argmax(found - false_rate)]
    manifest = done.bundle.manifest
    assert manifest.threshold(ANY, "patient").threshold == pytest.approx(best)
    assert manifest.threshold(ANY, "slice").threshold == pytest.approx(best)
    assert {level for _, level in done.known.figures} == {"patient"}
    assert "### By slice" not in done.bundle.card

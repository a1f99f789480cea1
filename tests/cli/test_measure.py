import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from headct.cli import app
from headct.core.errors import HeadctError
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.report.masks import write_exact

SHARES = ("sensitivity", "specificity")


def run(*arguments):
    return CliRunner().invoke(app, ["measure", *map(str, arguments)])


@pytest.fixture
def tables(tmp_path):
    """Predictions and truth of 50 made-up patients, the names of whom are nobody's business."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 50)
    rows = pd.DataFrame({"patient": [f"Ann{i}" for i in range(50)], "site": ["N", "S"] * 25})
    rows["leukoencephalopathy"] = np.clip(0.3 + 0.4 * truth + rng.normal(0, 0.2, 50), 0, 1)
    rows.to_csv(tmp_path / "said.csv", index=False)
    rows.assign(leukoencephalopathy=truth).to_csv(tmp_path / "true.csv", index=False)
    return rows.assign(truth=truth)


def test_a_report_is_written_and_the_area_told(tables, tmp_path):
    done = run(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out")

    expected = roc_auc_score(tables["truth"], tables["leukoencephalopathy"])
    written = {path.name for path in (tmp_path / "out").iterdir()}

    assert done.exit_code == 0, done.output
    assert f"{expected:.3f} (" in done.output
    assert written == {"report.html", "measurement.json", "tables", "figures"}


def test_the_same_figures_are_there_for_programs(tables, tmp_path):
    run(
        *(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out"),
        *("--prevalence", "0.06", "--subgroup", "site", "--seed", "5"),
    )

    told = json.loads((tmp_path / "out" / "measurement.json").read_text())
    text = json.dumps(told)
    expected = roc_auc_score(tables["truth"], tables["leukoencephalopathy"])

    assert told["systems"][0]["levels"][0]["labels"][0]["areas"]["auc"]["value"] == pytest.approx(
        expected
    )
    assert told["record"]["seed"] == 5
    assert set(told["record"]["inputs"]) == {"predictions", "truth"}
    assert "ppv_at" in text
    assert "NaN" not in text


def test_a_probability_above_one_is_refused_by_file_and_line_and_without_names(tables, tmp_path):
    wrong = tables.drop(columns="truth")
    wrong.loc[7, "leukoencephalopathy"] = 1.2
    wrong.to_csv(tmp_path / "wrong.csv", index=False)

    done = run(tmp_path / "wrong.csv", tmp_path / "true.csv", "--out", tmp_path / "out")

    assert isinstance(done.exception, HeadctError)
    assert "wrong.csv, line 9" in str(done.exception)
    assert "Ann" not in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--aggregate", "votes", "vote:3@0.5"),
        ("--aggregate", "vote", "validation"),
        ("--interval", "wald", "clopper-pearson"),
        ("--prevalence", "6", "prevalence above 0 and below 1"),
        ("--aggregate", "median", "with validation vote or learned"),
        ("--samples", "99", "--samples"),
        ("--seed", "-1", "--seed"),
        ("--mask-label", "subdural", "--mask-label: for folders of masks alone"),
        ("--mask-patients", "whose.csv", "--mask-patients: for folders of masks alone"),
    ],
)
def test_an_option_that_makes_no_sense_is_wrong_usage(tables, tmp_path, option, value, told):
    done = run(
        *(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out"),
        *(option, value),
    )

    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_a_long_name_of_a_model_cuts_no_figure(tables, tmp_path):
    name = "resnet50-" + "long" * 25
    tables.drop(columns="truth").assign(model=name).to_csv(tmp_path / "said.csv", index=False)

    done = run(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "measurement.json").read_text())
    label = told["systems"][0]["levels"][0]["labels"][0]
    shown = (label["areas"]["auc"], *(label["points"][0]["scores"][n] for n in SHARES))

    assert f"{name}, by patient" in done.output
    for one in shown:
        assert f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})" in done.output


def test_calls_of_a_reader_are_told_without_an_area(tables, tmp_path):
    calls = tables["leukoencephalopathy"].round()
    said = tables.drop(columns="truth").assign(leukoencephalopathy=calls)
    said.to_csv(tmp_path / "said.csv", index=False)

    done = run(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out")

    assert "calls of 0 and 1" in done.output
    assert f"{calls[tables['truth'] == 1].mean():.3f} (" in done.output


def test_small_volumes_are_told_with_digits_that_say_something(tmp_path):
    volumes = np.linspace(0.01, 0.04, 20)
    for name, ml in (("said.csv", volumes + 0.003 * (-1) ** np.arange(20)), ("true.csv", volumes)):
        table = pd.DataFrame({"patient": np.arange(20), "study": np.arange(20)})
        table.assign(any_hemorrhage_ml=ml).to_csv(tmp_path / name, index=False)

    done = run(tmp_path / "said.csv", tmp_path / "true.csv", "--out", tmp_path / "out")

    assert "volume off by 0.003" in done.output
    assert "-0.0 " not in done.output


GRID = Grid.regular((4, 20, 20), (5.0, 1.0, 1.0))


@pytest.fixture
def masks(tmp_path):
    """Two cases in each of two folders: 100 voxels drawn for 50."""
    for folder, columns in (("said", slice(2, 12)), ("true", slice(2, 7))):
        for case in ("Ann", "Bob"):
            labels = np.zeros(GRID.shape, np.uint8)
            labels[1:3, 5:10, columns] = 1
            (tmp_path / folder / case).mkdir(parents=True)
            mask = Mask(labels, GRID, ("any_hemorrhage",))
            write_exact(mask, tmp_path / folder / case / "mask_exact.npz")
    return tmp_path / "said", tmp_path / "true"


def test_folders_of_masks_are_measured_by_case(masks, tmp_path):
    done = run(*masks, "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "measurement.json").read_text())
    mask = told["masks"]["classes"][0]

    assert done.exit_code == 0, done.output
    # Dice 2 * 50 / 150, and 0.25 mL too much.
    assert mask["means"]["dice"]["value"] == pytest.approx(2 / 3)
    assert mask["means"]["error_ml"]["value"] == pytest.approx(0.25)
    assert "2 cases of 2 patients" in done.output


def test_whose_the_masks_are_and_how_many_are_left_out_is_told(masks, tmp_path):
    for folder in masks:
        (folder / "Cid").mkdir()
        (folder / "Cid" / "mask_exact.npz").write_bytes(b"not a mask")
    (tmp_path / "whose.csv").write_text("case,patient\nBob,1\nAnn,1\nCid,2\n")

    done = run(*masks, "--mask-patients", tmp_path / "whose.csv", "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    assert "2 cases of 1 patient" in done.output
    assert "note         1 of 3 cases are left out" in done.output
    assert "Cid" not in done.output


@pytest.mark.parametrize(
    "option",
    [
        *(("--subgroup", "site"), ("--validation", "nope.csv"), ("--images", "nope")),
        *(("--threshold", "0.5"), ("--aggregate", "max"), ("--prevalence", "0.1")),
        *(("--sensitivity-floor", "0.9"), ("--interval", "wilson")),
    ],
)
def test_an_option_of_tables_is_refused_with_masks(masks, tmp_path, option):
    done = run(*masks, *option, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert f"{option[0]}: for tables alone" in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "out").exists()

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
        ("--prevalence", "6", "prevalence between 0 and 1"),
        ("--samples", "0", "one sample or more"),
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


def test_folders_of_masks_are_measured_by_case(tmp_path):
    grid = Grid(
        shape=(4, 20, 20),
        origins_mm=np.array([[0.0, 0.0, 5.0 * i] for i in range(4)]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=np.array([0.0, 1.0, 0.0]),
        spacing_mm=(1.0, 1.0),
        thickness_mm=5.0,
    )
    for folder, columns in (("said", slice(2, 12)), ("true", slice(2, 7))):
        for case in ("one", "two"):
            labels = np.zeros(grid.shape, np.uint8)
            labels[1:3, 5:10, columns] = 1
            (tmp_path / folder / case).mkdir(parents=True)
            mask = Mask(labels, grid, ("any_hemorrhage",))
            write_exact(mask, tmp_path / folder / case / "mask_exact.npz")

    done = run(tmp_path / "said", tmp_path / "true", "--out", tmp_path / "out")
    # 100 voxels drawn for 50: Dice 2 * 50 / 150, and 0.25 mL too much.
    told = json.loads((tmp_path / "out" / "measurement.json").read_text())
    mask = told["masks"]["classes"][0]

    assert done.exit_code == 0, done.output
    assert mask["means"]["dice"]["value"] == pytest.approx(2 / 3)
    assert mask["means"]["error_ml"]["value"] == pytest.approx(0.25)

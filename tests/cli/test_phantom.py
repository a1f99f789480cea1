import json
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from typer.testing import CliRunner

from headct.cli.app import app
from headct.cli.phantom import parse_bleeds, parse_blocks
from headct.phantom.lesions.disease import Hemorrhage
from headct.phantom.lesions.lookalikes import LOOKALIKES
from headct.phantom.lesions.sites import FORMS, SITES
from headct.phantom.scanner.kernels import KERNELS
from headct.phantom.scanner.protocol import Block
from headct.phantom.scanner.vendors import VENDORS

COMMANDS_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cohort", "0"], "1 to 100000 patients"),
        (["--cohort", "2", "--task", "stroke"], "expected a task of"),
        (["--cohort", "2", "--layout", "rsna"], "is filed as hospital"),
        (["--cohort", "2", "--matrix", "40"], "matrix of 64 or more"),
        (["--cohort", "2", "--workers", "0"], "at least one worker"),
        (["--cohort", "2", "--bleed", "subdural=3"], "--bleed describes one head"),
        (["--cohort", "2", "--tilt-deg", "3"], "--tilt-deg describes one head"),
        (["--cohort", "2", "--maker", "GE"], "--maker describes one head"),
        (["--cohort", "2", "--leukoencephalopathy", "2"], "--leukoencephalopathy describes one"),
        (["--cohort", "2", "--flaws"], "8 patients or more"),
        (["--task", "hemorrhage"], "--task describes a cohort"),
        (["--compress"], "--compress describes a cohort"),
    ],
)
def test_a_cohort_that_cannot_be_is_wrong_usage(arguments, said, tmp_path):
    done = headct("phantom", "--out", tmp_path / "cohort", *arguments)

    assert done.returncode == 2
    assert said in said_by(done)
    assert not (tmp_path / "cohort").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    done = headct("phantom", "--out", tmp_path, "--cohort", "2")

    assert done.returncode == 1
    assert "not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_bleed_is_written_with_what_is_known_of_it():
    bleeds = parse_bleeds(
        ["subdural=40,site=left falx,form=chronic,age-days=20", "epidural=12.5,site=right"]
    )

    assert bleeds == (
        Hemorrhage("subdural", 40.0, age_days=20.0, form="chronic", site="left falx"),
        Hemorrhage("epidural", 12.5, site="right"),
    )
    assert parse_bleeds(["none"]) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subdural", "a number of mL after the label"),
        ("subdural=", "a number of mL after the label"),
        ("subdural=40,30", "site or form or age-days, each once"),
        ("subdural=40,side=left", "site or form or age-days, each once"),
        ("subdural=40,site=", "with '=' and a value"),
        ("subdural=40,site=left,site=right", "each once"),
        ("subdural=40,age-days=old", "a number of days"),
        ("subdural=40,age-days=-3", "0 days or more"),
        ("subdural=40,site=moon", "unknown site 'moon'"),
        ("subdural=40,form=cast", "unknown form 'cast'"),
        ("subdural=nan", "above 0 mL"),
        ("", "expected LABEL=ML"),
    ],
)
def test_a_bleed_that_is_not_written_so_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse_bleeds([text])


def test_none_stands_alone():
    with pytest.raises(ValueError, match="or none alone"):
        parse_bleeds(["subdural=3", "none"])


def test_slices_may_be_thicker_than_they_are_apart():
    blocks = parse_blocks("14x4+16x7/5")

    assert blocks == (Block(14, 4.0, 4.0), Block(16, 7.0, 5.0))


@pytest.mark.parametrize("text", ["20", "20x", "x5", "20x5+", "20x5/", "20x5/a", "2.5x5", "20x5/0"])
def test_slices_that_are_not_written_so_are_refused(text):
    with pytest.raises(ValueError, match=r"COUNTxMM|above 0"):
        parse_blocks(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--leukoencephalopathy", "5"], "from 0 to 4, got 5"),
        (["--lacunes", "30"], "0 to 20 lacunes"),
        (["--lookalike", "hat"], "acute infarct, aneurysm clip"),
        (["--fracture"], "ask for a bleed too"),
        (["--fracture", "--bleed", "none"], "ask for a bleed too"),
        (["--kernel", "hard"], "soft, standard, bone"),
        (["--dose-mgy", "0"], "a dose in mGy of 1 to 500"),
        (["--maker", "Acme"], "'GE', 'GE, older', 'Siemens'"),
        (["--age-years", "5"], "18 to 110 years"),
        (["--atrophy", "2"], "0 to 1, got 2"),
        (["--slices", "20x5/0"], "thickness_mm of a block must lie above 0"),
        (["--seed", "-1"], "0 or more"),
        (["--bleed", "subdural=900"], "900 mL do not fit"),
    ],
)
def test_a_head_that_cannot_be_is_wrong_usage(arguments, said, tmp_path):
    asked = ["phantom", "--out", str(tmp_path / "head"), "--matrix", "64", *arguments]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "500"})

    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "head").exists()


def test_a_head_comes_with_all_that_was_asked_for(tmp_path):
    done = headct(
        *("phantom", "--out", tmp_path / "head", "--matrix", 64, "--seed", 6, "--maker", "GE"),
        *("--bleed", "epidural=30,site=left parietal", "--fracture", "--lookalike", "dense falx"),
        *("--leukoencephalopathy", 2, "--lacunes", 1, "--age-years", 81, "--slices", "34x5/7"),
        *("--kernel", "bone", "--dose-mgy", 40),
    )

    truth = json.loads((tmp_path / "head" / "truth.json").read_text())
    file = pydicom.dcmread(tmp_path / "head" / "dicom" / "0001.dcm")

    assert done.returncode == 0
    assert "epidural, 30.0 mL, left parietal" in done.stdout
    assert "dense falx, falx" in done.stdout
    assert truth["volume_ml"]["epidural"] == pytest.approx(30.0, rel=1e-3)
    assert truth["midline_shift_mm"] > 0.3
    assert (truth["grade"], truth["lacunes"], truth["lookalike"]) == (2, 1, "dense falx")
    assert truth["not_counted"]["skull fracture"] == "left parietal"
    assert truth["record"]["arguments"]["dose_mgy"] == 40.0
    assert (file.Manufacturer, file.ConvolutionKernel) == ("GE MEDICAL SYSTEMS", "BONE")
    assert (file.PatientAge, file.SliceThickness) == ("081Y", 7)


@pytest.mark.parametrize(
    ("arguments", "bleeding"),
    [([], ["intraparenchymal"]), (["--leukoencephalopathy", 0], [])],
)
def test_the_usual_bleed_is_there_only_where_no_other_disease_is_asked_for(
    arguments, bleeding, tmp_path
):
    done = headct("phantom", "--out", tmp_path / "head", "--matrix", 64, *arguments)

    truth = json.loads((tmp_path / "head" / "truth.json").read_text())

    assert done.returncode == 0
    assert [one["label"] for one in truth["bleeds"]] == list(truth["volume_ml"]) == bleeding


def test_the_page_of_commands_names_all_that_can_be_asked_for():
    page = COMMANDS_PAGE.read_text()
    section = page[page.index("## headct phantom") :]

    names = {*LOOKALIKES, *KERNELS, *VENDORS}
    names |= {name for table in (SITES, FORMS) for some in table.values() for name in some}

    assert [name for name in names if name not in section] == []

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def analyzed(bleeding_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("analyzed") / "answer"
    truth = bleeding_folder / "truth.json"
    return headct("analyze", bleeding_folder / "dicom", "--out", out, "--truth", truth), out


def test_analyze_prints_found_against_true(analyzed):
    done, _ = analyzed

    true_ml, found_ml = map(
        float, re.search(r"true ([\d.]+) mL, found ([\d.]+)", done.stdout).groups()
    )
    assert done.returncode == 0
    assert true_ml == 30.0
    assert found_ml == pytest.approx(true_ml, rel=0.15)
    assert "research" in done.stdout


def test_findings_fit_the_schema_that_is_printed(analyzed):
    _, out = analyzed

    schema = json.loads(headct("schema").stdout)
    findings = json.loads((out / "findings.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(findings)
    assert findings["findings"][0]["present"] is True
    assert len(findings["series"]["slice_distances_mm"]) == findings["series"]["slices"] - 1


def test_no_identifier_of_the_patient_is_printed_or_filed(analyzed):
    done, out = analyzed

    told = done.stdout + done.stderr
    filed = [(out / name).read_text() for name in ("findings.json", "slices.csv", "report.html")]
    assert not any("PHANTOM-4" in text or "Phantom^Head" in text for text in [told, *filed])


def test_an_answer_is_never_written_over(analyzed, bleeding_folder):
    _, out = analyzed
    before = sorted(path.name for path in out.iterdir())

    done = headct("analyze", bleeding_folder / "dicom", "--out", out)

    assert done.returncode == 1
    assert "nothing is overwritten" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == before


def test_a_refusal_is_told_in_words_and_leaves_nothing(tmp_path):
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / "notes.dcm").write_text("this is no DICOM file")

    done = headct("analyze", tmp_path / "scan", "--out", tmp_path / "answer")

    assert done.returncode == 1
    assert "refused" in done.stderr
    assert "not DICOM" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "answer").exists()


def test_inspect_prints_a_table_and_json(bleeding_folder):
    table = headct("inspect", bleeding_folder / "dicom")
    values = json.loads(headct("inspect", bleeding_folder / "dicom", "--json").stdout)

    assert table.returncode == 0
    assert "would be used" in table.stdout
    assert values["studies"][0]["series"][0]["is_used"] is True


def test_inspect_names_folders_only_where_asked_for(bleeding_folder):
    plain = headct("inspect", bleeding_folder)
    asked = headct("inspect", bleeding_folder, "--folders")
    values = json.loads(headct("inspect", bleeding_folder, "--folders", "--json").stdout)

    assert "\nin dicom\n" not in plain.stdout
    assert "\nin dicom\n" in asked.stdout
    assert values["studies"][0]["folders"] == ["dicom"]


def test_inspect_of_nothing_usable_exits_with_one(tmp_path):
    (tmp_path / "notes.txt").write_text("no scan")

    assert headct("inspect", tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bleed", "subdural=-3"], "volume above 0 mL"),
        (["--bleed", "subdural=many"], "a number of mL"),
        (["--bleed", "bruise=3"], "LABEL=ML"),
        (["--slices", "20"], "COUNTxMM"),
        (["--slices", "20x0"], "above 0"),
        (["--tilt-deg", "80"], "tilt in degrees of -35 to 35"),
    ],
)
def test_a_phantom_that_cannot_be_is_wrong_usage(arguments, said, tmp_path):
    done = headct("phantom", "--out", tmp_path / "head", "--matrix", 64, *arguments)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (tmp_path / "head").exists()


def test_unknown_commands_and_options_are_wrong_usage():
    assert headct("analyse").returncode == 2
    assert headct("schema", "--nothing").returncode == 2


def test_the_version_is_that_of_the_package():
    assert headct("--version").stdout.strip().startswith("headct 0.")

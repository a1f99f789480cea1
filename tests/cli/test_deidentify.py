import json
import subprocess
import sys
from pathlib import Path

import pytest

HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments):
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def result(bleeding_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deidentified")
    (folder / "key.txt").write_text("a secret of more than 16 bytes")
    done = headct(
        *("deidentify", bleeding_folder / "dicom", "--out", folder / "out"),
        *("--dates", "shift", "--deface", "--key", folder / "key.txt"),
    )
    return done, folder / "out"


def test_it_says_what_was_written_and_changed(result):
    done, out = result

    assert done.returncode == 0, done.stderr
    assert "31 images of 1 series" in done.stdout
    assert "pixels became air" in done.stdout
    assert json.loads((out / "deidentification.json").read_text())["images"] == 31


def test_no_identifier_of_the_patient_is_printed(result):
    done, _ = result

    told = done.stdout + done.stderr
    assert "PHANTOM-4" not in told
    assert "Phantom^Head" not in told
    assert "secret" not in told


def test_the_result_is_analyzed_like_the_original(result, bleeding_folder, tmp_path):
    _, out = result

    def findings(scan, answer):
        done = headct("analyze", scan, "--out", answer, "--no-bundle")
        assert done.returncode == 0, done.stderr
        return json.loads((answer / "findings.json").read_text())

    before = findings(bleeding_folder / "dicom", tmp_path / "before")
    after = findings(out / "images", tmp_path / "after")
    for old, new in zip(before["findings"], after["findings"], strict=True):
        assert new["present"] == old["present"]
        assert new["slices"] == old["slices"]
        assert new["volume_ml"] == pytest.approx(old["volume_ml"], rel=0.01)
    assert after["intracranial_volume_ml"] == pytest.approx(
        before["intracranial_volume_ml"], rel=0.005
    )


def test_without_a_key_it_says_that_it_is_forgotten(bleeding_folder, tmp_path):
    done = headct("deidentify", bleeding_folder / "dicom", "--out", tmp_path / "out")

    assert done.returncode == 0
    assert "forgotten" in done.stdout
    assert "--deface" in done.stdout


def test_where_nothing_can_be_written_the_reasons_are_printed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image")

    done = headct("deidentify", tmp_path / "in", "--out", tmp_path / "out")

    assert done.returncode == 1
    assert "not DICOM" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_word_for_dates_is_wrong_usage(tmp_path):
    assert headct("deidentify", tmp_path, "--out", tmp_path, "--dates", "most").returncode == 2

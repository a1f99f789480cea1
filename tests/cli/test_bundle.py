import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from tests import toy_bundle as toy

from headct.predict.bundle.bundle import write_bundle
from headct.predict.bundle.manifest import as_dict

HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments):
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "toy.headct"
    write_bundle(path, toy.contents())
    return path


def test_show_says_what_the_bundle_holds(file):
    done = headct("bundle", "show", file)

    assert done.returncode == 0, done.stderr
    told = done.stdout
    for expected in (
        "toy-bright 1.0.0",
        "any_hemorrhage (SCT 1386000",
        "Rescale(low=0.0, high=100.0)",
        "any_hemorrhage by patient: 0.25 (youden)",
        "temperature, fitted on fold 1",
        "epochs: 2",
        "noise, training (CC0-1.0): nobody",
    ):
        assert expected in told


def test_show_prints_the_manifest_for_programs_and_the_card(file):
    manifest = json.loads(headct("bundle", "show", file, "--json").stdout)
    card = headct("bundle", "show", file, "--card").stdout

    assert manifest == json.loads(json.dumps(as_dict(toy.manifest())))
    assert card.strip() == "# Toy"


def test_a_bundle_cannot_steer_the_terminal(tmp_path):
    made = toy.changed(training={"note": "\x1b[2J[red]x"})
    write_bundle(tmp_path / "t.headct", replace(made, card="\x1b[2Jcard"))

    shown = headct("bundle", "show", tmp_path / "t.headct").stdout
    card = headct("bundle", "show", tmp_path / "t.headct", "--card").stdout

    assert "\x1b" not in shown + card
    assert "note: ?[2J[red]x" in shown


def test_check_tells_the_self_test(file):
    done = headct("bundle", "check", file)

    assert done.returncode == 0, done.stderr
    assert "with onnxruntime" in done.stdout


def test_check_refuses_with_the_reason(file, tmp_path):
    damaged = tmp_path / "damaged.headct"
    stored = bytearray(file.read_bytes())
    stored[stored.index(b"# Toy")] = ord("!")
    damaged.write_bytes(stored)

    done = headct("bundle", "check", damaged)

    assert done.returncode == 1
    assert "refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_check_with_a_backend_that_is_not_listed_is_refused(file):
    pytest.importorskip("openvino")

    done = headct("bundle", "check", file, "--backend", "openvino")

    assert done.returncode == 1
    assert "not checked with openvino" in done.stderr


def test_export_writes_files_and_nothing_over_others(file, tmp_path):
    first = headct("bundle", "export", file, "--out", tmp_path / "out")
    second = headct("bundle", "export", file, "--out", tmp_path / "out")

    assert first.returncode == 0, first.stderr
    assert (tmp_path / "out" / "model.onnx").read_bytes() == toy.model()
    assert second.returncode == 1
    assert "nothing is overwritten" in second.stderr


@pytest.fixture(scope="module")
def analyzed(file, bleeding_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("analyzed") / "answer"
    return headct("analyze", bleeding_folder / "dicom", "--out", out, "--bundle", file), out


def test_analyze_answers_by_the_bundle_with_the_finder_beside(analyzed):
    done, out = analyzed

    assert done.returncode == 0, done.stderr
    assert "bundle toy-bright" in done.stdout
    assert "cross-check" in done.stdout
    said = json.loads((out / "findings.json").read_text())
    assert said["method"] == {"name": "toy-bright", "version": "1.0.0"}
    assert said["cross_check"]["method"]["name"] == "classical"
    assert said["cross_check"]["findings"][0]["present"] is True
    assert "Cross-check: classical" in (out / "report.html").read_text()


def test_findings_of_a_bundle_fit_the_schema(analyzed):
    _, out = analyzed

    schema = json.loads(headct("schema").stdout)
    findings = json.loads((out / "findings.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(findings)


def test_analyze_with_a_bundle_that_is_none_writes_nothing(bleeding_folder, tmp_path):
    (tmp_path / "none.headct").write_bytes(b"none")

    done = headct(
        *("analyze", bleeding_folder / "dicom", "--out", tmp_path / "out"),
        *("--bundle", tmp_path / "none.headct"),
    )

    assert done.returncode == 1
    assert "no archive" in done.stderr
    assert not (tmp_path / "out").exists()


def test_analyze_asks_the_bundle_that_comes_with_headct(bleeding_folder, tmp_path):
    done = headct("analyze", bleeding_folder / "dicom", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "out" / "findings.json").read_text())
    shown = headct("bundle", "show", "default", "--json")
    assert said["method"]["name"] == json.loads(shown.stdout)["name"]
    assert said["findings"][0]["volume_ml"] > 0
    assert said["cross_check"]["method"]["name"] == "classical"
    assert "Where the network looked" in (tmp_path / "out" / "report.html").read_text()


def test_the_bundle_that_comes_with_headct_reads_pictures_too(bleeding, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number, hu in enumerate(bleeding.volume.hu, start=1):
        gray = np.clip((hu + 20) / 120 * 255, 0, 255).round().astype(np.uint8)
        cv2.imwrite(str(tmp_path / "pictures" / f"{number}.png"), gray)

    done = headct(
        *("analyze", tmp_path / "pictures", "--out", tmp_path / "out", "--window", 40, 120)
    )

    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert said["findings"][0]["volume_ml"] is None
    (any_bleed, *_) = said["findings"]
    assert any_bleed["label"] == "any_hemorrhage"
    assert 0 < any_bleed["score"] < 1


def test_without_a_bundle_the_finder_answers_alone(bleeding_folder, tmp_path):
    done = headct("analyze", bleeding_folder / "dicom", "--out", tmp_path / "out", "--no-bundle")

    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert said["method"]["name"] == "classical"
    assert "cross_check" not in said or said["cross_check"] is None


@pytest.mark.parametrize("other", [("--bundle", "b.headct"), ("--backend", "openvino")])
def test_a_bundle_and_none_is_wrong_usage(bleeding_folder, tmp_path, other):
    done = headct(
        *("analyze", bleeding_folder / "dicom", "--out", tmp_path / "out", "--no-bundle"), *other
    )

    assert done.returncode == 2
    assert "asks no bundle" in " ".join(done.stderr.split())

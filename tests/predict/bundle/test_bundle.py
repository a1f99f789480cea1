import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from tests import toy_bundle as toy

from headct.core.errors import BundleError, OutputError
from headct.image.intensity import Standardize
from headct.measure.calibration.stored import Logistic
from headct.predict.beside import Beside
from headct.predict.bundle.bundle import export_bundle, open_bundle, write_bundle
from headct.predict.bundle.manifest import (
    CAM,
    LABEL_LOGITS,
    MASK_LOGITS,
    OPENVINO,
    Calibration,
    Graph,
)
from headct.predict.bundle.selftest import SelfTest
from headct.predict.classical import VERSION as VERSION_OF_FINDER


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "toy.headct"
    write_bundle(file, toy.contents())
    return file


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(path: Path, changed: dict[str, bytes], *, sums: bool = True, kind=zipfile.ZIP_STORED):
    """The file written anew by another tool, with members changed, its checksums made to fit."""
    files = members(path) | changed
    if sums and "checksums.json" not in changed:
        files["checksums.json"] = json.dumps(
            {name: sha256(files[name]).hexdigest() for name in files if name != "checksums.json"}
        ).encode()
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def edited(path: Path, **changes: object) -> Path:
    manifest = json.loads(members(path)["manifest.json"]) | changes
    return repacked(path, {"manifest.json": json.dumps(manifest).encode()})


def npz(**arrays: np.ndarray) -> bytes:
    """As NumPy writes it."""
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def openvino_backend():
    pytest.importorskip("openvino")
    return import_module("headct.predict.bundle.openvino").BACKEND


def test_what_was_written_is_read_back(path):
    bundle = open_bundle(path)

    assert bundle.manifest == toy.manifest()
    assert bundle.card == "# Toy\n"
    assert bundle.sha256 == sha256(path.read_bytes()).hexdigest()


def test_a_logistic_calibration_is_read_back(tmp_path):
    logistic = Calibration("any_hemorrhage", "patient", Logistic(0.7, -1.5), "fold 1")

    write_bundle(tmp_path / "t.headct", toy.changed(calibrations=(logistic,)))

    assert open_bundle(tmp_path / "t.headct").manifest.calibrations == (logistic,)


def test_equal_contents_give_equal_bytes(path, tmp_path):
    write_bundle(tmp_path / "again.headct", toy.contents())

    assert (tmp_path / "again.headct").read_bytes() == path.read_bytes()


def test_the_self_test_is_read_by_numpy_too(path):
    with np.load(BytesIO(members(path)["selftest.npz"])) as stored:
        pixels = stored["pixels"]
        logits = stored[LABEL_LOGITS]

    np.testing.assert_array_equal(pixels, toy.contents().selftest.pixels)
    np.testing.assert_allclose(logits, toy.expected(pixels)[LABEL_LOGITS])


def test_the_network_says_what_arithmetic_says(path):
    pixels = np.random.default_rng(1).integers(0, 256, (5, 1, toy.SIDE, toy.SIDE), np.uint8)

    said = open_bundle(path).run(pixels)

    assert list(said) == [LABEL_LOGITS, MASK_LOGITS, CAM]
    for meaning, values in toy.expected(pixels).items():
        np.testing.assert_allclose(said[meaning], values, atol=1e-4)


def test_frames_are_standardized_with_what_was_fitted(tmp_path):
    standardize = Standardize(0.2, 0.1, 3.0)
    made = toy.changed(standardize=standardize)
    pixels = made.selftest.pixels
    # (x - mean) / (2 x reach x deviation) + 1/2, cut to [0, 1].
    levels = np.clip((pixels / 255 - 0.2) / 0.6 + 0.5, 0, 1)
    logits = toy.GAIN * (levels.mean(axis=(1, 2, 3)) - toy.OFFSET)
    blocks = levels.reshape(2, 1, toy.SIDE // 4, 4, toy.SIDE // 4, 4).mean(axis=(3, 5))
    expected = {
        LABEL_LOGITS: logits[:, None].astype(np.float32),
        MASK_LOGITS: (toy.GAIN * (blocks - toy.OFFSET)).astype(np.float32),
        CAM: blocks.astype(np.float32),
    }

    bundle = write_bundle(tmp_path / "t.headct", replace(made, selftest=SelfTest(pixels, expected)))

    assert bundle.difference < 1e-5


def test_nothing_is_written_over(path):
    before = path.read_bytes()

    with pytest.raises(OutputError, match="is there already"):
        write_bundle(path, toy.contents())
    assert path.read_bytes() == before


def test_what_would_be_refused_is_not_written(tmp_path):
    wrong = replace(toy.contents(), model=toy.model(gain=toy.GAIN * 1.01))

    with pytest.raises(BundleError, match="self-test is off by"):
        write_bundle(tmp_path / "toy.headct", wrong)
    assert list(tmp_path.iterdir()) == []


def test_export_gives_the_members_as_files(path, tmp_path):
    export_bundle(path, tmp_path / "out")

    there = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert there == members(path)


def test_openvino_runs_a_bundle_that_lists_it(tmp_path):
    backend = openvino_backend()
    file = tmp_path / "toy.headct"
    write_bundle(file, toy.changed(backends=("onnxruntime", OPENVINO)))
    pixels = np.random.default_rng(1).integers(0, 256, (3, 1, toy.SIDE, toy.SIDE), np.uint8)

    bundle = open_bundle(file, backend=backend, threads=1)

    assert bundle.backend is backend
    for meaning, values in toy.expected(pixels).items():
        np.testing.assert_allclose(bundle.run(pixels)[meaning], values, atol=1e-4)


def test_openvino_is_refused_where_the_bundle_does_not_list_it(path):
    backend = openvino_backend()

    with pytest.raises(BundleError, match="not checked with openvino"):
        open_bundle(path, backend=backend)


# What is refused: the file.


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BundleError, match="cannot be read"):
        open_bundle(tmp_path / "none.headct")


@pytest.mark.parametrize("stored", [b"", b"PK", b"\x89PNG" * 100, b"PK\x05\x06" + 18 * b"\xff"])
def test_what_is_no_archive_is_refused(tmp_path, stored):
    file = tmp_path / "toy.headct"
    file.write_bytes(stored)

    with pytest.raises(BundleError, match=r"no archive|lacks"):
        open_bundle(file)


def test_a_file_that_is_cut_off_anywhere_is_refused(path):
    whole = path.read_bytes()
    for size in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])

        with pytest.raises(BundleError):
            open_bundle(path)


def test_a_byte_changed_anywhere_is_refused_or_says_nothing_else(path):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)

        # Fields of the archive such as a time mean nothing; what is read is as it was written.
        try:
            assert open_bundle(path).manifest == toy.manifest()
        except BundleError:
            continue


def test_a_member_that_stands_twice_is_refused(path):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("model.onnx", toy.model(gain=-1))

    with pytest.raises(BundleError, match=r"'model\.onnx' twice"):
        open_bundle(path)


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "a\\b", "sub/model.onnx"])
def test_a_member_that_is_a_path_is_refused(path, tmp_path, name):
    repacked(path, {name: b"x"})

    with pytest.raises(BundleError, match="a path"):
        export_bundle(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_member_that_is_not_known_is_refused(path):
    with pytest.raises(BundleError, match=r"not known, 'setup\.py'"):
        open_bundle(repacked(path, {"setup.py": b"x"}))


def test_a_member_that_is_missing_is_refused(path):
    files = members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in files.keys() - {"MODEL-CARD.md"}:
            archive.writestr(name, files[name])

    with pytest.raises(BundleError, match=r"lacks MODEL-CARD\.md"):
        open_bundle(path)


def test_a_bomb_is_refused_before_it_unfolds(path):
    repacked(path, {"MODEL-CARD.md": b"\0" * (64 << 20)}, kind=zipfile.ZIP_DEFLATED)

    with pytest.raises(BundleError, match="is compressed"):
        open_bundle(path)


def test_a_member_that_is_too_large_is_refused(path):
    with pytest.raises(BundleError, match="expected at most"):
        open_bundle(repacked(path, {"MODEL-CARD.md": b"\0" * ((4 << 20) + 1)}))


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "MODEL-CARD.md", "selftest.npz"])
def test_a_member_that_was_changed_is_refused_by_its_checksum(path, name):
    repacked(path, {name: members(path)[name] + b" "}, sums=False)

    with pytest.raises(BundleError, match=f"{name} is not what was written"):
        open_bundle(path)


@pytest.mark.parametrize("sums", [b"{}", b"[]", b"\xff", b"[" * 60_000])
def test_checksums_that_are_none_are_refused(path, sums):
    with pytest.raises(BundleError, match=r"checksums\.json"):
        open_bundle(repacked(path, {"checksums.json": sums}))


# What is refused: the manifest.


def test_another_version_of_the_format_is_refused(path):
    with pytest.raises(BundleError, match="reads version 1"):
        open_bundle(edited(path, format_version=2))


def test_a_pipeline_that_is_not_the_one_written_is_refused(path):
    pipeline = toy.PIPELINE.as_dict()
    pipeline["steps"][2]["high"] = 90.0

    with pytest.raises(BundleError, match="pipeline toy is read as another"):
        open_bundle(edited(path, pipeline=pipeline))


def test_a_step_that_is_not_in_the_table_is_refused(path):
    pipeline = {"name": "evil", "steps": [{"step": "os.system", "command": "true"}]}

    with pytest.raises(BundleError, match=r"unknown step 'os\.system'"):
        open_bundle(edited(path, pipeline=pipeline))


def test_a_label_with_another_code_is_refused(path):
    task = json.loads(members(path)["manifest.json"])["task"]
    task["labels"][0]["code"] = "1"

    with pytest.raises(BundleError, match="another code"):
        open_bundle(edited(path, task=task))


GRAPH = {
    "input": "pixels",
    "channels": ["gray"],
    "rows": toy.SIDE,
    "columns": toy.SIDE,
    "outputs": dict(toy.OUTPUTS),
}
POINT = {
    "label": "any_hemorrhage",
    "level": "slice",
    "threshold": 1,
    "rule": "youden",
    "chosen_on": "fold 1",
    "note": "",
}


def test_what_counts_beside_the_network_is_read_back(tmp_path):
    beside = Beside(0.47, VERSION_OF_FINDER)

    write_bundle(tmp_path / "t.headct", toy.changed(beside=beside, neighbours=0.3))

    read = open_bundle(tmp_path / "t.headct").manifest
    assert (read.beside, read.neighbours) == (beside, 0.3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": "a zip"}, "expected format"),
        ({"beside": {"weight": 1.0, "version": "0"}}, "fitted to version 0 of the classical"),
        ({"beside": {"weight": -1.0, "version": VERSION_OF_FINDER}}, "expected 0 or more"),
        ({"beside": 0.5}, "beside"),
        ({"neighbours": 0.5}, "expected a share of 0 to 0.33"),
        ({"more": 1}, "with the keys"),
        ({"name": "../up"}, "small letters"),
        ({"version": ""}, "expected a text"),
        ({"mask_probability": 1}, "mask_probability"),
        ({"mask_probability": "0.5"}, "expected a number"),
        ({"training": {"layers": [1]}}, "plain values"),
        ({"training": {"loss": float("nan")}}, "not a finite number"),
        ({"backends": ["tensorrt"]}, "backends"),
        ({"backends": []}, "backends"),
        ({"standardize": {"step": "Gray"}}, "expected the step Standardize"),
        ({"sources": [{"name": "x"}]}, "licence"),
        ({"graph": GRAPH | {"input": "x"}}, "the graph takes pixels"),
        ({"graph": GRAPH | {"rows": 32}}, "takes frames of"),
        ({"graph": GRAPH | {"rows": 10**9}}, "rows and columns"),
        ({"graph": GRAPH | {"channels": ["a", "b"]}}, "takes frames of"),
        ({"graph": GRAPH | {"outputs": {"mask_logits": "masks"}}}, "gives label_logits"),
        ({"graph": GRAPH | {"outputs": {**GRAPH["outputs"], "wish": "w"}}}, "means 'wish'"),
        ({"graph": GRAPH | {"outputs": {**GRAPH["outputs"], "cam": "none"}}}, "gives no none"),
        ({"graph": GRAPH | {"outputs": {**GRAPH["outputs"], "cam": "masks"}}}, "stands twice"),
        ({"graph": GRAPH | {"outputs": {"label_logits": "labels"}}}, "must give mask_logits"),
        ({"thresholds": [POINT | {"level": "study"}]}, "slice or patient"),
        ({"thresholds": [POINT | {"label": "subdural"}]}, "does not ask for it"),
        ({"thresholds": [POINT, POINT]}, "two thresholds"),
        ({"thresholds": [POINT | {"threshold": None}]}, "says why"),
        ({"thresholds": [POINT | {"threshold": float("inf")}]}, "expected a number"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(path, changes, told):
    with pytest.raises(BundleError, match=told):
        open_bundle(edited(path, **changes))


@pytest.mark.parametrize(
    ("scaling", "told"),
    [
        ({"kind": "temperature", "temperature": 0}, "temperature above 0"),
        ({"kind": "isotonic", "x": [0.5, 0.1], "y": [0, 1]}, "x that rises"),
        ({"kind": "logistic", "slope": 0, "intercept": 1}, "slope above 0"),
        ({"kind": "logistic", "slope": 1}, "intercept"),
        ({"kind": "pickle", "data": "x"}, "temperature, logistic or isotonic"),
    ],
)
def test_a_calibration_that_is_none_is_refused(path, scaling, told):
    entry = {"label": "any_hemorrhage", "level": "patient", "fitted_on": "x", "scaling": scaling}

    with pytest.raises(BundleError, match=told):
        open_bundle(edited(path, calibrations=[entry]))


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b'{"name": 1, "name": 2}', b"1"])
def test_a_manifest_that_is_no_json_object_is_refused(path, text):
    with pytest.raises(BundleError, match=r"manifest\.json"):
        open_bundle(repacked(path, {"manifest.json": text}))


# What is refused: the network and its proof.


def test_a_graph_that_keeps_weights_in_another_file_is_refused(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    (path.parent / "weights.bin").write_bytes(np.ones(1, np.float32).tobytes())

    with pytest.raises(BundleError, match="in another file"):
        open_bundle(repacked(path, {"model.onnx": toy.model(external=True)}))


def test_a_graph_that_is_none_is_refused(path):
    with pytest.raises(BundleError, match="cannot be loaded"):
        open_bundle(repacked(path, {"model.onnx": b"\x08\x08garbage"}))


def test_a_graph_whose_names_are_no_text_is_refused_without_a_word_besides(path, capfd):
    model = toy.model().replace(b"AveragePool", b"Average\xffool")

    with pytest.raises(BundleError, match="cannot be loaded"):
        open_bundle(repacked(path, {"model.onnx": model}))
    assert capfd.readouterr() == ("", "")


def test_a_network_that_says_another_thing_is_refused(path):
    with pytest.raises(BundleError, match=r"self-test is off by .* expected at most 0\.0001"):
        open_bundle(repacked(path, {"model.onnx": toy.model(gain=toy.GAIN + 0.1)}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({LABEL_LOGITS: np.array([[print]], object)}, "label_logits must be float32"),
        ({LABEL_LOGITS: np.zeros((2, 1))}, "label_logits must be float32"),
        ({LABEL_LOGITS: np.full((2, 1), np.nan, np.float32)}, "finite"),
        ({LABEL_LOGITS: np.zeros((1, 1), np.float32)}, "expected"),
        ({"pixels": np.zeros((2, 1, 64, 64), np.float32)}, "pixels must be"),
        ({"pixels": np.zeros((64, 64), np.uint8)}, "expected slices"),
        ({"pixels": np.zeros((0, 1, 64, 64), np.uint8)}, "expected slices"),
    ],
)
def test_a_self_test_that_is_none_is_refused(path, change, told):
    test = toy.contents().selftest
    stored = npz(**({"pixels": test.pixels, **test.expected} | change))

    with pytest.raises(BundleError, match=told):
        open_bundle(repacked(path, {"selftest.npz": stored}))


def test_a_self_test_whose_header_asks_for_a_terabyte_is_refused(path):
    header = BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (10**6, 1, 10**3, 10**3)}
    np.lib.format.write_array_header_1_0(header, shape)
    stored = BytesIO(npz(**toy.contents().selftest.expected))
    with zipfile.ZipFile(stored, "a") as archive:
        archive.writestr("pixels.npy", header.getvalue())

    with pytest.raises(BundleError, match="pixels has 0 bytes"):
        open_bundle(repacked(path, {"selftest.npz": stored.getvalue()}))


def test_graph_outputs_are_named_once():
    with pytest.raises(ValueError, match="stands twice"):
        Graph("x", ("gray",), 8, 8, ((LABEL_LOGITS, "a"), (MASK_LOGITS, "a")))

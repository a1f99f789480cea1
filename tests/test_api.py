import subprocess
import sys

import pytest
from tests import toy_bundle

from headct import api
from headct.phantom.lesions.disease import Disease
from headct.phantom.scanner.protocol import Protocol
from headct.predict.bundle.bundle import write_bundle


def test_what_the_verbs_take_is_at_hand():
    assert api.Disease is Disease
    assert api.Protocol is Protocol
    assert api.Hemorrhage("subdural", 3.0).volume_ml == 3.0


def test_a_name_that_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'Diseases'"):
        api.Diseases  # noqa: B018 - asking is the test


def test_the_command_line_starts_without_what_takes_long_to_import():
    code = "import headct.cli.app, sys; print({'numpy', 'scipy', 'cv2', 'torch'} & {*sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_a_bundle_is_given_as_its_file_or_opened(bleeding_folder, tmp_path):
    file = tmp_path / "toy.headct"
    write_bundle(file, toy_bundle.contents())

    by_file = api.analyze(bleeding_folder / "dicom", bundle=file)
    opened = api.analyze(bleeding_folder / "dicom", bundle=api.open_bundle(file, threads=1))

    assert by_file.prediction.method == "toy-bright"
    assert by_file.prediction.findings == opened.prediction.findings
    assert by_file.record.arguments["backend"].startswith("onnxruntime ")


def test_a_backend_that_is_none_is_a_wrong_argument(tmp_path):
    with pytest.raises(ValueError, match="onnxruntime or openvino"):
        api.open_bundle(tmp_path / "toy.headct", backend="tensorrt")

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import headct
from headct.core.record import Record, installed_versions, sha256


def test_versions_are_those_installed():
    found = installed_versions()

    assert found["headct"] == headct.__version__
    assert found["python"] == platform.python_version()
    assert found["numpy"] == version("numpy")
    assert found["pydicom"] == version("pydicom")


def test_a_record_survives_json():
    record = Record("analyze", {"workers": 2, "out": "a"}, seed=7, inputs={"IM1": "ab"})

    read = json.loads(json.dumps(record.as_dict()))

    assert Record(**read) == record


def test_records_made_by_one_installation_name_the_same_versions():
    assert Record("analyze").versions == Record("inspect").versions


def test_sha256_is_that_of_the_system(tmp_path: Path):
    file = tmp_path / "scan.dcm"
    file.write_bytes(bytes(range(256)) * 1000)

    said = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True)

    assert sha256(file) == said.stdout.split()[0]


def test_sha256_of_an_empty_file_is_the_published_one(tmp_path: Path):
    file = tmp_path / "empty"
    file.touch()

    # NIST, SHA-256 of the empty message.
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256(file) == expected

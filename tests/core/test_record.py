import json
import platform
from importlib.metadata import version

import headct
from headct.core.record import Record, installed_versions


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

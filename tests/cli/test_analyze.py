import json

import pytest

from headct.cli.analyze import read_truth
from headct.core.errors import ScanError


def test_the_true_volume_is_that_of_blood_alone(tmp_path):
    volumes_ml = {"subdural": 20.0, "intraventricular": 1.5, "leukoencephalopathy": 40.0}
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps({"volume_ml": volumes_ml}))

    assert read_truth(truth) == pytest.approx(21.5)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"volume_ml": 3}', '{"volume_ml": {"subdural": null}}']
)
def test_a_file_that_is_no_truth_is_refused(text, tmp_path):
    truth = tmp_path / "truth.json"
    truth.write_text(text)

    with pytest.raises(ScanError, match=r"truth.json is not the truth.json of a phantom"):
        read_truth(truth)

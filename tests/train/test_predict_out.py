import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from headct.cohort.preparing.prepare import prepare
from headct.core.case import Cohort
from headct.image.encoders import Gray
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.train.networks.outputs import Outputs
from headct.train.predict_out import predict, write_predictions, write_truth
from headct.train.slices import slices_of_store

SMALL = Pipeline("small", (Reshape(32, 32), Rescale(0.0, 80.0), Gray()))
LABELS = ("any_hemorrhage", "epidural")


class Brightness(nn.Module):
    """Says how bright a slice is."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, pixels):
        return Outputs(pixels.mean((1, 2, 3))[:, None] * self.weight)


def table(path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_scores_are_in_the_order_of_the_slices(store, parts):
    slices = slices_of_store(store, LABELS, parts["test"])

    scores = predict(Brightness(), slices, batch_size=7)

    means = store.read(slices.rows).mean((1, 2, 3)) / 255
    np.testing.assert_allclose(scores[:, 1], 1 / (1 + np.exp(-means)), rtol=1e-5)


def test_studies_that_patients_count_each_for_themselves_are_told_apart(store, parts, tmp_path):
    slices = slices_of_store(store, LABELS, parts["test"])
    scores = np.full((len(slices), 2), 0.25, np.float32)

    write_predictions(tmp_path / "p.csv", store, slices, scores, labels=LABELS, system=("net", "3"))

    rows = table(tmp_path / "p.csv")
    assert {(row["patient"], row["study"]) for row in rows} == {
        (patient, f"{patient}/1") for patient in parts["test"]
    }
    assert [int(row["slice"]) for row in rows] == slices.rows.tolist()
    assert {(row["model"], row["run"], row["epidural"]) for row in rows} == {
        ("net", "3", "0.250000")
    }


@pytest.fixture
def by_study(balls, tmp_path):
    """Two patients of whom the studies are known alone."""
    cases = tuple(replace(case, slice_labels=None, study=case.patient) for case in balls.cases[:2])
    return prepare(Cohort("two", cases), SMALL, tmp_path / "store").store


def test_where_no_slice_has_a_label_truth_is_by_study(by_study, tmp_path):
    slices = slices_of_store(by_study, LABELS, by_study.patients, inherit=True)

    write_truth(tmp_path / "truth.csv", by_study, [slices], LABELS)

    assert table(tmp_path / "truth.csv") == [
        {"patient": "Ann0", "study": "Ann0", "any_hemorrhage": "0", "epidural": ""},
        {"patient": "Ann1", "study": "Ann1", "any_hemorrhage": "1", "epidural": ""},
    ]

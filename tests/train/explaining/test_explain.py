import csv
from dataclasses import replace

import cv2
import numpy as np
import onnxruntime
import pytest
from tests.train.bundling.written_run import edited

from headct.core.errors import CohortError, OutputError, TrainError
from headct.train.explaining.explain import Wish, explain

LABELS = ("any_hemorrhage", "subdural")
PLACES = (0, 5)


def table(path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def explained(hollow_run, hollow_store, tmp_path_factory):
    out = tmp_path_factory.mktemp("explained") / "out"
    wish = Wish(hollow_run, hollow_store.folder, out, LABELS, part="all", rows=1)
    return explain(wish), out


def test_the_share_in_the_lesion_is_that_of_the_graphs_own_map(explained, hollow_run, hollow_store):
    _, out = explained
    session = onnxruntime.InferenceSession(hollow_run / "network.onnx")
    study = next(one for one in hollow_store.studies if one.patient == "Ann3")
    pixels = np.asarray(hollow_store.pixels[study.first : study.first + study.count])
    (cams,) = session.run(["cam"], {"frames": pixels.astype(np.float32) / np.float32(255)})
    drawn = np.asarray(hollow_store.masks[study.first : study.first + study.count]) == 1
    rows = {row["label"]: row for row in table(out / "attention.csv") if row["patient"] == "Ann3"}

    some = 0
    for place, label in zip(PLACES, LABELS, strict=True):
        heat = np.array([cv2.resize(np.maximum(plane, 0), (128, 128)) for plane in cams[:, place]])
        assert float(rows[label]["raw_peak"]) == pytest.approx(heat.max(), rel=1e-3, abs=1e-5)
        if heat.max() > 0.01:
            some += 1
            expected = heat[drawn].sum() / heat.sum()
            assert float(rows[label]["lesion"]) == pytest.approx(expected, abs=1e-3)
            assert float(rows[label]["lesion_area"]) == pytest.approx(drawn.mean(), abs=1e-6)

    assert some


def test_shares_of_all_regions_are_the_whole(explained):
    _, out = explained

    rows = table(out / "attention.csv")

    assert len(rows) == 8 * len(LABELS)
    for row in rows:
        names = ("lesion", "ventricles", "rim", "rest", "outside")
        if not row["not_counted"]:
            assert sum(float(row[name] or 0) for name in names) == pytest.approx(1, abs=1e-5)
            assert sum(float(row[f"{name}_area"] or 0) for name in names) == pytest.approx(
                1, abs=1e-5
            )
            assert bool(row["lesion"]) == (row["truth"] == "1")


def test_truth_of_a_study_groups_its_figures_and_means(explained):
    found, out = explained

    means = table(out / "mean_attention.csv")

    assert {int(row["patients"]) for row in means} <= {1, 2, 3, 4}
    groups = {row["group"] for row in means if row["region"] == "lesion"}
    assert groups <= {"with it"}
    assert found.figures
    assert all((out / name).stat().st_size > 10_000 for name in found.figures)
    assert any("trained the network are among them" in remark for remark in found.remarks)


def test_test_patients_are_those_of_the_runs_split(hollow_run, hollow_store, tmp_path):
    found = explain(Wish(hollow_run, hollow_store.folder, tmp_path / "out", rows=0))

    patients = {row["patient"] for row in table(hollow_run / "test.csv")}
    assert (found.part, found.figures) == ("test", ())
    assert {row.patient for row in found.rows} == patients
    assert len(patients) == 2
    scores = {
        name: max(
            float(row["any_hemorrhage"])
            for row in table(hollow_run / "test.csv")
            if row["patient"] == name
        )
        for name in patients
    }
    assert {row.patient: row.score for row in found.rows} == pytest.approx(scores, abs=1e-5)


def test_the_same_wish_gives_the_same_tables(explained, hollow_run, hollow_store, tmp_path):
    _, out = explained

    wish = Wish(hollow_run, hollow_store.folder, tmp_path / "o", LABELS, part="all", rows=0)
    explain(wish)

    for name in ("attention.csv", "mean_attention.csv"):
        assert (tmp_path / "o" / name).read_bytes() == (out / name).read_bytes()


def test_a_head_without_ventricles_does_not_count_and_is_told(explained):
    found, out = explained

    rows = [row for row in table(out / "attention.csv") if row["patient"] == "Ann7"]

    assert all(row["not_counted"].startswith("ventricles: none are seen") for row in rows)
    assert all(row["rim"] == "" for row in rows)
    (refusal,) = (one for one in found.refused if one.what == "ventricles")
    assert refusal.count == len(LABELS)
    assert not any("Ann" in str(one) for one in found.refused)


def test_a_folder_that_holds_something_is_refused_before_any_work(
    hollow_run, hollow_store, tmp_path
):
    (tmp_path / "there").write_text("x")

    with pytest.raises(OutputError, match="nothing is overwritten"):
        explain(Wish(hollow_run, hollow_store.folder, tmp_path))


def test_a_store_of_another_pipeline_is_refused(hollow_run, store, tmp_path):
    with pytest.raises(TrainError, match="prepare the cohort with the pipeline"):
        explain(Wish(hollow_run, store.folder, tmp_path / "out", part="all"))


def test_test_patients_of_another_store_are_nobodys(hollow_run, hollow_store, tmp_path):
    other = edited(hollow_run, tmp_path / "run", store={"cohort": "another"})

    with pytest.raises(TrainError, match="is not the one"):
        explain(Wish(other, hollow_store.folder, tmp_path / "out"))


def test_a_run_of_everybody_wants_to_be_told_whom_to_look_at(hollow_run, hollow_store, tmp_path):
    other = edited(hollow_run, tmp_path / "run", data={"parts": {"train": {"patients": 8}}})

    with pytest.raises(TrainError, match="--part all"):
        explain(Wish(other, hollow_store.folder, tmp_path / "out"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": ("leukoencephalopathy",)}, "says nothing of"),
        ({"part": "train"}, "no part 'train'"),
    ],
)
def test_what_there_is_none_of_is_a_wrong_argument(
    hollow_run, hollow_store, tmp_path, changes, told
):
    wish = replace(Wish(hollow_run, hollow_store.folder, tmp_path / "out"), **changes)

    with pytest.raises(ValueError, match=told):
        explain(wish)


@pytest.mark.parametrize("changes", [{"threshold": 0.0}, {"threshold": 1.5}, {"rows": -1}])
def test_a_wish_checks_itself(tmp_path, changes):
    with pytest.raises(ValueError, match="expected"):
        Wish(tmp_path, tmp_path, tmp_path, **changes)


def test_a_cohort_that_is_none_is_refused(hollow_run, hollow_store, tmp_path):
    wish = Wish(hollow_run, hollow_store.folder, tmp_path / "out", cohort=tmp_path / "none")

    with pytest.raises(CohortError, match="nothing is at that path"):
        explain(wish)

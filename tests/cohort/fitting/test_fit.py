"""What is fitted sees training patients alone, and is what an independent count gives."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score

from headct.cohort.fitting.file import parse_fit, read_fit, write_fit
from headct.cohort.fitting.fit import Fit, fit_pipeline, fit_standardize, split_sha256
from headct.cohort.fitting.kernel import fit_kernel, with_kernel
from headct.cohort.images import open_case
from headct.cohort.preparing.prepare import prepare
from headct.cohort.splitting.by_patient import folds, holdout
from headct.cohort.splitting.training import Training, training
from headct.core.errors import CohortError
from headct.image.encoders import Gray
from headct.image.filters import Gaussian
from headct.image.geometry import Reshape
from headct.image.head import intracranial
from headct.image.intensity import Rescale, Standardize
from headct.image.morphology import disc, erode
from headct.image.pipeline import Pipeline
from headct.image.pipelines import PIPELINES

SMOOTH = Pipeline("smooth", (Gaussian(0.5), Reshape(64, 64), Rescale(0.0, 80.0), Gray()))
PLAIN = Pipeline("plain", (Reshape(64, 64), Rescale(0.0, 80.0), Gray()))
SIGMAS = (0.5, 0.8, 2.0)


@pytest.fixture(scope="module")
def cohort(bleeding_balls):
    return bleeding_balls


@pytest.fixture(scope="module")
def split(cohort):
    return holdout(cohort, seed=1)


@pytest.fixture(scope="module")
def searched(cohort, split):
    return fit_kernel(SMOOTH, training(split, cohort), sigmas_mm=SIGMAS)


def contrast(case, sigma_mm):
    """Of each slice that shows 10 cm²: how far its brightest cm² lies above the median."""
    volume = open_case(case).volume
    inside = erode(intracranial(volume).inside, disc(3.0, volume.grid))
    found = {}
    for index, (plane, region) in enumerate(zip(volume.hu, inside, strict=True)):
        if region.sum() >= 1000:  # pixels of 1 mm²
            smooth = gaussian_filter(plane, sigma_mm, truncate=4.0) if sigma_mm else plane
            values = np.sort(np.minimum(smooth[region], 100))
            found[index] = values[-100:].mean() - np.median(values)
    return found


def test_noise_wants_a_kernel_and_the_best_is_taken(searched):
    aucs = {one.sigma_mm: one.auc for one in searched.candidates}

    assert tuple(aucs) == (0.0, *SIGMAS)
    assert searched.by == "slices"
    assert searched.studies == 9
    assert aucs[searched.sigma_mm] == max(aucs[sigma] for sigma in SIGMAS)
    assert aucs[searched.sigma_mm] > aucs[0.0] + 0.05


def test_the_figures_by_slice_are_those_counted_otherwise(cohort, split, searched):
    cases = split.cases(cohort, "train")
    chosen = searched.candidates[2]
    found = {case.patient: contrast(case, chosen.sigma_mm) for case in cases}
    clean = [found[case.patient] for case in cases if not case.labels["any_hemorrhage"]]

    by_patient = []
    for case in cases:
        if not case.labels["any_hemorrhage"]:
            continue
        own, of_slices = found[case.patient], []
        low, high = min(own), max(own)
        for index in range(12, 16):  # where the fixture bleeds
            others = [
                hu
                for other in clean
                for at, hu in other.items()
                if abs((at - min(other)) / (max(other) - min(other)) - (index - low) / (high - low))
                <= 0.1 + 1e-9
            ]
            of_slices.append(roc_auc_score([1] + [0] * len(others), [own[index], *others]))
        by_patient.append(np.mean(of_slices))
    expected = np.mean(by_patient), np.std(by_patient, ddof=1) / np.sqrt(len(by_patient))

    assert (chosen.auc, chosen.error) == pytest.approx(expected, abs=0.01)


def test_where_studies_alone_have_labels_the_figures_are_those_of_scikit_learn(cohort, split):
    bare = replace(cohort, cases=tuple(replace(c, slice_labels=None) for c in cohort.cases))
    cases = split.cases(bare, "train")

    found = fit_kernel(SMOOTH, training(split, bare), sigmas_mm=SIGMAS)

    expected = [
        roc_auc_score(
            [case.labels["any_hemorrhage"] for case in cases],
            [max(contrast(case, sigma).values()) for case in cases],
        )
        for sigma in (0.0, *SIGMAS)
    ]
    assert found.by == "studies"
    assert [one.auc for one in found.candidates] == pytest.approx(expected)
    assert {one.error for one in found.candidates} == {None}


def test_other_patients_are_not_even_opened(cohort, split, searched):
    allowed = set(split.round().parts["train"])
    gone = Path("nowhere")
    cases = tuple(c if c.patient in allowed else replace(c, path=gone) for c in cohort.cases)

    found = fit_kernel(
        SMOOTH, training(split, replace(cohort, cases=cases)), sigmas_mm=SIGMAS, workers=2
    )

    assert found == searched


@pytest.mark.parametrize("part", ["validation", "test"])
def test_cases_of_other_parts_are_refused(cohort, split, part):
    cases = split.cases(cohort, "train") + split.cases(cohort, part)

    with pytest.raises(CohortError, match=r"case 10 of .* is not of a training patient") as told:
        Training(split, "holdout", cases)

    assert "Ann" not in str(told.value)


def test_a_pipeline_comes_back_with_the_kernel_and_nothing_else_changed(cohort, split):
    fitted = fit_pipeline(SMOOTH, training(split, cohort))

    assert fitted.pipeline.steps[0] == Gaussian(fitted.kernel.sigma_mm)
    assert fitted.pipeline.steps[1:] == SMOOTH.steps[1:]
    assert (fitted.name, fitted.patients) == ("holdout", 9)


def test_a_pipeline_without_a_gaussian_needs_no_fit(cohort, split):
    fitted = fit_pipeline(PLAIN, training(split, cohort))

    assert (fitted.pipeline, fitted.kernel) == (PLAIN, None)


def test_the_kernel_of_the_hemorrhage_pipeline_is_replaced():
    assert with_kernel(PIPELINES["ich"], 1.25).steps[0] == Gaussian(1.25)


def test_without_both_bleeding_and_clean_patients_there_is_no_fit(cohort, split):
    cases = tuple(case.with_label("any_hemorrhage", None) for case in cohort.cases)
    unknown = replace(cohort, cases=tuple(replace(case, slice_labels=None) for case in cases))

    with pytest.raises(CohortError, match="9 training scans were measured, and cannot tell"):
        fit_kernel(SMOOTH, training(split, unknown), sigmas_mm=SIGMAS)


def test_a_scan_that_cannot_be_read_is_counted_with_its_reason(cohort, split):
    train = split.round().parts["train"]
    cases = tuple(replace(c, path=Path("x")) if c.patient == train[0] else c for c in cohort.cases)

    found = fit_kernel(SMOOTH, training(split, replace(cohort, cases=cases)), sigmas_mm=SIGMAS)

    assert found.studies == 8
    assert len(found.refused) == 1


@pytest.fixture(scope="module")
def store(cohort, tmp_path_factory):
    return prepare(cohort, PLAIN, tmp_path_factory.mktemp("store") / "store").store


def test_mean_and_deviation_are_those_of_training_pixels(store, split):
    train = set(split.round().parts["train"])
    rows = [i for i, study in enumerate(store.study_of) if store.patients[study] in train]
    pixels = store.pixels[rows] / 255.0

    found = fit_standardize(store, split)

    assert found.mean == pytest.approx(pixels.mean(), abs=1e-12)
    assert found.deviation == pytest.approx(pixels.std(), abs=1e-12)
    assert found.mean != pytest.approx((store.pixels / 255.0).mean(), abs=1e-12)


def test_mean_and_deviation_differ_from_fold_to_fold(store, cohort):
    split = folds(cohort, 3, seed=1)

    found = {fit_standardize(store, split, one.name) for one in split.rounds}

    assert len(found) == 3


def test_a_store_without_training_patients_is_refused(store, cohort):
    others = replace(
        cohort, cases=tuple(replace(case, patient=f"x{case.patient}") for case in cohort.cases)
    )

    with pytest.raises(CohortError, match="holds 0 slices of training patients"):
        fit_standardize(store, holdout(others, seed=1))


@pytest.fixture
def fit(cohort, split, searched):
    fitted = fit_pipeline(PLAIN, training(split, cohort))
    fitted = replace(
        fitted,
        pipeline=with_kernel(SMOOTH, searched.sigma_mm),
        kernel=searched,
        standardize=Standardize(0.25, 0.125),
    )
    return Fit(split_sha256(split)).with_round(fitted)


def test_what_was_fitted_is_written_and_read_back(fit, split, tmp_path):
    write_fit(fit, tmp_path / "fit.json")
    write_fit(fit.with_round(fit.rounds[0]), tmp_path / "fit.json")

    assert read_fit(tmp_path / "fit.json", split) == fit
    assert "Ann" not in (tmp_path / "fit.json").read_text()
    assert read_fit(tmp_path / "other.json", split) == Fit(split_sha256(split))


def test_values_of_another_split_are_refused(fit, cohort, tmp_path):
    write_fit(fit, tmp_path / "fit.json")

    with pytest.raises(CohortError, match="fitted on another split"):
        read_fit(tmp_path / "fit.json", holdout(cohort, seed=2))


SLIPS = {
    "code for a step": (
        lambda one: one["pipeline"]["steps"].insert(0, {"step": "__import__('os')"}),
        "unknown step",
    ),
    "another step to standardize": (
        lambda one: one.update(standardize={"step": "ClipHU"}),
        "expected a Standardize step",
    ),
    "a deviation of 0": (lambda one: one["standardize"].update(deviation=0), "positive number"),
    "another kernel": (
        lambda one: one["pipeline"]["steps"][0].update(sigma_mm=9.0),
        "not the kernel",
    ),
    "a kernel that was no candidate": (
        lambda one: one["kernel"].update(sigma_mm=9.0),
        "among the candidates",
    ),
    "an AUC as text": (
        lambda one: one["kernel"]["candidates"][0].update(auc="0.9"),
        "auc: expected",
    ),
    "a round that is none": (lambda one: one.update(name="fold 9"), "no round 'fold 9'"),
    "other training patients": (
        lambda one: one.update(training_patients=5),
        "differ from the split",
    ),
    "a key too many": (lambda one: one.update(more=1), "expected an object with the keys"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_the_file_is_told(name, fit, split, tmp_path):
    change, expected = SLIPS[name]
    write_fit(fit, tmp_path / "fit.json")
    content = json.loads((tmp_path / "fit.json").read_text())
    change(content["rounds"][0])

    with pytest.raises(CohortError, match=expected):
        parse_fit(json.dumps(content), split)

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from headct.cohort.checking.look import look
from headct.cohort.checking.suspects import (
    LEAST_OF_EACH,
    Features,
    features,
    fit_logistic,
    out_of_fold,
    suspects,
)
from headct.cohort.doubt import Kind
from headct.cohort.images import Opened
from headct.core.case import Case
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.image.geometry import upright


def patients(count: int, *, apart: float, wrong: int = 0):
    """Cases in two classes whose features differ by some deviations, the first labels wrong."""
    rng = np.random.default_rng(3)
    truth = np.arange(count) % 2 == 1
    values = rng.normal(size=(count, 6))
    values[:, 0] += apart * truth
    given = truth.copy()
    given[:wrong] = ~given[:wrong]
    cases = [
        Case(f"secret-{i}", "1", "nowhere", labels={LEUKOENCEPHALOPATHY: bool(label)})
        for i, label in enumerate(given)
    ]
    by_key = {
        case.key: Features(tuple(map(float, row))) for case, row in zip(cases, values, strict=True)
    }
    return cases, by_key


def test_wrong_labels_are_found_and_no_right_one():
    cases, by_key = patients(300, apart=9.0, wrong=4)

    doubts = suspects(cases, by_key)

    assert {doubt.patient for doubt in doubts} == {f"secret-{i}" for i in range(4)}
    assert {(doubt.kind, doubt.blocks) for doubt in doubts} == {(Kind.SUSPECT, False)}


def test_the_surest_comes_first():
    cases, by_key = patients(300, apart=5.0, wrong=20)

    doubts = suspects(cases, by_key)

    scores = [float(doubt.told.split("score ")[1].split()[0]) for doubt in doubts]
    assert len(scores) > 10
    assert scores == sorted(scores, reverse=True)


def test_what_is_told_names_nobody():
    cases, by_key = patients(300, apart=9.0, wrong=4)

    doubts = suspects(cases, by_key)

    assert not any("secret" in doubt.told for doubt in doubts)


def test_a_case_without_a_label_is_passed_over():
    cases, by_key = patients(300, apart=9.0, wrong=4)
    cases[0] = cases[0].with_label(LEUKOENCEPHALOPATHY, None)

    doubts = suspects(cases, by_key)

    assert {doubt.patient for doubt in doubts} == {f"secret-{i}" for i in range(1, 4)}


def test_too_few_patients_are_said_to_be_so():
    cases, by_key = patients(2 * LEAST_OF_EACH - 2, apart=9.0)

    (doubt,) = suspects(cases, by_key)

    assert doubt.count == len(cases)
    assert f"got {LEAST_OF_EACH - 1} and {LEAST_OF_EACH - 1}" in doubt.told


def test_scans_without_ventricles_are_counted_not_lost():
    cases, by_key = patients(300, apart=9.0)
    by_key |= {case.key: Features(None) for case in cases[:5]}

    (doubt,) = suspects(cases, by_key)

    assert (doubt.count, doubt.patient) == (5, "")


def test_no_labels_at_all_leave_no_doubt():
    cases, by_key = patients(10, apart=9.0)

    doubts = suspects([case.with_label(LEUKOENCEPHALOPATHY, None) for case in cases], by_key)

    assert doubts == []


def test_the_rule_is_the_logistic_regression_of_scikit_learn():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(200, 5))
    given = rng.random(200) < 1 / (1 + np.exp(-values[:, 0] - 0.5))

    found = fit_logistic(values, given, penalty=2.0)

    expected = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(values, given)
    assert found[0] == pytest.approx(expected.intercept_[0], abs=1e-5)
    assert found[1:] == pytest.approx(expected.coef_[0], abs=1e-5)


def test_no_rule_has_seen_another_scan_of_the_patient():
    # Each patient's scans are alike, and say nothing of anybody else.
    rng = np.random.default_rng(2)
    values = np.repeat(rng.normal(size=(120, 60)), 2, axis=0)
    given = np.repeat(rng.random(120) < 0.5, 2)
    names = [f"{i // 2}" for i in range(240)]

    probabilities = out_of_fold(values, given, names)

    assert roc_auc_score(given, probabilities) < 0.65


def test_a_feature_that_is_not_known_counts_as_the_middle_one():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(200, 3))
    given = values[:, 0] > 0
    values[rng.random(200) < 0.2, 1] = np.nan

    probabilities = out_of_fold(values, given, [str(i) for i in range(200)])

    assert np.isfinite(probabilities).all()
    assert roc_auc_score(given, probabilities) > 0.97


def test_a_digital_head_has_numbers_and_a_ball_has_none(healthy, ball_head):
    head, ball = (look(Opened(upright(v))) for v in (healthy.volume, ball_head.scan()))

    assert np.isfinite(features(head).white_matter).all()
    assert features(ball) == Features(None)

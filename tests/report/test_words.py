import pytest

from headct.core.finding import Finding
from headct.core.labels import LABELS
from headct.report.words import (
    NAMES,
    certainty,
    headline,
    interval,
    leading,
    milliliters,
    runs,
    slice_numbers,
)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding("any_hemorrhage", True, volume_ml=31.24), "Hemorrhage: 31.2 mL"),
        (Finding("any_hemorrhage", True), "Hemorrhage found"),
        (Finding("any_hemorrhage", False, volume_ml=0.2), "No hemorrhage found"),
        (Finding("subdural", None), "Subdural hemorrhage: not decided"),
        (Finding("leukoencephalopathy", False), "No leukoencephalopathy found"),
    ],
)
def test_the_headline_says_the_answer_first(finding, expected):
    assert headline(finding) == expected


def test_a_score_is_never_passed_off_as_a_probability():
    score = Finding("subdural", True, score=0.93, score_kind="mean of 4 networks", threshold=0.5)
    probability = Finding("subdural", True, probability=0.93)

    said = certainty(score), certainty(probability), certainty(Finding("subdural", None))

    assert said == (
        "Score 0.93 (mean of 4 networks); present from 0.5 on. Not a calibrated probability.",
        "Probability 0.93, calibrated.",
        "",
    )


def test_hemorrhage_as_a_whole_leads_and_other_diseases_follow(make):
    labels = ("leukoencephalopathy", "subdural", "any_hemorrhage")
    findings = tuple(Finding(label, None) for label in labels)

    first = leading(make["tell"](make["head"](), findings=findings))
    alone = leading(make["tell"](make["head"](), findings=findings[1:2]))

    assert [finding.label for finding in first] == ["any_hemorrhage", "leukoencephalopathy"]
    assert [finding.label for finding in alone] == ["subdural"]


@pytest.mark.parametrize(
    ("volume_ml", "expected"),
    [(0, "0 mL"), (0.417, "0.42 mL"), (31.24, "31.2 mL"), (1423.4, "1423 mL")],
)
def test_volumes_have_the_digits_that_a_reader_can_use(volume_ml, expected):
    assert milliliters(volume_ml) == expected


def test_an_interval_is_said_with_its_unit_once():
    finding = Finding("subdural", True, volume_ml=30, volume_interval_ml=(27.9, 34.8))

    assert interval(finding) == "27.9 to 34.8 mL"
    assert interval(Finding("subdural", True)) == ""


def test_slice_distances_are_told_where_they_change():
    found = runs([4.0, 4.01, 3.99, 1.08, 7.0, 7.0])

    assert [(run.count, round(run.distance_mm, 2), run.first) for run in found] == [
        (3, 4.0, 0),
        (1, 1.08, 3),
        (2, 7.0, 4),
    ]
    assert runs([]) == ()


def test_slices_are_counted_from_one_and_joined():
    assert slice_numbers((3, 4, 5, 9)) == "4 to 6, 10"
    assert slice_numbers(()) == ""


def test_every_label_has_a_name():
    assert set(NAMES) == set(LABELS)

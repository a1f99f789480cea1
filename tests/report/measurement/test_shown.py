from headct.measure.outcomes import Level
from headct.report.measurement.shown import (
    MOST_ERRORS,
    claimed,
    leading,
    levels,
    listed_errors,
    of,
    shown_systems,
)


def test_one_run_of_each_model_is_shown_the_one_that_validation_chose(measured):
    chosen = {
        model: runs.best.run
        for one in measured.runs
        if one.level is Level.PATIENT and one.label == "any_hemorrhage"
        for model, runs in one.models.items()
    }

    shown = shown_systems(measured)

    assert {system.model: system.run for system in shown} == chosen
    assert set(chosen.values()) != {"1"}


def test_without_validation_the_first_run_is_shown_not_the_best(lone):
    assert shown_systems(lone) == lone.systems


def test_patients_come_before_slices(measured, measured_masks):
    assert levels(measured) == (Level.PATIENT, Level.SLICE)
    assert levels(measured_masks) == ()
    assert (leading(measured), leading(measured_masks)) == ("any_hemorrhage", "")


def test_nothing_is_told_of_a_label_that_three_patients_have(measured):
    told = claimed(measured, measured.comparisons)

    assert {one.label for one in measured.comparisons} == {"any_hemorrhage", "epidural"}
    assert {one.label for one in told} == {"any_hemorrhage"}


def test_listed_errors_are_wrong_at_the_stated_threshold_and_few(measured):
    listed = [(error.label, error.truth, error.score) for *_, error in listed_errors(measured)]

    assert listed
    assert all((score >= 0.5) != truth for _, truth, score in listed)
    counted = [sum(one[:2] == kind for one in listed) for kind in {one[:2] for one in listed}]
    assert max(counted) <= MOST_ERRORS * len(shown_systems(measured))


def test_a_label_that_is_not_there_is_none(measured):
    assert of(measured.systems[0], Level.STUDY, "any_hemorrhage") is None
    assert of(measured.systems[0], Level.SLICE, "subdural") is None

from dataclasses import replace

from headct.report.measurement.methods import (
    aggregation,
    intervals_table,
    methods,
    methods_used,
)


def test_methods_tell_the_draws_the_seed_and_how_intervals_are_made(measured):
    told = " ".join(methods(measured))

    assert "240 rows of 40 patients" in told
    assert "20 times (seed 0)" in told
    assert "exact (Clopper-Pearson)" in told
    assert "at a prevalence of 0.1" in told
    assert "Bland and Altman" in told


def test_thresholds_chosen_on_the_test_are_said_to_be(measured, lone):
    both = [" ".join(methods(one)) for one in (measured, lone)]

    assert "were chosen on validation" in both[0]
    assert "were chosen on these very data" in both[1]


def test_masks_are_not_told_of_thresholds(measured_masks):
    told = " ".join(methods(measured_masks))

    assert "threshold" not in told


def test_each_way_of_making_an_interval_is_told_once(measured):
    used = methods_used(measured)

    assert len(used) == len(set(used))
    assert {"DeLong", "Clopper-Pearson"} <= set(used)


def test_slices_are_told_of_only_where_there_are_some(measured, readers):
    by_patient, by_slice = (" ".join(methods(one)) for one in (readers, measured))

    assert "slices" not in by_patient
    assert "made of its slices: the highest score" in by_slice


def test_studies_of_a_patient_are_told_as_studies(readers):
    level = replace(readers.systems[0].levels[0], how="max")
    of_studies = replace(readers, rows=50, systems=(replace(readers.systems[0], levels=(level,)),))

    assert aggregation(of_studies).startswith("The score of a patient is the highest of")
    assert aggregation(replace(of_studies, rows=readers.patients)) == ""


def test_calls_are_told_of_no_calibration_and_no_chosen_threshold(readers):
    told = " ".join(methods(readers))

    assert "(sensitivity + specificity) / 2" in told
    assert "Calibration" not in told
    assert "Youden" not in told


def test_the_table_of_intervals_has_each_kind_with_its_figures(measured):
    rows = dict(intervals_table(measured).rows)

    assert "sensitivity" in rows["Clopper-Pearson"]
    assert "AUC" in rows["DeLong"]
    assert len(" ".join(methods(measured)).split("Methods of the intervals")) == 1

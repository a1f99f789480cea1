from dataclasses import replace

import pytest

from headct.measure.curves.operating import OperatingPoint
from headct.measure.outcomes import Level
from headct.report.measurement.data_tables import data_table
from headct.report.measurement.result_tables import (
    areas_table,
    averages_table,
    calibration_table,
    groups_table,
    more_scores_table,
    points_table,
    predictive_table,
    summary_table,
    votes_table,
)

FEW, LEADING = "Epidural hemorrhage", "Hemorrhage"


def cells(table, **wanted):
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def test_the_data_table_counts_what_was_made_up(measured):
    table = data_table(measured.systems[0], (Level.PATIENT, Level.SLICE))

    by_patient, by_slice = cells(table, label=LEADING)

    # Every second of 40 patients bleeds, in three of six slices.
    assert (by_patient["positive"], by_patient["negative"]) == (20, 20)
    assert (by_slice["positive"], by_slice["rows"]) == (60, 240)
    assert by_slice["patients with a positive row"] == 20
    # Those who bleed have slices without blood, too.
    assert by_slice["with a negative row"] == 40


@pytest.mark.parametrize("level", [Level.PATIENT, Level.SLICE])
def test_the_four_counts_of_a_point_add_up_to_the_rows(measured, level):
    table = points_table(measured.systems, level)

    sums = {sum(row[name] for name in ("TP", "FP", "FN", "TN")) for row in cells(table)}

    assert sums == {40 if level is Level.PATIENT else 240}


@pytest.mark.parametrize("build", [areas_table, points_table, calibration_table, more_scores_table])
def test_a_label_of_three_patients_has_counts_and_no_figures(measured, build):
    table = build(measured.systems[:1], Level.PATIENT)

    few = [row for row in table.rows if row[0] == FEW]
    last = {row[-1] for row in few}

    assert few
    assert last == {None}
    assert table.notes[0].startswith("With fewer than 10 patients")


def test_sensitivity_is_that_of_the_counts_beside_it(measured):
    table = points_table(measured.systems[:1], Level.PATIENT)

    row = cells(table, label=LEADING)[0]

    assert row["sensitivity"].value == pytest.approx(row["TP"] / (row["TP"] + row["FN"]))


def test_predictive_values_elsewhere_need_a_stated_prevalence(measured, lone):
    stated, not_stated = (predictive_table(one.systems, Level.SLICE) for one in (measured, lone))

    assert {row["label"] for row in cells(stated)} == {LEADING}
    assert not not_stated.rows


def test_a_column_of_systems_stands_where_there_are_several(measured):
    one, many = (
        areas_table(those, Level.SLICE) for those in (measured.systems[:1], measured.systems)
    )

    assert one.columns[0] == "label"
    assert many.columns[:2] == ("system", "label")
    assert len(many.rows) == 4 * len(one.rows)


def test_subgroups_have_each_site_once_for_a_system_and_label(measured):
    table = groups_table(measured.systems[:1], Level.PATIENT, "any_hemorrhage")

    found = cells(table)

    assert [row["group"] for row in found] == ["<b>Nord</b>", "Süd & West"]
    assert sum(row["rows"] for row in found) == 40


def test_the_summary_has_a_line_for_each_system_and_level(measured):
    table = summary_table(measured.systems, (Level.PATIENT, Level.SLICE), "any_hemorrhage")

    assert len(table.rows) == 2 * 4
    assert "0.5" in table.notes[0]


def test_averages_have_micro_and_macro_of_each_score(measured):
    table = averages_table(measured.systems[:1], (Level.SLICE,))

    assert {"sensitivity", "average precision"} <= {row["score"] for row in cells(table)}


def test_votes_are_cut_where_it_is_asked_for(measured):
    whole, cut = (votes_table(measured.systems[:1], "any_hemorrhage", most) for most in (None, 2))

    assert [row["slices"] for row in cells(cut)] == [1, 2]
    assert len(whole.rows) > 2


def test_the_last_number_of_votes_is_one_that_somebody_reaches(measured):
    (table,) = (votes_table(measured.systems[:1], "any_hemorrhage"),)

    last = cells(table)[-1]

    assert last["slices"] <= 6
    assert (last["sensitivity"].value, last["specificity"].value) != (0, 1)


def test_a_point_without_a_threshold_says_why(lone):
    label = replace(
        lone.systems[0].levels[0].labels[0],
        unmet=(OperatingPoint(None, "sensitivity of at least 0.95", "validation", "no positives"),),
    )
    level = replace(lone.systems[0].levels[0], labels=(label,))
    system = replace(lone.systems[0], levels=(level,))

    table = points_table((system,), Level.SLICE)

    told = "Hemorrhage, sensitivity of at least 0.95: no threshold, as there were no positives"
    assert any(note.startswith(told) for note in table.notes)


def test_what_chance_does_to_the_calibration_error_stands_below_it(lone):
    (label,) = (one for one in lone.systems[0].levels[0].labels if one.label == "any_hemorrhage")
    note = label.areas["calibration_error"].note

    table = calibration_table(lone.systems, Level.SLICE)

    assert any(note in one for one in table.notes)
    assert "by chance" in note


def test_the_prevalence_that_was_stated_stands_below_its_values(measured):
    table = predictive_table(measured.systems[:1], Level.SLICE)

    assert any("0.1" in note for note in table.notes if note.startswith("PPV at"))


def test_averages_say_that_bleeds_count_twice_beside_their_types(lone):
    table = averages_table(lone.systems, (Level.SLICE,))

    assert any("count twice" in note for note in table.notes)


def test_groups_are_said_to_be_untested_and_small_ones_have_no_area(measured):
    # Each site has 20 patients; the ill of each are 10, the same as the well.
    table = groups_table(measured.systems[:1], Level.PATIENT)

    assert table.notes[0].startswith("Groups are not tested against each other.")
    few = [dict(zip(table.columns, row, strict=True)) for row in table.rows if row[0] == LEADING]
    assert all(row["sensitivity"].value is not None for row in few)


def test_calls_have_no_row_of_calibration(readers):
    assert not calibration_table(readers.systems, Level.PATIENT).rows
    assert any("/ 2" in note for note in areas_table(readers.systems, Level.PATIENT).notes)

import pytest

from headct.report.measurement.other_tables import (
    agreement_table,
    case_list,
    error_list,
    mask_tables,
    models_table,
    runs_tables,
    volume_tables,
)


def test_models_are_compared_without_the_labels_of_too_few(measured):
    table = models_table(measured)

    assert [row[:3] for row in table.rows] == [
        ("By patient", "Hemorrhage", "small less large"),
        ("By slice", "Hemorrhage", "small less large"),
    ]
    assert "too few" in table.notes[1]


def test_agreement_is_that_of_the_measurement(measured):
    table = agreement_table(measured)

    (kappa,) = (
        one.kappa.kappa
        for one in measured.agreement
        if (one.level, one.label) == ("patient", "any_hemorrhage")
    )
    assert table.rows[0][3].value == kappa


def test_runs_are_told_with_the_names_of_scores_for_people(measured):
    runs, compared = runs_tables(measured.runs[0])

    names = {row[runs.columns.index("score")] for row in runs.rows}

    assert {"AUC", "Brier score", "sensitivity"} <= names
    assert "chance in training alone" in compared.notes[-1]


def test_volumes_have_limits_of_agreement_in_three_forms(measured):
    agreement, scores, *_ = volume_tables(measured.systems[:1])

    assert [row[2] for row in agreement.rows] == ["mL", "ratio", "%"]
    assert "Lin's concordance" in [row[0] for row in scores.rows]


def test_masks_are_counted_by_who_has_drawn(measured_masks):
    counted, averages, lesions, _ = mask_tables(measured_masks.masks)

    # Of two cases one is drawn half and one is missed: Dice of 2/3 and 0.
    assert counted.rows[0][3:7] == (1, 1, 0, 0)
    assert averages.rows[0][2].value == pytest.approx((2 * 16 / (16 + 32) + 0) / 2)
    assert lesions.rows[0][1:3] == (2, 1)


def test_lists_carry_the_identifiers_that_pages_do_not(measured, measured_masks):
    errors, cases = error_list(measured), case_list(measured_masks.masks)

    assert [row[0] for row in errors.rows] == list(range(1, len(errors.rows) + 1))
    assert all(row[6].startswith("Novak") for row in errors.rows)
    assert [row[1] for row in cases.rows] == ["Novak0", "Novak1"]

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from headct.report.measurement.mask_tables import mask_tables
from headct.report.measurement.other_tables import (
    agreement_table,
    case_list,
    cohen_table,
    error_list,
    models_table,
    runs_tables,
    volume_tables,
)


def test_models_are_compared_without_the_labels_of_too_few(measured):
    table = models_table(measured)

    assert [row[:3] for row in table.rows] == [
        ("By patient", "Hemorrhage", "large less small"),
        ("By slice", "Hemorrhage", "large less small"),
    ]
    assert any("too few" in note for note in table.notes)


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
    counted, averages, _, lesions, _ = mask_tables(measured_masks.masks)

    # Of two cases one is drawn half and one is missed: Dice of 2/3 and 0.
    assert counted.rows[0][3:7] == (1, 1, 0, 0)
    assert averages.rows[0][2].value == pytest.approx((2 * 16 / (16 + 32) + 0) / 2)
    assert lesions.rows[0][1:3] == (2, 1)


def test_lists_carry_the_identifiers_that_pages_do_not(measured, measured_masks):
    errors, cases = error_list(measured), case_list(measured_masks.masks)

    assert [row[0] for row in errors.rows] == list(range(1, len(errors.rows) + 1))
    assert all(row[6].startswith("Novak") for row in errors.rows)
    assert [row[1] for row in cases.rows] == ["Novak0", "Novak1"]


def test_every_two_readers_and_each_with_the_truth_have_cohens_kappa(readers):
    table = cohen_table(readers, "any_hemorrhage")

    found = {row[2:4]: row[4].value for row in table.rows}

    calls = [np.arange(40) % 2 * (np.arange(40) >= 2 * missed) for missed in (2, 4, 6)]
    assert len(found) == 3 + 3
    assert found["reader 0", "reader 2"] == pytest.approx(cohen_kappa_score(calls[0], calls[2]))
    assert found["reader 1", "truth"] == pytest.approx(
        cohen_kappa_score(calls[1], np.arange(40) % 2)
    )


def test_scores_averaged_over_runs_are_said_to_be(measured, readers):
    for build in (models_table, agreement_table):
        with_runs, without = (build(one).notes for one in (measured, readers))

        assert any("mean of their scores" in note for note in with_runs)
        assert not any("mean of their scores" in note for note in without)


def test_the_bias_stands_in_one_table_alone(measured):
    agreement, scores, *_ = volume_tables(measured.systems[:1])

    assert "bias" in agreement.columns
    assert "bias, mL" not in [row[0] for row in scores.rows]


def test_limits_in_ml_are_warned_of_where_differences_grow(measured):
    (volume, *_) = measured.systems[0].volumes
    steep, flat = (replace(volume.compared.agreement["absolute"], slope_p=p) for p in (0.0005, 0.2))

    notes = []
    for one in (steep, flat):
        compared = replace(
            volume.compared, agreement={**volume.compared.agreement, "absolute": one}
        )
        system = replace(measured.systems[0], volumes=(replace(volume, compared=compared),))
        notes.append(next(volume_tables((system,))).notes)

    assert [any("limits in mL" in one for one in those) for those in notes] == [True, False]


def test_distances_say_over_how_many_cases_they_are(measured_masks):
    (distance,) = (one for one in mask_tables(measured_masks.masks) if one.title == "Distance")

    # One of the two cases is missed: its distance is infinite.
    assert any(note.startswith("HD95, mm") and "1 of 2" in note for note in distance.notes)

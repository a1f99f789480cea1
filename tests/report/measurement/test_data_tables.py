from dataclasses import replace

from headct.report.measurement.data_tables import aggregation_table, validation_table


def test_validation_is_counted_by_label(measured, lone):
    table = validation_table(measured)

    # Half of 40 patients bleed, three of them epidurally; slices without blood all have.
    assert dict(row[:2] for row in table.rows) == {"Hemorrhage": 20, "Epidural hemorrhage": 3}
    assert table.notes[0].startswith("240 rows of 40 patients")
    assert not validation_table(lone).rows


def test_each_system_and_label_tells_how_slices_became_patients(lone, readers):
    system = replace(
        lone.systems[0], aggregation={"any_hemorrhage": "vote:3@0.5", "epidural": "max"}
    )

    assert [row[1:] for row in aggregation_table((system,)).rows] == [
        ("Hemorrhage", "by vote: 3 slices of a score of 0.5 or more"),
        ("Epidural hemorrhage", "the highest score of its slices"),
    ]
    assert not aggregation_table(readers.systems).rows

import re

from tests.report.measurement.conftest import write_tables

from headct.measure.evaluate.measure import measure
from headct.measure.evaluate.settings import Settings
from headct.measure.reading.predictions import read_pair
from headct.report.measurement.contents import full_tables


def test_every_table_has_rows_and_a_name_for_files(measured, measured_masks):
    for one in (measured, measured_masks):
        tables = full_tables(one)

        assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in tables)
        assert all(table.rows for table in tables.values())


def test_tables_of_labels_volumes_models_and_runs_are_there(measured):
    names = set(full_tables(measured))

    assert {
        *("summary", "data", "operating-points-by-patient", "calibration-by-slice", "bland-altman"),
        *("models-compared", "runs-by-patient-any-hemorrhage", "subgroups-by-slice", "votes"),
    } <= names


def test_masks_have_tables_of_masks_and_of_volumes(measured_masks):
    names = set(full_tables(measured_masks))

    assert {"masks-lesions", "masks-overlap", "masks-distance", "bland-altman"} <= names


def test_models_named_network_and_pipeline_make_the_grid_of_the_paper(tmp_path):
    systems = tuple((f"ResNet50/{name}", run) for name in "AB" for run in "12")
    pair = read_pair(*write_tables(tmp_path, 0, 1, systems))

    tables = full_tables(measure(pair, settings=Settings(samples=20)))
    grid = tables["paper-runs-by-patient-any-hemorrhage"]

    assert [row[:3] for row in grid.rows] == [("ResNet50", "A", 2), ("ResNet50", "B", 2)]
    assert grid.columns[:4] == ("network", "pipeline", "runs", "accuracy")

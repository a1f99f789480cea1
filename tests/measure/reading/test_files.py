from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headct.core.errors import MeasureError
from headct.measure.reading.files import open_file, read_columns


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MeasureError, match=r"^absent\.csv does not exist"):
        open_file(tmp_path / "absent.csv")


@pytest.mark.parametrize("name", [".", "../tables"])
def test_a_folder_is_refused_by_its_name(tmp_path, monkeypatch, name):
    (tmp_path / "tables").mkdir()
    monkeypatch.chdir(tmp_path / "tables")

    with pytest.raises(MeasureError, match=r"^tables is a folder: expected a CSV or Parquet file"):
        open_file(Path(name))


def test_the_format_is_told_by_the_content(write):
    file = open_file(write("truth.parquet", "patient,epidural\na,0\n"))

    assert file.header == ("patient", "epidural")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.binary(max_size=60), st.sampled_from([b"", b"patient,epidural\n", b"PAR1", b"\xff\xfe"]))
def test_any_bytes_are_read_or_refused(tmp_path, tail, head):
    path = tmp_path / "p.csv"
    path.write_bytes(head + tail)

    try:
        table = read_columns(open_file(path), ["patient"], ["epidural"])
    except MeasureError:
        return

    assert len(table) == len(table.texts["patient"]) == len(table.numbers["epidural"]) > 0

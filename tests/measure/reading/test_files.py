import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headct.core.errors import MeasureError
from headct.measure.reading.files import open_file, read_columns


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_what_cannot_be_opened_is_refused(tmp_path, name):
    with pytest.raises(MeasureError, match=r"cannot be read \(.*Error\)"):
        open_file(tmp_path / name)


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

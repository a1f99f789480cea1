import pytest

from headct.dicom.datetimes import is_plain, shifted


@pytest.mark.parametrize(
    ("value", "vr", "moved"),
    [
        ("20240301", "DA", "20240229"),
        ("20230301", "DA", "20230228"),
        ("20240301\\20240101", "DA", "20240229\\20231231"),
        ("20240301112233.5+0100", "DT", "20240229112233.5+0100"),
        ("112233.123456", "TM", "112233.123456"),
        ("+0100", "SH", "+0100"),
        ("", "DA", ""),
    ],
)
def test_days_move_and_times_stay(value, vr, moved):
    assert shifted(value, vr, -1) == moved


@pytest.mark.parametrize(
    ("value", "vr"),
    [("20240230", "DA"), ("Doe", "DA"), ("202403", "DT"), ("00010101", "DA"), ("Doe", "TM")],
)
def test_what_is_no_whole_date_is_not_moved(value, vr):
    assert shifted(value, vr, -1) is None


def test_a_text_is_no_date():
    assert not is_plain("20240301 Doe", "DA")
    assert not is_plain("20240301", "LO")

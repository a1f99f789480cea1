import pytest

from headct.core.text import decode, delimiter_of, encoding_of, lines, no_formula


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
def test_text_of_slovak_systems_is_read_in_any_of_its_encodings(encoding):
    assert decode("Žltá leukoaraióza".encode(encoding)) == "Žltá leukoaraióza"


def test_bytes_that_are_no_text_in_any_of_them_are_refused():
    with pytest.raises(UnicodeDecodeError):
        decode(b"\x81\x83\x90\n")


def test_plain_text_counts_as_utf_8():
    assert encoding_of(b"a,b") == "utf-8-sig"


@pytest.mark.parametrize(
    ("header", "separates"),
    [("a,b", ","), ("a;b", ";"), ("a;b,c;d", ";"), ("a\tb\tc,d", "\t"), ("a;b,c", ","), ("a", ",")],
)
def test_cells_are_separated_by_what_there_is_most_of(header, separates):
    assert delimiter_of(header) == separates


def test_places_are_told_by_examples():
    assert lines([7]) == "line 7"
    assert lines([7, 9, 12, 15]) == "lines 7, 9, 12, …"
    assert lines([7, 9], word="row") == "rows 7, 9"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\tx"])
def test_no_spreadsheet_takes_a_name_for_a_formula(text):
    assert no_formula(text) == f"'{text}"
    assert no_formula(f"a{text}") == f"a{text}"

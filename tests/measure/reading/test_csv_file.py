import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headct.measure.reading.csv_file as csv_file
from headct.core.errors import MeasureError
from headct.measure.reading.files import open_file, read_columns

# pandas writes a lone carriage return without quotes, which then ends the line for any reader.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


def read(path, texts=("patient",), numbers=("epidural",)):
    return read_columns(open_file(path), texts, numbers)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_separator_and_encoding_gives_the_same_rows(tmp_path, separator, encoding, end):
    rows = ["patient,epidural,site", "Žofia , 0.25,a", "", '"Ján",,b']
    path = tmp_path / "p.csv"
    path.write_bytes(end.join(rows).replace(",", separator).encode(encoding))

    table = read(path)

    assert table.texts["patient"].tolist() == ["Žofia", "Ján"]
    assert table.numbers["epidural"].tolist() == pytest.approx([0.25, np.nan], nan_ok=True)
    assert table.places.tolist() == [2, 4]


def test_a_decimal_comma_is_read_where_semicolons_separate(write):
    table = read(write("p.csv", "patient;epidural\na;0,25\nb;1\n"))

    assert table.numbers["epidural"].tolist() == [0.25, 1.0]


def test_a_row_over_several_lines_is_told_by_its_first(write):
    table = read(write("p.csv", 'patient,epidural\n"a\nb\r\nc",0\nd,1\n"e\nf",0\ng,1\n'))

    assert table.places.tolist() == [2, 5, 6, 8]


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "1_0", "yes", "0,5 ", "1e999", "0x1"])
def test_what_is_no_number_is_refused_with_its_line(write, cell):
    path = write("p.csv", f'patient,epidural\nNovak,0\nNovak,"{cell}"\n')

    with pytest.raises(MeasureError) as refused:
        read(path)

    assert str(refused.value).startswith("p.csv, line 3: column epidural holds other than a number")
    assert "Novak" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient,epidural\na,0\nb\n", "p.csv, line 3: expected 2 cells, as the header has"),
        ("patient,epidural\na,0\nb,1,2\n", "p.csv, line 3: expected 2 cells"),
        ("patient,epidural,epidural\na,0,1\n", "p.csv, line 1: column epidural is there twice"),
        ("patient,epidural\n\n", "p.csv has a header and no rows"),
        (" \n", "p.csv is empty"),
        ("PK\x03\x04", "p.csv is a spreadsheet or ZIP file: save it as CSV"),
        (f"patient,epidural\n{'x' * 200_000},0\n", "p.csv, line 2: field larger"),
        ('epidural,patient\n0,a\n1,"b\n0,c\n', "p.csv, line 4: unexpected end of data; look at"),
        (
            'patient,epidural\n"a,0\nb",1,0\n',
            "p.csv, line 2: expected 2 cells, as the header has, and a cell runs over several",
        ),
        ('"patient,epidural\na,0\n', "p.csv, line 1: unexpected end of data; look at"),
    ],
)
def test_what_is_no_table_is_refused(write, text, told):
    with pytest.raises(MeasureError) as refused:
        read(write("p.csv", text))

    assert str(refused.value).startswith(told)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"patient,epidural\n\x81\x83,0\n")

    with pytest.raises(MeasureError, match=r"p\.csv is no text"):
        read(path)


def test_many_parts_are_read_as_one(write, monkeypatch):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"patient": rng.integers(0, 9, 50).astype(str), "epidural": rng.random(50)}
    )
    path = write("p.csv", table.to_csv(index=False))
    monkeypatch.setattr(csv_file, "_CHUNK", 7)

    found = read(path)

    assert found.texts["patient"].tolist() == table["patient"].tolist()
    assert found.numbers["epidural"].tolist() == table["epidural"].tolist()
    assert found.places.tolist() == list(range(2, 52))


@given(st.lists(st.tuples(CELLS, st.floats(0, 1) | st.none()), min_size=1, max_size=20))
def test_what_pandas_writes_is_read_back(tmp_path_factory, rows):
    table = pd.DataFrame(rows, columns=["patient", "epidural"]).astype({"epidural": float})
    path = tmp_path_factory.mktemp("csv") / "p.csv"
    table.to_csv(path, index=False)

    found = read(path)

    assert found.texts["patient"].tolist() == [name.strip() for name, _ in rows]
    np.testing.assert_array_equal(found.numbers["epidural"], table["epidural"])

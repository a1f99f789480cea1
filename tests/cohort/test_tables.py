import pytest

from headct.cohort.tables import read_header, read_rows
from headct.core.errors import CohortError


def table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("text", ["a,b\n1,x\n,y\n", "a;b\r\n1;x\r\n;y\r\n", " a , b \n1 , x\n\n,y"])
def test_commas_semicolons_blanks_and_empty_lines_give_the_same_rows(tmp_path, text):
    rows = list(read_rows(table(tmp_path, text), ["a"], ["b"]))

    assert [dict(row.cells) for row in rows] == [{"a": "1", "b": "x"}, {"a": "", "b": "y"}]
    assert [row.flag("a") for row in rows] == [True, None]


def test_a_row_over_several_lines_is_told_by_its_first(tmp_path):
    path = table(tmp_path, 'a,b\n1,"two\nlines"\n7,x\n')

    rows = list(read_rows(path, ["a", "b"]))

    assert [row.line for row in rows] == [2, 4]
    with pytest.raises(CohortError, match=r"labels\.csv, line 4: column a holds other than"):
        rows[1].flag("a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,c\n1,2\n", r"line 1: unknown column 'c'; expected a, b"),
        ("b\n1\n", "line 1: no column a"),
        ("a,b,a\n1,2,3\n", "line 1: column a is there twice"),
        ("a,b\n1\n", "line 2: expected 2 cells, as the header has, got 1"),
        ("a,b\n1,2\n1,2,3\n", "line 3: expected 2 cells, as the header has, got 3"),
        ("a,b\n", "has a header and no rows"),
        ("", "line 1: no column a"),
    ],
)
def test_what_is_not_right_is_told_with_its_line(tmp_path, text, said):
    with pytest.raises(CohortError, match=rf"labels\.csv,? {said}"):
        list(read_rows(table(tmp_path, text), ["a"], ["b"]))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\x81\x83\x90\n")

    with pytest.raises(CohortError, match=r"labels\.csv cannot be read"):
        list(read_rows(path, ["a"]))
    assert read_header(path) == ()
    assert read_header(tmp_path / "none.csv") == ()

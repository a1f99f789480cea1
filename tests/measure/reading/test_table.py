import numpy as np
import pytest

from headct.core.errors import MeasureError
from headct.measure.reading.table import Pool, Table, as_texts, join


def table(*places, word="line"):
    texts = as_texts([f"Novak {place}" for place in places])
    return Table("truth.csv", np.array(places), {"patient": texts}, {}, word)


def test_rows_are_told_by_file_and_line_alone():
    error = table(2, 3, 4, 9, 11).error([0, 1, 3, 4], "no")

    assert str(error) == "truth.csv, lines 2, 3, 9, …: no"


def test_rows_of_a_file_without_lines_are_told_as_rows():
    assert table(1, 2, word="row").place([1]) == "truth.csv, row 2"


def test_the_first_wrong_row_is_refused_and_the_others_counted():
    with pytest.raises(MeasureError, match=r"^truth\.csv, line 3: bad; 2 more rows are like it$"):
        table(2, 3, 4, 5).check(np.array([True, False, False, False]), "bad")


def test_parts_join_in_their_order():
    joined = join([table(2, 3), table(5)])

    assert joined.places.tolist() == [2, 3, 5]
    assert joined.texts["patient"].tolist() == ["Novak 2", "Novak 3", "Novak 5"]


def test_some_rows_keep_their_places():
    some = table(2, 3, 5).at(np.array([2, 0]))

    assert some.places.tolist() == [5, 2]
    assert some.texts["patient"].tolist() == ["Novak 5", "Novak 2"]


def test_the_same_text_is_held_once():
    pool = Pool()
    first, second = (
        pool(Table("p.csv", np.array([2]), {"patient": as_texts([name[:5]])}, {}))
        for name in ("Novak 1", "Novak 2")
    )

    assert first.texts["patient"][0] is second.texts["patient"][0]

import numpy as np
import pytest

from headct.core.errors import MeasureError
from headct.measure.outcomes import Level
from headct.measure.reading.joined import join
from headct.measure.reading.match import sides
from headct.measure.reading.table import Table


def joined(predictions, truth):
    made = []
    for file, columns in (("p.csv", predictions), ("t.csv", truth)):
        texts = {name: np.array(cells.split(), np.object_) for name, cells in columns.items()}
        rows = len(next(iter(texts.values())))
        made.append(Table(file, np.arange(2, rows + 2), texts, {}))
    return join(*sides(*made))


@pytest.mark.parametrize(
    ("predictions", "truth"),
    [
        ({"patient": "v u u", "study": "y x x", "slice": "1 1 2"}, {"patient": "u v"}),
        ({"study": "y x x", "slice": "1 1 2"}, {"patient": "u v", "study": "x y"}),
        (
            {"slice": "a b c"},
            {"patient": "u v u", "study": "x y x", "slice": "b a c"},
        ),
        (
            {"patient": "v u u", "slice": "1 1 2"},
            {"patient": "u u v", "study": "x x y", "slice": "1 2 1"},
        ),
    ],
)
def test_patients_and_studies_are_taken_from_whichever_file_has_them(predictions, truth):
    found = joined(predictions, truth)

    assert found.names[:, :2].tolist() == [["v", "y"], ["u", "x"], ["u", "x"]]
    assert found.patients.tolist() == found.studies.tolist() == [1, 0, 0]


def test_without_studies_each_patient_is_one():
    found = joined({"patient": "v u", "slice": "1 1"}, {"patient": "u v"})

    assert found.names.tolist() == [["v", "", "1"], ["u", "", "1"]]
    assert found.studies.tolist() == found.patients.tolist()
    assert not found.has_studies


def test_names_are_as_wide_as_the_level():
    assert joined({"patient": "u"}, {"patient": "u"}).names.shape == (1, 1)
    assert joined({"study": "x"}, {"patient": "u", "study": "x"}).names.tolist() == [["u", "x"]]


def test_without_patients_there_is_no_measurement():
    with pytest.raises(MeasureError, match=r"neither p\.csv nor t\.csv has a column patient"):
        joined({"study": "x", "slice": "1"}, {"study": "x"})


def test_truth_of_the_rows_themselves_needs_no_statement():
    found = joined({"patient": "u v"}, {"patient": "v u"})

    assert found.matched.level is Level.PATIENT
    assert found.stated(()) is None

import pytest

from headct.core.errors import MeasureError
from headct.measure.reading.case_patients import read_case_patients


def test_a_patient_may_have_several_cases(write):
    path = write("whose.csv", "case;patient;age\nsite/2;anna;61\n007;anna;62\n\n1;bert;\n")

    assert read_case_patients(path) == {"site/2": "anna", "007": "anna", "1": "bert"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case,who\na,anna\n", "whose.csv has no column patient"),
        ("case,patient\na,anna\nb,\n", "whose.csv, line 3: column patient is empty"),
        ("case,patient\n,anna\n", "whose.csv, line 2: column case is empty"),
        (
            "case,patient\nb,anna\na,anna\nb,bert\n",
            "whose.csv, line 4: a case that is listed above: list each once",
        ),
    ],
)
def test_a_table_that_leaves_a_case_open_is_refused_without_names(write, text, told):
    with pytest.raises(MeasureError) as refused:
        read_case_patients(write("whose.csv", text))

    assert str(refused.value).startswith(told)
    assert "anna" not in str(refused.value)

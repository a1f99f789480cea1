import pytest

from headct.core.errors import MeasureError
from headct.measure.reading.columns import columns_of
from headct.measure.reading.files import open_file


def columns(write, header, texts=("site",)):
    return columns_of(open_file(write("p.csv", f"{header}\n")), texts)


def test_columns_are_sorted_by_what_they_hold(write):
    found = columns(write, "slice,site,subdural,epidural,epidural_ml,abc2_ml,kernel,patient,kvp")

    assert found.texts == ("patient", "slice", "site")
    assert found.numbers == ("epidural", "subdural", "epidural_ml", "abc2_ml")
    assert [str(one) for one in found.unused] == ["2 columns of p.csv: not used: kernel, kvp"]


@pytest.mark.parametrize(
    ("header", "place", "meant"),
    [
        ("Patient,epidural", 1, "patient"),
        ("patient_id,epidural", 1, "patient"),
        ("patient,Slice,epidural", 2, "slice"),
        ("patient,intraventriclar", 2, "intraventricular"),
        ("patient,any", 2, "any_hemorrhage"),
        ("patient,epidural_probability,subdural", 2, "epidural"),
        ("patient,epidural,subdural volume (ml)", 3, "subdural_ml"),
        ("patient,epidural,Site", 3, "site"),
    ],
)
def test_a_name_near_one_that_is_lacking_is_refused(write, header, place, meant):
    with pytest.raises(MeasureError, match=rf"^p\.csv: column {place} .* meant as {meant}: name"):
        columns(write, header)


@pytest.mark.parametrize("name", ["study_date", "patient_age", "age", "sex", "kernel", "notes"])
def test_other_columns_are_passed_over_and_told(write, name):
    found = columns(write, f"patient,epidural,{name}")

    assert name in found.unused[0].reason


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Novak Jan,0.5", "no column patient, study or slice: its first line must name"),
        ("patient,Novak", "no column of a label or a volume: expected some of any_hemorrhage"),
    ],
)
def test_without_a_header_nothing_of_the_first_line_is_told(write, header, told):
    with pytest.raises(MeasureError, match=told) as refused:
        columns(write, header)

    assert "Novak" not in str(refused.value)

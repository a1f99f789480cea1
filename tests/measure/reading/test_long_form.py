import numpy as np
import pandas as pd
import pytest

from headct.core.errors import MeasureError
from headct.core.labels import ANY_HEMORRHAGE, EPIDURAL
from headct.measure.reading.files import open_file
from headct.measure.reading.long_form import is_long, read_long

KINDS = (
    *("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural"),
    "any",
)


def long_form(path):
    return read_long(open_file(path))


def test_the_rows_of_a_slice_are_gathered_from_wherever_they_stand(write):
    rng = np.random.default_rng(0)
    rows = [(f"ID_{slice_:x}", kind) for slice_ in range(40) for kind in KINDS]
    table = pd.DataFrame(rows, columns=["slice", "kind"]).assign(Label=rng.random(240))
    table = table.sample(frac=0.9, random_state=1).reset_index(drop=True)
    table["ID"] = table["slice"] + "_" + table["kind"]
    path = write("long.csv", table[["ID", "Label"]].to_csv(index=False))

    found = long_form(path)

    wide = table.pivot(index="slice", columns="kind", values="Label").loc[found.texts["slice"]]
    first = table.reset_index().groupby("slice")["index"].min().loc[found.texts["slice"]]
    for kind in KINDS:
        label = ANY_HEMORRHAGE if kind == "any" else kind
        np.testing.assert_array_equal(found.numbers[label], wide[kind])
    assert (found.places - 2).tolist() == first.tolist()


def test_the_long_form_is_told_by_its_header(write):
    assert is_long(open_file(write("a.csv", "ID,Label\n")))
    assert not is_long(open_file(write("b.csv", "ID,epidural\n")))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("ID_1_any,0\nID_1_all,0", "line 3: expected ID_, a slice and one of epidural"),
        ("ID_1_any,0\nany,0", "line 3: expected ID_, a slice and one of epidural"),
        ("ID_1_any,0\nID_2_any,0\nID_1_any,1", "lines 2, 4: one slice and subtype twice"),
        ("ID_1_any,x", "line 2: column Label holds other than a number"),
    ],
)
def test_what_is_not_right_is_told_with_its_line(write, rows, told):
    with pytest.raises(MeasureError, match=rf"^long\.csv, {told}") as refused:
        long_form(write("long.csv", f"ID,Label\n{rows}\n"))

    assert "ID_1_" not in str(refused.value)


def test_a_header_alone_is_refused(write):
    with pytest.raises(MeasureError, match="a header and no rows"):
        long_form(write("long.csv", "ID,Label\n"))


def test_a_subtype_without_its_row_is_not_known(write):
    table = long_form(write("long.csv", "ID,Label\nID_1_any,1\n"))

    assert table.numbers[ANY_HEMORRHAGE].tolist() == [1.0]
    assert np.isnan(table.numbers[EPIDURAL]).all()

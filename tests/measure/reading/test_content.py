import numpy as np
import pytest

from headct.core.errors import MeasureError
from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.reading.content import read_predictions, read_truth, with_any_hemorrhage

SUBTYPES = "epidural,intraparenchymal,intraventricular,subarachnoid,subdural"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("0.5;1.01;200", "line 3: .* a probability from 0 to 1; 1 more row is like it$"),
        ("0.5;93.1;7", "line 3: .*; divide by 100, if these are percent"),
        ("0.5;0.1;-3.2", "line 4: .*; take the sigmoid, if these are logits"),
    ],
)
def test_probabilities_outside_0_to_1_are_refused_with_what_they_may_be(write, cells, told):
    rows = "\n".join(f"Novak{i},{cell}" for i, cell in enumerate(cells.split(";")))

    with pytest.raises(MeasureError, match=rf"^p\.csv, {told}") as refused:
        read_predictions(write("p.csv", f"patient,epidural\n{rows}\n"), ())

    assert "Novak" not in str(refused.value)


def test_probabilities_of_0_and_1_and_none_are_read(write):
    content = read_predictions(write("p.csv", "patient,epidural,subdural\na,0,\nb,1,\n"), ())

    assert content.labels == ("epidural", "subdural")
    assert content.table.numbers["epidural"].tolist() == [0.0, 1.0]
    assert np.isnan(content.table.numbers["subdural"]).all()


@pytest.mark.parametrize("cell", ["0.5", "2", "-1"])
def test_truth_other_than_0_and_1_is_refused(write, cell):
    with pytest.raises(MeasureError, match=r"^t\.csv, line 3: .* other than 0, 1 or nothing"):
        read_truth(write("t.csv", f"patient,epidural\na,1\nb,{cell}\n"), ())


def test_no_hemorrhage_with_a_subtype_is_refused(write):
    path = write("t.csv", "patient,any_hemorrhage,subdural\na,,1\nb,1,0\nc,0,0\nd,0,\ne,0,1\n")

    with pytest.raises(MeasureError, match=r"line 6: any_hemorrhage is 0 and subdural is 1"):
        read_truth(path, ())


@pytest.mark.parametrize("read", [read_predictions, read_truth])
def test_negative_volumes_are_refused(write, read):
    path = write("p.csv", "patient,epidural_ml\na,0\nb,\nc,-2\n")

    with pytest.raises(MeasureError, match=r"line 4: column epidural_ml holds a negative volume"):
        read(path, ())


def test_abc2_of_slices_is_refused(write):
    path = write("p.csv", "patient,slice,epidural_ml,abc2_ml\na,1,2,3\n")

    with pytest.raises(MeasureError, match="abc2_ml is of a study"):
        read_predictions(path, ())


@pytest.mark.parametrize(
    ("header", "cells", "value"),
    [
        (SUBTYPES, "0,0,0,0,0", 0.0),
        (SUBTYPES, "0,0,1,0,0", 1.0),
        (SUBTYPES, "0,,1,0,0", 1.0),
        (SUBTYPES, "0,,0,0,0", np.nan),
        ("epidural,subdural", "0,0", np.nan),
        ("epidural,subdural", "0,1", 1.0),
    ],
)
def test_any_hemorrhage_follows_from_subtypes_as_far_as_they_are_known(write, header, cells, value):
    truth = read_truth(write("t.csv", f"patient,{header}\na,{cells}\n"), ())

    (found,) = with_any_hemorrhage(truth).table.numbers[ANY_HEMORRHAGE]

    assert found == pytest.approx(value, nan_ok=True)

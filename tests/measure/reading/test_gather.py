import numpy as np
import pytest

from headct.core.errors import MeasureError
from headct.measure.reading.gather import MOST_GROUPS, columns, group_values, sums, truth_of
from headct.measure.reading.match import match, rows_of_systems, sides
from headct.measure.reading.table import Table

TABLE = Table("t.csv", np.array([2, 3]), {}, {"epidural": np.array([1.0, np.nan])})


def test_a_column_that_is_lacking_is_not_known():
    np.testing.assert_array_equal(columns(TABLE, ["subdural", "epidural"])[:, 0], [np.nan] * 2)
    assert truth_of(TABLE, ["subdural", "epidural"]).tolist() == [[-1, 1], [-1, -1]]


def with_site(file, column, **identifiers):
    texts = {name: np.array(cells.split(), np.object_) for name, cells in identifiers.items()}
    texts["site"] = np.array(column, np.object_)
    return Table(file, np.arange(2, 2 + len(column)), texts, {})


def values(predictions, truth, name="site"):
    asked, there = sides(predictions, truth)
    _, rows = rows_of_systems(asked)
    return group_values(name, there, match(asked.at(rows[0]), there), predictions, rows).tolist()


def test_a_subgroup_is_told_by_truth_before_predictions():
    predictions = with_site("p.csv", ["x", "y"], patient="u v")
    truth = with_site("t.csv", ["b", "a", "a", "c"], patient="v u u w", slice="1 1 2 1")

    assert values(predictions, truth) == ["a", "b"]


def test_a_patient_of_two_sites_is_of_several():
    predictions = Table("p.csv", np.array([2, 3]), {"patient": np.array(["u", "v"], object)}, {})
    truth = with_site("t.csv", ["b", "a", "c", "b"], patient="v u u v", slice="1 1 2 2")

    assert values(predictions, truth) == ["several", "b"]


def test_predictions_may_tell_the_subgroup_and_systems_must_agree():
    truth = Table("t.csv", np.array([2, 3]), {"patient": np.array(["u", "v"], object)}, {})
    agree, differ = (
        with_site("p.csv", [*"ab", last, "a"], patient="u v v u", run="1 1 2 2") for last in "bc"
    )

    assert values(agree, truth) == ["a", "b"]
    with pytest.raises(MeasureError, match=r"p\.csv, lines 3, 4: one row of two systems with two"):
        values(differ, truth)


def test_a_column_of_many_values_is_no_subgroup():
    names = " ".join(f"p{i}" for i in range(MOST_GROUPS + 1))
    ages = with_site("t.csv", [f"{i} years" for i in range(MOST_GROUPS + 1)], patient=names)

    with pytest.raises(MeasureError, match=r"column site has 31 different values") as refused:
        values(ages, ages)

    assert "years" not in str(refused.value)


def test_a_sum_with_an_unknown_part_is_unknown():
    values = np.array([[1.5, 2.0], [0.5, np.nan], [4.0, 1.0]])

    found = sums(values, np.array([0, 0, 1]), 2)

    np.testing.assert_array_equal(found, [[2.0, np.nan], [4.0, 1.0]])

import numpy as np
import pytest

from headct.core.errors import MeasureError
from headct.measure.outcomes import Level
from headct.measure.reading.match import match, rows_of_systems, sides
from headct.measure.reading.table import Table


def table(file, **columns):
    texts = {name: np.array(cells.split(), np.object_) for name, cells in columns.items()}
    rows = len(next(iter(texts.values())))
    return Table(file, np.arange(2, rows + 2), texts, {})


def matched(predictions, truth):
    asked, there = sides(table("p.csv", **predictions), table("t.csv", **truth))
    return match(asked, there)


def test_rows_meet_at_the_coarser_level_by_what_both_files_have():
    found = matched({"study": "b a a c", "slice": "1 1 2 1"}, {"study": "a c b d"})

    assert found.level is Level.STUDY
    assert found.firsts[found.group].tolist() == [2, 0, 0, 1]
    assert found.unpredicted.tolist() == [3]


def test_finer_truth_is_grouped():
    found = matched({"patient": "b a"}, {"patient": "a b a c", "slice": "1 1 2 1"})

    assert found.level is Level.PATIENT
    assert found.firsts[found.group].tolist() == [1, 0]
    assert found.groups[[0, 2]].tolist() == [found.group[1]] * 2
    assert found.groups[[1, 3]].tolist() == [found.group[0], -1]


def test_truth_that_nothing_was_predicted_of_stands_aside():
    found = matched({"study": "a b", "slice": "1 1"}, {"study": "b a c a", "slice": "1 2 1 1"})

    assert found.firsts[found.group].tolist() == [3, 0]
    assert found.unpredicted.tolist() == [1, 2]
    assert found.groups.tolist() == [found.group[1], -1, -1, found.group[0]]


def test_slices_are_told_apart_within_their_study_or_else_their_patient():
    by_study = matched({"study": "a b", "slice": "1 1"}, {"study": "b a", "slice": "1 1"})
    by_patient = matched({"patient": "a b", "slice": "1 1"}, {"patient": "b a", "slice": "1 1"})

    assert by_study.firsts[by_study.group].tolist() == [1, 0]
    assert by_patient.firsts[by_patient.group].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("predictions", "truth", "told"),
    [
        ({"slice": "u"}, {"study": "u"}, "p.csv has no column study, and t.csv has rows by study"),
        ({"patient": "u"}, {"study": "u"}, "t.csv has no column patient, and p.csv has rows by"),
        (
            {"patient": "u u u", "slice": "1 2 3"},
            {"patient": "u u", "slice": "2 4"},
            "p.csv, lines 2, 4: no truth in t.csv for 2 of 3 predictions, compared by patient and",
        ),
        (
            {"patient": "u u", "study": "x x", "slice": "1 2"},
            {"patient": "u v", "study": "x y", "slice": "1 2"},
            "p.csv, line 3: no truth in t.csv for 1 of 2 predictions, compared by study and slice",
        ),
        (
            {"patient": "u u", "study": "x y"},
            {"patient": "u v", "study": "x y"},
            "p.csv, line 3: another patient than in t.csv, line 3, for the same study",
        ),
        (
            {"patient": "u"},
            {"patient": "v v u w v"},
            "t.csv, lines 2, 3: the same patient twice (2 of these); find out which is right",
        ),
        (
            {"study": "x y", "slice": "1 1"},
            {"slice": "1"},
            (
                "p.csv, lines 2, 3: the same slice twice (1 of these) as far as t.csv tells them "
                "apart: add the column study there"
            ),
        ),
        (
            {"patient": "u v", "study": "x x"},
            {"study": "x"},
            "p.csv, lines 2, 3: one study with two patients",
        ),
    ],
)
def test_files_that_do_not_belong_together_are_refused(predictions, truth, told):
    with pytest.raises(MeasureError) as refused:
        matched(predictions, truth)

    assert str(refused.value).startswith(told)


def test_an_empty_identifier_is_refused():
    empty = Table("p.csv", np.array([2]), {"patient": np.array([""], np.object_)}, {})

    with pytest.raises(MeasureError, match=r"p\.csv, line 2: column patient is empty"):
        sides(empty, table("t.csv", patient="a"))


def systems(**columns):
    asked, _ = sides(table("p.csv", **columns), table("t.csv", patient="a"))
    return rows_of_systems(asked)


def test_rows_of_systems_stand_in_the_order_of_the_first():
    names, rows = systems(
        model="B A B A A B", run="1 1 1 1 1 1", patient="y x x z y z", slice="1 1 1 1 1 1"
    )

    assert names == (("B", "1"), ("A", "1"))
    assert rows.tolist() == [[0, 2, 5], [4, 1, 3]]


def test_one_system_needs_no_name():
    names, rows = systems(patient="b a c")

    assert names == (("", ""),)
    assert rows.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            {"model": "A A B", "patient": "x y x"},
            (
                "p.csv, line 3: systems must have the same rows: model B lacks 1 of the rows of "
                "model A, and has 0 that"
            ),
        ),
        (
            {"model": "A A B B", "patient": "x y x z"},
            (
                "p.csv, lines 3, 5: systems must have the same rows: model B lacks 1 of the rows "
                "of model A, and has 1 that"
            ),
        ),
        (
            {"model": "A A A B", "patient": "x y x x"},
            "p.csv, lines 2, 4: the same model and run and patient twice (1 of these)",
        ),
        (
            {"run": "1 2", "patient": "u v", "slice": "s s", "study": "x y"},
            "p.csv, lines 2, 3: systems must have the same rows: run 2 lacks 1 of the rows of run",
        ),
    ],
)
def test_systems_with_different_rows_are_refused(columns, told):
    with pytest.raises(MeasureError) as refused:
        systems(**columns)

    assert str(refused.value).startswith(told)

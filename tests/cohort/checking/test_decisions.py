import csv
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.checking.decisions import (
    COLUMNS,
    Decided,
    Decisions,
    apply_decisions,
    read_decisions,
    write_questions,
)
from headct.cohort.doubt import Doubt, Kind
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.errors import CohortError
from headct.core.labels import ANY_HEMORRHAGE, LEUKOENCEPHALOPATHY, SUBDURAL

COHORT = Cohort(
    "c",
    (
        Case("00101", "a", Path("x"), {LEUKOENCEPHALOPATHY: None}),
        Case("00102", "b", Path("y"), {ANY_HEMORRHAGE: False, SUBDURAL: True}),
        Case("00103", "c", Path("z"), {ANY_HEMORRHAGE: True, SUBDURAL: False}),
    ),
)
UNDECIDED = Doubt(
    Kind.UNDECIDED, "it can be read both ways", "00101", "a", LEUKOENCEPHALOPATHY, "Otázna, \nasi"
)
CONTRADICTION = Doubt(Kind.CONTRADICTION, "both", "00102", "b", ANY_HEMORRHAGE)
SUSPECT = Doubt(Kind.SUSPECT, "look", "00103", "c", SUBDURAL, blocks=False)
BAD_IMAGE = Doubt(Kind.QUALITY, "it moved", "00103", "c")
NO_SCAN = Doubt(Kind.NO_IMAGES, "no folder", "00999", "")
DOUBTS = (SUSPECT, UNDECIDED, CONTRADICTION, BAD_IMAGE, NO_SCAN)


@pytest.fixture
def filled(tmp_path):
    """A function that writes the questions with decisions, by (kind, patient)."""

    def fill(decisions, doubts=DOUBTS, encoding="utf-8", delimiter=","):
        path = tmp_path / "questions.csv"
        write_questions(doubts, Decisions(), path)
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["decision"] = decisions.get((row["kind"], row["patient"]), "")
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return fill


def labels(settled, patient):
    (case,) = (case for case in settled.cohort.cases if case.patient == patient)
    return case.labels


def test_questions_come_with_what_blocks_first_and_no_decision(tmp_path):
    write_questions(DOUBTS, Decisions(), tmp_path / "q.csv")

    with (tmp_path / "q.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))

    assert [row["blocks"] for row in rows] == ["yes", "yes", "yes", "yes", "no"]
    assert {row["decision"] for row in rows} == {""}
    assert rows[0]["quoted"] == UNDECIDED.quoted
    assert rows[0]["patient"] == "00101"


def test_nothing_decided_leaves_all_open_and_out(filled):
    settled = apply_decisions(COHORT, DOUBTS, filled({}))

    assert settled.doubts == DOUBTS
    assert settled.usable == ()


def test_without_a_file_what_blocks_is_out():
    settled = apply_decisions(COHORT, (UNDECIDED, SUSPECT), None)

    # The labels of 00102 cannot both be true, though the reader of the cohort did not say so.
    assert [case.patient for case in settled.usable] == ["00103"]
    assert [doubt.patient for doubt in settled.doubts if doubt.blocks] == ["00101", "00102"]


@pytest.mark.parametrize(("decision", "label"), [("1", True), ("0", False)])
def test_a_label_that_is_decided_is_known(filled, decision, label):
    settled = apply_decisions(COHORT, DOUBTS, filled({("undecided report", "00101"): decision}))

    assert labels(settled, "00101") == {LEUKOENCEPHALOPATHY: label}
    assert UNDECIDED not in settled.doubts
    assert [case.patient for case in settled.usable] == ["00101"]


def test_keep_leaves_the_label_as_it_is_and_lets_the_case_in(filled):
    settled = apply_decisions(COHORT, DOUBTS, filled({("undecided report", "00101"): "Keep"}))

    assert labels(settled, "00101") == {LEUKOENCEPHALOPATHY: None}
    assert [case.patient for case in settled.usable] == ["00101"]


def test_exclude_takes_the_case_out_and_closes_all_that_was_asked_of_it(filled):
    settled = apply_decisions(COHORT, DOUBTS, filled({("image quality", "00103"): "exclude"}))

    assert settled.excluded == {("00103", "c")}
    assert not [doubt for doubt in settled.doubts if doubt.patient == "00103"]
    assert "00103" not in {case.patient for case in settled.usable}


def test_one_doubt_kept_does_not_settle_another_of_the_same_case(filled):
    settled = apply_decisions(
        COHORT, DOUBTS, filled({("label and image disagree", "00103"): "keep"})
    )

    assert SUSPECT not in settled.doubts
    assert BAD_IMAGE in settled.doubts
    assert "00103" not in {case.patient for case in settled.usable}


def test_no_hemorrhage_takes_its_subtypes_back(filled):
    settled = apply_decisions(
        COHORT, DOUBTS, filled({("labels contradict each other", "00102"): "0"})
    )

    assert labels(settled, "00102") == {ANY_HEMORRHAGE: False, SUBDURAL: False}


def test_a_subtype_brings_any_hemorrhage_with_it():
    row = Doubt(Kind.SUSPECT, "look", "p", "s", SUBDURAL)
    cohort = Cohort("c", (Case("p", "s", Path("x"), {ANY_HEMORRHAGE: False, SUBDURAL: False}),))
    decisions = decided(row, "1")

    (case,) = decisions.relabel(cohort).cases

    assert case.labels == {ANY_HEMORRHAGE: True, SUBDURAL: True}


def decided(doubt, decision):
    return Decisions((Decided(doubt, decision),))


@pytest.mark.parametrize(
    ("decision", "slices"),
    [
        # What a person has not seen in the study is in none of its slices.
        ("0", [[0, 0], [0, 0]]),
        # On which slice the person saw it is not known.
        ("1", [[UNKNOWN, 1], [UNKNOWN, 0]]),
    ],
)
def test_slices_follow_what_was_decided_of_their_study(decision, slices):
    known = SliceLabels((ANY_HEMORRHAGE, SUBDURAL), ("1", "2"), np.array([[0, 1], [0, 0]], np.int8))
    case = Case("p", "s", Path("x"), {ANY_HEMORRHAGE: False}, slice_labels=known)
    decisions = decided(Doubt(Kind.CONTRADICTION, "", "p", "s", ANY_HEMORRHAGE), decision)

    (case,) = decisions.relabel(Cohort("c", (case,))).cases

    assert case.slice_labels.values.tolist() == slices


def test_what_images_showed_and_nobody_decided_keeps_a_case_out_without_looking_again(filled):
    path = filled({("undecided report", "00101"): "1"})

    settled = apply_decisions(COHORT, (UNDECIDED, NO_SCAN), path)

    assert (Kind.QUALITY, "00103") in {(doubt.kind, doubt.patient) for doubt in settled.doubts}
    assert [case.patient for case in settled.usable] == ["00101"]


def test_questions_of_labels_that_are_no_longer_asked_do_not_keep_a_case_out(filled):
    settled = apply_decisions(COHORT, (), filled({}, doubts=(UNDECIDED,)))

    assert "00101" in {case.patient for case in settled.usable}


def test_a_spreadsheet_may_save_semicolons_and_a_mark(filled):
    path = filled({("undecided report", "00101"): "1"}, encoding="utf-8-sig", delimiter=";")

    assert labels(apply_decisions(COHORT, DOUBTS, path), "00101") == {LEUKOENCEPHALOPATHY: True}


def test_decisions_are_written_again_so_that_the_file_can_be_filled_further(filled, tmp_path):
    decisions = read_decisions(filled({("undecided report", "00101"): "1"}), COHORT, DOUBTS)
    again = tmp_path / "again.csv"

    write_questions(decisions.still_open(DOUBTS), decisions, again)

    assert {row.about: row.decision for row in read_decisions(again, COHORT, DOUBTS).rows} == {
        row.about: row.decision for row in decisions.rows
    }


def test_no_questions_are_no_mistake(tmp_path):
    write_questions((), Decisions(), tmp_path / "q.csv")

    assert read_decisions(tmp_path / "q.csv", COHORT) == Decisions()


HEAD = ",".join(COLUMNS) + "\n"
ROW = "00101,a,leukoencephalopathy,undecided report,yes,,,"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient,decision\n00101,1\n", "line 1"),
        (HEAD + ROW + "2\n", "line 2: the decision is none of exclude, keep, 0, 1"),
        (HEAD + ROW + "yes\n", "line 2: the decision is none of"),
        (HEAD + '00101,a,,no label,yes,"two\nlines",,\n00101,a,,no label,yes,,,1\n', "line 4: the"),
        (HEAD + ROW + "\n" + "101,a,,no label,yes,,,keep\n", "line 3: no such patient"),
        (HEAD + ROW + "1\n" + ROW + "0\n", "line 3: '0', and line 2 says '1'"),
        (
            HEAD + ROW + "1\n00101,a,leukoencephalopathy,label and image disagree,yes,,,0\n",
            "line 3: '0', and line 2 says '1'",
        ),
        (HEAD + "00101,a,,image quality,yes,,,keep\n00101,a,,image quality,yes,,,exclude\n", "'e"),
        (HEAD + "00101,a,,no scan that can be read,yes,,,keep\n", "line 2: the decision is none"),
        (HEAD + "00101,a,,bad luck,yes,,,keep\n", "line 2: unknown kind"),
        (HEAD + "00101,a,bleeding,no label,yes,,,keep\n", "line 2: unknown label"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_file_and_line(text, told, tmp_path):
    path = tmp_path / "questions.csv"
    path.write_text(text)

    with pytest.raises(CohortError, match=r"questions\.csv") as error:
        read_decisions(path, COHORT)

    assert told in str(error.value)
    assert "00101" not in str(error.value)


def test_words_of_reports_start_no_formula(tmp_path):
    doubt = Doubt(Kind.UNDECIDED, "=1+1", "00101", "a", quoted="=HYPERLINK(A1)")

    write_questions([doubt], Decisions(), tmp_path / "q.csv")

    with (tmp_path / "q.csv").open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert row["told"] == "'=1+1"
    assert row["quoted"] == "'=HYPERLINK(A1)"

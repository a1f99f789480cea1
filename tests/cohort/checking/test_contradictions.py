from pathlib import Path

import numpy as np
import pytest

from headct.cohort.checking.contradictions import check_labels
from headct.cohort.doubt import Kind
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    LEUKOENCEPHALOPATHY,
    SUBDURAL,
)

NAMES = (ANY_HEMORRHAGE, SUBDURAL)


def checked(labels, slices=None, names=NAMES):
    known = None
    if slices is not None:
        files = tuple(f"{row}.dcm" for row in range(len(slices)))
        known = SliceLabels(names, files, np.array(slices, dtype=np.int8))
    cohort, doubts = check_labels(
        Cohort("c", (Case("p", "s", Path("x"), labels, slice_labels=known),))
    )
    return cohort.cases[0], doubts


def test_no_hemorrhage_and_a_subtype_cannot_both_be():
    _, (doubt,) = checked({ANY_HEMORRHAGE: False, SUBDURAL: True, EPIDURAL: None})

    assert (doubt.kind, doubt.label, doubt.blocks) == (Kind.CONTRADICTION, ANY_HEMORRHAGE, True)
    assert "no hemorrhage, and subdural" in doubt.told
    assert (doubt.patient, doubt.study) == ("p", "s")


@pytest.mark.parametrize("said", [{}, {ANY_HEMORRHAGE: None}])
def test_a_subtype_without_any_hemorrhage_implies_it_and_that_is_said(said):
    case, (doubt,) = checked({**said, SUBDURAL: True})

    assert case.labels[ANY_HEMORRHAGE] is True
    assert (doubt.patient, doubt.count, doubt.blocks) == ("", 1, False)


def test_subtypes_that_are_not_there_do_not_make_a_head_free_of_blood():
    said = dict.fromkeys(HEMORRHAGE_SUBTYPES, False)

    case, doubts = checked(said)

    assert case.labels == said
    assert doubts == ()


def test_what_is_missing_stays_missing():
    said = {ANY_HEMORRHAGE: None, SUBDURAL: None, LEUKOENCEPHALOPATHY: None}
    slices = [[UNKNOWN, UNKNOWN], [UNKNOWN, 0]]

    case, doubts = checked(said, slices)

    assert case.labels == said
    assert case.slice_labels.values.tolist() == slices
    assert doubts == ()


def test_a_hemorrhage_of_no_subtype_is_asked_about_and_stays_in():
    _, (doubt,) = checked({ANY_HEMORRHAGE: True, **dict.fromkeys(HEMORRHAGE_SUBTYPES, False)})

    assert "none of its five subtypes" in doubt.told
    assert not doubt.blocks


def test_slices_that_contradict_themselves_are_counted():
    _, (doubt,) = checked({}, [[0, 1], [0, 0], [0, 1], [1, 1]])

    assert doubt.count == 2
    assert "2 of 4 slices" in doubt.told
    assert doubt.blocks


def test_slices_with_a_subtype_alone_show_a_hemorrhage():
    case, (doubt,) = checked({}, [[UNKNOWN, 1], [UNKNOWN, 0], [1, 1]])

    assert case.slice_labels.values.tolist() == [[1, 1], [UNKNOWN, 0], [1, 1]]
    assert doubt.told.startswith("1 slices named a subtype")
    assert not doubt.blocks


@pytest.mark.parametrize(
    ("said", "slices", "told"),
    [
        (False, [[0, 0], [1, UNKNOWN]], "the study says no, 1 of 2 slices say yes"),
        (True, [[0, 0], [0, UNKNOWN]], "the study says yes, all of its 2 slices say no"),
    ],
)
def test_study_and_slices_that_disagree_are_asked_about(said, slices, told):
    _, (doubt,) = checked({ANY_HEMORRHAGE: said}, slices)

    assert told in doubt.told
    assert (doubt.label, doubt.blocks) == (ANY_HEMORRHAGE, True)


def test_slices_that_are_not_all_known_do_not_contradict_their_study():
    _, doubts = checked({ANY_HEMORRHAGE: True}, [[0, 0], [UNKNOWN, UNKNOWN]])

    assert doubts == ()

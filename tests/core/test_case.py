from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels

CASE = Case(patient="7", study="a", path=Path("7/a"))


def slice_labels(files=("1.dcm", "2.dcm"), values=((1, 0), (UNKNOWN, 1))) -> SliceLabels:
    return SliceLabels(("subdural", "epidural"), files, np.array(values, np.int8))


def test_unknown_stays_none_slice_by_slice():
    labels = slice_labels()

    assert labels.truth("1.dcm") == {"subdural": True, "epidural": False}
    assert labels.truth("2.dcm") == {"subdural": None, "epidural": True}


def test_an_image_without_a_row_is_unknown_and_the_others_keep_theirs():
    found = slice_labels().of(["2.dcm", "9.dcm", "1.dcm"])

    assert found.tolist() == [[-1, 1], [-1, -1], [1, 0]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"values": ((2, 0), (0, 1))}, "1, 0 or -1"),
        ({"values": ((1, 0),)}, "expected values of"),
        ({"files": ("1.dcm", "1.dcm")}, "twice"),
    ],
)
def test_slice_labels_that_cannot_be_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        slice_labels(**change)


def test_a_case_needs_a_patient():
    with pytest.raises(ValueError, match="keep patients apart"):
        replace(CASE, patient="")


def test_an_unknown_label_is_refused_in_study_and_slice():
    with pytest.raises(ValueError, match="'bleed'"):
        replace(CASE, labels={"bleed": True})
    with pytest.raises(ValueError, match="'bleed'"):
        SliceLabels(("bleed",), (), np.zeros((0, 1), np.int8))


def test_what_is_not_known_stays_none():
    case = replace(CASE, labels={"subdural": None, "epidural": False})

    assert case.labels["subdural"] is None
    assert case.labels["epidural"] is False


def test_a_cohort_holds_each_study_once():
    again = replace(CASE, path=Path("elsewhere"))

    with pytest.raises(ValueError, match="holds a study twice"):
        Cohort("trial", (CASE, again))


def test_a_patient_may_have_several_studies_and_a_study_name_may_recur():
    cases = (CASE, replace(CASE, study="b"), replace(CASE, patient="8"))

    assert Cohort("trial", cases).cases == cases


def test_the_message_about_a_double_study_names_no_patient():
    secret = Case(patient="DOE^JANE", study="1.2.840.99", path=Path("x"))

    with pytest.raises(ValueError, match="twice") as caught:
        Cohort("trial", (secret, secret))

    assert "DOE" not in str(caught.value)
    assert "1.2.840" not in str(caught.value)

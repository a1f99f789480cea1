from dataclasses import replace
from pathlib import Path

import pytest

from headct.core.labels import HEMORRHAGE_SUBTYPES, LABELS, Case, Cohort, check_label

CASE = Case(patient="7", study="a", path=Path("7/a"))


def test_the_fixed_labels_are_these():
    assert set(LABELS) == {
        "any_hemorrhage",
        "epidural",
        "intraparenchymal",
        "intraventricular",
        "subarachnoid",
        "subdural",
        "leukoencephalopathy",
    }
    assert set(HEMORRHAGE_SUBTYPES) == set(LABELS) - {"any_hemorrhage", "leukoencephalopathy"}


@pytest.mark.parametrize("name", LABELS)
def test_a_fixed_label_is_given_back(name):
    assert check_label(name) == name


@pytest.mark.parametrize("name", ["", "Subdural", "stroke"])
def test_any_other_label_is_refused(name):
    with pytest.raises(ValueError, match="expected one of any_hemorrhage"):
        check_label(name)


def test_a_case_needs_a_patient():
    with pytest.raises(ValueError, match="keep patients apart"):
        replace(CASE, patient="")


def test_an_unknown_label_is_refused_in_study_and_slice():
    with pytest.raises(ValueError, match="'bleed'"):
        replace(CASE, labels={"bleed": True})
    with pytest.raises(ValueError, match="'bleed'"):
        replace(CASE, slice_labels=({}, {"bleed": True}))


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

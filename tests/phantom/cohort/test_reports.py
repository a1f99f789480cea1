from collections import Counter
from dataclasses import replace

import pytest

from headct.phantom.cohort.plan import UNDECIDED, WRONG, Wish
from headct.phantom.cohort.reports import write_report
from headct.phantom.cohort.write import plan

TERMS = ("leukoencefalopat", "leukoaraió", "leukoenceph", "leukoarai")


@pytest.fixture(scope="module")
def patients():
    return plan(Wish(300, "leukoencephalopathy", 1))


def findings(patient):
    return write_report(patient, is_atrophic=True)["findings"]


def sentences(patients):
    """How often each sentence is said; the start of the report is no part of the first."""
    return Counter(
        sentence.strip(" .")
        for patient in patients
        for sentence in findings(patient).split(": ", 1)[1].split(". ")
    )


def test_a_report_holds_what_a_hospital_files(patients):
    report = write_report(patients[0], is_atrophic=True)

    assert set(report) == {"findings", "examination_number", "physician"}
    assert patients[0].number in report["examination_number"]
    assert report == write_report(patients[0], is_atrophic=True)


def test_all_with_disease_name_it_in_both_languages(patients):
    ill = [patient for patient in patients if patient.grade]

    assert {patient.language for patient in ill} == {"sk", "en"}
    assert all(any(term in findings(p).lower() for term in TERMS) for p in ill)


def test_most_without_disease_name_it_too_and_deny_it(patients):
    named = [any(term in findings(p).lower() for term in TERMS) for p in patients if not p.grade]

    # So the bare word does not tell: its negation must be read.
    assert 0.5 < sum(named) / len(named) < 1


def test_no_sentence_on_white_matter_is_said_of_both_classes(patients):
    ill, well = (sentences(p for p in patients if bool(p.grade) == there) for there in (1, 0))

    shared = {sentence for sentence in ill if sentence in well}

    assert shared
    assert not any(term in sentence.lower() for sentence in shared for term in TERMS)


def test_a_wrong_report_says_the_opposite(patients):
    ill = next(patient for patient in patients if patient.grade)
    well = [replace(ill, grade=0, seed=seed) for seed in range(40)]
    denied = {findings(patient) for patient in well}

    assert findings(replace(ill, flaw=WRONG, seed=0)) in denied


def test_an_undecided_report_neither_states_nor_denies(patients):
    ill = next(patient for patient in patients if patient.grade)

    texts = {replace(ill, grade=grade, flaw=UNDECIDED) for grade in (0, 3)}

    assert len({findings(patient) for patient in texts}) == 1

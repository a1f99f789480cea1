import csv
import json
import shutil

import pytest

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.readers import hospital
from headct.cohort.readers.declaration import Declaration, Keys
from headct.core.case import Case
from headct.core.errors import CohortError
from headct.core.labels import ANY_HEMORRHAGE, LEUKOENCEPHALOPATHY

NUMBER = "104233"


def truth_of(folder):
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        return {row["patient"]: row for row in csv.DictReader(file)}


@pytest.fixture
def one(tmp_path):
    """A folder of one patient whose images nobody opens."""
    folder = tmp_path / "cohort" / NUMBER
    folder.mkdir(parents=True)
    (folder / "0001.dcm").write_bytes(b"")
    return folder


def file_report(folder, encoding="utf-8", name=f"{NUMBER}.json", **values):
    text = json.dumps(values, ensure_ascii=False)
    (folder / name).write_bytes(text.encode(encoding))


def read_one(folder, declared=None):
    """The case, and the doubts about it."""
    found = list(hospital.read(folder.parent, declared or Declaration()))
    (case,) = (one for one in found if isinstance(one, Case))
    return case, [one for one in found if isinstance(one, Doubt)]


def test_labels_are_what_the_truth_says_and_each_flawed_report_is_a_doubt(flawed_hospital):
    truth = truth_of(flawed_hospital)

    found = open_cohort(flawed_hospital)

    labels = {case.patient: case.labels[LEUKOENCEPHALOPATHY] for case in found.cohort.cases}
    is_ill = {patient: row["is_diseased"] == "1" for patient, row in truth.items()}
    flaws = {row["flaw"]: patient for patient, row in truth.items()}
    # A wrong report says the opposite, and nothing in its words tells.
    expected = {
        **is_ill,
        flaws["wrong report"]: not is_ill[flaws["wrong report"]],
        flaws["no report"]: None,
        flaws["undecided report"]: None,
    }
    assert found.kind == "hospital"
    assert labels == expected
    assert {(doubt.kind, doubt.patient) for doubt in found.doubts} == {
        (Kind.NO_LABEL, flaws["no report"]),
        (Kind.UNDECIDED, flaws["undecided report"]),
    }


def test_the_scan_of_a_patient_opens(flawed_hospital):
    truth = truth_of(flawed_hospital)

    case = open_cohort(flawed_hospital).cohort.cases[0]

    shape = open_case(case).volume.hu.shape
    assert shape == tuple(int(truth[case.patient][name]) for name in ("slices", "rows", "columns"))


def test_an_undecided_report_is_quoted_without_its_physician(one):
    text = "Možná leukoaraióza, konzultované s MUDr. Vzorová Fiktívna (Vzorovej názor)."
    file_report(one, findings=text, physician="MUDr. Vzorová Fiktívna", examination_number="F-7")

    case, (doubt,) = read_one(one)

    assert case.study == doubt.study == "F-7"
    assert doubt.kind is Kind.UNDECIDED
    assert "leukoaraióza" in doubt.quoted
    assert "Vzor" not in doubt.quoted
    assert "leukoaraióza" not in doubt.told
    assert "Vzor" not in repr(case)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
@pytest.mark.parametrize("key", ["findings", "Findings", "nález", "NÁLEZ", "Text_nalezu"])
def test_keys_and_encodings_of_hospitals_are_known(one, encoding, key):
    file_report(one, encoding, **{key: "Ťažká leukoaraióza.", "lekár": "MUDr. Žltá"})

    case, doubts = read_one(one)

    assert case.labels == {LEUKOENCEPHALOPATHY: True}
    assert doubts == []


def test_keys_may_be_declared(one):
    file_report(one, befund="Leukoaraiosis.", arzt="Dr. Muster")
    declared = Declaration(keys=Keys(findings=("Befund",), physician=("Arzt",)))

    assert read_one(one, declared)[0].labels == {LEUKOENCEPHALOPATHY: True}
    assert read_one(one)[0].labels == {LEUKOENCEPHALOPATHY: None}


def test_findings_and_conclusion_are_read_together(one):
    file_report(one, nález="Bez krvácania.", záver="Leukoencefalopatia.")

    assert read_one(one)[0].labels == {LEUKOENCEPHALOPATHY: True}


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b'{"findings": "Leuko', "no JSON from line 1"),
        (b'{"findings":\n "a" "b"}', "no JSON from line 2"),
        (b"[]", "not one JSON object"),
        (b'"text"', "not one JSON object"),
        (b'{"physician": "Dr. A"}', "no text under a known key"),
        (b'{"findings": ""}', "no text under a known key"),
        (b"\x81\x83\x90", "neither UTF-8 nor code page 1250"),
        (b"[" * 100_000, "nested without end"),
    ],
)
def test_a_broken_report_leaves_the_label_unknown_and_is_told(one, stored, said):
    (one / f"{NUMBER}.json").write_bytes(stored)

    case, (doubt,) = read_one(one)

    assert case.labels == {LEUKOENCEPHALOPATHY: None}
    assert doubt.kind is Kind.NO_LABEL
    assert said in doubt.told
    assert NUMBER not in doubt.told


@pytest.mark.parametrize("name", [f"{NUMBER}.json", "report.json", "999999.json"])
@pytest.mark.parametrize("inside", [NUMBER, 999_999, None])
def test_a_report_of_another_number_is_not_taken_for_the_patients(one, name, inside):
    stated = {} if inside is None else {"id": inside}
    file_report(one, name=name, findings="Leukoaraiosis.", **stated)
    is_own = inside != 999_999 and not name.startswith("9")

    case, doubts = read_one(one)

    assert case.labels == {LEUKOENCEPHALOPATHY: True if is_own else None}
    assert [doubt.kind for doubt in doubts] == ([] if is_own else [Kind.CONTRADICTION])


def test_of_several_reports_the_one_of_the_folders_number_is_taken(one):
    file_report(one, findings="Leukoaraiosis.")
    file_report(one, name="older.json", findings="No leukoaraiosis.")

    assert read_one(one)[0].labels == {LEUKOENCEPHALOPATHY: True}
    (one / f"{NUMBER}.json").rename(one / "newer.json")
    case, (doubt,) = read_one(one)
    assert case.labels == {LEUKOENCEPHALOPATHY: None}
    assert "2 reports" in doubt.told


def test_hemorrhage_is_looked_for_where_declared(one):
    file_report(one, findings="No hemorrhage. Leukoaraiosis.")
    declared = Declaration(labels=(ANY_HEMORRHAGE, LEUKOENCEPHALOPATHY))

    case, doubts = read_one(one, declared)

    assert case.labels == {ANY_HEMORRHAGE: False, LEUKOENCEPHALOPATHY: True}
    assert doubts == []


def test_folders_that_are_no_patients_are_counted_and_empty_ones_told(one):
    file_report(one, findings="Leukoaraiosis.")
    for name in ("copy of old", ".unfinished"):
        shutil.copytree(one, one.parent / name)
    (one.parent / "555555").mkdir()

    _, doubts = read_one(one)

    assert [(doubt.kind, doubt.count, doubt.patient) for doubt in doubts] == [
        (Kind.NOT_LISTED, 1, ""),
        (Kind.NO_IMAGES, 1, "555555"),
    ]


def test_a_broken_table_of_rules_stops_all(one, tmp_path):
    file_report(one, findings="Leukoaraiosis.")
    (tmp_path / "rules.csv").write_text("role,form\n")

    with pytest.raises(CohortError, match=r"rules\.csv, line 1"):
        read_one(one, Declaration(rules=tmp_path / "rules.csv"))

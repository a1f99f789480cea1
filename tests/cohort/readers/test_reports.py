import csv
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from headct.cohort.readers import report_rules
from headct.cohort.readers.report_rules import read_rules
from headct.cohort.readers.reports import decide
from headct.core.errors import CohortError
from headct.core.labels import ANY_HEMORRHAGE, LEUKOENCEPHALOPATHY, SUBDURAL
from headct.phantom.cohort.plan import Wish
from headct.phantom.cohort.reports import write_report
from headct.phantom.cohort.write import plan

# Invented, in both languages: what was not decided rightly at first has changed the rules, so
# that this is no measure of how often they are right on others' reports.
SENTENCES = Path(__file__).with_name("report_sentences.csv")
MEANS = {"1": True, "0": False, "": None}
RULES = read_rules()


def plain(term: str) -> str:
    """Without accents and capitals."""
    apart = unicodedata.normalize("NFKD", term.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def of(text: str, label: str = LEUKOENCEPHALOPATHY) -> bool | None:
    return decide(text, label, RULES).value


with SENTENCES.open(encoding="utf-8") as file:
    CASES = list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("text", "expected"), [(case["text"], MEANS[case["expected"]]) for case in CASES]
)
def test_a_sentence_is_read_as_it_is_meant(text, expected):
    assert of(text) is expected


def test_the_sentences_are_many_and_of_both_languages_and_all_answers():
    counts = {(case["language"], case["expected"]): 0 for case in CASES}
    for case in CASES:
        counts[case["language"], case["expected"]] += 1

    assert len(CASES) >= 60
    assert set(counts) == {(language, value) for language in ("sk", "en") for value in MEANS}
    assert min(counts.values()) >= 20


@pytest.mark.parametrize("flaw", ["", "undecided report", "wrong report"])
def test_every_report_of_the_digital_cohort_is_read_as_it_was_written(flaw):
    patients = [replace(p, flaw=flaw) for p in plan(Wish(300, "leukoencephalopathy", 1))]

    read = [of(write_report(patient, is_atrophic=True)["findings"]) for patient in patients]

    is_ill = [(patient.grade > 0) != (flaw == "wrong report") for patient in patients]
    assert read == ([None] * len(patients) if flaw == "undecided report" else is_ill)


def test_a_report_may_state_it_in_one_sentence_and_speak_of_others_in_between():
    text = (
        "CT mozgu natívne: Bez krvácania.\nPeriventrikulárne splývajúce hypodenzity.\n"
        "Komory primerané. Záver: leukoencefalopatia."
    )

    verdict = decide(text, LEUKOENCEPHALOPATHY, RULES)

    assert verdict.value is True
    assert verdict.quoted == ("Periventrikulárne splývajúce hypodenzity. Záver: leukoencefalopatia")


def test_a_sentence_goes_on_over_lines_and_dots_of_abbreviations():
    assert of("Bez krvácania a\nbez leukoencefalopatie.") is False
    assert of("Hypodenzity periventrikulárne, v.s.\nleukoaraióza, t.č. bez krvácania.") is True


def test_small_letters_end_sentences_too():
    assert of("bez krvácania. leukoaraióza periventrikulárne. bez fraktúry.") is True


def test_what_is_not_mentioned_is_neither_there_nor_not():
    verdict = decide("No fracture.", LEUKOENCEPHALOPATHY, RULES)

    assert verdict.value is None
    assert verdict.quoted == ""
    assert "does not mention" in verdict.reason


def test_why_a_report_is_not_decided_is_said_without_its_words():
    verdict = decide("No leukoaraiosis. Mild leukoaraiosis.", LEUKOENCEPHALOPATHY, RULES)

    assert verdict.value is None
    assert verdict.reason == "the report states it and denies it"
    assert verdict.quoted == "No leukoaraiosis. Mild leukoaraiosis"


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("No intracranial hemorrhage.", ANY_HEMORRHAGE, False),
        ("Bez intrakraniálneho krvácania.", ANY_HEMORRHAGE, False),
        ("Akútne krvácanie v bazálnych gangliách.", ANY_HEMORRHAGE, True),
        ("Subdurálny hematóm vľavo frontálne.", SUBDURAL, True),
        ("Large left subdural hematoma with shift.", SUBDURAL, True),
        ("Subgaleal hematoma. No intracranial bleed.", ANY_HEMORRHAGE, False),
        ("Scalp hematoma.", ANY_HEMORRHAGE, None),
        ("Possible subdural hematoma.", SUBDURAL, None),
        ("No epidural or subdural hematoma.", SUBDURAL, False),
    ],
)
def test_hemorrhage_is_read_by_the_same_rules(text, label, expected):
    assert of(text, label) is expected


def test_a_table_of_ones_own_takes_the_place_of_ours(tmp_path):
    table = tmp_path / "rules.csv"
    table.write_text(
        "role,form,language,label,term\n"
        "finding,,,leukoencephalopathy,demyelinisa*\n"
        "not,>,,,kein*\n",
        encoding="utf-8",
    )
    rules = read_rules(table)

    said = [
        decide(text, LEUKOENCEPHALOPATHY, rules).value
        for text in ("Demyelinisation.", "Keine Demyelinisation.", "Leukoaraiosis.")
    ]

    assert said == [True, False, None]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("verb,,,,is", "line 3: unknown role"),
        ("not,,,,no", "line 3: the form of not"),
        ("finding,>,,leukoencephalopathy,x", "line 3: the form of finding"),
        ("finding,,,stroke,x", "line 3: unknown label 'stroke'"),
        ("not,>,,subdural,no", "line 3: a not has no label"),
        ("not,>,de,,kein", "line 3: the language"),
        ("not,>,,,", "line 3: the term is empty"),
        ("not,>,,,*", "line 3: the term is empty"),
        ("not,>,,no", "line 3: expected 5 cells"),
    ],
)
def test_a_line_that_is_no_rule_is_told_with_its_number(tmp_path, line, said):
    table = tmp_path / "rules.csv"
    table.write_text(
        f"role,form,language,label,term\nfinding,,,subdural,sdh\n{line}\n", encoding="utf-8"
    )

    with pytest.raises(CohortError, match=rf"rules\.csv, {said}"):
        read_rules(table)


def test_no_term_of_ours_stands_for_two_things():
    with Path(report_rules.__file__).with_suffix(".csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    terms = [plain(row["term"]) for row in rows]

    assert sorted({term for term in terms if terms.count(term) > 1}) == []

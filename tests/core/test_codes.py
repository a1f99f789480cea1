import re

import pytest
from pydicom.sr import _concepts_dict as dicom_dictionary

from headct.core.codes import DICOM, FINDING_CODES, SNOMED_CT, UCUM, Code, all_codes
from headct.core.labels import LABELS

# J. Verhoeff, Error detecting decimal codes, Mathematical Centre Tracts 29, 1969: the group D5
# and its permutation, as the SNOMED CT Technical Implementation Guide prints them.
MULTIPLY = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
PERMUTE = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
PS3_16 = [code for code in all_codes() if "PS3.16" in code.source]
SNOMED = [code for code in all_codes() if code.scheme == SNOMED_CT]


def passes_verhoeff(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = MULTIPLY[check][PERMUTE[place % 8][int(digit)]]
    return check == 0


def words(meaning: str) -> set[str]:
    return set(re.findall(r"[a-z]+", meaning.lower()))


def test_the_check_digit_of_the_textbook_example_is_accepted():
    # 236 has the check digit 3 (the worked example of Wikipedia's "Verhoeff algorithm").
    assert passes_verhoeff("2363")
    assert not passes_verhoeff("2364")


@pytest.mark.parametrize("value", ["13830010", "396533000", "274400007"])
def test_codes_that_circulate_with_a_wrong_check_digit_are_caught(value):
    assert not passes_verhoeff(value)
    assert value not in {code.value for code in all_codes()}


@pytest.mark.parametrize("code", SNOMED, ids=lambda code: code.meaning)
def test_every_snomed_code_has_its_check_digit(code: Code):
    assert passes_verhoeff(code.value)


@pytest.mark.parametrize("code", SNOMED, ids=lambda code: code.meaning)
def test_every_snomed_code_names_a_concept_of_the_international_edition(code: Code):
    # The partition "00" before the check digit: a concept in short format.
    assert re.fullmatch(r"[1-9][0-9]{3,15}00[0-9]", code.value)


@pytest.mark.parametrize("code", PS3_16, ids=lambda code: code.meaning)
def test_a_code_said_to_be_from_dicom_is_there_with_its_meaning(code: Code):
    concepts = dicom_dictionary.concepts[code.scheme].values()

    meanings = [entry[code.value][0] for entry in concepts if code.value in entry]

    assert any(words(code.meaning) <= words(meaning) for meaning in meanings), meanings


def test_no_concept_is_listed_twice():
    keys = [(code.scheme, code.value) for code in all_codes()]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("code", all_codes(), ids=lambda code: code.meaning)
def test_every_code_says_where_it_was_read(code: Code):
    assert code.scheme in (SNOMED_CT, DICOM, UCUM)
    assert code.source


def test_every_label_has_a_code_of_the_table():
    assert set(FINDING_CODES) == set(LABELS)
    assert set(FINDING_CODES.values()) <= set(all_codes())


def test_codes_fit_their_dicom_fields():
    # DICOM PS3.5 table 6.2-1: SH holds 16 characters, LO 64.
    assert all(len(code.value) <= 16 and len(code.meaning) <= 64 for code in all_codes())

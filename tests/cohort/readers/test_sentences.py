import pytest

from headct.cohort.readers.sentences import hide_names, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two. Three", ["One", "Two", "Three"]),
        ("First; second.", ["First", "second"]),
        ("V.s. leukoaraióza, dif. dg. artefakt. Bez krvácania.", 2),
        ("Popísal MUDr. Vzorová Fiktívna. Kontrola o 3 mes.", 2),
        ("Line one\nLine two", ["Line one", "Line two"]),
        ("Wrapped in the\nmiddle of it.", ["Wrapped in the middle of it"]),
        ("", []),
        (" . ; \n", []),
    ],
)
def test_a_report_is_taken_apart_where_sentences_end(text, expected):
    found = list(sentences(text))

    assert found == expected if isinstance(expected, list) else len(found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "MUDr. Vzorová Fiktívna: ľahká leukoaraióza",
        "Popísal doc. MUDr. Vzorová Fiktívna, PhD., ľahká leukoaraióza",
        "Dr. Fiktívna Vzorová reports leukoaraiosis",
        "Konzultované s MUDr. V. Fiktívna, leukoaraióza",
    ],
)
def test_names_behind_titles_are_taken_out(text):
    hidden = hide_names(text)

    assert "Vzor" not in hidden
    assert "Fikt" not in hidden
    assert "leukoarai" in hidden


def test_names_of_the_physicians_field_are_taken_out_in_every_case():
    hidden = hide_names("Podľa Vzorovej ani VZOROVÁ nevidí zmeny", "MUDr. Vzorová Fiktívna")

    assert hidden == "Podľa [name] ani [name] nevidí zmeny"


def test_words_of_a_report_stay_where_nobody_is_named():
    text = "Bez drobných zmien; drenáž vľavo, Dresdenská škála"

    assert hide_names(text) == text

import pytest

from headct.measure.figures.heading import Heading, short
from headct.measure.outcomes import Level


def test_the_title_tells_kind_label_rows_patients_data_and_how_much_intervals_cover():
    heading = Heading("epidural", Level.SLICE, 12345, 300, 120, "hospital A", confidence=0.9)

    title = heading.title("ROC curve", 80, has_intervals=True)

    assert title.split("\n") == [
        "ROC curve: epidural",
        "12,345 slices (120 positive) of 300 patients; 90 % intervals",
        "hospital A",
    ]


def test_rows_that_are_patients_are_counted_once():
    heading = Heading("epidural", Level.PATIENT, 300, 300, confidence=0.95)

    assert heading.title("Volume", 80) == "Volume: epidural\n300 patients"


def test_a_long_title_goes_on_in_the_next_line():
    heading = Heading("epidural", Level.STUDY, 300, 200, 10, confidence=0.95)

    lines = heading.title("ROC curve", 24).split("\n")

    assert max(map(len, lines)) <= 24
    assert " ".join(lines) == "ROC curve: epidural 300 studies (10 positive) of 200 patients"


@pytest.mark.parametrize("name", ["a-very-" * 20, "a very " * 20, "a" + "b" * 60 + " c"])
def test_a_name_too_long_is_cut_and_says_so(name):
    cut = short(name)

    assert 24 < len(cut) <= 48
    assert cut.endswith("…")
    assert name.startswith(cut.removesuffix("…").rstrip())


def test_a_name_that_fits_is_left_as_it_is():
    assert short("network  A ") == "network  A "


def test_one_is_counted_as_one():
    assert Heading("", Level.STUDY, 1, 1, confidence=0.95).counted == "1 study of 1 patient"


def test_how_much_intervals_cover_must_be_said():
    with pytest.raises(TypeError, match="confidence"):
        Heading("epidural", Level.PATIENT, 300, 300)

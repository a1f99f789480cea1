import pytest

from headct.measure.counts.scores import SCORES
from headct.measure.volume.concordance import CONCORDANCE
from headct.measure.volume.errors import ERRORS
from headct.report.measurement import words


def test_every_score_that_is_measured_has_a_name_for_people():
    assert {*SCORES, *CONCORDANCE, *ERRORS} <= set(words.SCORES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auc", "AUC"),
        ("macro average_precision", "macro average precision"),
        ("temperature brier", "temperature Brier score"),
        ("something_new", "something new"),
    ],
)
def test_a_score_is_named_with_what_stands_before_it(name, expected):
    assert words.score(name) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(("subdural", "any_hemorrhage"), "any_hemorrhage"), (("subdural",), "subdural"), ((), "")],
)
def test_any_hemorrhage_leads_and_else_the_first_label(labels, expected):
    assert words.leading_label(labels) == expected


def test_a_rule_is_told_for_people():
    assert words.aggregated("max") == "the highest score of its slices"
    assert words.aggregated("vote:3@0.5") == "by vote: 3 slices of a score of 0.5 or more"
    assert words.aggregated("top-mean:4") == "the mean of the 4 highest scores of its slices"


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 cases"), (1, "1 case"), (1200, "1,200 cases")]
)
def test_one_is_counted_as_one(number, expected):
    assert words.counted(number, "case") == expected

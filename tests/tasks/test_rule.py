import numpy as np
import pytest

from headct.tasks.rule import parse_rule

TRUTH = np.array([0, 0, 1, 0, 1, 1], bool)
SCORES = np.array([0.1, 0.2, 0.3, 0.6, 0.8, 0.9])


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        # All three positives lie at 0.3 and above.
        ("sensitivity>=1", 0.3),
        # Two of three are enough for 0.6.
        ("sensitivity>=0.6", 0.8),
        # At 0.8: 2/3 + 3/3; at 0.3: 3/3 + 2/3, an equal, and of equals the most sensitive.
        ("youden", 0.3),
        ("threshold=0.25", 0.25),
    ],
)
def test_a_rule_chooses_its_threshold(text, threshold):
    point = parse_rule(text).choose(TRUTH, SCORES, "validation")

    assert point.threshold == threshold


def test_a_rule_is_written_as_it_was_read():
    assert str(parse_rule("sensitivity>=0.95")) == "sensitivity>=0.95"


def test_a_chosen_threshold_says_on_what():
    assert parse_rule("youden").choose(TRUTH, SCORES, "fold 2").chosen_on == "fold 2"


@pytest.mark.parametrize("text", ["", "sensitivity>=", "sensitivity>=nan", "threshold=0", "Youden"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        parse_rule(text)

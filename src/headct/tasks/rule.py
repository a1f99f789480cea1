"""How a task's threshold comes about, by a text that can be written down."""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from headct.measure.curves.operating import (
    OperatingPoint,
    at_sensitivity,
    at_threshold,
    at_youden,
)

EXPECTED = "sensitivity>=SHARE such as sensitivity>=0.95, youden, or threshold=SCORE"

_SENSITIVITY, _YOUDEN, _THRESHOLD = "sensitivity>=", "youden", "threshold="


@dataclass(frozen=True)
class Rule:
    """An operating rule; ``parse_rule`` makes it of its text, ``str`` gives the text back.

    Args:
        text: as written.
        choose: from truth and scores of validation patients, and the name of these data, to a
            threshold.
    """

    text: str
    choose: Callable[[ArrayLike, ArrayLike, str], OperatingPoint]

    def __str__(self) -> str:
        return self.text


def parse_rule(text: str) -> Rule:
    """A rule by what it is written as.

    Raises:
        ValueError: it is none.
    """
    if text == _YOUDEN:
        return Rule(text, lambda truth, scores, on: at_youden(truth, scores, chosen_on=on))
    if text.startswith(_SENSITIVITY):
        floor = _share(text, _SENSITIVITY)
        return Rule(
            text, lambda truth, scores, on: at_sensitivity(truth, scores, floor, chosen_on=on)
        )
    if text.startswith(_THRESHOLD):
        threshold = _share(text, _THRESHOLD)
        return Rule(text, lambda truth, scores, on: at_threshold(threshold))  # noqa: ARG005
    raise ValueError(f"expected {EXPECTED}, got {text!r}")


def _share(text: str, start: str) -> float:
    """The number after the start of a rule; scores and shares both lie above 0 and up to 1."""
    try:
        share = float(text.removeprefix(start))
    except ValueError as error:
        raise ValueError(f"expected {EXPECTED}, got {text!r}") from error
    if not 0 < share <= 1:
        raise ValueError(f"expected a number above 0 up to 1 in {text!r}")
    return share

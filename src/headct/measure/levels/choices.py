"""What the slices say of the study, by a named choice that can be written down.

Every choice gives a score from 0 to 1 that never falls where a slice score rises, so that it has a
ROC curve and a threshold of its own. None of them is a calibrated probability of the study, even
where slices are calibrated: see ``headct.measure.calibration``.

Slices without a score say nothing: a study is judged by those that have one, and one without any
has none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from headct.measure.calibration.probabilities import of_log_odds
from headct.measure.levels.slices import Ranked
from headct.measure.outcomes import Scores

EXPECTED = (
    "vote:SLICES@THRESHOLD such as vote:3@0.5, max, top-mean:SLICES, noisy-or, or with validation "
    "vote or learned"
)


class Aggregation(Protocol):
    """From the slices of studies to a score of each."""

    def __call__(self, slices: Ranked) -> Scores:
        """(studies,) from 0 to 1."""
        ...


@dataclass(frozen=True)
class Vote:
    """Positive where at least so many slices are: the leukoencephalopathy paper's choice.

    A study's score is that of its ``slices``-th highest slice: it reaches the threshold exactly
    where so many slices do. With fewer slices than that it is 0.

    Args:
        slices: how many must agree, wherever they lie.
        threshold: a slice is positive where its score is at least this; above 0.
    """

    slices: int
    threshold: float = 0.5

    def __post_init__(self) -> None:
        _check_count(self.slices)
        if not 0 < self.threshold <= 1:
            raise ValueError(f"expected a threshold above 0 up to 1, got {self.threshold}")

    def __str__(self) -> str:
        return f"vote:{self.slices}@{self.threshold!r}"

    def __call__(self, slices: Ranked) -> Scores:
        """The score of the slice on which the vote hangs."""
        return slices.nth(self.slices)


@dataclass(frozen=True)
class Max:
    """The highest slice score: a vote of one slice, whatever the threshold."""

    def __str__(self) -> str:
        return "max"

    def __call__(self, slices: Ranked) -> Scores:
        """The highest score."""
        return slices.nth(1)


@dataclass(frozen=True)
class TopMean:
    """The mean of the highest slice scores; of all where a study has fewer slices.

    Args:
        slices: how many.
    """

    slices: int

    def __post_init__(self) -> None:
        _check_count(self.slices)

    def __str__(self) -> str:
        return f"top-mean:{self.slices}"

    def __call__(self, slices: Ranked) -> Scores:
        """The mean."""
        summed = slices.sums(slices.scores * slices.below(self.slices))
        return np.clip(summed / np.minimum(slices.counts, self.slices), 0, 1)


@dataclass(frozen=True)
class NoisyOr:
    """The chance that not all slices are clear, if each erred on its own.

    They do not: neighbours err together, and many slices that are a little suspicious add up to
    certainty, so thin slices score higher than thick ones.

    Source:
        Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, section 4.3.2.
    """

    def __str__(self) -> str:
        return "noisy-or"

    def __call__(self, slices: Ranked) -> Scores:
        """1 minus the product of what is missing to 1."""
        with np.errstate(divide="ignore"):  # a slice that is certain makes the study so
            clear = slices.sums(np.log1p(-slices.scores))
        return np.asarray(-np.expm1(clear), dtype=np.float64)


@dataclass(frozen=True)
class Learned:
    """A logistic model of the highest slice scores, fitted by ``learn.fit_learned``.

    Args:
        intercept: log odds of a study whose slices all score 0.
        ranks: which of the scores, 1 for the highest; one that a study lacks is 0.
        weights: log odds for each of them; none is below 0, so that a higher slice score never
            lowers that of the study.
    """

    intercept: float
    ranks: tuple[int, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.ranks or len(self.ranks) != len(self.weights):
            raise ValueError(f"expected a weight for each rank, got {self.weights}, {self.ranks}")
        if list(self.ranks) != sorted(set(self.ranks)) or self.ranks[0] < 1:
            raise ValueError(f"expected ranks that rise from 1 on, got {self.ranks}")
        if not np.isfinite((self.intercept, *self.weights)).all() or min(self.weights) < 0:
            raise ValueError(f"expected finite weights, none below 0, got {self.weights}")

    def __str__(self) -> str:
        terms = (f"{w!r}*{rank}" for rank, w in zip(self.ranks, self.weights, strict=True))
        return f"learned:{'+'.join((repr(self.intercept), *terms))}"

    def __call__(self, slices: Ranked) -> Scores:
        """The probability by the model."""
        scores = np.stack([slices.nth(rank) for rank in self.ranks], axis=1)
        return of_log_odds(self.intercept + scores @ np.array(self.weights))


def parse_aggregation(text: str) -> Aggregation:
    """An aggregation by what it is written as, which is what ``str`` makes of it.

    ``vote:3`` has a threshold of 0.5.

    Raises:
        ValueError: it is none.
    """
    kind, _, said = text.strip().partition(":")
    if kind not in _PARSERS:
        raise ValueError(f"expected {EXPECTED}, got {text!r}")
    try:
        return _PARSERS[kind](said)
    except ValueError as error:
        raise ValueError(f"expected {EXPECTED}, got {text!r}: {error}") from error


def _vote(said: str) -> Vote:
    count, at, threshold = said.partition("@")
    return Vote(int(count), float(threshold) if at else 0.5)


def _learned(said: str) -> Learned:
    # Weights and ranks hold no plus but that of an exponent, as in 1e+20.
    intercept, *terms = said.replace("e+", "e").split("+")
    pairs = [term.split("*") for term in terms]
    return Learned(
        float(intercept),
        tuple(int(rank) for _, rank in pairs),
        tuple(float(weight) for weight, _ in pairs),
    )


def _alone(made: Aggregation) -> Callable[[str], Aggregation]:
    def parse(said: str) -> Aggregation:
        if said:
            raise ValueError(f"{made} takes nothing")
        return made

    return parse


_PARSERS: dict[str, Callable[[str], Aggregation]] = {
    "vote": _vote,
    "max": _alone(Max()),
    "top-mean": lambda said: TopMean(int(said)),
    "noisy-or": _alone(NoisyOr()),
    "learned": _learned,
}


def _check_count(slices: int) -> None:
    if slices < 1:
        raise ValueError(f"expected one slice or more, got {slices}")

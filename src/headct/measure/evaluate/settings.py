"""What to measure, and how: everything a reader of the report must know to repeat it."""

from dataclasses import asdict, dataclass

from headct.measure.counts.proportions import NAMES, Interval
from headct.measure.levels.choices import parse_aggregation
from headct.measure.resampling.draws import SAMPLES

CHOSEN_VOTE = "vote"
LEARNED = "learned"
FITTED = (CHOSEN_VOTE, LEARNED)
"""Aggregations that validation has to fit; the others are written out whole."""


@dataclass(frozen=True)
class Settings:
    """How predictions are measured.

    Args:
        confidence: how much each interval covers.
        interval: of proportions where rows are patients.
        samples: how often patients are drawn anew.
        seed: of these draws.
        threshold: from which score on a row is called positive, stated beforehand.
        sensitivity_floor: which share of the positives an operating point must find.
        prevalence: for PPV and NPV where the test is to be used; None gives none.
        min_specificity: partial AUC is the part of the curve at this specificity or more.
        aggregation: from slices to studies and patients, as ``levels.aggregate`` writes it; or
            "vote" or "learned" alone, which validation fits.
    """

    confidence: float = 0.95
    interval: Interval = "clopper-pearson"
    samples: int = SAMPLES
    seed: int = 0
    threshold: float = 0.5
    sensitivity_floor: float = 0.95
    prevalence: float | None = None
    min_specificity: float = 0.9
    aggregation: str = "max"

    def __post_init__(self) -> None:
        for name, value in (
            ("confidence", self.confidence),
            ("prevalence", self.prevalence),
            ("min_specificity", self.min_specificity),
        ):
            if value is not None and not 0 < value < 1:
                raise ValueError(f"expected {name} above 0 and below 1, got {value:g}")
        if not 0 < self.sensitivity_floor <= 1:
            raise ValueError(
                f"expected sensitivity_floor above 0 up to 1, got {self.sensitivity_floor:g}"
            )
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"expected threshold from 0 to 1, got {self.threshold:g}")
        if self.interval not in NAMES:
            raise ValueError(f"expected interval of {', '.join(NAMES)}, got {self.interval!r}")
        if self.samples < 1:
            raise ValueError(f"expected one sample or more, got {self.samples}")
        if self.aggregation not in FITTED:
            parse_aggregation(self.aggregation)
        elif not self.threshold and self.aggregation == CHOSEN_VOTE:
            raise ValueError("a vote needs a threshold above 0")

    def as_dict(self) -> dict[str, str | int | float | None]:
        """Plain values, for the record."""
        return asdict(self)

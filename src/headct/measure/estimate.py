"""A figure with its interval: what every score comes as."""

from dataclasses import dataclass
from typing import Any

_INFINITE = (float("inf"), float("-inf"))


@dataclass(frozen=True)
class Estimate:
    """A figure, how sure it is, and how that is known.

    Args:
        value: None where it is not defined, as sensitivity is without positives.
        low: lower end of the interval; None where there is none.
        high: upper end; infinity for a ratio whose denominator may be 0.
        method: how the interval was made, "Clopper-Pearson" or "bootstrap by patient, 2000
            samples"; empty where there is none.
        note: why there is no figure or no interval, or what a reader must know of it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends, or there is none")
        if self.value is not None and self.value != self.value:
            raise ValueError("a figure that is not defined is None, not NaN")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"the interval ends at {self.high} before it begins at {self.low}")

    def __str__(self) -> str:
        return self.show()

    def show(self, digits: int = 3) -> str:
        """The figure with its interval for people: 0.942 (0.858 to 0.984)."""
        if self.value is None:
            return "not defined"
        told = f"{self.value:.{digits}f}"
        if self.low is None or self.high is None:
            return told
        return f"{told} ({self.low:.{digits}f} to {self.high:.{digits}f})"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which knows no infinity: such an end is a string."""
        ends = (("value", self.value), ("low", self.low), ("high", self.high))
        told = {name: str(end) if end in _INFINITE else end for name, end in ends}
        return {**told, "method": self.method, "note": self.note}


@dataclass(frozen=True)
class Comparison:
    """Two models on the same cases.

    Args:
        first: the area of one, with its interval; ``second``: of the other.
        difference: first less second, with its interval.
        z: the difference in standard errors; None where there is no standard error.
        p: two-sided, by the normal distribution; None likewise.
    """

    first: Estimate
    second: Estimate
    difference: Estimate
    z: float | None
    p: float | None

"""What makes a probability of a score, as it is stored with a network: plain numbers.

Fitted by ``headct.measure.calibration.scaling``; applied here, without an optimizer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from headct.measure.calibration.probabilities import log_odds, of_log_odds
from headct.measure.outcomes import Scores


@dataclass(frozen=True)
class Temperature:
    """Log odds divided by one number: all less sure, or all more, in the same order.

    It moves no probability across 0.5, and does not mend a wrong prevalence.

    Args:
        temperature: above 1 makes less sure, below 1 more.

    Source:
        Guo, Pleiss, Sun and Weinberger, ICML 2017:1321-1330.
    """

    temperature: float

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and np.isfinite(self.temperature)):
            raise ValueError(f"expected a temperature above 0, got {self.temperature}")

    def __call__(self, probabilities: ArrayLike) -> Scores:
        """The probabilities of others, scaled; NaN where there is none.

        Raises:
            ValueError: a probability outside 0 to 1.
        """
        scaled = of_log_odds(log_odds(_checked(probabilities)) / self.temperature)
        return np.asarray(scaled, dtype=np.float64)


@dataclass(frozen=True)
class Logistic:
    """Log odds times one number, and another added: it mends a wrong prevalence too.

    Args:
        slope: above 0, so that the order stays.
        intercept: added to the log odds.

    Source:
        Platt, in Advances in Large Margin Classifiers, MIT Press 2000:61-74.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (self.slope > 0 and np.isfinite((self.slope, self.intercept)).all()):
            raise ValueError(
                f"expected a slope above 0 and an intercept, got {self.slope}, {self.intercept}"
            )

    def __call__(self, probabilities: ArrayLike) -> Scores:
        """The probabilities of others, scaled; NaN where there is none.

        Raises:
            ValueError: a probability outside 0 to 1.
        """
        scaled = of_log_odds(self.intercept + self.slope * log_odds(_checked(probabilities)))
        return np.asarray(scaled, dtype=np.float64)


@dataclass(frozen=True)
class Isotonic:
    """The rising steps that fit best, straight between them.

    It mends any distortion that keeps the order, and makes scores equal that it cannot tell apart.
    It needs more cases than a temperature: hundreds of positives, or it learns their chance.

    Args:
        x: scores, rising.
        y: the probability of each, never falling; beyond the ends it stays as there.

    Source:
        Zadrozny and Elkan, KDD 2002:694-699.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.x or len(self.x) != len(self.y):
            raise ValueError(f"expected as many y as x, got {len(self.y)} and {len(self.x)}")
        if not all(0 <= value <= 1 for value in (*self.x, *self.y)):
            raise ValueError("expected x and y from 0 to 1")
        if np.any(np.diff(self.x) <= 0) or np.any(np.diff(self.y) < 0):
            raise ValueError("expected x that rises and y that never falls")

    def __call__(self, probabilities: ArrayLike) -> Scores:
        """The probabilities of others, scaled; NaN where there is none.

        Raises:
            ValueError: a probability outside 0 to 1.
        """
        return np.asarray(np.interp(_checked(probabilities), self.x, self.y), dtype=np.float64)


Scaling = Temperature | Logistic | Isotonic


def _checked(probabilities: ArrayLike) -> Scores:
    values = np.asarray(probabilities, dtype=np.float64)
    if ((values < 0) | (values > 1)).any():
        raise ValueError("expected probabilities from 0 to 1")
    return values

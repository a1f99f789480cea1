"""How far two masks of one class cover the same voxels, and how their volumes differ.

The rule for empty masks: a score is what its formula gives, and not defined where that divides by
zero. So where neither mask has the class, no score is defined, and the case is counted beside
those that are averaged, never as a perfect 1. Where the truth is empty and the prediction is not
(a false alarm), Dice, IoU and precision are 0 and recall is not defined; where the prediction is
empty and the truth is not (a miss), Dice, IoU and recall are 0 and precision is not defined.

Source:
    Reinke et al., Understanding metric-related pitfalls in image analysis validation, Nat Methods
    2024;21:182-194, pitfall P2.4; Maier-Hein et al., Metrics reloaded, Nat Methods 2024;
    21:195-212.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from headct.measure.masks.drawn import Drawn


class Presence(StrEnum):
    """Who has drawn a class in a case."""

    BOTH = "both"
    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    NEITHER = "neither"


@dataclass(frozen=True)
class Overlap:
    """What two masks of one class share.

    Args:
        truth: how much the true mask holds: mL, or voxels where spacing is not known.
        predicted: likewise of the predicted one.
        both: likewise of what both hold.
        has_ml: whether these are mL.
    """

    truth: float
    predicted: float
    both: float
    has_ml: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.both <= min(self.truth, self.predicted) * (1 + 1e-9):
            raise ValueError(
                f"what both hold ({self.both:g}) is part of each ({self.truth:g}, "
                f"{self.predicted:g})"
            )

    @property
    def presence(self) -> Presence:
        """Who has drawn the class."""
        if self.truth and self.predicted:
            return Presence.BOTH
        if self.truth:
            return Presence.MISSED
        return Presence.FALSE_ALARM if self.predicted else Presence.NEITHER

    @property
    def dice(self) -> float | None:
        """Twice what both hold, of what each holds together (Dice 1945)."""
        return _share(2 * self.both, self.truth + self.predicted)

    @property
    def iou(self) -> float | None:
        """What both hold, of what either holds (Jaccard 1912)."""
        return _share(self.both, self.truth + self.predicted - self.both)

    @property
    def precision(self) -> float | None:
        """The share of the prediction that is true."""
        return _share(self.both, self.predicted)

    @property
    def recall(self) -> float | None:
        """The share of the truth that was found."""
        return _share(self.both, self.truth)

    @property
    def true_ml(self) -> float | None:
        """Volume of the true mask; None where spacing is not known."""
        return self.truth if self.has_ml else None

    @property
    def predicted_ml(self) -> float | None:
        """Volume of the predicted mask; None where spacing is not known."""
        return self.predicted if self.has_ml else None

    @property
    def error_ml(self) -> float | None:
        """Predicted less true volume; None where spacing is not known."""
        return self.predicted - self.truth if self.has_ml else None

    @property
    def error_percent(self) -> float | None:
        """The volume error in percent of the true volume; not defined where that is 0."""
        return _share(100 * (self.predicted - self.truth), self.truth)


def overlap(drawn: Drawn) -> Overlap:
    """What two masks of one class share, every voxel counted by its own mL.

    On a grid of one slice distance this is the same as counting voxels; where distances differ a
    voxel of a thick slice counts for more, as it holds more.
    """
    masks = (drawn.truth, drawn.predicted, drawn.truth & drawn.predicted)
    areas = [np.count_nonzero(mask, axis=(1, 2)) for mask in masks]
    truth, predicted, both = (float(area @ drawn.voxel_weights) for area in areas)
    return Overlap(truth, predicted, both, drawn.has_ml)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None

"""What is said about a scan, and by what."""

from dataclasses import dataclass
from math import inf
from typing import Protocol

from headct.core.codes import FINDING_CODES, Code
from headct.core.errors import Refusal
from headct.core.labels import check_label
from headct.core.volume import Heatmap, Mask

Interval = tuple[float, float]


class Progress(Protocol):
    """Told how far long work has come: ``progress(done, total)``."""

    def __call__(self, done: int, total: int) -> None:
        """Take note that ``done`` of ``total`` items are finished."""


@dataclass(frozen=True)
class Finding:
    """One thing looked for in a scan, and the answer.

    Args:
        label: one of the fixed labels.
        present: whether the score reaches the threshold; None where nothing was decided.
        score: what was measured; higher means more likely.
        score_kind: what the score is, in words a reader can check.
        threshold: the score from which on ``present`` is True.
        probability: calibrated, or None.
        volume_ml: None where the scan has no spacing.
        volume_interval_ml: (low, high), None where none was established.
        abc2_ml: the bedside estimate of the same bleed, to set beside its volume.
        slices: indices (from 0, lowest slice first) of the slices that show it.
        evidence: what speaks for or against, for people.
    """

    label: str
    present: bool | None
    score: float | None = None
    score_kind: str = ""
    threshold: float | None = None
    probability: float | None = None
    volume_ml: float | None = None
    volume_interval_ml: Interval | None = None
    abc2_ml: float | None = None
    slices: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_label(self.label)
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"a probability lies in [0, 1], got {self.probability}")
        if self.volume_ml is not None and not 0 <= self.volume_ml < inf:
            raise ValueError(f"a volume is finite and not negative, got {self.volume_ml} mL")
        if self.volume_interval_ml is not None:
            low, high = self.volume_interval_ml
            if self.volume_ml is None or not 0 <= low <= self.volume_ml <= high < inf:
                raise ValueError(
                    f"a volume interval holds its volume, got {low} to {high} "
                    f"around {self.volume_ml} mL"
                )
        if self.score is not None and self.threshold is not None:
            reached = self.score >= self.threshold
            if self.present is not None and self.present != reached:
                raise ValueError(
                    f"present={self.present} contradicts a score of {self.score:.4g} "
                    f"against a threshold of {self.threshold:.4g}"
                )
        if any(index < 0 for index in self.slices):
            raise ValueError(f"slices are counted from 0, got {min(self.slices)}")

    @property
    def code(self) -> Code:
        """The coded concept nearest to the label."""
        return FINDING_CODES[self.label]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What one method says about one scan.

    Args:
        method: name of the bundle, or ``labels.CLASSICAL``.
        version: of that bundle or method.
        findings: one for each label that was asked for.
        mask: where, on the grid of the scan as it was read; None where the method draws none.
        heatmap: where a network looked for the first of the findings, on the same grid.
        set_aside: what looked like a finding and was not counted, with the reason.
    """

    method: str
    version: str
    findings: tuple[Finding, ...]
    mask: Mask | None = None
    heatmap: Heatmap | None = None
    set_aside: tuple[Refusal, ...] = ()

    def finding(self, label: str) -> Finding:
        """The answer for a label; KeyError where it was not asked for."""
        for finding in self.findings:
            if finding.label == label:
                return finding
        raise KeyError(label)

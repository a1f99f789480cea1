"""A task: what is asked of a scan, without the network that answers."""

from dataclasses import dataclass
from typing import Literal

from headct.core.codes import FINDING_CODES, Code
from headct.core.labels import check_label
from headct.image.pipeline import Pipeline
from headct.image.pipelines import PIPELINES
from headct.measure.levels.choices import Aggregation, parse_aggregation
from headct.tasks.rule import parse_rule

TaskLevel = Literal["slice", "patient"]
LEVELS: tuple[TaskLevel, ...] = ("slice", "patient")


@dataclass(frozen=True)
class Task:
    """What is asked: labels, of what, and how slices become an answer for the patient.

    Args:
        name: of the task, which is that of its file.
        title: what it asks, in a few words.
        labels: fixed labels; the first is the one that the answer hangs on.
        level: the finest that is answered: "slice" answers slices and patients, "patient" asks
            slices only to answer the patient.
        pipeline: the name of one in ``headct.image.pipelines``, or one that is not named there.
        aggregation: from slices to the patient, as ``headct.measure.levels.choices`` reads it.
        rule: how thresholds are chosen on validation patients: "sensitivity>=0.95", "youden" or
            "threshold=0.5".
        has_masks: whether networks may learn from masks and draw them.
        has_volume: whether masks are drawn to be measured in mL.

    Raises:
        ValueError: which of them is not what it must be.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    level: TaskLevel
    pipeline: str | Pipeline
    aggregation: str
    rule: str
    has_masks: bool = False
    has_volume: bool = False

    def __post_init__(self) -> None:
        if not self.name or not self.title:
            raise ValueError("a task has a name and a title")
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"task {self.name}: expected labels, each once, got {self.labels}")
        for label in self.labels:
            check_label(label)
        if self.level not in LEVELS:
            raise ValueError(f"task {self.name}: expected level slice or patient: {self.level!r}")
        if isinstance(self.pipeline, str) and self.pipeline not in PIPELINES:
            known = ", ".join(PIPELINES)
            raise ValueError(
                f"task {self.name}: no pipeline {self.pipeline!r}: expected one of {known}"
            )
        if self.has_volume and not self.has_masks:
            raise ValueError(f"task {self.name}: a volume is counted in masks: set has_masks")
        parse_aggregation(self.aggregation)
        parse_rule(self.rule)

    @property
    def steps(self) -> Pipeline:
        """The pipeline itself."""
        return PIPELINES[self.pipeline] if isinstance(self.pipeline, str) else self.pipeline

    @property
    def codes(self) -> tuple[Code, ...]:
        """The coded concept nearest to each label."""
        return tuple(FINDING_CODES[label] for label in self.labels)

    @property
    def to_patient(self) -> Aggregation:
        """From the slices of a scan to its patient."""
        return parse_aggregation(self.aggregation)

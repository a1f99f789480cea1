"""What was measured: the figures of every system, level and label, ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headct.core.errors import Refusal
from headct.measure.agreement.kappa import Agreement
from headct.measure.calibration.curve import Reliability
from headct.measure.counts.confusion import Confusion
from headct.measure.counts.paper_table import PaperTable
from headct.measure.curves.decision import DecisionCurve
from headct.measure.curves.operating import OperatingPoint
from headct.measure.curves.precision_recall import PrecisionRecall
from headct.measure.curves.roc import Roc
from headct.measure.estimate import Comparison, Estimate
from headct.measure.evaluate.settings import Settings
from headct.measure.levels.vote import VoteCurve
from headct.measure.masks.case import MaskCase
from headct.measure.masks.cohort import ClassResult
from headct.measure.outcomes import Level
from headct.measure.runs.model import ModelRuns
from headct.measure.runs.paired import PairedTest
from headct.measure.runs.pairs import Compared
from headct.measure.volume.compared import VolumeComparison

FEW_PATIENTS = 10
"""With fewer patients of either kind than this, counts are given and nothing is claimed."""


@dataclass(frozen=True)
class Point:
    """What comes of calling everything from one threshold up.

    Args:
        chosen: threshold, the rule it follows, and on which data it was chosen.
        confusion: the calls counted.
        scores: by name as in ``counts.scores.SCORES``; and ``ppv_at`` and ``npv_at``, where a
            prevalence was stated.
    """

    chosen: OperatingPoint
    confusion: Confusion
    scores: Mapping[str, Estimate]


@dataclass(frozen=True)
class Group:
    """A label among some of the rows: those of one site, one sex, one size of bleed.

    Args:
        column: what tells the groups apart; ``value``: which one this is.
        rows: with known truth and score; ``positives``: of these.
        scores: auc; sensitivity and specificity at the first operating point. Of few patients of
            either kind the two shares alone.
    """

    column: str
    value: str
    rows: int
    positives: int
    patients: int
    scores: Mapping[str, Estimate]
    is_few: bool = False


@dataclass(frozen=True)
class Error:
    """A row whose score lies far from its truth.

    Args:
        name: patient, study and slice, as far as the level has them: for lists that the user
            asked for, never for messages.
    """

    name: tuple[str, ...]
    label: str
    score: float
    truth: bool


@dataclass(frozen=True, eq=False)
class LabelResult:
    """One label at one level.

    Args:
        rows: with known truth and score; ``left_out``: the others.
        positive_patients: with a positive row; ``negative_patients``: with a negative one.
        areas: auc, partial_auc, average_precision, brier, cross_entropy, calibration_error,
            calibration_slope, calibration_intercept, observed_to_expected, by name.
        points: at the stated threshold first.
        unmet: points that have no threshold, with the reason as their note.
        is_calls: every score is 0 or 1, as a reader's calls are: there is nothing to calibrate,
            and no other threshold to choose.
        roc: None, like the next, where there are no positives or no negatives.
        rescaled: brier and cross_entropy after temperature or isotonic scaling fitted on
            validation, as "temperature brier"; empty without validation.
        groups: subgroups, in order of column and value.
        worst: the furthest misses and false alarms, worst first.
    """

    label: str
    rows: int
    positives: int
    patients: int
    positive_patients: int
    negative_patients: int
    left_out: int
    areas: Mapping[str, Estimate]
    points: tuple[Point, ...]
    roc: Roc | None
    precision_recall: PrecisionRecall | None
    reliability: Reliability | None
    decision: DecisionCurve | None
    unmet: tuple[OperatingPoint, ...] = ()
    is_calls: bool = False
    rescaled: Mapping[str, Estimate] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    worst: tuple[Error, ...] = ()

    @property
    def is_few(self) -> bool:
        """Too few patients of either kind to claim anything."""
        return min(self.positive_patients, self.negative_patients) < FEW_PATIENTS


@dataclass(frozen=True, eq=False)
class LevelResult:
    """All labels at one level.

    Args:
        how: the aggregation that led here from the rows, as text; empty for the rows themselves.
        labels: those with any known row.
        averages: micro and macro scores over labels at the first operating point, and mean
            average precision, by name: "macro sensitivity", "micro average_precision".
    """

    level: Level
    how: str
    labels: tuple[LabelResult, ...]
    averages: Mapping[str, Estimate]


@dataclass(frozen=True, eq=False)
class SystemResult:
    """One system: a model in one run.

    Args:
        model: its name; empty where the file tells none.
        run: which of its runs (a seed); empty likewise.
        votes: by label, sensitivity and specificity of patients over the number of slices that
            must agree.
        aggregation: by label, how slices became studies and patients, as text; empty where
            nothing was aggregated.
        classes: the hemorrhage paper's table of subtypes; None where rows are no slices.
    """

    model: str
    run: str
    levels: tuple[LevelResult, ...]
    votes: Mapping[str, VoteCurve] = field(default_factory=dict)
    aggregation: Mapping[str, str] = field(default_factory=dict)
    classes: PaperTable | None = None
    volumes: tuple["VolumeResult", ...] = ()

    @property
    def name(self) -> str:
        """Model and run, for tables."""
        return " ".join(part for part in (self.model, self.run) if part) or "predictions"


@dataclass(frozen=True)
class ModelComparison:
    """Two systems on the same rows.

    Args:
        tested: areas, difference and p; ``adjusted_p``: for all comparisons of this measurement.
        calls: how often each is right at the stated threshold: McNemar's test, exact, by patient.
    """

    level: Level
    label: str
    first: str
    second: str
    tested: Comparison
    adjusted_p: float | None
    calls: PairedTest


@dataclass(frozen=True, eq=False)
class RunsResult:
    """Several runs of models, by one label at one level.

    Args:
        models: AVG and BEST of each model with more than one run.
        compared: every two of these models over the runs that both have; by AUC.
    """

    level: Level
    label: str
    models: Mapping[str, ModelRuns]
    compared: tuple[Compared, ...]


@dataclass(frozen=True)
class AgreementResult:
    """How far models, or readers filed as models, call the same rows alike, beyond chance.

    Args:
        models: whose calls; a model of several runs calls by the mean of their scores.
        kappa: Fleiss' of all.
        pairs: Cohen's of every two.
        with_truth: Cohen's of each with what is true.
    """

    level: Level
    label: str
    models: tuple[str, ...]
    kappa: Agreement
    pairs: Mapping[tuple[str, str], Agreement] = field(default_factory=dict)
    with_truth: Mapping[str, Agreement] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class VolumeResult:
    """The volume of one label beside the true one, by study or by patient."""

    level: Level
    label: str
    compared: VolumeComparison


@dataclass(frozen=True, eq=False)
class MaskResult:
    """Masks of many cases beside the true ones.

    Args:
        cases: one by one, for the table.
        classes: averages over cases, class by class.
    """

    cases: tuple[MaskCase, ...]
    classes: tuple[ClassResult, ...]


@dataclass(frozen=True)
class Validation:
    """The patients on whom thresholds and the like were chosen.

    Args:
        rows: of them, at the level of the predictions.
        positive_patients: by label; ``negative_patients``: likewise.
    """

    patients: int
    rows: int
    positive_patients: Mapping[str, int]
    negative_patients: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Measurement:
    """Everything that was measured of a file of predictions.

    Args:
        settings: as they were asked for.
        systems: one for each model and run.
        comparisons: every two models on the same rows.
        runs: AVG and BEST of models with several runs.
        agreement: of models with each other, where there are several.
        masks: None where tables were measured.
        patients: how many there are; ``rows`` likewise.
        validation: on whom thresholds, votes and calibration were chosen; None where on nobody.
        left_out: what of the files was not used, and why.
        remarks: what was made of the files by rule.
        warnings: what a reader must know before trusting a figure.
    """

    settings: Settings
    systems: tuple[SystemResult, ...]
    comparisons: tuple[ModelComparison, ...]
    runs: tuple[RunsResult, ...]
    patients: int
    rows: int
    validation: Validation | None
    agreement: tuple[AgreementResult, ...] = ()
    masks: MaskResult | None = None
    left_out: tuple[Refusal, ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def has_validation(self) -> bool:
        """Whether thresholds, votes and calibration were chosen on other patients."""
        return self.validation is not None

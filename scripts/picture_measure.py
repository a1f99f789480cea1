"""Draw figures of a measurement of made-up predictions: python scripts/picture_measure.py.

Writes docs/images/measure-figures.png. Nothing in it comes from a scan: scores and volumes are
drawn from seeded normal distributions.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headct.measure.calibration.curve import reliability
from headct.measure.counts.confusion import count
from headct.measure.curves.decision import net_benefit
from headct.measure.curves.delong import delong
from headct.measure.curves.operating import at_threshold
from headct.measure.curves.precision_recall import average_precision, precision_recall
from headct.measure.curves.roc import roc
from headct.measure.estimate import Estimate
from headct.measure.figures.calibration import calibration_figure
from headct.measure.figures.confusion import confusion_figure
from headct.measure.figures.curves import (
    Marked,
    PrecisionRecallSeries,
    RocSeries,
    decision_figure,
    precision_recall_figure,
    roc_figure,
)
from headct.measure.figures.heading import Heading
from headct.measure.figures.rows import (
    ForestRow,
    Reference,
    RunsRow,
    forest_figure,
    runs_figure,
)
from headct.measure.figures.shares import detection_figure, vote_figure
from headct.measure.figures.style import settings
from headct.measure.figures.volume import bland_altman_figure, volume_figure
from headct.measure.levels.vote import vote_curve
from headct.measure.outcomes import Level, Outcomes
from headct.measure.runs.summary import summarize
from headct.measure.volume.bland_altman import bland_altman
from headct.measure.volume.detection import detection_by_true
from headct.measure.volume.pairs import VolumePairs, volume_pairs

TARGET = Path(__file__).parents[1] / "docs" / "images" / "measure-figures.png"
SEED, PATIENTS, SLICES = 6, 400, 30
DPI, GAP = 85, 16
DATA = "synthetic, no scans behind it"
T = TypeVar("T")
MODELS = {"network A": 1.9, "network B": 1.4}


@dataclass(frozen=True)
class Made:
    """Scores of patients by model, and their truth."""

    truth: NDArray[np.bool_]
    scores: dict[str, NDArray[np.float64]]

    @property
    def heading(self) -> Heading:
        """What the titles say."""
        rows = len(self.truth)
        return Heading("subdural", Level.PATIENT, rows, rows, int(self.truth.sum()), DATA)


def main() -> None:
    """Write the picture."""
    rng = np.random.default_rng(SEED)
    made = cohort(rng)
    pairs = volumes(rng)
    roc_drawn, precision, calibration, decision, confusion = of_scores(made)
    scatter, apart, detection = of_volumes(pairs)
    rows = [
        beside([roc_drawn, precision, decision, apart]),
        beside([calibration, scatter, votes(rng), detection]),
        beside([confusion, forest(made), runs(rng)]),
    ]
    width = max(row.shape[1] for row in rows)
    picture = np.vstack([padded(row, row.shape[0], width) for row in rows])
    # Few levels of colour: half the bytes, and nothing lost that a reader would see.
    cv2.imwrite(str(TARGET), picture // 8 * 8 + 7, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def cohort(rng: np.random.Generator) -> Made:
    """Patients of whom a quarter are positive."""
    truth = rng.random(PATIENTS) < 0.25
    noise = rng.normal(size=PATIENTS)
    scores = {
        name: 1 / (1 + np.exp(-(apart * (truth - 0.75) * 1.6 + 0.8 * noise + own)))
        for (name, apart), own in zip(
            MODELS.items(), rng.normal(0, 0.8, (2, PATIENTS)), strict=True
        )
    }
    return Made(truth, scores)


def of_scores(made: Made) -> list[Figure]:
    """ROC, precision-recall, calibration, decision and confusion."""
    truth, heading = made.truth, made.heading
    point = at_threshold(0.5)
    counted = {name: count(truth, point.calls(of)) for name, of in made.scores.items()}
    marks = {name: [Marked(f"at {point.rule}", one)] for name, one in counted.items()}
    return [
        roc_figure(
            [
                RocSeries(name, there(roc(truth, of)), delong(truth, of), marks[name])
                for name, of in made.scores.items()
            ],
            heading,
        ),
        precision_recall_figure(
            [
                PrecisionRecallSeries(
                    name,
                    there(precision_recall(truth, of)),
                    Estimate(average_precision(truth, of)),
                    marks[name],
                )
                for name, of in made.scores.items()
            ],
            heading,
        ),
        calibration_figure(
            {name: there(reliability(truth, of)) for name, of in made.scores.items()}, heading
        ),
        decision_figure(
            {name: there(net_benefit(truth, of)) for name, of in made.scores.items()}, heading
        ),
        confusion_figure(counted, heading),
    ]


def forest(made: Made) -> Figure:
    """The first model's area in three made-up sites."""
    scores = made.scores["network A"]
    site = np.arange(PATIENTS) % 7 // 3
    rows = [
        ForestRow(
            f"site {name}",
            f"{np.count_nonzero(made.truth & (site == at))} of {np.count_nonzero(site == at)}",
            delong(made.truth[site == at], scores[site == at]),
        )
        for at, name in enumerate("XYZ")
    ]
    rows.append(ForestRow("site W", "0 of 0", Estimate(None, note="no rows")))
    whole = Reference("all", delong(made.truth, scores).value or 0.0)
    return forest_figure("AUC", rows, made.heading, whole)


def votes(rng: np.random.Generator) -> Figure:
    """Sensitivity and specificity over slices that must agree."""
    ill = rng.random(PATIENTS) < 0.25
    extent = np.where(ill, rng.integers(2, 12, PATIENTS), 0)
    truth = np.arange(SLICES) < extent[:, None]
    scores = 1 / (1 + np.exp(-(2.4 * truth - 1.4 + rng.normal(size=truth.shape) * 0.7)))
    patients = np.repeat(np.arange(PATIENTS), SLICES)
    curve = vote_curve(
        Outcomes(
            level=Level.SLICE,
            labels=("subdural",),
            names=patients[:, None],
            patients=patients,
            studies=patients,
            scores=scores.reshape(-1, 1),
            truth=truth.reshape(-1, 1).astype(np.int8),
        ),
        "subdural",
    )
    heading = Heading("subdural", Level.PATIENT, PATIENTS, PATIENTS, int(ill.sum()), DATA)
    return vote_figure(there(curve), heading, chosen=3)


def volumes(rng: np.random.Generator) -> VolumePairs:
    """Volumes of bleeds, a fifth of them none, with a second method beside."""
    true = np.exp(rng.normal(2.3, 1.0, 150)) * (rng.random(150) > 0.2)
    predicted = true * np.exp(rng.normal(-0.05, 0.2, 150)) * (rng.random(150) > 3 / (true + 8))
    abc2 = np.where(true > 0, true * np.exp(rng.normal(0.05, 0.3, 150)), np.nan)
    return volume_pairs(true, predicted, abc2_ml=abc2)


def of_volumes(pairs: VolumePairs) -> list[Figure]:
    """Scatter, Bland-Altman by ratio, and detection."""
    heading = Heading("subdural", Level.PATIENT, len(pairs), pairs.among, None, DATA)
    detected = detection_by_true(pairs, rng=np.random.default_rng(SEED))
    return [
        volume_figure(pairs, heading),
        bland_altman_figure(bland_altman(pairs, form="log"), heading),
        detection_figure(detected, heading),
    ]


def runs(rng: np.random.Generator) -> Figure:
    """Five runs of each of three models."""
    rows = []
    for name, mean in (("network A", 0.94), ("network B", 0.92), ("network C", 0.91)):
        scores = rng.normal(mean, 0.008, 5).tolist()
        summary = summarize(scores)
        best = summary.best
        rows.append(RunsRow(name, scores, summary.average, best.score if best else None, True))
    heading = Heading("subdural", Level.PATIENT, PATIENTS, PATIENTS, 100, DATA)
    return runs_figure("AUC", rows, heading)


def there(found: T | None) -> T:
    """What these data are known to have."""
    if found is None:
        raise SystemExit("the made-up data have no positives or no negatives")
    return found


def beside(figures: Sequence[Figure]) -> NDArray[np.uint8]:
    """Figures in one row, on top of the space that the highest needs."""
    tiles = [pixels(figure) for figure in figures]
    height = max(len(tile) for tile in tiles)
    return np.hstack([padded(tile, height, tile.shape[1] + GAP) for tile in tiles])


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """(rows, columns, 3) as OpenCV orders colours."""
    stored = io.BytesIO()
    with settings():
        figure.savefig(stored, format="png", dpi=DPI)
    return np.asarray(cv2.imdecode(np.frombuffer(stored.getvalue(), np.uint8), cv2.IMREAD_COLOR))


def padded(tile: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """White below and to the right."""
    below, right = height + GAP - tile.shape[0], width - tile.shape[1]
    return np.pad(tile, ((0, below), (0, right), (0, 0)), constant_values=255)


if __name__ == "__main__":
    main()

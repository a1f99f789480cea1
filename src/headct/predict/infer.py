"""A bundle asked about a scan: by slice, for the patient, where, and how many mL."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import BundleError, Refusal, ScanError
from headct.core.finding import Finding, Prediction
from headct.core.frames import Frames
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE
from headct.core.volume import Heatmap, Mask, Volume
from headct.image.encoders import as_bytes
from headct.image.transfer import cells_of, nearest_slices, transfer_heatmap, transfer_mask
from headct.measure.calibration.probabilities import of_log_odds
from headct.measure.curves.operating import STATED
from headct.measure.levels.slices import ranked
from headct.measure.outcomes import Scores
from headct.measure.volume.abc2 import abc2_ml
from headct.predict.beside import marked_mm2
from headct.predict.bundle.bundle import Bundle
from headct.predict.bundle.manifest import CAM, LABEL_LOGITS, MASK_LOGITS
from headct.predict.bundle.network import Values
from headct.predict.classical import find_in
from headct.predict.drawing import draw_heatmap, draw_mask
from headct.predict.neighbours import with_neighbours
from headct.tasks.task import TaskLevel


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network said of the frames of one scan.

    Args:
        bundle: that was asked.
        frames: that it saw.
        outputs: what it gave, by meaning.
        marked_mm2: (slices,) what the classical finder marks; None where that does not count.
    """

    bundle: Bundle
    frames: Frames
    outputs: dict[str, Values]
    marked_mm2: Scores | None = None

    @cached_property
    def scores(self) -> Scores:
        """(slices, labels) from 0 to 1, not calibrated; with what the finder's marks add."""
        manifest = self.bundle.manifest
        logits = self.outputs[LABEL_LOGITS].astype(np.float64)
        odds = with_neighbours(logits, manifest.neighbours)
        beside = manifest.beside
        if beside is not None and self.marked_mm2 is not None:
            place = manifest.task.labels.index(ANY_HEMORRHAGE)
            odds[:, place] += beside.added(self.marked_mm2)
        return of_log_odds(odds)

    @cached_property
    def patient_scores(self) -> Scores:
        """(labels,) what the slices say of the patient by the task's aggregation."""
        together = self.bundle.manifest.task.to_patient
        one = np.zeros(len(self.scores), np.int64)
        return np.array([together(ranked(column, one))[0] for column in self.scores.T])

    def probability(self, label: str, level: TaskLevel) -> Scores | None:
        """(slices,) or (1,) calibrated; None where the bundle holds no calibration for it."""
        calibration = self.bundle.manifest.calibration(label, level)
        place = self.bundle.manifest.task.labels.index(label)
        scores = self.scores[:, place] if level == "slice" else self.patient_scores[[place]]
        return None if calibration is None else calibration.scaling(scores)

    def shown_on(self, label: str) -> NDArray[np.bool_]:
        """(slices,) which reach the label's threshold; none where there is no threshold."""
        point = self.bundle.manifest.threshold(label, "slice")
        scores = self.scores[:, self.bundle.manifest.task.labels.index(label)]
        if point is None or point.threshold is None:
            return np.zeros(len(scores), np.bool_)
        return point.calls(scores)

    def slices(self, label: str, onto: Grid) -> tuple[int, ...]:
        """Which slices of the scan as it was read show a label, counted from 0."""
        cells = cells_of(self.frames.grid, onto)
        is_shown = (cells >= 0) & self.shown_on(label)[cells]
        return tuple(np.flatnonzero(is_shown).tolist())

    def mask(self, onto: Grid) -> Mask | None:
        """What was drawn to be measured, on the grid of the scan; None where nothing is.

        Masks that a task only learns from are no outlines: the heatmap tells where.
        """
        manifest = self.bundle.manifest
        if MASK_LOGITS not in self.outputs or not manifest.task.has_volume:
            return None
        logits = self.outputs[MASK_LOGITS]
        drawn = draw_mask(logits, manifest.task.labels, manifest.mask_probability, self.frames.grid)
        return transfer_mask(drawn, onto)

    def heatmap(self, label: str, onto: Grid) -> Heatmap | None:
        """Where the network looked for a label, on the grid of the scan; None if not told."""
        if CAM not in self.outputs:
            return None
        place = self.bundle.manifest.task.labels.index(label)
        return transfer_heatmap(draw_heatmap(self.outputs[CAM][:, place], self.frames.grid), onto)


@dataclass(frozen=True)
class Runner:
    """Asks a bundle about scans.

    Args:
        bundle: opened by ``open_bundle``.
        batch_slices: how many go through the network at once; on a processor more need more memory
            and are no faster (EfficientNet-lite0 with masks: 0.33 s a scan, be it 1 or 16).
    """

    bundle: Bundle
    batch_slices: int = 4

    def __post_init__(self) -> None:
        if self.batch_slices < 1:
            raise ValueError(f"expected a slice or more at once, got {self.batch_slices}")

    def see(self, volume: Volume) -> Seen:
        """What the network says of a scan, before anything is made of it.

        Raises:
            ScanError: the pipeline cannot use the scan.
            BundleError: the pipeline does not give what the network takes.
        """
        manifest = self.bundle.manifest
        frames = manifest.pipeline(volume)
        if frames.channels != manifest.graph.channels:
            raise BundleError(
                f"bundle {manifest.name}: its network takes {', '.join(manifest.graph.channels)}, "
                f"its pipeline gives {', '.join(frames.channels)}"
            )
        # As a store holds them: what the network learned from, to the bit.
        pixels = as_bytes(frames.pixels)
        parts = [
            self.bundle.run(pixels[start : start + self.batch_slices])
            for start in range(0, len(pixels), self.batch_slices)
        ]
        outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return Seen(self.bundle, frames, outputs)

    def answer(self, seen: Seen, onto: Grid, classical: Prediction | None = None) -> Prediction:
        """What is made of what the network said.

        Args:
            seen: of ``see``.
            onto: the grid of the scan.
            classical: what the classical finder says of it, where the bundle counts that.

        Raises:
            BundleError: the bundle counts it, and it is not given.
        """
        manifest = self.bundle.manifest
        if manifest.beside is not None:
            if classical is None:
                raise BundleError(f"bundle {manifest.name} answers beside the classical finder")
            seen = replace(seen, marked_mm2=marked_mm2(classical, seen.frames.grid))
        mask = seen.mask(onto)
        return Prediction(
            method=manifest.name,
            version=manifest.version,
            findings=tuple(_finding(seen, label, mask, onto) for label in manifest.task.labels),
            mask=mask,
            heatmap=seen.heatmap(manifest.task.labels[0], onto),
        )

    def __call__(self, volume: Volume) -> Prediction:
        """A finding for each label, with mask and heatmap on the grid of the volume.

        Args:
            volume: a non-contrast axial head CT as it was read, lowest slice first.

        Raises:
            ScanError: the pipeline cannot use the scan, or the finder, where that counts.
            BundleError: the pipeline does not give what the network takes.
        """
        seen = self.see(volume)
        classical = None if self.bundle.manifest.beside is None else find_in(volume)
        if isinstance(classical, Refusal):
            raise ScanError(str(classical))
        return self.answer(seen, volume.grid, classical)


def _finding(seen: Seen, label: str, mask: Mask | None, onto: Grid) -> Finding:
    manifest = seen.bundle.manifest
    place = manifest.task.labels.index(label)
    score = float(seen.patient_scores[place])
    point = manifest.threshold(label, "patient")
    threshold = None if point is None else point.threshold
    probability = seen.probability(label, "patient")
    counts_marks = label == ANY_HEMORRHAGE and seen.marked_mm2 is not None
    whose = "network and finder" if counts_marks else "the network"
    drawn = _drawn(mask, label) if onto.is_measured else None
    return Finding(
        label=label,
        present=None if threshold is None else score >= threshold,
        score=score,
        score_kind=f"slice scores of {whose} to the patient by {manifest.task.aggregation}",
        threshold=threshold,
        probability=None if probability is None else float(probability[0]),
        volume_ml=None if drawn is None else drawn.volume_ml(label),
        abc2_ml=None if drawn is None else abc2_ml(drawn, label),
        slices=seen.slices(label, onto),
        evidence=tuple(_evidence(seen, label, onto)),
    )


def _evidence(seen: Seen, label: str, onto: Grid) -> list[str]:
    """What the answer hangs on, for people."""
    manifest = seen.bundle.manifest
    scores = seen.scores[:, manifest.task.labels.index(label)]
    highest = int(scores.argmax())
    slice_number = nearest_slices(seen.frames.grid, onto)[highest] + 1
    told = [f"highest on slice {slice_number}: a score of {scores[highest]:.3f}"]
    if label == ANY_HEMORRHAGE and seen.marked_mm2 is not None:
        marked_cm2 = seen.marked_mm2[highest] / 100
        told.append(f"the classical finder's marks count too: {marked_cm2:.1f} cm² on that slice")
    point = manifest.threshold(label, "patient")
    if point is None:
        told.append("not decided: the bundle holds no threshold for it")
    elif point.threshold is None:
        told.append(f"not decided: {point.note}")
    elif point.chosen_on == STATED:
        told.append("threshold stated beforehand")
    else:
        note = f" ({point.note})" if point.note else ""
        told.append(f"threshold for {point.rule}, chosen on {point.chosen_on}{note}")
    calibration = manifest.calibration(label, "patient")
    if calibration is not None:
        told.append(f"probability calibrated on {calibration.fitted_on}")
    return told


def _drawn(mask: Mask | None, label: str) -> Mask | None:
    """The mask of one label; of hemorrhage all subtypes together."""
    if mask is None or label in mask.names:
        return mask
    if label != ANY_HEMORRHAGE:
        return None
    return Mask((mask.labels > 0).astype(np.uint8), mask.grid, (ANY_HEMORRHAGE,))

"""Masks of many cases beside the true ones, and the volumes that follow."""

from collections.abc import Sequence

import numpy as np

from headct.core.errors import Refusal
from headct.measure.evaluate.measurement import (
    FEW_PATIENTS,
    MaskResult,
    Measurement,
    SystemResult,
    VolumeResult,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.masks.case import ClassScore, MaskCase
from headct.measure.masks.cohort import summarize_masks
from headct.measure.outcomes import Level
from headct.measure.volume.compared import compare_volumes
from headct.measure.volume.pairs import volume_pairs


def measure_masks(
    cases: Sequence[MaskCase], left_out: tuple[Refusal, ...] = (), settings: Settings | None = None
) -> Measurement:
    """Overlap, distances and lesions by class, and each class's volume.

    Args:
        cases: one or more, each with the scores of its classes; a case whose patient has its own
            name counts as a patient of its own.
        left_out: cases that were not scored, and why.
        settings: intervals; None for the usual.
    """
    wanted = settings or Settings()
    classes = summarize_masks(
        cases,
        rng=np.random.default_rng(wanted.seed),
        samples=wanted.samples,
        level=wanted.confidence,
    )
    volumes = tuple(_volumes(cases, one.label, wanted) for one in classes)
    return Measurement(
        settings=wanted,
        systems=(SystemResult("", "", (), volumes=volumes),),
        comparisons=(),
        runs=(),
        masks=MaskResult(tuple(cases), classes),
        patients=len({case.patient for case in cases}),
        rows=len(cases),
        validation=None,
        left_out=left_out,
        remarks=_remarks(cases),
        warnings=_warnings(cases, left_out, [one.label for one in classes]),
    )


def _remarks(cases: Sequence[MaskCase]) -> tuple[str, ...]:
    if any(case.patient != case.name for case in cases):
        return ()
    told = (
        "Each case counts as a patient of its own: where a patient has several, say whose each is"
    )
    return (f"{told} (--mask-patients).",)


def _warnings(
    cases: Sequence[MaskCase], left_out: Sequence[Refusal], labels: Sequence[str]
) -> tuple[str, ...]:
    found = []
    if lost := sum(one.count for one in left_out):
        found.append(
            f"{lost} of {lost + len(cases)} cases are left out: the figures are of the others "
            "alone, and may be better than they would be of all."
        )
    ill = {
        label: len({case.patient for case in cases for one in case.classes if _has(one, label)})
        for label in labels
    }
    if few := [label.replace("_", " ") for label in labels if ill[label] < FEW_PATIENTS]:
        found.append(
            f"Fewer than {FEW_PATIENTS} patients have {', '.join(few)} in their true masks: these "
            "figures describe the cases, and nothing is claimed from them."
        )
    return tuple(found)


def _has(score: ClassScore, label: str) -> bool:
    return score.label == label and bool(score.overlap.truth)


def _volumes(cases: Sequence[MaskCase], label: str, settings: Settings) -> VolumeResult:
    rows = [
        (case.patient, one.overlap) for case in cases for one in case.classes if one.label == label
    ]
    patients = {name: number for number, name in enumerate(dict.fromkeys(who for who, _ in rows))}
    pairs = volume_pairs(
        _known([overlap.true_ml for _, overlap in rows]),
        _known([overlap.predicted_ml for _, overlap in rows]),
        patients=[patients[who] for who, _ in rows],
    )
    compared = compare_volumes(
        pairs,
        rng=np.random.default_rng(settings.seed),
        samples=settings.samples,
        level=settings.confidence,
    )
    return VolumeResult(Level.STUDY, label, compared)


def _known(volumes: Sequence[float | None]) -> list[float]:
    """NaN where a mask without spacing has no volume."""
    return [float("nan") if ml is None else ml for ml in volumes]

"""Masks of many cases beside the true ones, and the volumes that follow."""

from collections.abc import Sequence

import numpy as np

from headct.core.errors import Refusal
from headct.measure.evaluate.measurement import (
    MaskResult,
    Measurement,
    SystemResult,
    VolumeResult,
)
from headct.measure.evaluate.settings import Settings
from headct.measure.masks.case import MaskCase
from headct.measure.masks.cohort import summarize_masks
from headct.measure.outcomes import Level
from headct.measure.volume.compared import compare_volumes
from headct.measure.volume.pairs import volume_pairs


def measure_masks(
    cases: Sequence[MaskCase], left_out: tuple[Refusal, ...] = (), settings: Settings | None = None
) -> Measurement:
    """Overlap, distances and lesions by class, and each class's volume.

    Args:
        cases: one or more, each with the scores of its classes.
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
        has_validation=False,
        left_out=left_out,
    )


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

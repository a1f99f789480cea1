"""Everything that is measured of volumes, in one call."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headct.measure.estimate import Estimate
from headct.measure.resampling.draws import SAMPLES
from headct.measure.volume.beside import BesideAbc2, beside_abc2
from headct.measure.volume.bland_altman import BlandAltman, Form, bland_altman
from headct.measure.volume.concordance import concordance
from headct.measure.volume.detection import (
    DetectionCurve,
    detection_by_predicted,
    detection_by_true,
)
from headct.measure.volume.errors import SizeErrors, errors_by_size, size_classes, volume_errors
from headct.measure.volume.pairs import VolumePairs

FORMS: tuple[Form, ...] = ("absolute", "log", "percent")


@dataclass(frozen=True, eq=False)
class VolumeComparison:
    """Predicted beside true volumes.

    Args:
        pairs: the volumes themselves, for the plots.
        agreement: Bland-Altman by form.
        concordance: coefficients by name as in ``concordance.CONCORDANCE``.
        errors: by name as in ``errors.ERRORS``.
        by_size: the errors of each size.
        detection: over the least volume predicted, and over the least one there.
        abc2: ABC/2 beside the prediction; empty where it was not measured.
    """

    pairs: VolumePairs
    agreement: Mapping[Form, BlandAltman]
    concordance: Mapping[str, Estimate]
    errors: Mapping[str, Estimate]
    by_size: tuple[SizeErrors, ...]
    detection: tuple[DetectionCurve, DetectionCurve]
    abc2: tuple[BesideAbc2, ...]


def compare_volumes(
    pairs: VolumePairs, *, rng: np.random.Generator, samples: int = SAMPLES, level: float = 0.95
) -> VolumeComparison:
    """Measure predicted volumes against true ones, with the sizes and least volumes of default.

    Args:
        pairs: as of ``pairs.volume_pairs``.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.
    """
    sizes = size_classes()
    return VolumeComparison(
        pairs=pairs,
        agreement={form: bland_altman(pairs, form=form, level=level) for form in FORMS},
        concordance=concordance(pairs, rng=rng, samples=samples, level=level),
        errors=volume_errors(pairs, rng=rng, samples=samples, level=level),
        by_size=errors_by_size(pairs, sizes, rng=rng, samples=samples, level=level),
        detection=(
            detection_by_predicted(pairs, rng=rng, samples=samples, level=level),
            detection_by_true(pairs, rng=rng, samples=samples, level=level),
        ),
        abc2=beside_abc2(pairs, sizes, rng=rng, samples=samples, level=level),
    )

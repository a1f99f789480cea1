"""The volumes of one system beside the true ones, label by label."""

import numpy as np

from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.evaluate.measurement import VolumeResult
from headct.measure.evaluate.settings import Settings
from headct.measure.reading.pair import System
from headct.measure.volume.compared import compare_volumes
from headct.measure.volume.pairs import volume_pairs


def measure_volumes(system: System, settings: Settings) -> tuple[VolumeResult, ...]:
    """Every label of which any volume is both predicted and known; () without volumes."""
    given = system.volumes
    if given is None:
        return ()
    found = []
    for column, label in enumerate(given.labels):
        pairs = volume_pairs(
            given.true_ml[:, column],
            given.predicted_ml[:, column],
            patients=given.patients,
            # ABC/2 is of all blood, as the bedside has no subtypes.
            abc2_ml=given.abc2_ml if label == ANY_HEMORRHAGE else None,
        )
        if not len(pairs):
            continue
        compared = compare_volumes(
            pairs,
            rng=np.random.default_rng(settings.seed),
            samples=settings.samples,
            level=settings.confidence,
        )
        found.append(VolumeResult(given.level, label, compared))
    return tuple(found)

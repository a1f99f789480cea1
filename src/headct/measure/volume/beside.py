"""ABC/2 beside the count of voxels, both against the true volume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headct.measure.estimate import Estimate
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import count_samples, per_patient
from headct.measure.volume.errors import SizeClass, volume_errors
from headct.measure.volume.pairs import VolumePairs

ALL_SIZES = SizeClass("all", 0.0, float("inf"))


@dataclass(frozen=True)
class BesideAbc2:
    """The errors of both methods on the same rows.

    Args:
        size: of the true volume.
        rows: in which both were measured; ``patients``: likewise.
        predicted: errors of the predicted volume by name as in ``errors.ERRORS``.
        abc2: those of ABC/2.
        difference_ml: mean absolute error of ABC/2 less that of the prediction, on the same rows:
            above 0 where ABC/2 is further off.
    """

    size: SizeClass
    rows: int
    patients: int
    predicted: Mapping[str, Estimate]
    abc2: Mapping[str, Estimate]
    difference_ml: Estimate


def beside_abc2(
    pairs: VolumePairs,
    sizes: Sequence[SizeClass],
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> tuple[BesideAbc2, ...]:
    """All rows, and then each size, that have a volume by ABC/2; () where none has.

    Args:
        pairs: with ``abc2_ml``.
        sizes: as of ``errors.size_classes``.
        rng: draws the patients.
        samples: how many times.
        level: how much each interval covers.
    """
    both = pairs.at(~np.isnan(pairs.abc2_ml))
    if not len(both):
        return ()
    found = []
    for size in (ALL_SIZES, *sizes):
        among = both if size == ALL_SIZES else both.at(size.holds(both.true_ml))
        bedside = replace(among, predicted_ml=among.abc2_ml)
        found.append(
            BesideAbc2(
                size=size,
                rows=len(among),
                patients=among.among,
                predicted=volume_errors(among, rng=rng, samples=samples, level=level),
                abc2=volume_errors(bedside, rng=rng, samples=samples, level=level),
                difference_ml=_difference(among, rng, samples, level),
            )
        )
    return tuple(found)


def _difference(
    pairs: VolumePairs, rng: np.random.Generator, samples: int, level: float
) -> Estimate:
    if not len(pairs):
        return Estimate(None, note="no rows")
    off = [np.abs(volumes - pairs.true_ml) for volumes in (pairs.abc2_ml, pairs.predicted_ml)]
    sums = per_patient(np.stack([off[0] - off[1], np.ones(len(pairs))], axis=1), pairs.patients)
    drawn = count_samples(sums, samples, rng)
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    return interval_of(value, drawn[:, 0] / drawn[:, 1], level=level, patients=pairs.worth)

"""How much of a heatmap lies in which region, by study, and on average over patients."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headct.core.volume import Heatmap
from headct.image.regions import Region
from headct.measure.estimate import Estimate
from headct.measure.resampling.draws import SAMPLES
from headct.measure.resampling.interval import interval_of
from headct.measure.resampling.sums import count_samples
from headct.train.explaining.regions import REGIONS

WITH, WITHOUT, NOT_KNOWN = "with it", "without it", "not known"
GROUPS: Mapping[bool | None, str] = {True: WITH, False: WITHOUT, None: NOT_KNOWN}


@dataclass(frozen=True)
class Share:
    """Of one region: its share of the heatmap, and of the pixels.

    Both are alike where a network looks everywhere alike.
    """

    heat: float
    area: float


@dataclass(frozen=True)
class Attention:
    """Where a network looked for a label in a study.

    Args:
        number: of the study, from 1, as figures name it.
        patient: as in the store; for files, never for print.
        study: likewise.
        label: looked for.
        truth: whether the study has it; None where not known.
        score: of its highest slice.
        raw_peak: of the heatmap: what its brightest cell adds to the log odds.
        shares: by region; a lesion only where one is drawn. Empty where ``told`` says why.
        told: why there are no shares.
    """

    number: int
    patient: str
    study: str
    label: str
    truth: bool | None
    score: float
    raw_peak: float
    shares: Mapping[str, Share]
    told: str = ""


@dataclass(frozen=True)
class Mean:
    """A region over patients.

    Args:
        label: looked for.
        group: of ``GROUPS``: whether the studies have it.
        region: of ``REGIONS``.
        patients: how many.
        heat: share of the heatmap.
        area: share of the pixels.
        times: the one over the other: 1 where the network looks everywhere alike.
    """

    label: str
    group: str
    region: str
    patients: int
    heat: Estimate
    area: Estimate
    times: Estimate


def shares_of(heatmap: Heatmap, regions: Mapping[str, Region]) -> dict[str, Share]:
    """What each region has of a heatmap and of the pixels; empty where nothing speaks for a label.

    A region without a pixel is left out.

    Args:
        heatmap: of a study. All of its slices count, by how bright they are.
        regions: on the same grid, none through another.
    """
    weights = heatmap.weights.astype(np.float64)
    whole = float(weights.sum())
    if not whole > 0:
        return {}
    return {
        name: Share(float(weights[region].sum()) / whole, float(region.mean()))
        for name, region in regions.items()
        if region.any()
    }


def means_of(rows: Iterable[Attention], *, seed: int = 0) -> list[Mean]:
    """Each region over patients, by label and by whether they have it.

    The mean of patients' means, with intervals by drawing patients anew (``interval_of``): studies
    of one patient are not independent. Assumed: patients are a sample of those meant. No interval
    where all patients have the same share, and none of one patient.

    Args:
        rows: of all studies.
        seed: draws the samples.
    """
    counted = [row for row in rows if row.shares]
    means = []
    for label in dict.fromkeys(row.label for row in counted):
        for truth, group in GROUPS.items():
            some = [row for row in counted if (row.label, row.truth) == (label, truth)]
            for region in REGIONS:
                patients = _by_patient([row for row in some if region in row.shares], region)
                if len(patients):
                    means.append(_mean((label, group, region), patients, seed))
    return means


def _by_patient(rows: Sequence[Attention], region: str) -> np.ndarray[tuple[int, int], np.dtype]:
    """(patients, 2) mean shares of heat and of pixels."""
    studies: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        share = row.shares[region]
        studies.setdefault(row.patient, []).append((share.heat, share.area))
    return np.array([np.mean(shares, axis=0) for shares in studies.values()]).reshape(-1, 2)


def _mean(names: tuple[str, str, str], patients: np.ndarray, seed: int) -> Mean:
    count = len(patients)
    columns = np.column_stack([patients, np.ones(count)])
    drawn = count_samples(columns, SAMPLES, np.random.default_rng(seed))
    heat, area = patients.mean(axis=0)
    return Mean(
        *names,
        patients=count,
        heat=interval_of(heat, drawn[:, 0] / drawn[:, 2], patients=count),
        area=interval_of(area, drawn[:, 1] / drawn[:, 2], patients=count),
        times=interval_of(heat / area, drawn[:, 0] / drawn[:, 1], patients=count),
    )

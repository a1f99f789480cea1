"""The Gaussian kernel of a pipeline, chosen "empirically" on training patients, with its figures.

The hemorrhage paper says that its kernel was chosen empirically, not by what. Assumed here: by how
well bleeding slices stand apart in one simple number, the contrast: by how many HU the brightest
square centimetre inside the skull lies above the slice's median. Too little smoothing leaves it to
noise, too much brings the bone's brightness into the brain. Compared are slices of patients without
a bleed at the same height: the base of the skull is brighter than the vertex in everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headct.batch import map_items
from headct.cohort.images import open_case
from headct.cohort.splitting.training import Training
from headct.core.case import Case
from headct.core.errors import CohortError, Refusal, ScanError
from headct.core.finding import Progress
from headct.core.labels import ANY_HEMORRHAGE
from headct.core.volume import Volume
from headct.image.filters import Gaussian
from headct.image.head import intracranial
from headct.image.morphology import disc, erode
from headct.image.pipeline import AnyStep, Pipeline, Step
from headct.image.regions import Region

Numbers = NDArray[np.float64]

SIGMAS_MM = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
"""From half a pixel of a head CT to the width of a sulcus, by the root of two."""

# The cut of a small bleed; of less than ten times that a slice shows too little brain.
_BRIGHTEST_CM2, _LEAST_CM2 = 1.0, 10.0
# Of the height of the brain, 12 cm: one or two slices of 5 mm up and down.
_SAME_HEIGHT = 0.1
# Enough for a choice that is flat at its best; of more training studies these many are drawn.
_MOST_STUDIES = 120
# Here a pixel is bone in part.
_RIM_MM = 3.0
# Calcium and metal are brighter than any blood (100 HU), and are not what is looked for.
_BRIGHTEST_HU = 100.0


@dataclass(frozen=True)
class Candidate:
    """How well a kernel does.

    Args:
        sigma_mm: its standard deviation; 0 for none, which stands beside to compare with.
        auc: area under the ROC curve by contrast, mean over patients who bleed.
        error: its standard error over those patients; None where they are not kept apart.
    """

    sigma_mm: float
    auc: float
    error: float | None


@dataclass(frozen=True)
class KernelSearch:
    """Every candidate, and the one that was chosen.

    Args:
        by: what was told apart: "slices", or "studies" where slices have no labels.
        candidates: from the narrowest on.
        sigma_mm: the best; of equals the narrowest.
        studies: of training patients that gave the figures.
        refused: why scans of training patients could not be measured, one by one.
    """

    by: str
    candidates: tuple[Candidate, ...]
    sigma_mm: float
    studies: int
    refused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.sigma_mm not in {one.sigma_mm for one in self.candidates if one.sigma_mm > 0}:
            raise ValueError("expected the chosen kernel among the candidates")


def fit_kernel(
    pipeline: Pipeline,
    training: Training,
    *,
    sigmas_mm: Sequence[float] = SIGMAS_MM,
    workers: int = 1,
    progress: Progress | None = None,
) -> KernelSearch:
    """Choose the kernel of a pipeline's Gaussian on training patients.

    Where slices have labels: each bleeding slice against slices of clean patients at the same
    height, averaged by patient, then over patients. Where studies alone have: studies by the
    contrast of their slice that has most, without an error.

    Args:
        pipeline: has a ``Gaussian``; the steps before it are done first.
        training: nothing else is looked at.
        sigmas_mm: to choose from.
        workers: processes, of about 0.3 GB each.
        progress: told after each study.

    Raises:
        ValueError: the pipeline has no Gaussian, or there is nothing to choose from.
        CohortError: training patients have no labels of hemorrhage that could tell.
    """
    place = gaussian_of(pipeline)
    if place is None or not sigmas_mm or not min(sigmas_mm) > 0:
        raise ValueError("expected a pipeline with a Gaussian, and kernels above 0 mm to try")
    sigmas = (0.0, *sorted(set(sigmas_mm)))
    measure = partial(_measure, pipeline.steps[:place], sigmas)
    measured = map_items(measure, _some(training), workers=workers, progress=progress)
    seen = [one for one in measured if isinstance(one, _Contrast)]
    refused = tuple(one.reason for one in measured if isinstance(one, Refusal))
    by, aucs = "slices", _by_slice(seen)
    if aucs is None:
        by, aucs = "studies", _by_study(seen)
    if aucs is None:
        raise CohortError(
            f"{len(seen)} training scans were measured, and cannot tell kernels apart: that takes "
            f"patients with and without {ANY_HEMORRHAGE}; name sigma_mm in a pipeline of your own"
        )
    errors = aucs.std(axis=0, ddof=1) / np.sqrt(len(aucs)) if len(aucs) > 1 else None
    candidates = tuple(
        Candidate(sigma, float(auc), None if errors is None else float(errors[index]))
        for index, (sigma, auc) in enumerate(zip(sigmas, aucs.mean(axis=0), strict=True))
    )
    # The first of equals: max keeps it.
    best = max(candidates[1:], key=lambda one: one.auc)
    return KernelSearch(by, candidates, best.sigma_mm, len(seen), refused)


def gaussian_of(pipeline: Pipeline) -> int | None:
    """The place of a pipeline's first Gaussian; None where it has none."""
    places = [i for i, step in enumerate(pipeline.steps) if isinstance(step, Gaussian)]
    return places[0] if places else None


def with_kernel(pipeline: Pipeline, sigma_mm: float) -> Pipeline:
    """The pipeline with the kernel of its Gaussian replaced.

    Raises:
        ValueError: it has none.
    """
    place = gaussian_of(pipeline)
    if place is None:
        raise ValueError(f"pipeline {pipeline.name} has no Gaussian")
    steps = (*pipeline.steps[:place], Gaussian(sigma_mm), *pipeline.steps[place + 1 :])
    return replace(pipeline, steps=steps)


@dataclass(frozen=True, eq=False)
class _Contrast:
    """What was measured of one study.

    Args:
        patient: whose.
        bleeds: of the study; None where not known.
        slices: (slices,) 1, 0, or -1 where not known.
        heights: (slices,) from 0 at the lowest slice that shows brain to 1 at the highest.
        hu: (kernels, slices) contrast.
    """

    patient: str
    bleeds: bool | None
    slices: NDArray[np.int8]
    heights: Numbers
    hu: Numbers


def _some(training: Training) -> Sequence[Case]:
    """All training studies, or as many as are enough: half of them bleeding where there are."""
    if len(training.cases) <= _MOST_STUDIES:
        return training.cases
    order = np.random.default_rng(training.split.seed).permutation(len(training.cases))
    cases = [training.cases[index] for index in order]
    bleeding = [case for case in cases if case.labels.get(ANY_HEMORRHAGE) is True]
    others = [case for case in cases if case.labels.get(ANY_HEMORRHAGE) is False]
    half = _MOST_STUDIES // 2
    chosen = bleeding[: max(half, _MOST_STUDIES - len(others))]
    return [*chosen, *others[: _MOST_STUDIES - len(chosen)]]


def _measure(
    before: tuple[AnyStep, ...], sigmas: Sequence[float], case: Case
) -> _Contrast | Refusal:
    try:
        volume = open_case(case).volume
        for step in before:
            volume = cast("Step", step)(volume)
    except ScanError as error:
        return Refusal("a training scan", str(error))
    skull = intracranial(volume)
    if isinstance(skull, Refusal):
        return skull
    inside = erode(skull.inside, disc(_RIM_MM, volume.grid))
    pixel_cm2 = volume.grid.spacing_mm[0] * volume.grid.spacing_mm[1] / 100.0
    shown = np.flatnonzero(np.count_nonzero(inside, axis=(1, 2)) * pixel_cm2 >= _LEAST_CM2)
    if not shown.size:
        return Refusal("a training scan", f"no slice shows {_LEAST_CM2:g} cm² of brain")
    pixels = max(round(_BRIGHTEST_CM2 / pixel_cm2), 1)
    at_mm = volume.grid.positions_mm[shown]
    return _Contrast(
        patient=case.patient,
        bleeds=case.labels.get(ANY_HEMORRHAGE),
        slices=_known(case, volume)[shown],
        heights=(at_mm - at_mm[0]) / max(at_mm[-1] - at_mm[0], 1.0),
        hu=np.array([_contrast(volume, sigma, inside, pixels)[shown] for sigma in sigmas]),
    )


def _contrast(volume: Volume, sigma_mm: float, inside: Region, pixels: int) -> Numbers:
    """(slices,) HU of the brightest pixels inside above the median; NaN where there are fewer."""
    smooth = Gaussian(sigma_mm)(volume) if sigma_mm > 0 else volume
    contrast = np.full(len(inside), np.nan)
    for index, (plane, region) in enumerate(zip(smooth.hu, inside, strict=True)):
        values = np.minimum(plane[region], _BRIGHTEST_HU)
        if values.size >= pixels:
            brightest = np.partition(values, -pixels)[-pixels:]
            contrast[index] = brightest.mean(dtype=np.float64) - float(np.median(values))
    return contrast


def _known(case: Case, volume: Volume) -> NDArray[np.int8]:
    """(slices,) whether each slice bleeds: 1, 0, or -1 where not known."""
    slices = case.slice_labels
    if slices is None or ANY_HEMORRHAGE not in slices.labels or not volume.sources:
        return np.full(volume.grid.shape[0], -1, np.int8)
    values = slices.of([source.file for source in volume.sources])
    return np.asarray(values[:, slices.labels.index(ANY_HEMORRHAGE)])


def _by_slice(seen: Sequence[_Contrast]) -> Numbers | None:
    """(patients, kernels) AUC of who bleeds; None where nobody does, or nobody does not."""
    ill = {one.patient for one in seen if one.bleeds is not False}
    clean = [one for one in seen if one.patient not in ill and (one.slices == 0).all()]
    if not clean:
        return None
    heights = np.concatenate([one.heights for one in clean])
    hu = np.concatenate([one.hu for one in clean], axis=1)
    found: dict[str, list[Numbers]] = {}
    for one in seen:
        for index in np.flatnonzero(one.slices == 1):
            near = hu[:, np.abs(heights - one.heights[index]) <= _SAME_HEIGHT]
            if near.size:
                own = one.hu[:, index, None]
                darker = (near < own).mean(axis=1) + (near == own).mean(axis=1) / 2
                found.setdefault(one.patient, []).append(darker)
    return np.array([np.mean(each, axis=0) for each in found.values()]) if found else None


def _by_study(seen: Sequence[_Contrast]) -> Numbers | None:
    """(1, kernels) AUC of studies; None where all bleed, or none."""
    ill = [one.hu.max(axis=1) for one in seen if one.bleeds is True]
    clean = [one.hu.max(axis=1) for one in seen if one.bleeds is False]
    if not ill or not clean:
        return None
    # (bleeding, clean, kernels): an AUC is the share of pairs in the right order.
    own, other = np.array(ill)[:, None], np.array(clean)[None]
    return np.asarray(((own > other) + (own == other) / 2).mean(axis=(0, 1))[None])

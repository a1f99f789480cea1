"""What a pipeline estimates, estimated on the training patients of a round, and kept with it.

The kernel is fitted on scans, before anything is prepared; mean and deviation on a store's pixels,
after. Both go into ``fit.json`` (``fit_file``), beside the split they belong to.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from headct.cohort.fitting.kernel import KernelSearch, fit_kernel, gaussian_of, with_kernel
from headct.cohort.splitting.rounds import TRAIN, Split
from headct.cohort.splitting.training import Training
from headct.cohort.store.store import Store
from headct.core.errors import CohortError
from headct.core.finding import Progress
from headct.image.intensity import Standardize
from headct.image.pipeline import Pipeline

_LEVELS = 256
# Slices read at a time, 17 MB of 256 x 256: as fast as memory, and small beside a store.
_CHUNK = 256


@dataclass(frozen=True)
class Fitted:
    """What was fitted on the training patients of one round.

    Args:
        name: of the round.
        patients: training patients.
        pipeline: with the fitted kernel in it.
        kernel: how it was chosen; None where the pipeline has no Gaussian.
        standardize: of prepared pixels, to apply as they are read; None until a store was fitted.
    """

    name: str
    patients: int
    pipeline: Pipeline
    kernel: KernelSearch | None = None
    standardize: Standardize | None = None

    def __post_init__(self) -> None:
        if self.kernel and with_kernel(self.pipeline, self.kernel.sigma_mm) != self.pipeline:
            raise ValueError("the pipeline's Gaussian is not the kernel that was chosen")


@dataclass(frozen=True)
class Fit:
    """What was fitted for the rounds of a split; some may still be missing."""

    split_sha256: str
    rounds: tuple[Fitted, ...] = ()

    def round(self, name: str) -> Fitted | None:
        """What was fitted for a round; None where nothing was."""
        return next((one for one in self.rounds if one.name == name), None)

    def with_round(self, fitted: Fitted) -> "Fit":
        """With one round added, or taken in place of what was there."""
        others = tuple(one for one in self.rounds if one.name != fitted.name)
        return replace(self, rounds=(*others, fitted))


def fit_pipeline(
    pipeline: Pipeline,
    training: Training,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Fitted:
    """The pipeline as training patients want it: the kernel of its Gaussian, where it has one.

    Args:
        pipeline: as declared.
        training: nothing else is looked at.
        workers: processes, of about 0.3 GB each.
        progress: told after each study.

    Raises:
        CohortError: training patients cannot tell kernels apart.
    """
    fitted = Fitted(training.name, len(training.patients), pipeline)
    if gaussian_of(pipeline) is None:
        return fitted
    kernel = fit_kernel(pipeline, training, workers=workers, progress=progress)
    return replace(fitted, pipeline=with_kernel(pipeline, kernel.sigma_mm), kernel=kernel)


def fit_standardize(store: Store, split: Split, name: str = "") -> Standardize:
    """Mean and deviation of a store's pixels over the training patients of a round.

    Every pixel of every channel counts the same. Counted by value, so the sums are exact however
    large the store.

    Args:
        store: of the split's cohort.
        split: by patient.
        name: of the round; may be left out where there is one.

    Returns:
        Of pixels in [0, 1], to be applied as they are read.

    Raises:
        CohortError: no such round, no training patient in the store, or pixels that are all alike.
    """
    slices = store.slices_of(split.round(name).parts[TRAIN])
    counts = np.zeros(_LEVELS, dtype=np.int64)
    for first in range(0, len(slices), _CHUNK):
        pixels = store.read(slices[first : first + _CHUNK])
        counts += np.bincount(pixels.ravel(), minlength=_LEVELS)
    # Python's whole numbers hold sums that 64 bits might not.
    number = int(counts.sum())
    total = sum(value * int(count) for value, count in enumerate(counts))
    squares = sum(value * value * int(count) for value, count in enumerate(counts))
    spread = number * squares - total * total
    if not spread:
        raise CohortError(
            f"the store holds {len(slices)} slices of training patients, and their pixels do not "
            "differ: give the store of the cohort that was split"
        )
    top = _LEVELS - 1
    return Standardize(total / (number * top), sqrt(spread) / (number * top))


def split_sha256(split: Split) -> str:
    """Hash of who is where in a split; fitted values belong to one."""
    rounds = [
        [one.name, {part: sorted(p) for part, p in one.parts.items()}] for one in split.rounds
    ]
    text = json.dumps([split.sha256, rounds], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

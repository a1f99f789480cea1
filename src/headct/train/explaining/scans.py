"""The scan behind the frames of a store, so that skull and ventricles can be found in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.cohort.images import open_case
from headct.cohort.store.entry import Key, Study
from headct.core.case import Case
from headct.core.errors import CohortError, Refusal, ScanError
from headct.core.volume import Volume
from headct.image.encoders import Gray, Neighbours, Window, Windows
from headct.image.filters import Clahe, MergeContrast, Open
from headct.image.intensity import Normalize, Remove, Rescale, Standardize
from headct.image.pipeline import Pipeline
from headct.image.strip import KeepBrain

# After these, values are no Hounsfield units any more, or the skull is gone.
_NO_HU = (Clahe, KeepBrain, MergeContrast, Normalize, Open, Remove, Standardize)
# Brain and fluid lie within; of 255 steps none may be coarser than 1 HU.
_NEEDED_HU, _WIDEST = (0.0, 80.0), 255.0


@dataclass(frozen=True)
class Shown:
    """How frames show Hounsfield units.

    Args:
        channel: of the slice itself.
        low: HU of black.
        high: HU of white.
    """

    channel: int
    low: float
    high: float

    def volume(self, pixels: NDArray[np.uint8], study: Study) -> Volume:
        """(slices, channels, rows, columns) of a study as the scan that its window has cut."""
        scaled = pixels[:, self.channel].astype(np.float32) / np.float32(255)
        hu = np.float32(self.low) + scaled * np.float32(self.high - self.low)
        return Volume(hu, study.grid, seen_hu=(self.low, self.high))


@dataclass(frozen=True)
class Scans:
    """Where the scans of a store come from.

    Args:
        shown: how its frames show HU; None where they do not.
        cases: of the cohort that was prepared, by patient and study, to be read anew; they come
            before the frames.
    """

    shown: Shown | None
    cases: Mapping[Key, Case]

    def of(self, study: Study, pixels: NDArray[np.uint8]) -> Volume | Refusal:
        """The scan of a study, or why there is none.

        Args:
            study: of the store.
            pixels: (slices, channels, rows, columns) its frames.
        """
        if not self.cases and self.shown is not None:
            return self.shown.volume(pixels, study)
        if study.key not in self.cases:
            return Refusal("scan", "the cohort given has no such study")
        try:
            return open_case(self.cases[study.key]).volume
        except ScanError as error:
            return Refusal("scan", str(error))


def scans_of(pipeline: Pipeline, cases: Mapping[Key, Case]) -> Scans:
    """How to come to the scans of a store.

    Args:
        pipeline: that made it.
        cases: of the cohort that was prepared; empty to go by the frames.

    Raises:
        CohortError: the frames show no Hounsfield units, and no cohort is given.
    """
    shown = shown_by(pipeline)
    if shown is None and not cases:
        raise CohortError(
            f"frames of pipeline {pipeline.name} are no Hounsfield units with a skull around them, "
            "so regions must be found in the scans: give the cohort that was prepared as --cohort"
        )
    return Scans(shown, cases)


def shown_by(pipeline: Pipeline) -> Shown | None:
    """How the frames of a pipeline show HU; None where its steps leave no such thing."""
    *steps, encoder = pipeline.steps
    scaled = [step for step in steps if isinstance(step, Rescale)]
    if any(isinstance(step, _NO_HU) for step in steps):
        return None
    if isinstance(encoder, Gray) and len(scaled) == 1:
        return _enough(0, scaled[0].low, scaled[0].high)
    if isinstance(encoder, Neighbours) and not scaled:
        return _enough(1, *_ends(encoder.window))
    if isinstance(encoder, Windows) and not scaled:
        found = [_enough(place, *_ends(window)) for place, window in enumerate(encoder.windows)]
        # The widest tells bone from fresh blood.
        return max(filter(None, found), key=lambda one: one.high - one.low, default=None)
    return None


def _enough(channel: int, low: float, high: float) -> Shown | None:
    covers = low <= _NEEDED_HU[0] and high >= _NEEDED_HU[1] and high - low <= _WIDEST
    return Shown(channel, low, high) if covers else None


def _ends(window: Window) -> tuple[float, float]:
    level, width = window
    return level - width / 2, level + width / 2

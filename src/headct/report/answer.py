"""All that is said about one scan, gathered for the files that say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError, Refusal
from headct.core.finding import Prediction
from headct.core.grid import Points
from headct.core.record import Record
from headct.core.volume import Volume

RESEARCH_ONLY = "For research use only. Not a medical device; not for diagnosis."


@dataclass(frozen=True, eq=False)
class Answer:
    """One scan with what was found in it.

    Args:
        volume: the scan as read, before any step of a pipeline.
        prediction: the answer that counts; its mask lies on the grid of ``volume``.
        series_name: which series it was, without identifiers.
        missing_after: indices (from 0) of the slices after which slices are missing.
        refused: what else was there, and why it was not used.
        warnings: what a reader must know before trusting a figure.
        cross_check: what another method says of the same scan, to set beside the answer.
        intracranial_volume_ml: None where the scan has no spacing or no closed skull.
        timing_s: seconds by stage, in the order run.
        record: how the answer came about.

    Raises:
        GeometryError: mask or heatmap do not lie on the grid of the scan.
    """

    volume: Volume
    prediction: Prediction
    series_name: str
    record: Record
    missing_after: tuple[int, ...] = ()
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    cross_check: Prediction | None = None
    intracranial_volume_ml: float | None = None
    timing_s: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for what, drawn in (("mask", self.prediction.mask), ("heatmap", self.prediction.heatmap)):
            if drawn is not None and drawn.grid != self.volume.grid:
                raise GeometryError(
                    f"the {what} lies on another grid than the scan: bring it back to the scan as "
                    "read"
                )

    @cached_property
    def voxel_ml(self) -> Points | None:
        """(slices,) mL of one voxel; None where no mL can be given."""
        grid = self.volume.grid
        lone = grid.shape[0] == 1 and grid.thickness_mm is None
        return grid.slice_voxel_ml if grid.is_measured and not lone else None

    @cached_property
    def areas(self) -> dict[str, NDArray[np.int64]]:
        """(slices,) pixels of each label of the mask; empty where there is no mask."""
        mask = self.prediction.mask
        return {} if mask is None else {name: mask.areas(name) for name in mask.names}

    @cached_property
    def amounts(self) -> dict[str, NDArray[np.float64]]:
        """(slices,) mL of each label of the mask, or pixels where no mL can be given."""
        voxel_ml = np.ones(self.volume.grid.shape[0]) if self.voxel_ml is None else self.voxel_ml
        return {name: np.asarray(area * voxel_ml, np.float64) for name, area in self.areas.items()}

    @cached_property
    def amount(self) -> NDArray[np.float64]:
        """(slices,) mL (or pixels) of all labels of the mask together."""
        slices = self.volume.grid.shape[0]
        return np.asarray(sum(self.amounts.values(), np.zeros(slices)), dtype=np.float64)

"""How far the surfaces of two masks of one class lie apart, in mm in the patient.

A surface is the voxels of a mask with a face to the outside (the edge of the scan counts as
outside), each standing for the area of these faces. Distances go from the centre of each to the
nearest centre of the other surface, in patient space: a tilted gantry and uneven slice distances
are exact. Weighting by area keeps a surface the same whether slices are thin or thick; without it
(``each_alike``) every voxel counts the same, as MONAI, medpy and Metrics Reloaded have it.

Where one mask is empty the distances to it are infinite: Hausdorff distance and mean are infinite,
surface Dice is 0. Where both are, there is no surface and nothing is defined.

Source:
    Nikolov et al., Clinically applicable segmentation of head and neck anatomy for radiotherapy,
    J Med Internet Res 2021;23:e26151 (surface Dice, weighting by area); Taha and Hanbury, Metrics
    for evaluating 3D medical image segmentation, BMC Med Imaging 2015;15:29 (Hausdorff, average).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from headct.core.grid import Points
from headct.measure.masks.drawn import Drawn, Region

# No convention exists for bleeds in head CT. Less than half of the usual 5 mm slice, so that an
# outline that is one slice off does not pass.
TOLERANCE_MM = 2.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """Distances from each surface to the other.

    Args:
        truth_mm: (voxels of the true surface,) from each to the predicted surface; infinite where
            that is empty.
        predicted_mm: (voxels of the predicted surface,) from each to the true surface.
        truth_mm2: (voxels of the true surface,) area that each stands for.
        predicted_mm2: likewise of the predicted surface.
    """

    truth_mm: Numbers
    predicted_mm: Numbers
    truth_mm2: Numbers
    predicted_mm2: Numbers

    def each_alike(self) -> "SurfaceDistances":
        """The same distances with every voxel of a surface counted the same."""
        return replace(
            self,
            truth_mm2=np.ones_like(self.truth_mm2),
            predicted_mm2=np.ones_like(self.predicted_mm2),
        )

    @property
    def hausdorff_mm(self) -> float:
        """The largest distance from any place of a surface to the other."""
        return float(max(one.max(initial=0.0) for one in (self.truth_mm, self.predicted_mm)))

    def percentile_mm(self, percent: float = 95.0) -> float:
        """The larger of the two distances within which so much of each surface lies.

        The smallest distance that holds at least this share of the area; no interpolation.
        """
        if not 0 < percent <= 100:
            raise ValueError(f"a percentile is above 0 and at most 100, got {percent:g}")
        both = ((self.truth_mm, self.truth_mm2), (self.predicted_mm, self.predicted_mm2))
        return max(_quantile(mm, mm2, percent / 100) for mm, mm2 in both)

    @property
    def mean_mm(self) -> float:
        """Mean over both surfaces (average symmetric surface distance)."""
        total = self.truth_mm @ self.truth_mm2 + self.predicted_mm @ self.predicted_mm2
        return float(total / (self.truth_mm2.sum() + self.predicted_mm2.sum()))

    def dice(self, tolerance_mm: float = TOLERANCE_MM) -> float:
        """The share of both surfaces that lies within the tolerance of the other."""
        if not tolerance_mm >= 0:
            raise ValueError(f"a tolerance is at least 0 mm, got {tolerance_mm}")
        # A micrometre, so that a distance of just the tolerance does not fall to rounding.
        reach = tolerance_mm + 1e-6
        near = self.truth_mm2[self.truth_mm <= reach].sum()
        near += self.predicted_mm2[self.predicted_mm <= reach].sum()
        return float(near / (self.truth_mm2.sum() + self.predicted_mm2.sum()))


def surface_distances(drawn: Drawn) -> SurfaceDistances | None:
    """Distances between the surfaces of two masks of one class.

    Of a single slice the surface is its outline: a slice has no top or bottom to be far from.

    Returns:
        None where neither has a surface, or spacing is not known.
    """
    if not drawn.grid.is_measured or not (drawn.truth.any() or drawn.predicted.any()):
        return None
    truth_at, truth_mm2 = _surface(drawn.truth, drawn)
    predicted_at, predicted_mm2 = _surface(drawn.predicted, drawn)
    return SurfaceDistances(
        truth_mm=_nearest_mm(truth_at, predicted_at),
        predicted_mm=_nearest_mm(predicted_at, truth_at),
        truth_mm2=truth_mm2,
        predicted_mm2=predicted_mm2,
    )


def _surface(region: Region, drawn: Drawn) -> tuple[Points, Numbers]:
    """(voxels, 3) where the surface lies in LPS mm, and (voxels,) its area."""
    faces = np.stack([_faces(region, axis) for axis in range(3)])
    if drawn.grid.shape[0] == 1:
        faces[0] = 0
    at = np.argwhere(faces.any(axis=0))
    if not len(at):
        return np.zeros((0, 3)), np.zeros(0)
    counts = faces[:, at[:, 0], at[:, 1], at[:, 2]].astype(np.float64)
    at += np.array(drawn.corner)
    between_rows, between_columns = drawn.grid.spacing_mm
    heights = np.ones(1) if drawn.grid.shape[0] == 1 else drawn.grid.heights_mm
    height = heights[at[:, 0]]
    mm2 = counts[0] * between_rows * between_columns
    mm2 += height * (counts[1] * between_columns + counts[2] * between_rows)
    return drawn.grid.to_world(at), np.asarray(mm2)


def _faces(region: Region, axis: int) -> NDArray[np.uint8]:
    """How many of a voxel's two faces along an axis look outside; 0 for voxels outside."""
    along = np.moveaxis(region, axis, 0)
    faces = np.zeros(region.shape, np.uint8)
    counted = np.moveaxis(faces, axis, 0)
    counted[0] += along[0]
    counted[-1] += along[-1]
    counted[1:] += along[1:] & ~along[:-1]
    counted[:-1] += along[:-1] & ~along[1:]
    return faces


def _nearest_mm(points: Points, others: Points) -> Numbers:
    if not len(points) or not len(others):
        return np.full(len(points), np.inf)
    return np.asarray(cKDTree(others).query(points)[0], dtype=np.float64)


def _quantile(values: Numbers, weights: Numbers, share: float) -> float:
    """The smallest value that holds this share of the weight; 0 where there are none."""
    if not len(values):
        return 0.0
    order = np.argsort(values)
    held = np.cumsum(weights[order])
    # Rounding of the sum must not push a share that is just reached to the next value.
    first = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12)))
    return float(values[order[first]])

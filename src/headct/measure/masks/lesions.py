"""How many of the separate lesions of a mask were found, and how many of those drawn are true.

A lesion is a connected part: voxels touch through faces, edges and corners. When a lesion counts as
found is a rule to choose and to state:

- by touch (the default): a true lesion is found where a predicted voxel lies on it, and a predicted
  one is true where it lies on a true one. Several parts may find one lesion, and one part several.
- by IoU: pairs of one true and one predicted lesion that share at least so much; each lesion is in
  one pair at most. At 0.5 and above pairs are unique; below, those with the largest sum are taken.

Source:
    By touch: Kuijf et al., Standardized assessment of automatic segmentation of white matter
    hyperintensities, IEEE Trans Med Imaging 2019;38:2556-2568. By IoU: Kirillov et al., Panoptic
    segmentation, CVPR 2019:9404-9413.
"""

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from headct.measure.masks.drawn import Drawn, Region

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class LesionRule:
    """When a lesion counts, and when it counts as found.

    Args:
        iou: what a true and a predicted lesion must share to be a pair, above 0 and at most 1; None
            where a touch is enough.
        smallest_ml: predicted lesions that are smaller are taken as not drawn; true ones are
            neither found nor missed, and a predicted lesion that touches none but such does not
            count either.
    """

    iou: float | None = None
    smallest_ml: float = 0.0

    def __post_init__(self) -> None:
        if self.iou is not None and not 0 < self.iou <= 1:
            raise ValueError(f"an IoU is above 0 and at most 1, got {self.iou:g}")
        if not 0 <= self.smallest_ml < np.inf:
            raise ValueError(f"a smallest size is at least 0 mL, got {self.smallest_ml:g}")

    def __str__(self) -> str:
        told = "by touch" if self.iou is None else f"by an IoU of at least {self.iou:g}"
        return told + (f", from {self.smallest_ml:g} mL up" if self.smallest_ml else "")


@dataclass(frozen=True, eq=False)
class Lesions:
    """The lesions of one class in one case.

    Args:
        true_ml: (true lesions,) volume, NaN where spacing is not known.
        is_found: (true lesions,).
        predicted_ml: (predicted lesions,) volume, NaN likewise.
        is_true: (predicted lesions,).
    """

    true_ml: Numbers
    is_found: Region
    predicted_ml: Numbers
    is_true: Region

    @property
    def sensitivity(self) -> float | None:
        """The share of true lesions that were found; not defined without any."""
        return float(self.is_found.mean()) if len(self.is_found) else None

    @property
    def precision(self) -> float | None:
        """The share of predicted lesions that are true; not defined without any."""
        return float(self.is_true.mean()) if len(self.is_true) else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; 0 where but one has lesions, not defined where neither has."""
        return harmonic_mean(self.sensitivity, self.precision)


def harmonic_mean(sensitivity: float | None, precision: float | None) -> float | None:
    """F1 of the two; 0 where one is not defined, as none was to be found, or none was drawn."""
    if sensitivity is None and precision is None:
        return None
    if not sensitivity or not precision:
        return 0.0
    return 2 * sensitivity * precision / (sensitivity + precision)


def lesions(drawn: Drawn, rule: LesionRule | None = None) -> Lesions:
    """The lesions of two masks of one class, matched by a rule.

    Raises:
        GeometryError: the rule has a smallest size, and spacing is not known.
    """
    rule = LesionRule() if rule is None else rule
    weights = drawn.voxel_ml if rule.smallest_ml else drawn.voxel_weights
    true_parts, true_sizes = _parts(drawn.truth, weights)
    parts, sizes = _parts(drawn.predicted, weights)
    shared = _shared(true_parts, parts, weights, (len(true_sizes), len(sizes)))
    if rule.smallest_ml:
        counts, is_drawn = true_sizes >= rule.smallest_ml, sizes >= rule.smallest_ml
        touches = shared > 0
        is_drawn &= touches[counts].any(axis=0) | ~touches.any(axis=0)
        shared = shared[counts][:, is_drawn]
        true_sizes, sizes = true_sizes[counts], sizes[is_drawn]
    pairs = shared > 0 if rule.iou is None else _pairs(shared, true_sizes, sizes, rule.iou)
    scale = 1.0 if drawn.has_ml else np.nan
    return Lesions(
        true_ml=true_sizes * scale,
        is_found=np.asarray(pairs.any(axis=1)),
        predicted_ml=sizes * scale,
        is_true=np.asarray(pairs.any(axis=0)),
    )


def _parts(region: Region, weights: Numbers) -> tuple[NDArray[np.unsignedinteger], Numbers]:
    """Number of each voxel's part, 0 outside, and (parts,) the size of each."""
    parts, count = cc3d.connected_components(region, connectivity=26, return_N=True)
    at = np.flatnonzero(parts)
    by_voxel = weights[at // (region.shape[1] * region.shape[2])]
    sizes = np.bincount(parts.ravel()[at], weights=by_voxel, minlength=count + 1)
    return parts, np.asarray(sizes[1:], dtype=np.float64)


def _shared(
    true_parts: NDArray[np.unsignedinteger],
    parts: NDArray[np.unsignedinteger],
    weights: Numbers,
    counts: tuple[int, int],
) -> Numbers:
    """(true lesions, predicted lesions) what each pair shares."""
    at = np.flatnonzero((true_parts > 0) & (parts > 0))
    by_voxel = weights[at // (parts.shape[1] * parts.shape[2])]
    cells = (true_parts.ravel()[at].astype(np.int64) - 1) * counts[1]
    cells += parts.ravel()[at].astype(np.int64) - 1
    sums = np.bincount(cells, weights=by_voxel, minlength=counts[0] * counts[1])
    return np.asarray(sums.reshape(counts), dtype=np.float64)


def _pairs(shared: Numbers, true_sizes: Numbers, sizes: Numbers, least: float) -> Region:
    """(true lesions, predicted lesions) True for the pairs that share enough, one to one."""
    iou = shared / (true_sizes[:, None] + sizes[None] - shared)
    # Rounding of sums of mL must not cost a pair that just reaches the least.
    iou[iou < least * (1 - 1e-9)] = 0.0
    pairs = np.zeros(iou.shape, dtype=np.bool_)
    rows, columns = linear_sum_assignment(iou, maximize=True)
    pairs[rows, columns] = iou[rows, columns] > 0
    return pairs

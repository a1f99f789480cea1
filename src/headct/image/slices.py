"""Steps that choose slices by what they show: of the skull, of the brain, of the ventricles.

As steps they stand in a bundle's pipeline, so that a network sees at inference what it saw in
training. Slices that stay are not changed and keep their sources, and so their labels.
"""

from dataclasses import dataclass, replace
from math import floor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal, ScanError
from headct.core.grid import Grid, Points
from headct.core.volume import Volume
from headct.image.depth import depth_mm
from headct.image.head import Coarse, coarse_intracranial
from headct.image.morphology import disc, opened
from headct.image.regions import Region

# Sulci, fissures and cisterns lie nearer to the skull than this share of the greatest depth
# (65 mm in an adult, so 25 mm); the bodies of the lateral ventricles lie deeper. This and
# the limits below were set by looking at one GE and 62 CT-ICH scans, then tried on digital heads.
_DEEP_SHARE = 0.38
# Half way between brain (35 HU) and fluid (5 HU).
_FLUID_BELOW_HU = 15.0
_SULCUS_MM = 1.5  # half the width of what is too thin to count
_SMOOTH_MM = 10.0  # half the base of the triangle that slices are weighed by
# The bodies lie 40 to 60 mm below the highest brain; quadrigeminal and suprasellar cistern and
# the fourth ventricle, which are wider where lateral ventricles are pressed shut, 75 and more.
_BELOW_VERTEX_MM = 62.0
_LEAST_CM2 = 0.25  # less is noise


@dataclass(frozen=True)
class DepthNormalize:
    """The slices around two fifths of the skull's height, as many as ``depth``.

    The rule of the leukoencephalopathy paper: the centre is slice p = n x center, counted from the
    start of the skull, and p - depth / 2 to p + depth / 2 are kept. What it leaves open is settled
    so:

    - The start is the lowest slice on which the skull encloses brain (about the foramen magnum, or
      the scan's first slice where it begins higher), found in the image. Slice 0 is not it: scans
      begin anywhere from the neck to the orbits.
    - n is the number of slices from there to the highest that shows brain.
    - p is the nearest whole number, halves upwards. Of an even depth, depth / 2 slices lie below p
      and depth / 2 - 1 above it.
    - Slices below the start count where the scan has them.
    - Where the scan has too few slices on a side, there are fewer (``short="fewer"``), or its end
      slice is repeated at its own distance (``"repeat"``), as 3D networks want one depth. A
      repeated slice has the source, and so the labels, of the slice that it repeats; volumes in
      mL are not to be taken from it.

    Depth counts slices, as in the paper, whose slices are 4 to 7 mm apart: of a thin series make
    slabs first (``Resample``), or 30 slices are 2 cm.

    Source:
        Cernekova, Sisik and Jafari, Detection of Vascular Leukoencephalopathy in CT Images, 2025
        (arXiv 2501.09863).
    """

    depth: int = 30
    center: float = 0.4
    short: Literal["fewer", "repeat"] = "fewer"

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"depth: expected 1 slice or more, got {self.depth}")
        if not 0 <= self.center <= 1:
            raise ValueError(f"center: expected a share from 0 to 1, got {self.center}")
        if self.short not in ("fewer", "repeat"):
            raise ValueError(f"short: expected fewer or repeat, got {self.short}")

    def __call__(self, volume: Volume) -> Volume:
        """The slices chosen; ScanError where no skull with a brain in it was found."""
        shown = _brain(_found(volume))
        count = volume.grid.shape[0]
        is_headwards = _upwards(volume.grid) > 0
        start = shown[0] if is_headwards else count - 1 - shown[-1]
        height = shown[-1] - shown[0] + 1
        centre = start + min(floor(height * self.center + 0.5), height - 1)
        wanted = np.arange(self.depth) + centre - self.depth // 2
        if not is_headwards:
            wanted = count - 1 - wanted[::-1]
        if self.short == "fewer":
            wanted = wanted[(wanted >= 0) & (wanted < count)]
        return _keep(self, volume, wanted)


@dataclass(frozen=True)
class BrainSlices:
    """The slices that show brain: from the foramen magnum to the vertex, as far as scanned."""

    def __call__(self, volume: Volume) -> Volume:
        """The slices chosen; ScanError where no skull with a brain in it was found."""
        shown = _brain(_found(volume))
        return _keep(self, volume, np.arange(shown[0], shown[-1] + 1))


@dataclass(frozen=True)
class VentricleSlices:
    """The slices within a distance of the level of the lateral ventricles, along the normal.

    Args:
        reach_mm: to either side; 20 mm hold the ventricles' bodies and the white matter above
            them, where leukoencephalopathy is graded.
    """

    reach_mm: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.reach_mm < np.inf:
            raise ValueError(f"reach_mm: expected 0 mm or more, got {self.reach_mm}")

    def __call__(self, volume: Volume) -> Volume:
        """The slices chosen; ScanError where no skull with a brain in it was found."""
        positions = volume.grid.positions_mm
        away = np.abs(positions - positions[ventricle_level(_found(volume))])
        # Distances are sums of rounded decimals: 4 x 5 mm are within 20.
        return _keep(self, volume, np.flatnonzero(away <= self.reach_mm + 0.01))


def ventricle_level(found: Coarse) -> int:
    """The slice on which the lateral ventricles are largest.

    It is where most fluid lies deep in the brain, no more than 62 mm below its top, slices weighed
    over ± 10 mm. Where ventricles are pressed shut or full of blood, the slice with most brain
    stands in, which lies at their height.
    """
    grid = found.small.grid
    pixel_cm2 = grid.spacing_mm[0] * grid.spacing_mm[1] / 100.0
    areas = np.count_nonzero(_deep_fluid(found), axis=(1, 2)) * pixel_cm2
    heights = grid.positions_mm * _upwards(grid)
    near = np.clip(1 - np.abs(heights[:, None] - heights) / _SMOOTH_MM, 0, None) * grid.heights_mm
    smooth = (near @ areas) / near.sum(axis=1)
    top = heights[_brain(found)].max()
    smooth[(heights < top - _BELOW_VERTEX_MM) | (heights > top)] = 0.0
    if smooth.max() < _LEAST_CM2:
        return int(np.count_nonzero(found.inside, axis=(1, 2)).argmax())
    return int(smooth.argmax())


def _deep_fluid(found: Coarse) -> Region:
    depths = depth_mm(found.inside, found.small.grid)
    usual_hu = float(np.median(found.small.hu[found.inside]))
    deep = depths > _DEEP_SHARE * depths.max()
    fluid = deep & (found.small.hu < usual_hu - _FLUID_BELOW_HU)
    return opened(fluid, disc(_SULCUS_MM, found.small.grid))


def _found(volume: Volume) -> Coarse:
    found = coarse_intracranial(volume)
    if isinstance(found, Refusal):
        raise ScanError(found.reason)
    return found


def _brain(found: Coarse) -> NDArray[np.intp]:
    return np.flatnonzero(found.inside.any(axis=(1, 2)))


def _upwards(grid: Grid) -> float:
    """1 where slices are counted from the feet, as ``Reorient`` leaves them; else -1."""
    return 1.0 if grid.normal[2] >= 0 else -1.0


def _keep(step: object, volume: Volume, wanted: NDArray[np.intp]) -> Volume:
    """Some slices, in rising order; numbers beyond the scan repeat its end slices."""
    grid = volume.grid
    inside = np.clip(wanted, 0, grid.shape[0] - 1)
    beyond = wanted - inside
    origins = grid.origins_mm[inside]
    for end, next_to_it in ((beyond < 0, 1), (beyond > 0, -2)):
        if end.any():
            origins[end] += np.abs(beyond[end])[:, None] * _outwards(grid, next_to_it)
    hu = volume.hu[inside]
    box = replace(grid, shape=hu.shape, origins_mm=origins)
    sources = tuple(volume.sources[i] for i in inside) if volume.sources else ()
    return replace(volume.with_step(repr(step), hu, box), sources=sources)


def _outwards(grid: Grid, next_to_it: int) -> Points:
    """(3,) from the slice next to an end of the scan to that end."""
    end = -1 if next_to_it < 0 else 0
    if grid.shape[0] == 1:
        return np.asarray(grid.normal * grid.heights_mm[0] * (1 if end else -1))
    return np.asarray(grid.origins_mm[end] - grid.origins_mm[next_to_it])

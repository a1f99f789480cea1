"""How much denser each voxel is than the brain around it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.volume import Hounsfield
from headct.image.morphology import erode
from headct.image.regions import Region

SMOOTH_MM = 1.0  # standard deviation; halves the noise of a standard kernel, keeps 3 mm sheets
AROUND_MM = 12.0  # standard deviation of "the brain around it": follows shading, not lesions
ORDINARY_HU = 14.0  # grey, white and their noise lie within this of the brain's mode
DENSER_HU = 25.0  # hardening under the skull lifts brain by up to this

# Beam hardening and the scanner's blur lift the brain within a centimetre of bone; the lift is
# measured per millimetre of depth, slice by slice, as the median all around the head.
DEEPEST_MM = 12
MOST_LIFT_HU, LEAST_LIFT_HU = 15.0, -6.0
ENOUGH_PIXELS = 150

CLIP_HU = (-10.0, 100.0)  # fat and clips of metal would pull the averages


@dataclass(frozen=True, eq=False)
class Excess:
    """Density over the brain around it.

    Args:
        hu: (slices, rows, columns) float32; zero outside ``core``.
        core: where it is known: inside the skull, a pixel away from bone.
        depth_mm: (slices, rows, columns) float32, distance to bone in the slice.
        brain_hu: the brain's most frequent value.
        noise_hu: robust standard deviation of ``hu`` in ordinary brain.
    """

    hu: Hounsfield
    core: Region
    depth_mm: Hounsfield
    brain_hu: float
    noise_hu: float


def excess_over_brain(hu: Hounsfield, inside: Region, spacing_mm: tuple[float, float]) -> Excess:
    """Subtract what brain has at this place of this scan: its mode, the lift by bone, shading.

    Args:
        hu: (slices, rows, columns).
        inside: what the skull encloses.
        spacing_mm: (rows, columns).
    """
    core = erode(inside, np.ones((3, 3), np.uint8))
    smooth = _smooth_within(np.clip(hu, *CLIP_HU), core, spacing_mm)
    brain_hu = _mode(smooth[core])
    pixels = np.ascontiguousarray(inside).view(np.uint8)
    depth_mm = np.stack([cv2.distanceTransform(s, cv2.DIST_L2, 5) for s in pixels])
    depth_mm = np.asarray(depth_mm * spacing_mm[0], np.float32)
    excess = smooth - brain_hu
    excess -= _lift(excess, core, depth_mm)
    ordinary = core & (np.abs(excess) < ORDINARY_HU)
    for i, here in enumerate(ordinary):
        excess[i] -= _shading(excess[i], here, spacing_mm)
    excess[~core] = 0
    spread = excess[ordinary]
    noise_hu = 1.4826 * float(np.median(np.abs(spread - np.median(spread))))
    return Excess(excess, core, depth_mm, brain_hu, noise_hu)


def _smooth_within(hu: Hounsfield, core: Region, spacing_mm: tuple[float, float]) -> Hounsfield:
    """Gaussian that takes nothing from outside ``core``, so that bone does not bleed into brain."""
    rows, columns = (SMOOTH_MM / s for s in spacing_mm)
    smooth = np.empty_like(hu)
    for i, weight in enumerate(core.astype(np.float32)):
        share = cv2.GaussianBlur(weight, (0, 0), sigmaX=columns, sigmaY=rows)
        value = cv2.GaussianBlur(hu[i] * weight, (0, 0), sigmaX=columns, sigmaY=rows)
        smooth[i] = value / np.maximum(share, 1e-3)
    return smooth


def _mode(values: Hounsfield) -> float:
    """The most frequent value of soft tissue, to half a HU."""
    counts, edges = np.histogram(values, bins=np.arange(5.0, 70.0, 1.0))
    counts = np.convolve(counts, np.ones(5), "same")
    return float(edges[counts.argmax()] + 0.5)


def _lift(excess: Hounsfield, core: Region, depth_mm: Hounsfield) -> Hounsfield:
    """What bone adds at each depth: medians by slice, then over three slices."""
    bins = np.minimum(depth_mm.astype(np.uint8), DEEPEST_MM)
    brain = core & (excess > -ORDINARY_HU) & (excess < DENSER_HU)
    by_depth = np.zeros((len(excess), DEEPEST_MM + 1), np.float32)
    for i in range(len(excess)):
        values, depths = excess[i][brain[i]], bins[i][brain[i]]
        for depth in range(DEEPEST_MM + 1):
            here = values[depths == depth]
            if here.size >= ENOUGH_PIXELS:
                by_depth[i, depth] = np.median(here)
    padded = np.pad(by_depth, ((1, 1), (0, 0)), mode="edge")
    by_depth = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    by_depth = np.clip(by_depth, LEAST_LIFT_HU, MOST_LIFT_HU).astype(np.float32)
    return np.stack([table[rows] for table, rows in zip(by_depth, bins, strict=True)])


def _shading(
    excess: Hounsfield, ordinary: Region, spacing_mm: tuple[float, float]
) -> NDArray[np.float32]:
    """The mean of ordinary brain around each pixel; fades to zero where there is little of it."""
    rows, columns = excess.shape
    # A field as smooth as this loses nothing at 2 mm, and is several times faster there.
    size = tuple(
        max(1, round(n * s / 2.0)) for n, s in ((columns, spacing_mm[1]), (rows, spacing_mm[0]))
    )
    share = ordinary.astype(np.float32)
    value = cv2.resize(excess * share, size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(share, size, interpolation=cv2.INTER_AREA)
    sigma = AROUND_MM / 2.0
    mean = cv2.GaussianBlur(value, (0, 0), sigma) / (cv2.GaussianBlur(weight, (0, 0), sigma) + 0.05)
    return np.asarray(cv2.resize(mean, (columns, rows), interpolation=cv2.INTER_LINEAR))

"""What the white matter around the ventricles looks like: numbers of a scan, not yet an answer.

Vascular leukoencephalopathy lowers white matter from the ventricles outwards, first in caps on
their horns. What else is dark there is the blurred edge of the ventricle itself, which ends within
some 2 mm: so the darker part of the tissue is followed by its distance from that edge.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.volume import Hounsfield, Volume
from headct.image.depth import depth_mm
from headct.image.head import Intracranial
from headct.image.morphology import dilate, disc, erode
from headct.image.regions import Region

# From the ventricle's edge outwards; the finer steps are where a thin cap or band would be.
STEPS_MM = (1.5, 2.5, 3.5, 4.5, 5.5, 7.0, 9.0, 12.0, 16.0)
# Caps fill a part of each step only: its darker part tells, not its middle.
DARKER_PERCENT = 15.0
AWAY_PERCENTS = (5.0, 10.0, 20.0, 30.0, 50.0, 80.0)

SMOOTH_MM = 1.0  # standard deviation; halves the noise of a standard kernel
CLIP_HU = (-20.0, 80.0)  # fat, calcium and blood must not pull averages
HARDENED_MM = 10.0  # beam hardening lifts brain nearer to bone than this
# Ventricles lie deeper than this, sulci and the cisterns of the base do not.
VENTRICLE_MM = 20.0
# Of several hollows the ventricles are the large ones.
VENTRICLE_SHARE = 0.2
LEAST_VENTRICLE_MM2 = 150.0  # in a slice: smaller ones are mostly edge
CORTEX_MM = 12.0  # skull, sulci and cortex
# The tissue that white matter near the ventricle is held against.
AWAY_MM = (9.0, 25.0)
BESIDE_FLUID_MM = 2.0
ENOUGH_PIXELS, ENOUGH_AWAY = 30, 200
BRAIN_HU, WHITE_HU = (15.0, 60.0), (15.0, 45.0)  # where their modes are looked for
FLUID_BELOW_HU, USUAL_FLUID_HU, FLUID_PERCENT = 12.0, 25.0, 15.0
# White matter less fluid in a middling head: differences are told on this scale, so that partial
# volume and the scanner's calibration matter less.
USUAL_HU = 25.0


@dataclass(frozen=True)
class WhiteMatter:
    """Densities around the ventricles.

    Args:
        white_hu: most frequent value of deep white matter away from the ventricles.
        brain_hu: most frequent value of all brain.
        fluid_hu: of what fills the ventricles.
        ventricle_share: of what the skull encloses.
        front: for each step outwards, the darker part before the middle of the ventricles, less
            white matter away from them, scaled so that fluid is at -25; NaN where too little is
            seen.
        back: behind it, likewise.
        away: percentiles of the tissue away from the ventricles, less ``white_hu``, HU.
        slab_mm: height of the slabs: thicker ones blur more, and have less noise.
    """

    white_hu: float
    brain_hu: float
    fluid_hu: float
    ventricle_share: float
    front: tuple[float, ...]
    back: tuple[float, ...]
    away: tuple[float, ...]
    slab_mm: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """All as one row, for a linear rule; NaN where too little is seen."""
        return (
            self.brain_hu - self.white_hu,
            self.fluid_hu - self.white_hu,
            log(self.ventricle_share),
            log(self.slab_mm),
            *self.front,
            *self.back,
            *self.away,
        )


@dataclass(frozen=True, eq=False)
class _Scene:
    """Brain without its rim, its ventricles and all other fluid."""

    hu: Hounsfield
    brain: Region
    depth_mm: NDArray[np.float32]
    ventricles: Region
    other_fluid: Region
    brain_hu: float
    fluid_hu: float


def describe_white_matter(volume: Volume, skull: Intracranial) -> WhiteMatter | None:
    """Measure the white matter of a scan.

    Args:
        volume: slabs of some 5 mm on square pixels of about 1 mm, lowest first.
        skull: what lies inside the skull, on the same grid.

    Returns:
        None where no ventricle is seen, or hardly any brain around it.
    """
    scene = _scene(volume, skull)
    if scene is None:
        return None
    steps, away = _by_distance(scene, volume)
    if away.size < ENOUGH_AWAY:
        return None
    white_hu = _mode(away, *WHITE_HU)
    scale = USUAL_HU / max(white_hu - scene.fluid_hu, 1.0)

    def profile(half: int) -> tuple[float, ...]:
        return tuple(_darker(step[half], white_hu) * scale for step in steps)

    return WhiteMatter(
        white_hu=white_hu,
        brain_hu=scene.brain_hu,
        fluid_hu=scene.fluid_hu,
        ventricle_share=float(scene.ventricles.sum() / skull.inside.sum()),
        front=profile(0),
        back=profile(1),
        away=tuple(float(q) - white_hu for q in np.percentile(away, AWAY_PERCENTS)),
        slab_mm=float(np.median(volume.grid.heights_mm)),
    )


def ventricles(volume: Volume, skull: Intracranial) -> Region | None:
    """(slices, rows, columns) fluid deep in the brain: the large hollows; None where none is seen.

    Args:
        volume: as ``describe_white_matter`` takes it.
        skull: likewise.
    """
    scene = _scene(volume, skull)
    return None if scene is None else scene.ventricles


def _scene(volume: Volume, skull: Intracranial) -> _Scene | None:
    brain = erode(skull.inside, np.ones((3, 3), np.uint8))
    depth = depth_mm(skull.inside, volume.grid)
    hu = _smooth(volume, brain)
    deep = hu[brain & (depth > HARDENED_MM)]
    if not deep.size:
        return None
    brain_hu = _mode(deep, *BRAIN_HU)
    low = hu[brain & (hu < brain_hu - FLUID_BELOW_HU)]
    enough = low.size > ENOUGH_AWAY
    fluid_hu = float(np.percentile(low, FLUID_PERCENT)) if enough else brain_hu - USUAL_FLUID_HU
    # Half way between fluid and brain a blurred edge keeps its place.
    fluid = brain & (hu < (brain_hu + fluid_hu) / 2)
    ventricles = _large_parts(fluid & (depth > VENTRICLE_MM))
    if ventricles is None:
        return None
    return _Scene(hu, brain, depth, ventricles, fluid & ~ventricles, brain_hu, fluid_hu)


def _smooth(volume: Volume, brain: Region) -> Hounsfield:
    """Gaussian that takes nothing from outside the brain."""
    down, along = (SMOOTH_MM / s for s in volume.grid.spacing_mm)
    smooth = np.empty_like(volume.hu)
    for index, plane in enumerate(volume.hu):
        weight = brain[index].astype(np.float32)
        value = np.clip(plane, *CLIP_HU) * weight
        share = cv2.GaussianBlur(weight, (0, 0), sigmaX=along, sigmaY=down)
        value = cv2.GaussianBlur(value, (0, 0), sigmaX=along, sigmaY=down)
        smooth[index] = value / np.maximum(share, 1e-3)
    return smooth


def _large_parts(region: Region) -> Region | None:
    parts = cc3d.connected_components(region, connectivity=26)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    if not sizes.any():
        return None
    return np.asarray((sizes > VENTRICLE_SHARE * sizes.max())[parts])


def _by_distance(
    scene: _Scene, volume: Volume
) -> tuple[list[tuple[Hounsfield, Hounsfield]], Hounsfield]:
    """HU of each step before and behind the ventricles' middle; and away from them."""
    grid = volume.grid
    middle = np.nonzero(scene.ventricles)[1].mean()
    in_front = (np.arange(grid.shape[1]) < middle)[:, None]
    near = disc(BESIDE_FLUID_MM, grid)
    by_ventricle = dilate(scene.ventricles, near)
    tissue = scene.brain & (scene.depth_mm > CORTEX_MM) & ~dilate(scene.other_fluid, near)
    gone_mm = depth_mm(~scene.ventricles, grid)
    areas = np.count_nonzero(scene.ventricles, axis=(1, 2)) * grid.spacing_mm[0]
    areas = areas * grid.spacing_mm[1]
    found: list[tuple[list[Hounsfield], list[Hounsfield]]] = [([], []) for _ in STEPS_MM[1:]]
    away: list[Hounsfield] = []
    for i in range(1, len(areas) - 1):
        if areas[i] < LEAST_VENTRICLE_MM2:
            continue
        hu, gone = scene.hu[i], gone_mm[i]
        # Roof and floor of a ventricle in the next slice show through this one.
        slanted = (by_ventricle[i - 1] | by_ventricle[i + 1]) & ~by_ventricle[i]
        for step, (least, most) in enumerate(pairwise(STEPS_MM)):
            here = tissue[i] & ~slanted & (gone > least) & (gone <= most)
            found[step][0].append(hu[here & in_front])
            found[step][1].append(hu[here & ~in_front])
        away.append(hu[tissue[i] & (gone > AWAY_MM[0]) & (gone < AWAY_MM[1])])
    return [(_joined(front), _joined(back)) for front, back in found], _joined(away)


def _joined(parts: list[Hounsfield]) -> Hounsfield:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _darker(hu: Hounsfield, white_hu: float) -> float:
    if hu.size < ENOUGH_PIXELS:
        return float("nan")
    return float(np.percentile(hu, DARKER_PERCENT)) - white_hu


def _mode(hu: Hounsfield, low: float, high: float) -> float:
    """The most frequent value between two, to half a HU."""
    counts, edges = np.histogram(hu, bins=np.arange(low, high, 0.5))
    counts = np.convolve(counts, np.ones(7), "same")
    return float(edges[counts.argmax()] + 0.25)

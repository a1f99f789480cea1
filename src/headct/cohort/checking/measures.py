"""Numbers of a scan that tell how it went: noise, motion, metal, cut-off edges, gaps in the skull.

All are zero in a perfect scan and grow as it gets worse.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.cohort.checking.look import SLAB_MM, Look
from headct.core.grid import Grid
from headct.core.volume import Hounsfield
from headct.image.depth import depth_mm
from headct.image.head import Intracranial
from headct.image.morphology import dilate, disc
from headct.image.regions import Region

CLIP_HU = (-100.0, 150.0)  # air and bone must not rule over brain

# Noise: the most frequent deviation within squares of this side, of soft tissue away from bone.
SQUARE_MM, FROM_BONE_MM = 7.0, 6.0
TISSUE_HU = (10.0, 60.0)

# Motion: brain of two neighbours, smoothed, less the slab between. Near base and vertex anatomy
# changes as fast, so there it says nothing.
SMOOTH_MM, CORE_MM, WIDE_CM2 = 1.5, 4.0, 50.0

# No bone or tooth is as dense over a voxel; metal runs off the 12-bit scale (3071).
METAL_HU = 2800.0
# Fillings of teeth lie further from the brain than this, and spoil the face alone.
NEAR_BRAIN_MM = 20.0

# Skull and brain that touch the edge of the picture or of the circle that is reconstructed.
NEAR_INSIDE_MM = 12.0

# Gaps in the skull are looked for above the orbits, where no foramen is.
VAULT_MM, VAULT_SHARE = 55.0, 0.3
RAYS, REACH_MM, BACK_MM, LONGEST_MM = 120, 15.0, 3.0, 130.0


@dataclass(frozen=True, eq=False)
class _Brain:
    """Slabs with the depth of each pixel inside the skull."""

    hu: Hounsfield
    inside: Region
    depth_mm: NDArray[np.float32]
    grid: Grid
    areas_cm2: NDArray[np.float64]


def measure(seen: Look, skull: Intracranial) -> dict[str, float]:
    """Every measure that the scan allows, by name.

    - ``noise_hu``: deviation on pixels of a millimetre in slabs of 5 mm; less averaged ones are
      reckoned down to that.
    - ``motion_hu``: the second largest jump of brain between a slab and its neighbours; absent
      where fewer than four slabs show brain widely.
    - ``base_cm2``, ``top_cm2``: brain in the lowest and topmost slab that show any: what is cut
      off, or lost where a slice is spoiled. Pictures are taken to be as wide as they were read.
    - ``edge_mm``: length of the field's edge that skull or brain touch.
    - ``metal_ml``: metal within 20 mm of the brain; absent where a window ends below metal.
    - ``gap_cm2``: largest hole in the vault; absent where the field's edge makes one.
    """
    inside, grid = skull.inside, seen.slabs.grid
    hu = np.clip(seen.slabs.hu, *CLIP_HU)
    brain = _Brain(hu, inside, depth_mm(inside, grid), grid, skull.areas_cm2)
    shown = np.flatnonzero(brain.areas_cm2)
    measures = {
        "noise_hu": _noise_hu(brain),
        "base_cm2": float(brain.areas_cm2[shown[0]]),
        "top_cm2": float(brain.areas_cm2[shown[-1]]),
        "edge_mm": _edge_mm(seen.slabs.hu, skull),
    }
    if not measures["edge_mm"]:
        measures["gap_cm2"] = _gap_cm2(skull.bone, brain)
    jumps = _jumps_hu(brain)
    if len(jumps) > 1:
        measures["motion_hu"] = sorted(jumps)[-2]
    if seen.slabs.seen_hu is None or seen.slabs.seen_hu[1] > METAL_HU:
        measures["metal_ml"] = _metal_ml(seen, inside)
    return measures


def _noise_hu(brain: _Brain) -> float:
    """The mode of local deviations.

    Source:
        Christianson et al., Automated technique to measure noise in clinical CT examinations,
        AJR 2015;205:W93-9 (the global noise level).
    """
    side = tuple(max(3, round(SQUARE_MM / s)) for s in brain.grid.spacing_mm[::-1])
    counts = np.zeros(200)
    for index, plane in enumerate(brain.hu):
        deep = brain.depth_mm[index] > FROM_BONE_MM
        if not deep.any():
            continue
        mean = cv2.blur(plane, side)
        power = cv2.blur(plane * plane, side) - mean * mean
        tissue = deep & (mean > TISSUE_HU[0]) & (mean < TISSUE_HU[1])
        share = min(1.0, float(brain.grid.heights_mm[index]) / SLAB_MM)
        noise = np.sqrt(np.maximum(power[tissue], 0) * share)
        counts += np.histogram(noise, bins=np.arange(201) / 5)[0]
    return float(np.convolve(counts, np.ones(5), "same").argmax() / 5 + 0.1)


def _jumps_hu(brain: _Brain) -> list[float]:
    """Robust deviation of each slab from the mean of its neighbours, where brain is wide."""
    down, along = (SMOOTH_MM / s for s in brain.grid.spacing_mm)
    smooth = [cv2.GaussianBlur(plane, (0, 0), sigmaX=along, sigmaY=down) for plane in brain.hu]
    core = brain.depth_mm > CORE_MM
    pixel_cm2 = brain.grid.spacing_mm[0] * brain.grid.spacing_mm[1] / 100
    jumps = []
    for i in range(1, len(smooth) - 1):
        common = core[i - 1] & core[i] & core[i + 1]
        if np.count_nonzero(common) * pixel_cm2 < WIDE_CM2:
            continue
        jump = (smooth[i] - (smooth[i - 1] + smooth[i + 1]) / 2)[common]
        jumps.append(1.4826 * float(np.median(np.abs(jump - np.median(jump)))))
    return jumps


def _metal_ml(seen: Look, inside: Region) -> float:
    """Metal on the slices as they were read: averaged to slabs, a clip would be lost."""
    volume = seen.opened.volume
    near: dict[int, Region] = {}
    metal_ml = 0.0
    for index in np.flatnonzero([plane.max() > METAL_HU for plane in volume.hu]):
        away = np.abs(seen.slabs.grid.positions_mm - volume.grid.positions_mm[index])
        slab = int(away.argmin())
        if slab not in near:
            element = disc(NEAR_BRAIN_MM, seen.slabs.grid)
            size = (volume.grid.shape[2], volume.grid.shape[1])
            reach = dilate(inside[slab : slab + 1], element)[0].astype(np.uint8)
            near[slab] = cv2.resize(reach, size, interpolation=cv2.INTER_NEAREST) > 0
        pixels = int(np.count_nonzero((volume.hu[index] > METAL_HU) & near[slab]))
        rows_mm, columns_mm = volume.grid.spacing_mm
        metal_ml += pixels * rows_mm * columns_mm * float(volume.grid.heights_mm[index]) / 1000
    return metal_ml


def _edge_mm(hu: Hounsfield, skull: Intracranial) -> float:
    """The longest edge of a slab that skull or brain touch, mm."""
    inside, grid = skull.inside, skull.grid
    _, rows, columns = hu.shape
    border = np.ones((rows, columns), np.bool_)
    border[1:-1, 1:-1] = False
    radius = min(rows, columns) / 2
    down, along = (np.arange(n) - (n - 1) / 2 for n in (rows, columns))
    out = np.hypot(down[:, None], along)
    circle = (out > radius - 2) & (out <= radius - 1)
    beyond = out > radius + 1
    longest = 0.0
    for index, plane in enumerate(hu):
        # Where there is a picture beyond the circle, the circle is no edge.
        is_round = bool(beyond.any()) and plane[beyond].max() < CLIP_HU[0]
        edges = [border, circle] if is_round else [border]
        if not any(((inside[index] | skull.bone[index]) & edge).any() for edge in edges):
            continue
        near = dilate(inside[index : index + 1], disc(NEAR_INSIDE_MM, grid))[0]
        head = inside[index] | (near & skull.bone[index])
        longest = max(longest, *(float(np.count_nonzero(head & edge)) for edge in edges))
    return longest * sum(grid.spacing_mm) / 2


def _gap_cm2(bone: Region, brain: _Brain) -> float:
    """The largest part of the vault without bone, seen from within along rays in each slab."""
    positions, areas = brain.grid.positions_mm, brain.areas_cm2
    top_mm = positions[np.flatnonzero(areas)[-1]]
    open_rays, cells_cm2 = [], []
    for index in np.flatnonzero(areas > VAULT_SHARE * areas.max()):
        if positions[index] < top_mm - VAULT_MM:
            continue
        is_open, edge_mm = _rays(bone[index], brain.inside[index], brain.grid)
        open_rays.append(is_open)
        cells_cm2.append(edge_mm * 2 * np.pi / RAYS * brain.grid.heights_mm[index] / 100)
    if not open_rays:
        return 0.0
    # Side by side with itself, a gap across the first ray is in one piece.
    twice = np.hstack([open_rays, open_rays]).astype(np.uint8)
    count, parts = cv2.connectedComponents(twice, connectivity=4)
    cells = np.hstack([cells_cm2, cells_cm2])
    whole = float(np.sum(cells_cm2))
    sizes = np.bincount(np.asarray(parts).ravel(), cells.ravel(), minlength=count)[1:]
    return float(min(sizes.max(initial=0.0), whole))


def _rays(
    bone: Region, inside: Region, grid: Grid
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(rays,) whether no bone stands where each ray leaves the brain, and how far out, mm."""
    rows, columns = np.nonzero(inside)
    turn = np.arange(RAYS)[:, None] * 2 * np.pi / RAYS
    out_mm = np.arange(0.0, LONGEST_MM, 1.0)
    across = np.asarray(columns.mean() + np.cos(turn) * out_mm / grid.spacing_mm[1], np.float32)
    down = np.asarray(rows.mean() + np.sin(turn) * out_mm / grid.spacing_mm[0], np.float32)
    within = cv2.remap(inside.astype(np.float32), across, down, cv2.INTER_LINEAR) > 0.5
    seen = cv2.remap(bone.astype(np.float32), across, down, cv2.INTER_LINEAR) > 0.5
    last = out_mm.size - 1 - within[:, ::-1].argmax(axis=1)
    last[~within.any(axis=1)] = 0
    around = (out_mm >= last[:, None] - BACK_MM) & (out_mm <= last[:, None] + REACH_MM)
    return ~(around & seen).any(axis=1), last.astype(np.float64)

"""A real scan made ready to take the phantom's lesions: its own head, seen as a digital one."""

from dataclasses import dataclass, replace
from math import ceil, floor

import cc3d
import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.depth import depth_mm
from headct.image.geometry import upright
from headct.image.head import intracranial
from headct.image.regions import Region
from headct.phantom.body.anatomy import Head
from headct.phantom.body.brain import Tissues
from headct.phantom.body.canvas import AIR_HU, LOW_MM, SHAPE, STEP_MM, Canvas
from headct.phantom.body.shapes import Box, Numbers, blur, covered, cut, enlarge, ramp
from headct.phantom.body.skull import HALF, Shell
from headct.phantom.body.traits import draw_traits
from headct.phantom.insertion.pose import find_pose
from headct.phantom.insertion.voxels import read_voxels

# Edges stronger than this many deviations of the noise are tissue's and stay; over this radius.
_EDGE, _SMOOTH_MM = 2.5, 2.2
# Tissue is denser than brain by no more: what is, is calcium or the bone's own blur.
_ABOVE_BRAIN_HU, _LEAST_HU = 12.0, -10.0
# Bone blurs into what lies this near to it: what is there is told from what lies next to it.
_RIM_MM, _NEXT_MM = 2.5, 2.5
# So far below the brain's median fluid fills all of a voxel, and none of it. White matter may be
# as dark as a sulcus half filled: fluid stands out from what lies around, or is darker still.
_ALL_FLUID_HU, _NO_FLUID_HU = -19.0, -9.0
_STANDS_OUT_HU, _HIDDEN_HU, _AROUND_MM = -7.0, -3.0, 8.0
_SURELY_HU, _HARDLY_HU = -20.0, -14.0
# White and grey matter together (``Ranges``: 27 to 33 HU, and 7 to 10.5 more), without shading;
# over what distance shading changes little, and how far the whole scan speaks for a slice.
_BRAIN_HU, _SHADE_MM, _FAITH = 34.0, 18.0, 0.05
# Fluid of fewer voxels than this, by more than so much of each, is none.
_SPECK, _LEAST_FLUID = 60, 0.15
# The inner table is taken as this much further out: pixels half of bone are clipped finer later.
_OUT_MM = 0.5
# Ventricles lie this deep below it and grow from around the atlas's own, z y x.
_DEEP_MM = 14.0
_CORE_MM = ((-12.0, 34.0), (-38.0, 52.0), (-28.0, 28.0))
_REACH_MM = ((-50.0, 46.0), (-50.0, 80.0), (-50.0, 50.0))
# The skull's thickness, where only look-alikes of the vault would ask for it.
_BONE_MM = 6.0
_STRAIGHT = 1e-3
# Around the head's box; beyond it all is far outside.
_MARGIN_MM, _FAR_MM = 5.0, 20.0


@dataclass(frozen=True, eq=False)
class Background:
    """A scan that lesions can be put into.

    Args:
        volume: the scan, upright.
        inside: (slices, rows, columns), what the skull encloses.
        tissue: (slices, rows, columns) HU of what lies there, without its noise; outside, of
            what lies next to it.
        shade: (slices, rows, columns) HU by which hardening and calibration raise what lies there,
            blood as well as brain.
        head: the scan's head as the phantom's lesions see one, in voxels of 1 mm.
        grid: of the scan, where that head lies.
    """

    volume: Volume
    inside: Region
    tissue: Numbers
    shade: Numbers
    head: Head
    grid: Grid


def make_background(volume: Volume) -> Background | Refusal:
    """Make a scan ready; takes about a second, and 150 MB while it is kept.

    Returns:
        the background, or why nothing can be put into this scan.
    """
    volume = upright(volume)
    if abs(volume.grid.column_axis[0] - 1) > _STRAIGHT:
        return Refusal("scan", "its rows do not run from right to left: give axial slices")
    skull = intracranial(volume)
    if isinstance(skull, Refusal):
        return skull
    pose = find_pose(skull.inside, volume.grid)
    if isinstance(pose, Refusal):
        return pose
    grid = pose.on_canvas(volume.grid)
    tissue = _without_noise(volume, skull.inside)
    shade = _shade(tissue, skull.inside, volume.grid)
    places = pose.places()
    canvas = Canvas(np.full(SHAPE, AIR_HU, np.float32), places, places, float(np.mean(pose.scale)))
    head = _head(canvas, skull.inside, tissue - shade, grid)
    return (
        head
        if isinstance(head, Refusal)
        else Background(volume, skull.inside, tissue, shade, head, grid)
    )


def _without_noise(volume: Volume, inside: Region) -> Numbers:
    """HU of the tissue alone: smooth but for its edges, no denser than brain at the skull."""
    pixel_mm = sum(volume.grid.spacing_mm) / 2
    wide = 2 * int(np.ceil(_SMOOTH_MM / pixel_mm)) + 1
    middle = float(np.median(volume.hu[inside]))
    clipped = np.clip(volume.hu, _LEAST_HU, middle + 3 * _ABOVE_BRAIN_HU)
    fine = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.0) for plane in clipped])
    # The deviation of a normal distribution from the median of what is left; see also MAD.
    noise_hu = 1.48 * float(np.median(np.abs((clipped - fine)[inside])))
    color = _EDGE * max(noise_hu, 1.0) * 1.5
    smooth = [cv2.bilateralFilter(p, wide, color, _SMOOTH_MM / pixel_mm / 1.5) for p in clipped]
    tissue = np.clip(np.stack(smooth), _LEAST_HU, middle + _ABOVE_BRAIN_HU).astype(np.float32)
    deep = depth_mm(inside, volume.grid) > _RIM_MM
    for plane, is_in, is_deep in zip(tissue, inside, deep, strict=True):
        weight = cv2.GaussianBlur(is_deep.astype(np.float32), (0, 0), _NEXT_MM / pixel_mm)
        next_to = cv2.GaussianBlur(plane * is_deep, (0, 0), _NEXT_MM / pixel_mm)
        next_to = np.where(weight > 1e-3, next_to / np.maximum(weight, 1e-3), np.float32(middle))
        np.minimum(plane, next_to, out=plane, where=~is_deep)
        # Beyond the skull stands what would come in, were the brain moved away from it.
        plane[~is_in] = next_to[~is_in]
    return np.asarray(tissue, dtype=np.float32)


def _shade(tissue: Numbers, inside: Region, grid: Grid) -> Numbers:
    """How much brain differs on a large scale from what brain is, slice by slice.

    Hardening makes brain at the skull denser by 5 to 15 HU, and so it would make blood.
    """
    sigma = _SHADE_MM / (sum(grid.spacing_mm) / 2)
    usual = float(np.median(tissue[inside]))
    is_brain = inside & (tissue > usual + _NO_FLUID_HU)
    shade = np.empty_like(tissue)
    for index, plane in enumerate(tissue):
        # A part of the usual keeps slices with little brain in them from going astray.
        weight = cv2.GaussianBlur(is_brain[index].astype(np.float32), (0, 0), sigma) + _FAITH
        total = cv2.GaussianBlur(plane * is_brain[index], (0, 0), sigma) + _FAITH * usual
        shade[index] = total / weight - _BRAIN_HU
    return shade


def _head(canvas: Canvas, inside: Region, tissue: Numbers, grid: Grid) -> Head | Refusal:
    box = _box_around(inside, grid)
    if box is None:
        return Refusal(
            "scan", "its head is larger than any, or spacing is wrong: state it (--spacing-mm)"
        )
    shell = _shell(read_voxels(inside.astype(np.float32), grid, box), box)
    canvas.hu[box] = read_voxels(tissue, grid, box)
    tissues = _tissues(canvas, shell, box)
    # What a real head's traits are is not asked; of them only the density of fluid is used.
    traits = replace(draw_traits(np.random.default_rng(0)), fluid_hu=8.0)
    return Head(canvas.hu, canvas.grid, tissues, shell, canvas, traits, seed=0)


def _box_around(inside: Region, grid: Grid) -> Box | None:
    """The canvas's voxels that hold what the skull encloses; None where it does not fit."""
    columns = np.nonzero(inside.any(axis=(0, 1)))[0]
    ends: list[tuple[int, int, int]] = []
    for index, plane in enumerate(inside):
        # A leaning slice reaches higher at one end than at the other.
        rows = np.nonzero(plane.any(axis=1))[0]
        if rows.size:
            ends += [(index, r, c) for r in (rows[0], rows[-1]) for c in (columns[0], columns[-1])]
    corners = grid.to_world(ends)
    slices: list[slice] = []
    margin_mm = np.array([float(grid.heights_mm.max()), 0.0, 0.0]) + _MARGIN_MM
    low_mm, high_mm = corners.min(axis=0)[::-1] - margin_mm, corners.max(axis=0)[::-1] + margin_mm
    for low, high, first, count in zip(low_mm, high_mm, LOW_MM, SHAPE, strict=True):
        start, stop = floor((low - first) / STEP_MM), ceil((high - first) / STEP_MM) + 1
        # Where a scan ends in the neck, what lies below the canvas is not asked for.
        if stop > count or (start < 0 and slices):
            return None
        slices.append(slice(max(0, start) // HALF * HALF, stop))
    z, y, x = slices
    return z, y, x


def _shell(within: Numbers, box: Box) -> Shell:
    """Distances to the inner table from what lies inside it, every second voxel."""
    is_in = blur(within, 0.7)[::HALF, ::HALF, ::HALF] > 0.5
    step_mm = HALF * STEP_MM
    out_mm = distance_transform_edt(~is_in, step_mm) - distance_transform_edt(is_in, step_mm)
    # To the next voxel of the other side it is half a step further than to the border.
    to_border = np.asarray(out_mm - np.sign(out_mm) * step_mm / 2, dtype=np.float32)
    inner = np.full([(n - 1) // HALF + 2 for n in SHAPE], _FAR_MM, np.float32)
    z, y, x = (
        slice(s.start // HALF, s.start // HALF + n) for s, n in zip(box, is_in.shape, strict=True)
    )
    inner[z, y, x] = blur(to_border, 0.6) - np.float32(_OUT_MM)
    bone = np.full(inner.shape, _BONE_MM, np.float32)
    return Shell(inner, inner, bone, inner - np.float32(2 * _BONE_MM))


def _tissues(canvas: Canvas, shell: Shell, box: Box) -> Tissues:
    hu = canvas.hu[box]
    inner = cut(shell.inner_mm, HALF, box)
    within = covered(inner)
    middle = float(np.median(hu[within > 0.5]))
    below = hu - np.float32(middle)
    around = blur((np.maximum(below, -25) * within)[::2, ::2, ::2].copy(), _AROUND_MM / 2)
    around /= np.maximum(blur(within[::2, ::2, ::2].copy(), _AROUND_MM / 2), 0.05)
    stands_out = below - enlarge(around, 2, below.shape)
    fluid = 1 - ramp(below, _ALL_FLUID_HU, _NO_FLUID_HU)
    fluid *= 1 - ramp(stands_out, _STANDS_OUT_HU, _HIDDEN_HU)
    fluid = within * np.maximum(fluid, 1 - ramp(below, _SURELY_HU, _HARDLY_HU))
    # Single voxels of it are noise.
    fluid *= cc3d.dust(fluid > _LEAST_FLUID, threshold=_SPECK, connectivity=18)
    brain = within - fluid
    # White matter lies some way below the surface; it need not be told from grey to bleed.
    white = brain * ramp(-inner, 8.0, 14.0) * ramp(np.float32(middle + 3) - hu, -4.0, 4.0)
    ventricle = fluid * _ventricles(fluid, inner, canvas.places_in(box))
    shares = (brain - white, white, fluid, ventricle)
    return Tissues(box, *((255 * share).astype(np.uint8) for share in shares))


def _ventricles(fluid: Numbers, inner: Numbers, places: Numbers) -> Numbers:
    """1 where fluid is part of the ventricles: deep, and hanging on to their middle."""
    may = (fluid > 0.4) & (inner < -_DEEP_MM)
    core = may.copy()
    for axis, near, far in zip(places, _CORE_MM, _REACH_MM, strict=True):
        core &= (axis > near[0]) & (axis < near[1])
        may &= (axis > far[0]) & (axis < far[1])
    parts = cc3d.connected_components(may, connectivity=6)
    sizes = np.bincount(parts.ravel())
    in_core = np.bincount(parts[core], minlength=len(sizes))
    # Half of the fourth ventricle's part is enough; specks are noise.
    kept = (in_core > 0.3 * sizes) & (sizes > 300)
    kept[0] = False
    found = kept[parts].astype(np.uint8)
    around = np.stack([cv2.dilate(plane, np.ones((3, 3), np.uint8)) for plane in found])
    return around.astype(np.float32)

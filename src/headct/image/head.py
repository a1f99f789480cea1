"""What of a scan is head, and what of the head lies inside the skull."""

from dataclasses import dataclass, replace

import cc3d
import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Hounsfield, Volume
from headct.image.morphology import closed, dilate, disc, opened
from headct.image.regions import Region, fill_holes

AIR_OR_FOAM_HU = -250.0  # head holders and cushions are foam: -900 to -300 HU
BONE_HU = 180.0  # above the densest clot (about 100 HU), below thin or infant bone
BLACK_HU = 4.0  # how far JPEG lifts a picture's black
SOFT_HU = -25.0  # below CSF with its noise (0 ± 10), above fat (-100)
WORK_MM = 1.0  # skull and scalp are told apart at a millimetre; finer only costs time

# Foramina, sutures and thin partial-volume bone are closed by joining bone over this distance.
SEAL_MM = 4.0
# Links thinner than twice this between brain and what lies beside it are cut.
CUT_MM = 3.0
# Outside a surgical gap, the scalp that lies over the brain within the skull's outline.
SCALP_MM = 4.0
THREAD_MM = 1.5

# Under the frontal lobe lie the orbits (globe 10 HU, fat -100), under the temporal lobe the muscles
# of chewing (60 HU): both would be followed as brain, but differ by more than this from its median.
FLUID_HU, MUSCLE_HU = 20.0, 15.0
WALLED_SHARE = 0.95

LEAST_AREA_CM2 = 45.0  # the widest slice of a small infant's brain
# Where the brain has narrowed to this share of its widest slice it is spinal cord: the medulla
# in the foramen magnum (7 to 9 cm²) against 120 to 200 cm² at the widest.
CORD_SHARE = 0.055
LEAST_ML, MOST_ML = 400.0, 2400.0  # newborn to macrocephalic adult


@dataclass(frozen=True, eq=False)
class Intracranial:
    """What lies inside the skull, and the bone around it.

    Args:
        inside: (slices, rows, columns), brain, fluid and whatever else the skull encloses.
        bone: (slices, rows, columns), skull and everything else as dense in the head.
        grid: where both lie.
    """

    inside: Region
    bone: Region
    grid: Grid

    @property
    def areas_cm2(self) -> NDArray[np.float64]:
        """(slices,) how much each slice shows of what lies inside the skull."""
        pixel_cm2 = self.grid.spacing_mm[0] * self.grid.spacing_mm[1] / 100.0
        return np.asarray(np.count_nonzero(self.inside, axis=(1, 2)) * pixel_cm2)

    @property
    def volume_ml(self) -> float:
        """Intracranial volume as far as the scan covers it, slice by slice."""
        areas = np.count_nonzero(self.inside, axis=(1, 2))
        return float(areas @ self.grid.slice_voxel_ml)


@dataclass(frozen=True, eq=False)
class Coarse:
    """The same at about a millimetre, with the slices that there are.

    Args:
        small: the scan in pixels of a millimetre or more, averaged over 3 x 3 of them; of its
            grid only distances and areas hold, not places.
        head: (slices, rows, columns), the head.
        inside: (slices, rows, columns), what the skull encloses.
    """

    small: Volume
    head: Region
    inside: Region


def head_mask(volume: Volume) -> Region:
    """Mark the head: (slices, rows, columns), holes filled; table, holder and cushions are out."""
    small = _shrink(volume)
    return _enlarge(_head(small), volume.grid)


def intracranial(volume: Volume) -> Intracranial | Refusal:
    """Find what lies inside the skull, also where the skull has a gap left by surgery.

    Bone is joined over foramina and sutures, and closed by its own convex outline where a part
    of it is missing. The widest enclosed region of soft tissue is followed from slice to slice,
    upwards and downwards to where only the spinal cord is left.

    Returns:
        The region on the grid of ``volume``, or why none that could be a head was found.
    """
    found = coarse_intracranial(volume)
    if isinstance(found, Refusal):
        return found
    # A coarse pixel that is part bone counted as bone; what is not is taken back here, so that
    # blood against the inner table stays inside.
    fine_bone = volume.hu >= _bone_hu(volume)
    reach = dilate(_enlarge(found.inside, volume.grid), disc(WORK_MM, volume.grid))
    bone = fine_bone & _enlarge(found.head, volume.grid)
    return Intracranial(inside=reach & ~fine_bone, bone=bone, grid=volume.grid)


def coarse_intracranial(volume: Volume) -> Coarse | Refusal:
    """What lies inside the skull, as ``intracranial`` finds it before it turns to fine pixels.

    For questions about whole slices, which fine pixels do not change.
    """
    small = _shrink(volume)
    head = _head(small)
    bone = _skull(head & (small.hu >= _bone_hu(volume)), small.grid)
    small = replace(small, hu=np.stack([cv2.blur(s, (3, 3)) for s in small.hu]))
    inside = _follow(small, *_enclosed(small, head, bone), bone)
    return _doubt(small.grid, inside) or Coarse(small, head, inside)


def _bone_hu(volume: Volume) -> float:
    """What counts as bone; a picture's window saturates below it, so its white does."""
    if volume.seen_hu is None:
        return BONE_HU
    low, high = volume.seen_hu
    return min(BONE_HU, low + 0.985 * (high - low))


def _above_hu(volume: Volume, hu: float) -> float:
    """A limit between air, fat and water; a picture's black is all of what lies below it."""
    return hu if volume.seen_hu is None else max(hu, volume.seen_hu[0] + BLACK_HU)


def _shrink(volume: Volume) -> Volume:
    rows, columns = volume.grid.shape[1:]
    factors = [max(1.0, WORK_MM / s) for s in volume.grid.spacing_mm]
    size = (round(columns / factors[1]), round(rows / factors[0]))
    hu = np.stack([cv2.resize(s, size, interpolation=cv2.INTER_AREA) for s in volume.hu])
    spacing = (
        volume.grid.spacing_mm[0] * rows / size[1],
        volume.grid.spacing_mm[1] * columns / size[0],
    )
    # Only areas and distances are taken from this grid, so the half-pixel shift may stay.
    return replace(volume, hu=hu, grid=replace(volume.grid, shape=hu.shape, spacing_mm=spacing))


def _enlarge(region: Region, grid: Grid) -> Region:
    size = (grid.shape[2], grid.shape[1])
    return (
        np.stack(
            [
                cv2.resize(s.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
                for s in region * 255
            ]
        )
        > 127
    )


def _head(small: Volume) -> Region:
    above_foam = small.hu > _above_hu(small, AIR_OR_FOAM_HU)
    dense = opened(above_foam, disc(CUT_MM, small.grid))
    return fill_holes(cc3d.largest_k(dense, k=1, connectivity=6) > 0)


def _skull(bone: Region, grid: Grid) -> Region:
    """The bones that sutures hold together; a head holder as dense as bone is not among them."""
    joined = closed(bone, disc(SEAL_MM, grid))
    return bone & (cc3d.largest_k(joined, k=1, connectivity=26) > 0)


def _outline(bone: Region, element: NDArray[np.uint8]) -> Region:
    """The convex outline of a slice's bone, less the scalp that a gap would let in."""
    hull = np.zeros(bone.shape, np.uint8)
    points = cv2.findNonZero(bone.astype(np.uint8))
    if points is not None:
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return np.asarray(cv2.erode(hull, element)).view(np.bool_)


def _enclosed(small: Volume, head: Region, bone: Region) -> tuple[Region, Region]:
    """Cores that bone encloses, cut apart from each other; and all soft tissue they may fill."""
    scalp = disc(SCALP_MM, small.grid)
    outline = np.stack([_outline(s, scalp) for s in bone])
    room = outline & head & ~bone & (small.hu > _above_hu(small, SOFT_HU))
    sealed = closed(bone, disc(SEAL_MM, small.grid))
    return opened(room & ~sealed, disc(CUT_MM, small.grid)), room


def _follow(small: Volume, cores: Region, room: Region, bone: Region) -> Region:
    """The widest core, followed upwards and downwards through its neighbours."""
    inside = np.zeros_like(cores)
    start, widest = _widest(cores)
    if widest is None:
        return inside
    inside[start] = widest
    usual_hu = float(np.median(small.hu[start][widest]))
    most = np.count_nonzero(widest)
    by_bone = dilate(bone, disc(SEAL_MM + CUT_MM + 1, small.grid))
    for step, least in ((1, 0.005 * most), (-1, CORD_SHARE * most)):
        last = widest
        for i in range(start + step, len(cores) if step > 0 else -1, step):
            distance = abs(small.grid.positions_mm[i] - small.grid.positions_mm[i - step])
            near = cv2.dilate(last.astype(np.uint8), disc(CUT_MM + distance, small.grid)) > 0
            last = _continued(cores[i], near, by_bone[i], small.hu[i], usual_hu)
            if np.count_nonzero(last) < least:
                break
            inside[i] = last
    grown = dilate(inside, disc(SEAL_MM + 1, small.grid)) & room
    # Growing back jumps over thin bone; what it reached there hangs on by a thread, or not at all.
    grown = inside | opened(grown, disc(THREAD_MM, small.grid))
    return fill_holes(np.stack([_touching(g, c) for g, c in zip(grown, inside, strict=True)]))


def _touching(region: Region, core: Region) -> Region:
    _, parts = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    keep = np.unique(parts[core & region])
    return np.asarray(np.isin(parts, keep[keep > 0]))


def _widest(cores: Region) -> tuple[int, Region | None]:
    best, at, found = 0, 0, None
    for i, core in enumerate(cores):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(core.astype(np.uint8), connectivity=4)
        if len(stats) > 1 and stats[1:, cv2.CC_STAT_AREA].max() > best:
            label = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
            best, at, found = stats[label, cv2.CC_STAT_AREA], i, parts == label
    return at, found


def _continued(
    core: Region, near: Region, by_bone: Region, hu: Hounsfield, usual_hu: float
) -> Region:
    """The parts of a slice that lie where the brain was in the slice before, and are brain.

    Either they look like it, or bone stands around them: streaks and hardening between the
    petrous bones make the cerebellum as dense as muscle.
    """
    count, parts = cv2.connectedComponents(core.astype(np.uint8), connectivity=4)
    rim = core & ~cv2.erode(core.astype(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)

    def share(of: Region, within: Region) -> NDArray[np.float64]:
        whole = np.bincount(parts[within], minlength=count)
        return np.asarray(np.bincount(parts[of & within], minlength=count) / whole.clip(1))

    walled = (share(by_bone, rim) > WALLED_SHARE) & (share(hu > usual_hu, core) > 0.5)
    like_brain = (hu > usual_hu - FLUID_HU) & (hu < usual_hu + MUSCLE_HU)
    keep = (share(near, core) > 0.5) & (walled | (share(like_brain, core) > 0.5))
    return np.asarray(keep[parts] & near & core)


def _doubt(grid: Grid, inside: Region) -> Refusal | None:
    """Why this cannot be what a skull encloses, or None."""
    pixel_cm2 = grid.spacing_mm[0] * grid.spacing_mm[1] / 100.0
    widest_cm2 = float(np.count_nonzero(inside, axis=(1, 2)).max()) * pixel_cm2
    if widest_cm2 < LEAST_AREA_CM2:
        return Refusal(
            "anatomy",
            f"no skull with a brain in it was found: the widest enclosed slice has "
            f"{widest_cm2:.0f} cm², expected at least {LEAST_AREA_CM2:.0f}; give a head CT",
        )
    if grid.is_measured:
        volume_ml = float(np.count_nonzero(inside, axis=(1, 2)) @ grid.slice_voxel_ml)
        if volume_ml > MOST_ML:
            return Refusal(
                "anatomy",
                f"the enclosed region has {volume_ml:.0f} mL, more than any head's "
                f"{MOST_ML:.0f}; give a head CT",
            )
    return None

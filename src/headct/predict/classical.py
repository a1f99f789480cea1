"""A bleed finder without learned weights: what is denser than the brain around it, and why.

It answers where no trained bundle is at hand, and is the explainable cross-check where one is.
Every limit is a number of HU or mm with its reason; every candidate that is not counted is named
with the rule that set it aside.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.core.errors import Refusal
from headct.core.finding import Finding, Prediction
from headct.core.grid import Grid, Points
from headct.core.labels import ANY_HEMORRHAGE, CLASSICAL
from headct.core.volume import Hounsfield, Mask, Volume
from headct.image.head import Intracranial, intracranial
from headct.image.morphology import closed, dilate, disc, opened
from headct.image.regions import Region, components
from headct.image.slabs import to_slabs, to_square
from headct.image.transfer import nearest_slices, transfer_mask
from headct.measure.volume.abc2 import abc2_ml
from headct.predict.density import Excess, excess_over_brain
from headct.predict.lookalikes import (
    Box,
    Candidate,
    Limits,
    describe,
    set_aside_reason,
    set_aside_report,
)

VERSION = "1"
LIMITS = Limits()

SLAB_MM = 2.5  # thinner slices are averaged: noise falls, and bleeds are larger than this

# Acute blood is 50 to 85 HU, brain 25 to 40 HU (Broder and Preston, Emerg Radiol 2011). A seed
# stands out by half of the usual difference, a candidate grows to where the noise takes over.
SEED_HU, SEED_NOISE = 16.0, 4.0
GROW_HU, GROW_NOISE = 9.0, 2.5
CLOT_HU = 100.0  # the densest clot; above is calcium, bone or metal
LEAST_SEEDS = 10

BY_BONE_MM = 1.2  # partial volume of bone reaches this far; blood there is grown, not seeded
SPLIT_MM = 1.3  # bridges thinner than twice this do not join candidates
RIDGE_MM, BESIDE_MM = 4.0, 2.0  # notches between ridges of bone, and what lies beside them
MIDLINE_MM = 4.0
MARGIN_MM = 3.0  # how far the edge may move when a candidate's own half height is taken
PLATEAU_PERCENTILE = 65.0  # a third of a small bleed's voxels lie on its blurred edge


@dataclass(frozen=True, eq=False)
class _Room:
    """The part of a scan that the skull encloses, cut out, and its density over the brain."""

    box: Box
    hu: Hounsfield
    inside: Region
    bone: Region
    excess: Excess
    grid: Grid
    voxel_ml: NDArray[np.float64]
    slice_numbers: NDArray[np.intp]


def find(volume: Volume, skull: Intracranial, onto: Grid, *, limits: Limits = LIMITS) -> Prediction:
    """Find blood by its density: mask, mL, and what was set aside and why.

    Args:
        volume: a non-contrast axial head CT, lowest slice first, square pixels, thin slices
            averaged to slabs of ``SLAB_MM``.
        skull: what lies inside the skull, on the grid of ``volume``.
        onto: the grid of the scan as it was read, to draw the mask on.
        limits: where the rules draw their lines.
    """
    room = _room(volume, skull, onto)
    dense = [_edged(candidate, room) for candidate in _candidates(room)]
    counted = [c for c in dense if set_aside_reason(c, limits) is None]
    labels = np.zeros(room.grid.shape, np.uint8)
    for candidate in counted:
        labels[room.box][candidate.box] |= candidate.region
    mask = transfer_mask(Mask(labels, room.grid, (ANY_HEMORRHAGE,)), onto)
    return Prediction(
        method=CLASSICAL,
        version=VERSION,
        findings=(_finding(mask, counted, room, limits),),
        mask=mask,
        set_aside=set_aside_report(dense, limits),
    )


def slabs_of(volume: Volume) -> Volume:
    """A scan as the finder wants it: in slabs, on square pixels."""
    return to_square(to_slabs(volume, SLAB_MM))


def find_in(volume: Volume) -> Prediction | Refusal:
    """Find blood in a scan as it was read, or say why no skull is found in it.

    Args:
        volume: a non-contrast axial head CT, lowest slice first.
    """
    slabs = slabs_of(volume)
    skull = intracranial(slabs)
    return skull if isinstance(skull, Refusal) else find(slabs, skull, volume.grid)


def candidates(volume: Volume, skull: Intracranial, onto: Grid) -> tuple[Candidate, ...]:
    """Everything dense inside the skull, before any rule; for those who set limits."""
    room = _room(volume, skull, onto)
    return tuple(_edged(candidate, room) for candidate in _candidates(room))


def _room(volume: Volume, skull: Intracranial, onto: Grid) -> _Room:
    grid, box = volume.grid, _box(skull.inside)
    hu, inside = volume.hu[box], skull.inside[box]
    return _Room(
        box=box,
        hu=hu,
        inside=inside,
        bone=skull.bone[box],
        excess=excess_over_brain(hu, inside, grid.spacing_mm),
        grid=grid,
        voxel_ml=grid.heights_mm[box[0]] * grid.spacing_mm[0] * grid.spacing_mm[1] / 1000.0,
        slice_numbers=nearest_slices(grid, onto)[box[0]] + 1,
    )


def _box(region: Region) -> Box:
    spans = [np.flatnonzero(region.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    rows, columns = (slice(max(0, int(s[0]) - 2), int(s[-1]) + 3) for s in spans[1:])
    return slice(int(spans[0][0]), int(spans[0][-1]) + 1), rows, columns


def _candidates(room: _Room) -> Iterator[Candidate]:
    """Dense regions with a seed in them, from the lowest slice up."""
    bone, excess, grid = room.bone, room.excess, room.grid
    above_or_below = np.zeros_like(bone)
    above_or_below[1:] |= bone[:-1]
    above_or_below[:-1] |= bone[1:]
    by_bone = dilate(bone, disc(BY_BONE_MM, grid)) | above_or_below
    dense = excess.core & (excess.hu > max(GROW_HU, GROW_NOISE * excess.noise_hu))
    dense = opened(dense, disc(SPLIT_MM, grid))
    seeds = dense & ~by_bone & (excess.hu > max(SEED_HU, SEED_NOISE * excess.noise_hu))
    parts = components(dense, connectivity=6)
    seeded = np.bincount(parts.labels[seeds], minlength=len(parts) + 1)[1:]
    notches = closed(room.inside, disc(RIDGE_MM, grid)) & ~room.inside
    by_gap = dilate(notches, disc(BESIDE_MM, grid))
    off_midline_mm, along_share = _midline_mm(room.inside, grid)
    level = np.count_nonzero(room.inside, axis=(1, 2))
    for part in np.flatnonzero(seeded >= LEAST_SEEDS):
        box = parts.boxes[part]
        region = parts.labels[box] == part + 1
        where = np.nonzero(region)
        yield Candidate(
            box=box,
            region=region,
            volume_ml=float(parts.areas[part] @ room.voxel_ml),
            half_thickness_mm=max(_radius(s) for s in region) * grid.spacing_mm[0],
            seed_share=float(seeded[part] / parts.voxels[part]),
            excess_hu=float(excess.hu[box][where].mean()),
            calcium_share=float((room.hu[box][where] > CLOT_HU).mean()),
            by_gap_share=float(by_gap[box][where].mean()),
            midline_share=float((off_midline_mm[box[1:]][where[1:]] < MIDLINE_MM).mean()),
            off_midline_mm=float(np.median(off_midline_mm[box[1:]][where[1:]])),
            end_share=float(np.median(along_share[box[1:]][where[1:]])),
            depth_mm=float(np.median(excess.depth_mm[box][where])),
            level_share=float(level[parts.areas[part].argmax()] / level.max()),
            slices=_ends(room.slice_numbers[box[0]]),
        )


def _ends(numbers: ArrayLike) -> tuple[int, int]:
    return int(np.min(numbers)), int(np.max(numbers))


def _radius(region: Region) -> float:
    padded = np.pad(region, 1).astype(np.uint8)
    return float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def _midline_mm(inside: Region, grid: Grid) -> tuple[Points, Points]:
    """(rows, columns) distance off the line that the widest slices are longest along, and along it.

    The second is a share: 1 where the line meets the skull.
    """
    areas = np.count_nonzero(inside, axis=(1, 2))
    rows, columns = np.nonzero(inside[areas > 0.6 * areas.max()].sum(axis=0))
    at = np.stack([rows * grid.spacing_mm[0], columns * grid.spacing_mm[1]])
    centre = at.mean(axis=1)
    down, right = np.linalg.eigh(np.cov(at))[1][:, -1]
    y = np.arange(inside.shape[1])[:, None] * grid.spacing_mm[0] - centre[0]
    x = np.arange(inside.shape[2])[None, :] * grid.spacing_mm[1] - centre[1]
    along = np.abs(y * down + x * right)
    reach = np.abs((at - centre[:, None]).T @ np.array([down, right])).max()
    return np.abs(x * down - y * right), along / reach


def _edged(candidate: Candidate, room: _Room) -> Candidate:
    """The candidate with its edge half way between its plateau and the brain right around it.

    There a blurred edge keeps its place, whatever the clot's density; swollen brain around it is
    darker than the rest, and moves the half way down.
    """
    box, region = _with_margin(candidate, room)
    hu = room.excess.hu[box]
    reach = dilate(region, disc(MARGIN_MM, room.grid))
    around = dilate(reach, disc(MARGIN_MM, room.grid)) & ~reach & room.excess.core[box]
    around_hu = min(0.0, float(np.median(hu[around]))) if around.any() else 0.0
    plateau_hu = float(np.percentile(hu[region], PLATEAU_PERCENTILE))
    edged = (hu > 0.5 * (plateau_hu + around_hu)) & reach
    # The pixel beside bone belongs to what lies next to it.
    rim = room.inside[box] & ~room.excess.core[box]
    edged |= dilate(edged, np.ones((3, 3), np.uint8)) & rim & reach
    areas = np.count_nonzero(edged, axis=(1, 2))
    return replace(
        candidate,
        box=box,
        region=edged,
        volume_ml=float(areas @ room.voxel_ml[box[0]]),
        slices=_ends(room.slice_numbers[box[0]][areas > 0] if areas.any() else candidate.slices),
    )


def _with_margin(candidate: Candidate, room: _Room) -> tuple[Box, Region]:
    """The candidate in a box that leaves its edge and what lies around it some room."""
    slices, rows, columns = candidate.box
    margin = 1 + round(2 * MARGIN_MM / room.grid.spacing_mm[0])
    spans = [
        slice(max(0, span.start - margin), min(size, span.stop + margin))
        for span, size in zip((rows, columns), room.inside.shape[1:], strict=True)
    ]
    region = np.zeros((slices.stop - slices.start, *(s.stop - s.start for s in spans)), np.bool_)
    top, left = rows.start - spans[0].start, columns.start - spans[1].start
    height, width = candidate.region.shape[1:]
    region[:, top : top + height, left : left + width] = candidate.region
    return (slices, spans[0], spans[1]), region


def _finding(mask: Mask, counted: list[Candidate], room: _Room, limits: Limits) -> Finding:
    # A share needs no spacing, and what is counted has at least least_ml.
    whole_ml = float(np.count_nonzero(room.inside, axis=(1, 2)) @ room.voxel_ml)
    return Finding(
        label=ANY_HEMORRHAGE,
        present=bool(counted),
        score=sum(c.volume_ml for c in counted) / whole_ml,
        score_kind="share of the intracranial region counted as blood",
        threshold=limits.least_ml / whole_ml,
        volume_ml=mask.volume_ml(ANY_HEMORRHAGE) if mask.grid.is_measured else None,
        abc2_ml=abc2_ml(mask, ANY_HEMORRHAGE) if mask.grid.is_measured else None,
        slices=tuple(int(i) for i in np.flatnonzero(mask.areas(ANY_HEMORRHAGE))),
        evidence=(
            f"brain is {room.excess.brain_hu:.0f} HU with noise of {room.excess.noise_hu:.1f} HU",
            *(
                f"{describe(c)}: {c.excess_hu:.0f} HU over the brain around "
                f"it, {2 * c.half_thickness_mm:.0f} mm thick"
                for c in counted
            ),
        ),
    )

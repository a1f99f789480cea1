"""Lesions put into a real scan: what CT shows of blood where there was tissue, and its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.core.volume import Mask, Volume
from headct.phantom.body.shapes import Numbers
from headct.phantom.generator import MASKED
from headct.phantom.insertion.background import Background
from headct.phantom.insertion.pushing import Push, push_aside, pushed
from headct.phantom.lesions.bleed import EDEMA_HU, Lesion
from headct.phantom.lesions.mass import IN_FLUID
from headct.phantom.scanner.planes import read_slabs
from headct.phantom.scanner.scan import draw_truth

# A change by less is a twentieth of the noise, and not made.
_FAINTEST_HU = 0.2
_TRUTH_MM = 0.5


@dataclass(frozen=True, eq=False)
class Inserted:
    """A real scan with lesions put into it.

    Args:
        volume: with them; the very numbers of before where they do not reach.
        truth: the lesions' voxels, by label; what the scan itself may show is not in it.
        share: for each label (slices, rows, columns), how much of each voxel's cell is lesion.
        volume_ml: for each label; empty where the scan's spacing is not known.
        lesions: as they were put in, look-alikes among them.
    """

    volume: Volume
    truth: Mask
    share: Mapping[str, Numbers]
    volume_ml: Mapping[str, float]
    lesions: tuple[Lesion, ...]


@dataclass(frozen=True)
class Finish:
    """How lesions sit in a scan, beside what they are.

    Args:
        blur_mm: deviation of the scanner's blur, beyond the millimetre that lesions are drawn in.
        edema: share of the edema around a clot that has formed, 0 to 1.
        strength: of what sets blood apart from what is there, 0 to 1: below 1 it is mixed with
            the brain or fluid that it lies in. Look-alikes keep theirs.
        pushes: brain is moved aside by what takes room.
        least_hu: a bleed that changes its voxels by less on the whole cannot be seen, and is
            refused: as a label it would teach what is not there.
    """

    blur_mm: float = 0.5
    edema: float = 0.5
    strength: float = 1.0
    pushes: bool = True
    least_hu: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.blur_mm < np.inf:
            raise ValueError(f"blur_mm: expected a positive number, got {self.blur_mm}")
        if not 0 <= self.edema <= 1:
            raise ValueError(f"edema: expected a share of 0 to 1, got {self.edema}")
        if not 0 < self.strength <= 1:
            raise ValueError(f"strength: expected above 0, up to 1, got {self.strength}")
        if not 0 <= self.least_hu < np.inf:
            raise ValueError(f"least_hu: expected 0 or more, got {self.least_hu}")


def insert(
    background: Background, lesions: Sequence[Lesion], finish: Finish | None = None
) -> Inserted | Refusal:
    """Put lesions into a scan.

    CT is linear: where blood takes a share of a cell from tissue, the picture changes by that
    share of the difference of both, blurred as the scanner blurs. So noise, shading, bone's blur
    and streaks stay as they are, and slices above and below fade as far as the lesion reaches.
    Affected white matter takes no room: it is what is there, less its drop, and blood lies over it.

    Args:
        background: to put them into; not changed.
        lesions: made in ``background.head``, in the order in which they are painted, none of them
            through another: make each ``beside`` those before.
        finish: how they sit in it.

    Returns:
        the scan with them, or why one of them cannot be seen there.
    """
    given = finish or Finish()
    hu, tissue = background.volume.hu, background.tissue
    # As in the phantom, bleeds alone take room: what is dense or dark there was part of the head.
    bleeds = [lesion for lesion in lesions if lesion.counts and not _is_thinned(lesion)]
    bleeds = bleeds if given.pushes else []
    push = push_aside(background, bleeds) if bleeds else None
    if push is not None:
        hu, tissue = pushed(background, push)
    tissue = tissue - background.shade
    share: dict[str, Numbers] = {}
    taken = np.zeros(background.grid.shape, np.float32)
    change = np.zeros(background.grid.shape, np.float32)
    for lesion in lesions:
        seen = _seen(background, lesion, push)
        free = 1 - taken
        if _is_thinned(lesion):
            share[lesion.label] = seen.share * free
            change -= seen.filled * free
            continue
        swelling = seen.edema * np.float32(given.edema) * free
        change += swelling * np.minimum(EDEMA_HU - tissue, 0)
        blood = (seen.filled - seen.share * (tissue + change)) * free
        seen_share = seen.share * free
        if lesion.counts:
            blood *= np.float32(given.strength)
            refused = _faint(lesion, seen_share, blood, given)
            if refused is not None:
                return refused
            share[lesion.label] = share.get(lesion.label, np.float32(0)) + seen_share
        change += blood
        taken += seen_share
    new = _changed(background, hu, change, given)
    grid = background.volume.grid
    return Inserted(
        volume=background.volume.with_step(_step(lesions), new),
        truth=_truth(share, grid),
        share=share,
        volume_ml={k: _ml(s, grid) for k, s in share.items()} if grid.is_measured else {},
        lesions=tuple(lesions),
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """A lesion on the scan's grid: its share, share times HU, and the share of edema.

    Of white matter ``filled`` is share times the HU that it loses, as a sharp edge of the scan
    would not meet the same edge in the head's coarser voxels.
    """

    share: Numbers
    filled: Numbers
    edema: Numbers


def _seen(background: Background, lesion: Lesion, push: Push | None) -> _Seen:
    inside = background.inside
    parts = []
    is_thinned = _is_thinned(lesion)
    hu = background.head.hu[lesion.box] - lesion.hu if is_thinned else lesion.hu
    for values in (lesion.share, lesion.share * hu, lesion.edema):
        seen = _read(values, lesion, background.grid) if values.any() else None
        if seen is None:
            seen = np.zeros(inside.shape, np.float32)
        elif push is not None and (is_thinned or lesion.label in IN_FLUID):
            # Pushing lesions lie as they are in the room they made; what does not push is carried.
            seen = np.clip(push.carry(seen), 0, None)
        seen *= inside
        parts.append(seen)
    return _Seen(*parts)


def _is_thinned(lesion: Lesion) -> bool:
    """Whether it lowers what is there, and takes no room."""
    return lesion.label == LEUKOENCEPHALOPATHY


def _read(values: Numbers, lesion: Lesion, grid: Grid) -> Numbers:
    """(slices, rows, columns) means over the scan's cells, which reach half way to the next."""
    half = grid.distances_mm / 2
    below = np.concatenate([grid.heights_mm[:1] / 2, half])
    above = np.concatenate([half, grid.heights_mm[-1:] / 2])
    corner = [s.start - 1 for s in lesion.box]
    seen = np.empty(grid.shape, np.float32)
    slabs = read_slabs(
        np.pad(values, 1), corner, grid, zip(-below, above, strict=True), plane_mm=_TRUTH_MM
    )
    for index, plane in enumerate(slabs):
        seen[index] = plane
    return seen


def _faint(lesion: Lesion, share: Numbers, blood: Numbers, given: Finish) -> Refusal | None:
    """Why a bleed is none in this scan: outside it, or of the density of what it replaced."""
    whole = float(share.sum(dtype=np.float64))
    if whole < 1.0 or float(share.max()) < 0.1:
        return Refusal(f"{lesion.label} at the {lesion.site}", "no slice of the scan shows it")
    by_hu = float(np.abs(blood).sum(dtype=np.float64)) / whole
    if by_hu < given.least_hu:
        return Refusal(
            f"{lesion.label} at the {lesion.site}",
            f"it differs from what is there by {by_hu:.1f} HU, expected at least "
            f"{given.least_hu:g} to be seen: ask for another age or form",
        )
    return None


def _changed(background: Background, hu: Numbers, change: Numbers, given: Finish) -> Numbers:
    """The scan with what changes in it, blurred; its own numbers where nothing does."""
    new = hu.copy()
    sigma = given.blur_mm / (sum(background.grid.spacing_mm) / 2)
    seen = background.volume.seen_hu
    for index, plane in enumerate(change):
        if not plane.any():
            continue
        blurred = cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.1))
        touched = np.abs(blurred) > _FAINTEST_HU
        new[index][touched] += blurred[touched]
    if seen is not None:
        # A picture holds no more than its window; its own ends may lie off it by rounding.
        np.clip(new, *seen, out=new, where=new != background.volume.hu)
    return new


def _truth(share: Mapping[str, Numbers], grid: Grid) -> Mask:
    """The mask, its values always the same: 1 + index in ``MASKED``."""
    drawn = draw_truth(share, grid)
    codes = np.array([0, *(1 + MASKED.index(name) for name in drawn.names)], np.uint8)
    return Mask(codes[drawn.labels], grid, MASKED)


def _ml(share: Numbers, grid: Grid) -> float:
    return float(share.sum(axis=(1, 2), dtype=np.float64) @ grid.slice_voxel_ml)


def _step(lesions: Sequence[Lesion]) -> str:
    named = ", ".join(f"{one.label} at the {one.site} (seed {one.seed})" for one in lesions)
    return f"put in: {named or 'nothing'}"

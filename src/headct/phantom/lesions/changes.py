"""What all painted disease shares: tissue in a box, places in it, and the lesion made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import COARSE, STEP_MM
from headct.phantom.body.shapes import Box, Numbers, overlap
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.bleed import VOXEL_ML, Lesion

Place = tuple[float, float, float]  # atlas mm, z y x; x grows to the left of the head

# Shares below this change no voxel by as much as a tenth of the noise; dropping them keeps
# the box of a lesion as small as what is seen of it.
_FAINTEST = 0.004


@dataclass(frozen=True, eq=False)
class Change:
    """What a disease does to a box of the head's voxels.

    Args:
        site: where, in words.
        box: the part of the head's voxels.
        share: (z, y, x) how much of each voxel is changed, 0..1.
        hu: what a voxel changed wholly becomes.
        edema: (z, y, x) share of swollen brain around it; None for none.
    """

    site: str
    box: Box
    share: Numbers
    hu: Numbers | float
    edema: Numbers | None = None


def tissue_in(head: Head, names: Sequence[str], box: Box) -> Numbers:
    """Share of tissues together in a box, 0..1; nothing outside the skull.

    Args:
        head: to look in.
        names: of the fields of ``Tissues``.
        box: the part of the head's voxels.
    """
    shares = np.zeros([s.stop - s.start for s in box], np.float32)
    there, here = overlap(box, head.tissues.box)
    for name in names:
        shares[there] += getattr(head.tissues, name)[here]
    shares *= np.float32(1 / 255)
    return np.minimum(shares, 1, out=shares)


def pick_place(head: Head, near: Place, within: tuple[Box, NDArray[np.bool_]]) -> Place:
    """The voxel of a region that is nearest to a place of the atlas: index z y x.

    Raises:
        ValueError: the region is empty.
    """
    box, region = within
    found = np.argwhere(region)
    if not len(found):
        raise ValueError("no voxel of this head suits: ask for another seed")
    places = head.canvas.gyri_in(box)[:, region]
    gap = ((places - np.array(near, np.float32)[:, None]) ** 2).sum(axis=0)
    z, y, x = (int(v + s.start) for v, s in zip(found[int(np.argmin(gap))], box, strict=True))
    return float(z), float(y), float(x)


def offsets_mm(box: Box, voxel: Sequence[float]) -> Numbers:
    """(3, z, y, x) steps of each voxel of a box from one voxel, mm."""
    steps = [(np.arange(s.start, s.stop) - v) * STEP_MM for s, v in zip(box, voxel, strict=True)]
    return np.stack(np.meshgrid(*steps, indexing="ij")).astype(np.float32)


def midline_box(head: Head, reach_mm: float) -> Box:
    """The part of the tissues' box that holds all within a distance of the midline."""
    z, y, x = head.tissues.box
    aside = np.abs(head.canvas.places_mm[2])
    near = np.nonzero((aside < reach_mm).any(axis=(0, 1)))[0] * COARSE
    return z, y, slice(max(x.start, int(near[0]) - COARSE), min(x.stop, int(near[-1]) + COARSE))


def on_convexity(head: Head, side: float, chance: np.random.Generator) -> tuple[int, int, int]:
    """A voxel on the inner table over the convexity, z y x; side 1 is left, -1 right."""
    every = COARSE // HALF
    inner = head.shell.inner_mm[::every, ::every, ::every]
    depth, rows, columns = inner.shape
    z, y, x = head.canvas.places_mm[:, :depth, :rows, :columns]
    there = (np.abs(inner) < 2) & (z > 8) & (z < 60) & (y > -55) & (y < 70) & (side * x > 30)
    found = np.argwhere(there)
    i, j, k = (int(v) * COARSE for v in found[int(chance.integers(len(found)))])
    return i, j, k


def outward(head: Head, voxel: tuple[int, int, int]) -> NDArray[np.float64]:
    """(3,) unit vector out of the skull at a voxel, z y x."""
    z, y, x = (max(3, v // HALF) for v in voxel)
    near = head.shell.inner_mm[z - 3 : z + 4, y - 3 : y + 4, x - 3 : x + 4]
    slopes = np.array([step.mean() for step in np.gradient(near)], dtype=np.float64)
    return np.asarray(slopes / np.linalg.norm(slopes))


def make_lesion(label: str, change: Change, seed: int) -> Lesion:
    """Cut a change down to the voxels it touches, and measure it.

    Raises:
        ValueError: it touches none.
    """
    share = np.where(change.share < _FAINTEST, np.float32(0), change.share)
    edema = np.zeros_like(share) if change.edema is None else change.edema
    kept = _around((share > 0) | (edema > _FAINTEST))
    if kept is None:
        raise ValueError(f"the {label} at the {change.site} has no room: ask for another seed")
    z, y, x = (
        slice(s.start + k.start, s.start + k.stop) for s, k in zip(change.box, kept, strict=True)
    )
    share = np.ascontiguousarray(share[kept])
    hu = np.broadcast_to(np.asarray(change.hu, np.float32), edema.shape)[kept]
    return Lesion(
        label=label,
        site=change.site,
        volume_ml=float(share.sum(dtype=np.float64)) * VOXEL_ML,
        box=(z, y, x),
        share=share,
        edema=np.ascontiguousarray(edema[kept]),
        hu=np.ascontiguousarray(hu),
        seed=seed,
    )


def _around(touched: NDArray[np.bool_]) -> Box | None:
    """The smallest box around what is touched."""
    ends = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        along = np.nonzero(touched.any(axis=others))[0]
        if not len(along):
            return None
        ends.append(slice(int(along[0]), int(along[-1]) + 1))
    return ends[0], ends[1], ends[2]

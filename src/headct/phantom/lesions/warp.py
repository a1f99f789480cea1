"""Carrying a head's brain along a displacement; it keeps its volume as far as fluid gives way."""

from dataclasses import fields, replace

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from headct.phantom.body.anatomy import Head
from headct.phantom.body.brain import Share, Tissues
from headct.phantom.body.canvas import COARSE
from headct.phantom.body.shapes import Box, Numbers, blur, covered, cut
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.lattice import Lattice

# Slices carried together: more would not stay in the cache, fewer read their surroundings often.
_SLAB = 24
# A voxel this far inside the inner table holds no bone.
_INSIDE_MM = 1.0
# How far off fluid gives way to brain that is pressed together, lattice steps; and how much of
# it at most: sulci that look empty on CT hold a little.
_NEAR, _MOST = 1.5, 0.95


def warp(head: Head, lattice: Lattice, away: Numbers) -> Head:
    """Move what is inside the skull.

    Args:
        head: whose voxels move; bone stays bit for bit.
        lattice: of the displacement.
        away: (3, z, y, x) from where what lies at each node comes, less the node, lattice steps.
    """
    box = head.tissues.box
    inner = cut(head.shell.inner_mm, HALF, box)
    inside = covered(inner + _INSIDE_MM)
    # What comes from beyond the inner table would be bone: it is fluid instead.
    source = np.where(inner < -_INSIDE_MM / 2, head.hu[box], np.float32(head.traits.fluid_hu))
    names = [field.name for field in fields(Tissues) if field.name != "box"]
    shares = np.stack([getattr(head.tissues, name) for name in names], axis=-1)
    carried, moved = _carry(source, shares, lattice, away, box)
    new = {name: moved[..., index] for index, name in enumerate(names)}
    carried += _narrow(new, _pressed(away), lattice, head)
    hu = head.hu.copy()
    under = hu[box]
    under += inside * (carried - under)
    for name in names:
        # No weight, no change: the sum of the shares stays what it was at the skull.
        old = getattr(head.tissues, name)
        new[name] = np.rint(old + inside * (new[name].astype(np.float32) - old)).astype(np.uint8)
    canvas = replace(head.canvas, hu=hu, gyri_mm=_moved_places(head, lattice, away))
    return replace(head, hu=hu, canvas=canvas, tissues=Tissues(box, **new))


def _carry(
    hu: Numbers, shares: Share, lattice: Lattice, away: Numbers, box: Box
) -> tuple[Numbers, Share]:
    """HU (z, y, x) and shares (z, y, x, tissues) of a box read where they come from."""
    depth, rows, columns = hu.shape
    reach = int(np.ceil(COARSE * np.abs(away[0]).max())) + 1
    new_hu, new_shares = np.empty_like(hu), np.empty_like(shares)
    for start in range(0, depth, _SLAB):
        stop = min(start + _SLAB, depth)
        slab = (slice(box[0].start + start, box[0].start + stop), box[1], box[2])
        low, high = max(0, start - reach), min(depth, stop + reach + 1)
        z, y, x = (COARSE * lattice.read(axis, slab) for axis in away)
        z += np.arange(start - low, stop - low, dtype=np.float32)[:, None, None]
        y += np.arange(rows, dtype=np.float32)[:, None]
        x += np.arange(columns, dtype=np.float32)
        np.clip(z, 0, high - low - 1, out=z)
        below = np.minimum(np.floor(z), high - low - 2)
        # OpenCV reads planes: slices stacked into one, read below and above, mixed by height.
        line = below * rows + np.clip(y, 0, rows - 1)
        where = (x.reshape(-1, columns), line.reshape(-1, columns), float(rows))
        up = z - below
        new_hu[start:stop] = _between(hu[low:high], where, up)
        new_shares[start:stop] = _between(shares[low:high], where, up[..., None])
    return new_hu, new_shares


def _between(
    values: Numbers | Share, where: tuple[Numbers, Numbers, float], up: Numbers
) -> Numbers:
    x, line, rows = where
    flat = values.reshape(-1, *values.shape[2:])
    shape = (*up.shape[:2], values.shape[2], *values.shape[3:])
    low = cv2.remap(flat, x, line, cv2.INTER_LINEAR).reshape(shape).astype(np.float32)
    high = cv2.remap(flat, x, line + np.float32(rows), cv2.INTER_LINEAR).reshape(shape)
    low += up * (high - low)
    return np.asarray(low)


def _pressed(away: Numbers) -> Numbers:
    """(z, y, x) by how much of its volume what lies at each node is pressed together."""
    slopes = np.stack([np.stack(np.gradient(axis)) for axis in away])
    slopes += np.eye(3, dtype=np.float32)[:, :, None, None, None]
    (a, b, c), (d, e, f), (g, h, i) = slopes
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return np.asarray(np.clip(whole - 1, 0, 3), dtype=np.float32)


def _narrow(moved: dict[str, Share], pressed: Numbers, lattice: Lattice, head: Head) -> Numbers:
    """Give brain that was pressed together the room of sulci near it; HU added by that."""
    box = head.tissues.box
    sulci = (moved["fluid"] - np.minimum(moved["ventricle"], moved["fluid"])).astype(np.float32)
    brain = lattice.means(moved["grey"].astype(np.float32) + moved["white"], box)
    wanted = blur(brain * pressed, _NEAR)
    there = blur(lattice.means(sulci, box), _NEAR)
    part = np.clip(wanted / np.maximum(there, 1e-3), 0, _MOST).astype(np.float32)
    taken = sulci * lattice.read(part, box)
    moved["fluid"] = np.rint(moved["fluid"] - taken).astype(np.uint8)
    moved["grey"] = np.rint(np.minimum(moved["grey"] + taken, 255)).astype(np.uint8)
    traits = head.traits
    return taken * np.float32((traits.white_hu + traits.contrast_hu - traits.fluid_hu) / 255)


def _moved_places(head: Head, lattice: Lattice, away: Numbers) -> Numbers:
    """The canvas's brain coordinates, carried along."""
    places = head.canvas.gyri_mm
    moved = places.copy()
    start = np.array([s.start for s in lattice.nodes], np.float32)[:, None, None, None]
    came = start + np.indices(lattice.shape, dtype=np.float32) + away
    for axis, old in zip(moved, places, strict=True):
        axis[lattice.nodes] = map_coordinates(old, came, output=np.float32, order=1, mode="nearest")
    return moved

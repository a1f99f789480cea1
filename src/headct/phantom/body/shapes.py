"""Smooth fields and soft borders: what a head and its lesions are drawn with."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Box = tuple[slice, slice, slice]


def covered(distance_mm: Numbers, soft_mm: float = 1.0) -> Numbers:
    """How much of a voxel lies inside a border: 1 deep inside, 0 outside, a ramp between.

    Args:
        distance_mm: to the border, negative inside.
        soft_mm: length of the ramp; a voxel's own size gives its partial volume.
    """
    share = distance_mm * np.float32(-1.0 / soft_mm)
    share += np.float32(0.5)
    return np.clip(share, 0.0, 1.0, out=share)


def ramp(values: Numbers, low: float, high: float) -> Numbers:
    """0 up to ``low``, 1 from ``high`` on, linear between."""
    share = (values - np.float32(low)) * np.float32(1.0 / (high - low))
    return np.clip(share, 0.0, 1.0, out=share)


def blend(first_mm: Numbers, second_mm: Numbers, round_mm: float) -> Numbers:
    """Distance to two bodies as one, the crease between them rounded."""
    mix = np.clip(0.5 + (second_mm - first_mm) / (2 * round_mm), 0, 1)
    joined = second_mm + (first_mm - second_mm) * mix - round_mm * mix * (1 - mix)
    return np.asarray(joined, dtype=np.float32)


def ellipsoid(places_mm: Numbers, centre_mm: Sequence[float], radii_mm: Sequence[float]) -> Numbers:
    """Distance to an ellipsoid, about; negative inside; (3, ...) places and z y x."""
    total: Numbers = np.zeros(places_mm.shape[1:], np.float32)
    for axis, centre, radius in zip(places_mm, centre_mm, radii_mm, strict=True):
        total += ((axis - np.float32(centre)) / np.float32(radius)) ** 2
    np.sqrt(total, out=total)
    total -= 1
    total *= np.float32(min(radii_mm))
    return total


def capsule(
    places_mm: Numbers, ends_mm: tuple[Sequence[float], Sequence[float]], radius_mm: float
) -> Numbers:
    """Distance to a rod with round ends; negative inside; (3, ...) places and z y x."""
    first, last = (np.array(end, np.float32) for end in ends_mm)
    along = last - first
    ahead = np.tensordot(along, places_mm, axes=1) - along @ first
    share = np.clip(ahead / (along @ along), 0, 1).astype(np.float32)
    total = np.zeros(share.shape, np.float32)
    for axis, start, step in zip(places_mm, first, along, strict=True):
        total += (axis - start - step * share) ** 2
    np.sqrt(total, out=total)
    total -= np.float32(radius_mm)
    return total


def cut(field: Numbers, factor: float, box: Box) -> Numbers:
    """A coarse lattice's values in a box of the fine one."""
    return enlarge(field, factor, [s.stop - s.start for s in box], [s.start for s in box])


def enlarge(
    coarse: Numbers, factor: float, shape: Sequence[int], start: Sequence[int] = (0, 0, 0)
) -> Numbers:
    """Linear interpolation of a coarse lattice, values of index ``start + i`` at its ``i/factor``.

    Args:
        coarse: (z, y, x).
        factor: fine steps to a coarse one.
        shape: of the result.
        start: index of its first voxel in the whole fine lattice.
    """
    lows, shares = [], []
    for count, first, known in zip(shape, start, coarse.shape, strict=True):
        at = (first + np.arange(count)) / factor
        low = np.clip(at.astype(np.intp), 0, known - 2)
        lows.append(low)
        shares.append(np.clip(at - low, 0, 1).astype(np.float32))
    fine = coarse[tuple(slice(int(low[0]), int(low[-1]) + 2) for low in lows)]
    # Columns first: the last pass, over the largest array, then moves whole slices.
    for axis in (2, 1, 0):
        low = lows[axis] - lows[axis][0]
        below = np.take(fine, low, axis=axis)
        step = np.take(fine, low + 1, axis=axis)
        step -= below
        step *= shares[axis].reshape([-1 if a == axis else 1 for a in range(3)])
        step += below
        fine = step
    return fine


@dataclass(frozen=True, eq=False)
class Rough:
    """A smooth random field of mean 0 and deviation 1, kept on a lattice just fine enough."""

    values: Numbers
    factor: float

    def cut(self, box: Box) -> Numbers:
        """The field in a box of the fine lattice."""
        return cut(self.values, self.factor, box)


def draw_rough(
    generator: np.random.Generator, shape: Sequence[int], step_mm: float, length_mm: float
) -> Rough:
    """Draw a random field.

    Args:
        generator: where chance comes from.
        shape: (z, y, x) that it must cover.
        step_mm: between its voxels.
        length_mm: deviation of the Gaussian that smooths it; at least one voxel.
    """
    factor = max(1.0, length_mm / (1.5 * step_mm))
    counts = [int(np.ceil((n - 1) / factor)) + 2 for n in shape]
    noise = generator.standard_normal(counts, dtype=np.float32)
    smooth = blur(noise, length_mm / (factor * step_mm))
    smooth -= smooth.mean()
    smooth /= max(float(smooth.std()), 1e-6)
    return Rough(smooth, factor)


def rough(
    generator: np.random.Generator, shape: Sequence[int], step_mm: float, length_mm: float
) -> Numbers:
    """A random field as ``draw_rough`` draws it, the whole of it."""
    field = draw_rough(generator, shape, step_mm, length_mm)
    return enlarge(field.values, field.factor, shape)


def overlap(box: Box, other: Box) -> tuple[Box, Box]:
    """What two boxes share: as seen from the first, and from the second; may be empty."""
    low = [max(a.start, b.start) for a, b in zip(box, other, strict=True)]
    high = [max(n, min(a.stop, b.stop)) for n, a, b in zip(low, box, other, strict=True)]

    def seen(whole: Box) -> Box:
        z, y, x = (
            slice(n - s.start, m - s.start) for n, m, s in zip(low, high, whole, strict=True)
        )
        return z, y, x

    return seen(box), seen(other)


def blur(values: Numbers, sigma: float) -> Numbers:
    """Gaussian smoothing of (z, y, x), deviation in voxels."""
    depth, rows, columns = values.shape
    across = np.empty_like(values)
    for index in range(depth):
        across[index] = cv2.GaussianBlur(values[index], (0, 0), sigma)
    flat = cv2.GaussianBlur(
        across.reshape(depth, rows * columns), (1, _kernel(sigma)), sigmaX=1, sigmaY=sigma
    )
    return np.asarray(flat, dtype=np.float32).reshape(values.shape)


def _kernel(sigma: float) -> int:
    # OpenCV's own rule for float images: four deviations to each side.
    return round(sigma * 8 + 1) | 1

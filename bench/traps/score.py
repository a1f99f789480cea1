"""What a reader made of a trap, against the truth: volume, place of the ball, place of the ends."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.traps.truth import BALL_HU, HEAD_HU, HIGH_REACH, LOW_REACH, MARK_HU, Truth

Points = NDArray[np.float64]

VOLUME_TOLERANCE = 0.01
PLACE_TOLERANCE_MM = 1.0
HU_TOLERANCE = 1.0
"""What counts as right. Beyond 1 % or 1 mm a reader has changed the scan more than its slices of
5 mm with pixels of 1.6 and 1.8 mm leave open; the plain series is right to 0.1 % and 0.1 mm."""
# Of the ball's contrast: what is fainter than this stays out of the marks' way.
_SEEN_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Reading:
    """One volume as a reader gives it.

    Args:
        hu: (slices, rows, columns) in the order of the reader.
        world: (n, 3) whole indices → (n, 3) LPS mm, as the reader's geometry says.
        voxel_ml: (slices,) mL of a voxel, as the reader's geometry says.
    """

    hu: NDArray[np.float32]
    world: Callable[[NDArray[np.intp]], Points]
    voxel_ml: NDArray[np.float64]

    @classmethod
    def by_affine(cls, hu: NDArray[np.float32], affine: Points) -> "Reading":
        """A volume with one affine, (4, 4), from (slice, row, column) to LPS mm.

        Its determinant gives the mL of a voxel: the best that can be made of a sheared affine.
        """

        def world(indices: NDArray[np.intp]) -> Points:
            return np.asarray(indices @ affine[:3, :3].T + affine[:3, 3])

        ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
        return cls(hu, world, np.full(len(hu), ml))


@dataclass(frozen=True)
class Errors:
    """How far off a reading is; infinite where the ball or an end is not there.

    Args:
        hu: how far the head's Hounsfield units are off; the rest is measured without that.
        volume: relative error of the ball's volume.
        ball_mm: distance of the ball's centre from where it is.
        end_mm: the same of the end slice that is farther off.
    """

    hu: float
    volume: float
    ball_mm: float
    end_mm: float

    @property
    def is_right(self) -> bool:
        """Within 1 HU, 1 % and 1 mm."""
        return (
            abs(self.hu) <= HU_TOLERANCE
            and abs(self.volume) <= VOLUME_TOLERANCE
            and self.ball_mm <= PLACE_TOLERANCE_MM
            and self.end_mm <= PLACE_TOLERANCE_MM
        )

    @property
    def farthest_mm(self) -> float:
        """Of the ball and the ends."""
        return max(self.ball_mm, self.end_mm)

    def __str__(self) -> str:
        hu = f"HU {self.hu:+.0f}, " if abs(self.hu) > HU_TOLERANCE else ""
        # Adding nothing turns a negative zero into a plain one.
        volume = f"{round(self.volume, 3) + 0.0:+.1%}"
        return f"{hu}{volume}, ball {_shown(self.ball_mm)}, end {_shown(self.end_mm)}"


def _shown(mm: float) -> str:
    if not np.isfinite(mm):
        return "lost"
    return f"{mm:.1f} mm" if mm < 10 else f"{mm:.0f} mm"


@dataclass(frozen=True, eq=False)
class Seen:
    """What is found in readings: mL and centre of the ball, centres of the marks; None if gone."""

    hu: float
    ball_ml: float
    ball_mm: Points | None
    low_mark_mm: Points | None
    high_mark_mm: Points | None


def score(readings: list[Reading], truths: tuple[Truth, ...]) -> Errors:
    """The errors of what was read, against the truth that is nearest to it.

    Several volumes (a series taken apart) count together: what is in any of them was read.
    """
    seen = look(readings)
    return min(
        (_errors(seen, truth) for truth in truths),
        key=lambda errors: (not errors.is_right, errors.ball_mm, abs(errors.volume)),
    )


def _errors(seen: Seen, truth: Truth) -> Errors:
    ends = (
        _distance(seen.low_mark_mm, truth.low_mark_mm),
        _distance(seen.high_mark_mm, truth.high_mark_mm),
    )
    return Errors(
        hu=seen.hu,
        volume=seen.ball_ml / truth.ball_ml - 1,
        ball_mm=_distance(seen.ball_mm, truth.ball_mm),
        end_mm=max(ends),
    )


def _distance(seen: Points | None, true: Points) -> float:
    return float("inf") if seen is None else float(np.linalg.norm(seen - true))


def look(readings: list[Reading]) -> Seen:
    """Find the ball and the marks by their brightness, in all volumes together."""
    ball, low, high = (_Weighed() for _ in range(3))
    offsets = [_hu_offset(reading.hu) for reading in readings]
    for reading, offset in zip(readings, offsets, strict=True):
        hu = reading.hu - np.float32(offset)
        share = np.clip((hu - HEAD_HU) / (BALL_HU - HEAD_HU), 0, 1)
        regions, _ = ndimage.label(share > _SEEN_SHARE)
        for number, place in enumerate(ndimage.find_objects(regions), start=1):
            inside = regions[place] == number
            if hu[place][inside].max() < (BALL_HU + MARK_HU) / 2:
                continue
            (low if _is_low_mark(inside) else high).add(reading, share, regions == number)
            share[regions == number] = 0
        ball.add(reading, share, share > 0)
    return Seen(max(offsets, key=abs), ball.ml, ball.centre, low.centre, high.centre)


def _hu_offset(hu: NDArray[np.float32]) -> float:
    """How far the head is off its HU: air and head are the two most frequent values."""
    values, counts = np.unique(np.rint(hu), return_counts=True)
    return float(values[np.argsort(counts)[-2:]].max() - HEAD_HU)


def _is_low_mark(inside: NDArray[np.bool_]) -> bool:
    """By its size in its fullest slice, half-way between the two."""
    low, high = ((2 * reach + 1) ** 2 for reach in (LOW_REACH, HIGH_REACH))
    return int(inside.sum(axis=(1, 2)).max()) > (low + high) / 2


class _Weighed:
    """Volume and centre of gravity of what is added."""

    def __init__(self) -> None:
        self.ml = 0.0
        self._moment = np.zeros(3)

    def add(self, reading: Reading, share: NDArray[np.float32], where: NDArray[np.bool_]) -> None:
        indices = np.argwhere(where)
        ml = share[where] * reading.voxel_ml[indices[:, 0]]
        self.ml += float(ml.sum())
        self._moment += ml @ reading.world(indices)

    @property
    def centre(self) -> Points | None:
        return self._moment / self.ml if self.ml > 0 else None

"""The slices of a series → a volume whose geometry can be trusted, or a refusal that says why."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError, PixelError
from headct.core.finding import Progress
from headct.core.grid import STRAIGHT_TOLERANCE_DEG, Grid
from headct.core.series import Instance, Series
from headct.core.volume import Hounsfield, SliceSource, Volume
from headct.dicom.decode import decode_into
from headct.dicom.gaps import describe_coverage, describe_distances, find_gaps, missing_after
from headct.dicom.planes import (
    PARALLEL_TOLERANCE_DEG,
    SAME_POSITION_MM,
    is_same_orientation,
    positions_along_normal,
    shifts_mm,
)
from headct.dicom.split import is_same_spacing

__all__ = ["missing_after", "stack"]

logger = logging.getLogger(__name__)

# Axes written with three digits are off by up to 0.001 each; what is off by 1 % is no rounding.
_AXIS_LENGTH_TOLERANCE = 0.01
# Rounding in the seventh digit is not worth a word.
_AXIS_LENGTH_NOTE = 1e-5
# Table and encoder have a play of half a millimetre to either side.
_SHIFT_NOTE_MM = 1.0
# Of the picture's side: from front to back a head takes up more than three quarters of it (190 of
# 220 to 250 mm), so that two pictures which both hold it lie no farther apart than the last one.
_MOST_SHIFT = 0.25


def stack(series: Series, *, allow_gaps: bool = False, progress: Progress | None = None) -> Volume:
    """Stack a homogeneous series into a volume, slice by slice where its headers put it.

    Slices are sorted along their normal; tilt and mixed distances are kept exactly, one origin
    for each slice. What was corrected is in ``history``.

    Args:
        series: one matrix, spacing and orientation (``headct.dicom.split`` sees to that).
        allow_gaps: whether to go on where slices seem to be missing.
        progress: told how many slices have been decoded.

    Raises:
        GeometryError: where the slices lie is unknown or contradicts itself, different images
            lie at one position, no head fits into all of them, or slices seem to be missing.
        PixelError: pixels cannot be decoded, or are not Hounsfield units.
    """
    _check_alike(series.instances)
    order = np.argsort(positions_along_normal(series.instances), kind="stable")
    images, notes = _without_copies([series.instances[index] for index in order])
    column_axis, row_axis, note = _axes(images[0])
    notes += note
    grid = Grid(
        shape=(len(images), images[0].rows, images[0].columns),
        origins_mm=np.array([image.position_mm for image in images]),
        column_axis=column_axis,
        row_axis=row_axis,
        spacing_mm=images[0].spacing_mm or (0.0, 0.0),
        thickness_mm=_common_thickness(images),
    )
    _check_shift(images)
    notes += _check_gaps(grid, images, allow_gaps)
    hu = _empty(grid)
    notes += decode_into(images, hu, progress)
    notes += _remarks(grid, images)
    logger.info("stacked %d slices", len(images))
    return Volume(
        hu=hu,
        grid=grid,
        sources=tuple(
            SliceSource(
                image.location.name, image.sop_instance_uid, image.sop_class_uid, image.frame
            )
            for image in images
        ),
        history=(f"stacked {len(images)} slices, {describe_distances(grid)} apart", *notes),
    )


def _check_alike(images: Sequence[Instance]) -> None:
    first = images[0]
    for image in images:
        if image.position_mm is None or image.orientation is None or image.spacing_mm is None:
            raise GeometryError(
                f"{image.location.name} states no position, orientation or pixel spacing that can "
                "be read: export the series again"
            )
        if (image.rows, image.columns) != (first.rows, first.columns):
            raise GeometryError(
                f"images of {first.rows} x {first.columns} and of {image.rows} x {image.columns} "
                f"pixels in one series (at {image.location.name}): split it first"
            )
        if not is_same_spacing(image, first):
            raise GeometryError(
                f"pixels of different size in one series, from {image.location.name} on: "
                "split it first"
            )
        if not is_same_orientation(image.orientation, first.orientation):
            raise GeometryError(
                f"{image.location.name} is turned against the first slice by more than "
                f"{PARALLEL_TOLERANCE_DEG:g} degrees; expected parallel slices: split the series "
                "first"
            )


def _without_copies(images: list[Instance]) -> tuple[list[Instance], tuple[str, ...]]:
    """Sorted images less exact copies; different images at one position are refused."""
    kept = images[:1]
    positions = positions_along_normal(images)
    last = positions[0]
    for index, image in enumerate(images[1:], start=1):
        if positions[index] - last >= SAME_POSITION_MM:
            kept.append(image)
            last = positions[index]
        elif not _is_copy(kept[-1], image):
            raise GeometryError(
                f"two different images lie at one position ({kept[-1].location.name} and "
                f"{image.location.name}, number {index} and {index + 1} of {len(images)} along the "
                "normal): two scans or reconstructions are mixed, export them as separate series"
            )
    dropped = len(images) - len(kept)
    if not dropped:
        return kept, ()
    return kept, (f"{dropped} of {len(images)} images were copies of others: left out",)


def _is_copy(one: Instance, other: Instance) -> bool:
    """Whether two images show the same pixels in the same place."""
    away = np.subtract(np.array(one.position_mm), np.array(other.position_mm))
    if float(np.abs(away).max()) >= SAME_POSITION_MM:
        return False
    hu = np.empty((2, one.rows, one.columns), dtype=np.float32)
    decode_into([one, other], hu)
    return bool(np.array_equal(hu[0], hu[1]))


def _axes(image: Instance) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Unit vectors along a row and down a column, and a note where they were not of length 1."""
    axes = np.array(image.orientation, dtype=np.float64).reshape(2, 3)
    lengths = np.linalg.norm(axes, axis=1)
    off = float(np.abs(lengths - 1).max())
    if off > _AXIS_LENGTH_TOLERANCE:
        raise GeometryError(
            f"the orientation of {image.location.name} has vectors of length {lengths[0]:.3f} and "
            f"{lengths[1]:.3f}, expected 1: export the series again"
        )
    axes /= lengths[:, None]
    note = (f"orientation vectors were off unit length by {off:.1e}: made unit vectors",)
    return axes[0], axes[1], note if off > _AXIS_LENGTH_NOTE else ()


def _common_thickness(images: Sequence[Instance]) -> float | None:
    stated = {image.thickness_mm for image in images}
    return stated.pop() if len(stated) == 1 else None


def _check_shift(images: Sequence[Instance]) -> None:
    first = images[0]
    row_mm, column_mm = first.spacing_mm or (0.0, 0.0)
    sides_mm = (first.columns * column_mm, first.rows * row_mm)
    for shift, side in zip(shifts_mm(images), sides_mm, strict=True):
        if shift > _MOST_SHIFT * side:
            raise GeometryError(
                f"slices are shifted within their plane by up to {shift:.0f} mm; expected at most "
                f"a quarter of their {side:.0f} mm, or they cannot all hold one head: check that "
                "it is one scan, and export it again"
            )


def _check_gaps(grid: Grid, images: Sequence[Instance], allow_gaps: bool) -> tuple[str, ...]:
    gaps = find_gaps(grid, [image.thickness_mm for image in images])
    count = grid.shape[0]
    if gaps and not allow_gaps:
        gap = gaps[0]
        more = f" (and in {len(gaps) - 1} more places)" if len(gaps) > 1 else ""
        raise GeometryError(
            f"slice gap changes from {gap.usual_mm:.2f} to {gap.gap_mm:.2f} mm after slice "
            f"{gap.after + 1} of {count}{more}; a slice may be missing: re-export the series, or "
            "allow gaps (--allow-gaps, allow_gaps=True)"
        )
    return tuple(
        f"slices may be missing after slice {gap.after + 1} of {count}: {gap.gap_mm:.2f} mm where "
        f"{gap.usual_mm:.2f} mm are usual"
        for gap in gaps
    )


def _empty(grid: Grid) -> Hounsfield:
    try:
        return np.empty(grid.shape, dtype=np.float32)
    except MemoryError as error:
        needed_gb = np.prod(grid.shape, dtype=np.float64) * 4 / 1e9
        raise PixelError(
            f"{needed_gb:.1f} GB of memory are needed for {grid.shape} voxels and not there: "
            "check that the header's rows and columns are true"
        ) from error


def _remarks(grid: Grid, images: Sequence[Instance]) -> tuple[str, ...]:
    """What a reader should know of the geometry, in words."""
    remarks = [_remark_tilt(grid, images), _remark_shift(images), _remark_numbers(images)]
    remarks.append(describe_coverage(grid, [image.thickness_mm for image in images]))
    return tuple(remark for remark in remarks if remark)


def _remark_tilt(grid: Grid, images: Sequence[Instance]) -> str | None:
    if grid.shape[0] == 1:
        return None
    stated = images[0].gantry_tilt_deg
    # Makers differ in the sign of GantryDetectorTilt: only its size can be compared.
    if stated is not None and abs(abs(stated) - abs(grid.tilt_deg)) > STRAIGHT_TOLERANCE_DEG:
        return (
            f"positions give a tilt of {grid.tilt_deg:.1f} degrees, the header says {stated:.1f}: "
            "positions are used"
        )
    return f"gantry tilt of {grid.tilt_deg:.1f} degrees kept" if grid.is_tilted else None


def _remark_shift(images: Sequence[Instance]) -> str | None:
    shift = max(shifts_mm(images))
    if shift <= _SHIFT_NOTE_MM:
        return None
    return f"slices are shifted within their plane by up to {shift:.1f} mm: kept as stated"


def _remark_numbers(images: Sequence[Instance]) -> str | None:
    """What the numbers of images say that their positions do not.

    A first or last slice that is missing leaves the positions as they are.
    """
    numbers = [image.instance_number for image in images if image.instance_number is not None]
    is_one_object = len({image.location for image in images}) < len(images)
    if len(numbers) < len(images) or is_one_object:
        return None
    steps = np.diff(numbers)
    if not ((steps > 0).all() or (steps < 0).all()):
        return "images are not numbered in the order of their positions: check that it is one scan"
    if min(numbers) > 1:
        return (
            f"images are numbered from {min(numbers)} on: whether slices are missing before the "
            "first cannot be told from positions"
        )
    return None

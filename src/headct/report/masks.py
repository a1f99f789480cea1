"""Masks as files: exact with an origin for each slice, and as NIfTI for tools that read that."""

import zipfile
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError, ScanError
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.image.formats.nifti import write_nifti
from headct.image.transfer import transfer_mask

EXACT_NAME = "mask_exact.npz"
NIFTI_NAME = "mask.nii.gz"
RESAMPLED_NAME = "mask_resampled.nii.gz"

_FORMAT = "headct mask 1"
_GRID_KEYS = ("origins_mm", "column_axis", "row_axis", "spacing_mm", "thickness_mm", "is_measured")
_KEYS = frozenset(("format", "labels", "names", *_GRID_KEYS))
# Eight times the largest series in use (2000 slices of 512 by 512 pixels): more is not a head.
_MOST_BYTES = 4 * 2**30
# Finer than any scanner's slices: a smaller distance is two blocks that nearly meet.
_FINEST_MM = 0.5
_EXACT = 1e-6  # rounding, in pixels


def write_exact(mask: Mask, path: Path) -> None:
    """Write a mask with the origin of every slice, readable by ``numpy.load`` and ``read_exact``.

    Holds ``labels`` (slices, rows, columns) uint8 with ``names`` from value 1 up, ``origins_mm``
    (slices, 3), ``column_axis`` and ``row_axis`` in LPS, ``spacing_mm`` (between rows, between
    columns), ``thickness_mm`` (NaN where not known), ``is_measured`` and ``format``.
    """
    grid = mask.grid
    values = {
        "format": np.array(_FORMAT),
        "labels": mask.labels,
        "names": np.array(mask.names, dtype=np.str_),
        "origins_mm": grid.origins_mm,
        "column_axis": grid.column_axis,
        "row_axis": grid.row_axis,
        "spacing_mm": np.array(grid.spacing_mm),
        "thickness_mm": np.array(np.nan if grid.thickness_mm is None else grid.thickness_mm),
        "is_measured": np.array(grid.is_measured),
    }
    # What numpy.savez_compressed writes, at zlib's fastest level: half its time for a thin series.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key, value in values.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, value, allow_pickle=False)


def read_exact(path: Path) -> Mask:
    """Read a mask that ``write_exact`` wrote; nothing in the file is run.

    Raises:
        ScanError: the file is not such a mask, is damaged, or contradicts itself.
    """
    try:
        values = _load(path)
        spacing_mm, thickness_mm = values["spacing_mm"], float(values["thickness_mm"])
        labels = values["labels"]
        slices, rows, columns = labels.shape
        grid = Grid(
            shape=(slices, rows, columns),
            origins_mm=values["origins_mm"],
            column_axis=values["column_axis"],
            row_axis=values["row_axis"],
            spacing_mm=(float(spacing_mm[0]), float(spacing_mm[1])),
            thickness_mm=None if np.isnan(thickness_mm) else thickness_mm,
            is_measured=bool(values["is_measured"]),
        )
        return Mask(labels, grid, tuple(str(name) for name in values["names"]))
    except (OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        raise _odd(path, f"it cannot be read ({type(error).__name__})") from error
    except (GeometryError, TypeError, ValueError, IndexError) as error:
        raise _odd(path, str(error)) from error


def _load(path: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        keys = [member.filename.removesuffix(".npy") for member in members]
        size = sum(member.file_size for member in members)
    if sorted(keys) != sorted(_KEYS):
        raise ValueError(f"expected the arrays {', '.join(sorted(_KEYS))}")
    if size > _MOST_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, more than any head CT takes")
    with np.load(path, allow_pickle=False) as archive:
        values = {key: archive[key] for key in _KEYS}
    if str(values["format"]) != _FORMAT:
        raise ValueError(f"expected the format {_FORMAT!r}")
    expected = {"spacing_mm": (2,), "column_axis": (3,), "row_axis": (3,), "thickness_mm": ()}
    for key, shape in expected.items():
        if values[key].shape != shape:
            raise ValueError(f"expected {key} of shape {shape}, got {values[key].shape}")
    return values


def _odd(path: Path, why: str) -> ScanError:
    return ScanError(
        f"{path.name} is not a mask that headct wrote: {why}; write it again with headct analyze"
    )


def write_even(mask: Mask, folder: Path) -> Path:
    """Write a mask as NIfTI into a folder, and give back the file.

    A straight series at even distances is written as it is. No affine holds an uneven one, and
    ITK reads none that is sheared by a tilt: those are drawn anew on a straight, even grid, and
    the file is named so.
    """
    grid = mask.grid
    as_is = grid.is_uniform and not grid.is_tilted
    even, name = (mask, NIFTI_NAME) if as_is else (resampled(mask), RESAMPLED_NAME)
    write_nifti(even, folder / name)
    return folder / name


def resampled(mask: Mask) -> Mask:
    """A copy on a straight grid at even distances, for tools that know one affine only.

    Every new voxel takes the label of the cell its centre lies in. Distances are the smallest of
    the series but no finer than 0.5 mm; the frame grows so that no slice is cut off.
    """
    return transfer_mask(mask, straight_grid(mask.grid))


def straight_grid(grid: Grid) -> Grid:
    """A grid without tilt, at even distances, that covers every slice of another."""
    step_mm = max(_FINEST_MM, float(grid.distances_mm.min()))
    bottom = grid.positions_mm[0] - grid.heights_mm[0] / 2
    top = grid.positions_mm[-1] + grid.heights_mm[-1] / 2
    slices = max(2, round((top - bottom) / step_mm))
    heights = bottom + (np.arange(slices) + 0.5) * (top - bottom) / slices
    corners = grid.origins_mm @ np.stack([grid.row_axis, grid.column_axis]).T
    low, spread = corners.min(axis=0), np.ptp(corners, axis=0)
    rows, columns = (
        n + ceil(mm / step - _EXACT)
        for n, mm, step in zip(grid.shape[1:], spread, grid.spacing_mm, strict=True)
    )
    return replace(
        grid,
        shape=(slices, rows, columns),
        origins_mm=low[0] * grid.row_axis
        + low[1] * grid.column_axis
        + np.outer(heights, grid.normal),
        thickness_mm=None,
    )

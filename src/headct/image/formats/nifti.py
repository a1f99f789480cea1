"""NIfTI files in and out, the shear of a tilted gantry included."""

import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from headct.core.errors import (
    GeometryError,
    OutputError,
    PixelError,
    ScanError,
    UnnamedValue,
)
from headct.core.grid import Grid, Points
from headct.core.volume import AIR_HU, Hounsfield, Mask, SliceSource, Volume

# What any head CT with its surroundings holds: air around the head (-1000), and bone.
_AIR_SEEN_HU, _BONE_SEEN_HU = -500.0, 150.0
# Metal reaches 31000 HU where a scanner stores the extended scale in 16 bits; no more fits.
_HIGHEST_HU = 32767.0
_SQUARE_TOLERANCE = 1e-3
# NIfTI has no place to say that spacing was assumed, and mL must not come back from one.
_NOT_MEASURED = "spacing assumed, not measured"

# NIfTI's world is RAS, ours LPS; the way back is the same.
_RAS_TO_LPS = _LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_NIBABEL_ERRORS = (ImageFileError, HeaderDataError)


def read_nifti(path: Path) -> Volume:
    """A head CT from a NIfTI file, in the orientation it is stored in.

    Slices are the third axis of the file, counted along their normal; a sheared affine gives the
    tilted grid that it stands for. ``Reorient`` brings rows and columns to LPS. Values below
    -1024 HU, which scanners write outside their circle, become -1024.

    Raises:
        ScanError: the file cannot be read, or holds other than one volume.
        GeometryError: the file does not say where its voxels lie.
        PixelError: values are not HU.
    """
    stored, header = _load(path)
    _check_hu(stored, path.name)
    grid, is_reversed = _grid(stored.shape, header, path.name)
    order = slice(None, None, -1 if is_reversed else 1)
    sources = tuple(SliceSource(path.name, frame=k + 1) for k in range(grid.shape[0]))
    return Volume(
        hu=np.maximum(stored.transpose(2, 1, 0)[order], AIR_HU, order="C"),
        grid=grid,
        sources=sources[order],
        history=(f"read {path.name}; values below {AIR_HU:g} HU raised to it",),
    )


def read_nifti_mask(path: Path, names: tuple[str, ...]) -> Mask:
    """A mask from a NIfTI file, its slices counted along their normal.

    Args:
        path: of the file.
        names: what its values stand for, from 1 up; a lone one for any value but 0.

    Raises:
        UnnamedValue: it holds a value without a name.
        ScanError: the file cannot be read, holds other than one volume, or other values.
        GeometryError: the file does not say where its voxels lie.
    """
    stored, header = _load(path)
    low, high = float(stored.min()), float(stored.max())
    if len(names) == 1 and high > 1 and bool(((stored == 0) | (stored == high)).all()):
        # A lone label is often drawn with 255.
        stored, high = np.minimum(stored, 1), 1.0
    is_whole = low >= 0 and np.array_equal(np.rint(stored), stored)
    if not is_whole or high > len(names):
        kind = UnnamedValue if is_whole else ScanError
        raise kind(
            f"{path.name}: expected whole numbers from 0 to {len(names)} "
            f"({', '.join(names)}), got {low:g} to {high:g}"
        )
    grid, is_reversed = _grid(stored.shape, header, path.name)
    order = slice(None, None, -1 if is_reversed else 1)
    labels = stored.astype(np.uint8).transpose(2, 1, 0)[order]
    return Mask(np.ascontiguousarray(labels), grid, names)


def _load(path: Path) -> tuple[Hounsfield, Any]:
    """(columns, rows, slices) values as they are stored, and the header."""
    try:
        image: Any = nib.load(path)
        stored = np.asarray(image.dataobj, dtype=np.float32)
    except (OSError, EOFError, ValueError, TypeError, zlib.error, *_NIBABEL_ERRORS) as error:
        raise ScanError(
            f"{path.name} cannot be read as NIfTI ({type(error).__name__}): "
            "give a whole .nii or .nii.gz file"
        ) from error
    if not isinstance(image, nib.Nifti1Image):
        raise ScanError(f"{path.name}: expected NIfTI, got {type(image).__name__}: convert it")
    if stored.ndim == 4 and stored.shape[3] == 1:
        stored = stored[..., 0]
    if stored.ndim != 3 or not stored.size:
        raise ScanError(f"{path.name}: expected one volume of three axes, got {stored.shape}")
    return stored, image.header


def write_nifti(drawn: Volume | Mask, path: Path) -> None:
    """Write a volume or a mask, exactly: a tilted one with a sheared affine.

    Args:
        drawn: HU become int16 where all are whole numbers, float32 otherwise; labels stay uint8.
        path: ends in .nii or .nii.gz.

    Raises:
        GeometryError: slice distances differ; ``Resample`` first, or keep an origin per slice.
        OutputError: the file cannot be written.
    """
    if not path.name.endswith((".nii", ".nii.gz")):
        raise ValueError(f"expected a path that ends in .nii or .nii.gz, got {path.name}")
    affine = _LPS_TO_RAS @ drawn.grid.affine()[:, [2, 1, 0, 3]]
    values = drawn.labels if isinstance(drawn, Mask) else _compact(drawn.hu)
    image: Any = nib.Nifti1Image(values.transpose(2, 1, 0), affine)  # type: ignore[no-untyped-call]
    image.set_sform(affine, code=1)
    # A qform holds no shear: beside a sheared sform it would contradict it.
    image.set_qform(affine, code=0 if _is_sheared(affine) else 1, strip_shears=True)
    image.header.set_xyzt_units("mm")
    if not drawn.grid.is_measured:
        image.header["descrip"] = _NOT_MEASURED
    try:
        nib.save(image, path)
    except OSError as error:
        raise OutputError(
            f"{path.name} cannot be written ({error.strerror or type(error).__name__}): check the "
            "folder and the space left"
        ) from error


def _compact(hu: Hounsfield) -> NDArray[np.int16] | Hounsfield:
    """Whole numbers as int16: half the bytes, and the same values."""
    whole = np.rint(hu)
    limits = np.iinfo(np.int16)
    fits = np.array_equal(whole, hu) and limits.min <= hu.min() and hu.max() <= limits.max
    return hu.astype(np.int16) if fits else hu


def _is_sheared(affine: Points) -> bool:
    units = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(units.T @ units - np.eye(3)).max() > _SQUARE_TOLERANCE)


def _check_hu(values: Hounsfield, name: str) -> None:
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise PixelError(f"{name} holds values that are no numbers (NaN): export it again")
    if low > _AIR_SEEN_HU:
        raise PixelError(
            f"{name}: the lowest value is {low:g}, expected air near -1000 HU; this is an MR, a "
            "mask, a windowed picture, or a CT shifted by 1024: give CT in HU"
        )
    if not _BONE_SEEN_HU < high <= _HIGHEST_HU:
        raise PixelError(
            f"{name}: the highest value is {high:g}, expected bone or metal between "
            f"{_BONE_SEEN_HU:g} and {_HIGHEST_HU:g} HU: give CT in HU"
        )


def _grid(shape: tuple[int, ...], header: Any, name: str) -> tuple[Grid, bool]:
    """The grid of a file's voxels, and whether its slices must be counted backwards for it."""
    affine = _RAS_TO_LPS @ _stated_affine(header, name)
    columns, rows, slices = shape
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and lengths.all()):
        raise GeometryError(f"{name}: the affine is not finite or has an axis of no length")
    column_axis, row_axis = (affine[:3, :2] / lengths[:2]).T
    step, origin = affine[:3, 2], affine[:3, 3]
    across_mm = float(step @ np.cross(column_axis, row_axis))
    if across_mm < 0:
        origin, step = origin + step * (slices - 1), -step
    is_measured = header["descrip"].item().decode("latin-1") != _NOT_MEASURED
    grid = Grid(
        shape=(slices, rows, columns),
        origins_mm=origin + np.arange(slices)[:, None] * step,
        column_axis=column_axis,
        row_axis=row_axis,
        spacing_mm=(float(lengths[1]), float(lengths[0])),
        thickness_mm=abs(across_mm) or None,
        is_measured=is_measured,
    )
    return grid, across_mm < 0


def _stated_affine(header: Any, name: str) -> Points:
    """(4, 4) from (column, row, slice) to RAS mm, as sform or qform state it."""
    unit = header.get_xyzt_units()[0]
    if unit not in ("mm", "unknown"):
        raise GeometryError(f"{name}: expected lengths in mm, got {unit}: convert it")
    for affine, code in (header.get_sform(coded=True), header.get_qform(coded=True)):
        if code > 0:
            return np.asarray(affine, dtype=np.float64)
    raise GeometryError(
        f"{name} has neither sform nor qform, so left and right are not known: convert it from "
        "DICOM again"
    )

"""The readers compared: each as its own documents say to read a folder, with its own defaults."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nibabel
import numpy as np

from bench.traps.score import Reading
from headct.core.errors import ScanError
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_LIMIT_S = 120


class RefusedError(Exception):
    """A reader gives no volume; the message is what it said."""


@dataclass(frozen=True)
class Reader:
    """One way from a folder to volumes.

    Args:
        name: for the table.
        read: folder → volumes and what was said of them; any exception is a refusal.
        needs: modules, or a program, without which it is left out.
    """

    name: str
    read: Callable[[Path], tuple[list[Reading], list[str]]]
    needs: tuple[str, ...] = ()

    @property
    def version(self) -> str | None:
        """As installed; None where it is not."""
        try:
            for module in self.needs:
                import_module(module)
            return version(self.name)
        except (ImportError, PackageNotFoundError):
            return None


def read_headct(folder: Path) -> tuple[list[Reading], list[str]]:
    """As ``headct analyze`` does: select, then the first candidate that stacks."""
    selection = select(scan(folder).studies[0])
    said = [*selection.warnings, *map(str, selection.refused)]
    for index, candidate in enumerate(selection.candidates):
        try:
            volume = stack(candidate)
        except ScanError as error:
            said.append(str(error))
            continue
        said += [f"another was preferred to {line}" for line in selection.ranking[index + 1 :]]
        grid = volume.grid
        reading = Reading(volume.hu, grid.to_world, grid.slice_voxel_ml)
        return [reading], [*said, *volume.history[1:]]
    raise RefusedError("; ".join(said))


def read_simpleitk(folder: Path) -> tuple[list[Reading], list[str]]:
    """GetGDCMSeriesFileNames and ReadImage; the errors it logs come by the standard error."""
    sitk = import_module("SimpleITK")
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = sitk.ReadImage(names if len(names) > 1 else names[0])
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    affine[:3, :3] = direction[:, ::-1]  # its indices are (column, row, slice)
    affine[:3, 3] = image.GetOrigin()
    hu = sitk.GetArrayFromImage(image).astype(np.float32)
    return [Reading.by_affine(hu, affine)], []


def read_monai(folder: Path) -> tuple[list[Reading], list[str]]:
    """LoadImage with PydicomReader, as its documents show it for a folder of DICOM."""
    transforms = import_module("monai.transforms")
    files = list(folder.iterdir())
    load = transforms.LoadImage(reader="PydicomReader", image_only=True)
    image = load(str(folder if len(files) > 1 else files[0]))
    return [_nifti_like(image.numpy(), image.affine.numpy())], []


def read_dicom2nifti(folder: Path) -> tuple[list[Reading], list[str]]:
    """``dicom_series_to_nifti`` with its default checks."""
    convert = import_module("dicom2nifti").dicom_series_to_nifti
    with tempfile.TemporaryDirectory() as out:
        convert(str(folder), str(Path(out) / "out.nii"), reorient_nifti=True)
        return _niftis(Path(out)), []


def read_dcm2niix(folder: Path) -> tuple[list[Reading], list[str]]:
    """The program with its defaults, uncompressed; every file that it writes counts."""
    program = shutil.which("dcm2niix", path=_search_path())
    if program is None:
        raise FileNotFoundError("dcm2niix")
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [program, "-b", "n", "-z", "n", "-f", "out", "-o", out, str(folder)],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        said = [
            line.strip().replace(str(folder), "…").replace(out, "…")
            for line in (done.stdout + done.stderr).splitlines()
            if "warning" in line.lower() or "error" in line.lower()
        ]
        readings = _niftis(Path(out))
    if not readings:
        raise RefusedError("; ".join(said) or f"no file, exit {done.returncode}")
    return readings, said


def _search_path() -> str:
    """Programs installed beside this Python come first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _niftis(folder: Path) -> list[Reading]:
    readings = []
    for file in sorted(folder.glob("*.nii")):
        image = nibabel.nifti1.Nifti1Image.from_filename(file)
        hu = np.asarray(image.dataobj)
        # A fourth axis holds volumes of the same place.
        hu = hu.reshape(*hu.shape[:3], -1)
        readings += [_nifti_like(hu[..., index], image.affine) for index in range(hu.shape[3])]
    return readings


def _nifti_like(hu: np.ndarray, affine: np.ndarray) -> Reading:
    """(i, j, k) with an affine to RAS → (k, j, i) with one to LPS."""
    to_lps = _RAS_TO_LPS @ np.asarray(affine, dtype=np.float64)
    if hu.ndim != 3:
        raise RefusedError(f"an array of {hu.ndim} dimensions: {hu.shape}")
    to_lps[:, :3] = to_lps[:, 2::-1]
    return Reading.by_affine(np.asarray(hu.transpose(2, 1, 0), dtype=np.float32), to_lps)


READERS = (
    Reader("headct", read_headct),
    Reader("SimpleITK", read_simpleitk, ("SimpleITK",)),
    Reader("monai", read_monai, ("torch", "monai")),
    Reader("dicom2nifti", read_dicom2nifti, ("dicom2nifti",)),
    Reader("dcm2niix", read_dcm2niix, ("dcm2niix",)),
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one folder: volumes, or the reason for none; and what was said."""

    readings: tuple[Reading, ...] = ()
    refusal: str = ""
    said: tuple[str, ...] = ()


def try_reader(reader: Reader, folder: Path) -> Outcome:
    """Read one folder, with all that is printed, warned and logged on the way."""
    with _listening() as heard:
        try:
            readings, said = reader.read(folder)
        except Exception as error:  # noqa: BLE001 - whatever stops a reader is its refusal
            name = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
            return Outcome(refusal=f"{name}{error}".strip().rstrip(":"))
    return Outcome(tuple(readings), said=(*said, *heard))


@contextlib.contextmanager
def _listening() -> Iterator[list[str]]:
    """Lines on the standard error, also of C++, and Python's warnings, filled in at the end."""
    lines: list[str] = []
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as caught, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        os.dup2(caught.fileno(), 2)
        try:
            yield lines
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            text = caught.read().decode(errors="replace")
            lines += [line.strip() for line in text.splitlines() if line.strip()]
            lines += [str(warning.message).strip().splitlines()[0] for warning in warned]

"""Time from files to Hounsfield units, and from files to headers, beside other readers."""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import gdcm
import numpy as np
import pydicom
from numpy.typing import NDArray

from bench.speed import REAL
from headct.dicom import header
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.phantom.body.anatomy import head
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.phantom.series import save_phantom

REPEATS = 7
HEADERS = 10_000
SLICES = 36
# What the scan takes from every header.
_KEYWORDS = tuple(header.KEYWORDS)
Read = Callable[[Path], object]


def main() -> None:
    """Both tables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        protocol = Protocol(blocks=(Block(SLICES, 4.5, 4.5),))
        series = save_phantom(scan_head(head(1), [], protocol, seed=1), folder / "phantom")
        print(f"{SLICES} native slices of 512² → HU, one folder (a phantom). ", end="")
        compare(VOLUMES, series)
        real = REAL / "ge-head-ct"
        origin = real if real.is_dir() else series
        print(f"\n{HEADERS} headers ({'GE' if origin is real else 'phantom'} files). ", end="")
        compare(LISTINGS, links(origin, folder / "many"))


def links(origin: Path, out: Path) -> Path:
    """A folder of many names for the files of a series."""
    out.mkdir()
    files = sorted(file for file in origin.iterdir() if file.suffix == ".dcm")
    names = [out / f"{index:05d}.dcm" for index in range(HEADERS)]
    # Up to 60,000 names may point to one file; it is the reading that is measured.
    local = [Path(shutil.copy(file, out.parent / f"origin-{file.name}")) for file in files]
    for index, name in enumerate(names):
        os.link(local[index % len(local)], name)
    return out


def compare(readers: Mapping[str, tuple[str, Read]], folder: Path) -> None:
    """Print the median time of each reader there, taken in turns, and its ratio to headct's."""
    there = {}
    for name, (package, read) in readers.items():
        with contextlib.suppress(PackageNotFoundError, FileNotFoundError, ImportError):
            label = f"{name} {version(package)}"
            with quiet():
                read(folder)
            there[label] = read
    absent = [name for name in readers if not any(label.startswith(name) for label in there)]
    print(f"Medians of {REPEATS}, in turns; {os.cpu_count()} cores.")
    if absent:
        print(f"Not installed, so left out: {', '.join(absent)}.")
    seconds: dict[str, list[float]] = {label: [] for label in there}
    for _ in range(REPEATS):
        for label, read in there.items():
            start = time.perf_counter()
            with quiet():
                read(folder)
            seconds[label].append(time.perf_counter() - start)
    medians = {label: statistics.median(taken) for label, taken in seconds.items()}
    ours = next(iter(medians.values()))
    for label, median in medians.items():
        print(f"{label:<48}{1000 * median:>9.0f} ms{median / ours:>7.2f} x headct's", flush=True)


@contextlib.contextmanager
def quiet() -> object:
    """Nothing of what libraries print; C++ ones write to the descriptor itself."""
    sys.stdout.flush()
    kept = [os.dup(number) for number in (1, 2)]
    with Path(os.devnull).open("w") as nowhere:
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
        try:
            yield
        finally:
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)


def read_headct(folder: Path) -> object:
    """As ``headct analyze`` does."""
    return stack(select(scan(folder).studies[0]).candidates[0])


def read_simpleitk(folder: Path) -> object:
    """The series reader, as its documents show it."""
    sitk = import_module("SimpleITK")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return sitk.GetArrayFromImage(reader.Execute())


def read_pydicom(folder: Path) -> NDArray[np.float32]:
    """The loop that everybody writes: no check of anything."""
    slices = [pydicom.dcmread(file) for file in folder.iterdir()]
    slices.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    return np.stack(
        [
            image.pixel_array.astype(np.float32) * float(image.RescaleSlope)
            + float(image.RescaleIntercept)
            for image in slices
        ]
    )


def read_monai(reader: str) -> Read:
    """``LoadImage`` with one of its readers."""

    def read(folder: Path) -> object:
        load = import_module("monai.transforms").LoadImage(reader=reader, image_only=True)
        return load(str(folder))

    return read


def read_dicom2nifti(folder: Path) -> object:
    """The array and affine it would write, without the file."""
    convert = import_module("dicom2nifti.convert_dicom").dicom_array_to_nifti
    common = import_module("dicom2nifti.common")
    return convert(common.read_dicom_directory(str(folder)), None, reorient_nifti=False)


def read_dcm2niix(folder: Path) -> object:
    """The program, writing to a temporary folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("dcm2niix", path=path)
    if program is None:
        raise FileNotFoundError("dcm2niix")
    with tempfile.TemporaryDirectory() as out:
        options = ["-b", "n", "-z", "n", "-o", out, str(folder)]
        return subprocess.run([program, *options], check=True, capture_output=True)


def list_plain(folder: Path) -> object:
    """Each header whole, no value looked at."""
    return [pydicom.dcmread(file, stop_before_pixels=True) for file in folder.iterdir()]


def list_values(folder: Path) -> object:
    """Each header whole, and the values that headct's scan gives."""
    found = []
    for file in folder.iterdir():
        read = pydicom.dcmread(file, stop_before_pixels=True)
        found.append([read.get(keyword) for keyword in _KEYWORDS])
    return found


def list_gdcm(folder: Path) -> object:
    """Its scanner of tags: texts, as stored."""
    scanner = gdcm.Scanner()
    for keyword in _KEYWORDS:
        tag = pydicom.tag.Tag(keyword)
        scanner.AddTag(gdcm.Tag(tag.group, tag.element))
    scanner.Scan([str(file) for file in folder.iterdir()])
    return scanner


VOLUMES: dict[str, tuple[str, Read]] = {
    "headct": ("headct", read_headct),
    "SimpleITK": ("SimpleITK", read_simpleitk),
    "pydicom in a loop": ("pydicom", read_pydicom),
    "monai ITKReader": ("monai", read_monai("ITKReader")),
    "monai PydicomReader": ("monai", read_monai("PydicomReader")),
    "dicom2nifti": ("dicom2nifti", read_dicom2nifti),
    "dcm2niix": ("dcm2niix", read_dcm2niix),
}
LISTINGS: dict[str, tuple[str, Read]] = {
    "headct": ("headct", scan),
    "headct, one process": ("headct", lambda folder: scan(folder, workers=1)),
    "pydicom in a loop": ("pydicom", list_plain),
    "pydicom in a loop, values taken": ("pydicom", list_values),
    "gdcm.Scanner": ("python-gdcm", list_gdcm),
}

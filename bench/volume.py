"""How many mL of a true mask come back through write and read, beside what any mask must lose."""

from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.phantoms import PROTOCOLS
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.phantom.anatomy import head
from headct.phantom.lesions import bleed
from headct.phantom.scanner import scan_head
from headct.phantom.series import save_phantom

SIZES_ML = (1.0, 3.0, 10.0, 30.0, 100.0)


def main() -> None:
    """One head, bleeds of five sizes, four ways to scan it."""
    print(
        "A mask of whole voxels on the true bleed: its volume after DICOM write and read. Phantoms."
    )
    print("at one half: the error of a mask that counts the voxels more than half filled.")
    print(f"{'scan':<20}{'true mL':>9}{'read mL':>9}{'error':>8}{'at one half':>13}")
    drawn = head(41)
    for (name, protocol), seed in zip(PROTOCOLS.items(), cycle([3]), strict=False):
        for volume_ml in SIZES_ML:
            lesion = bleed(drawn, "intraparenchymal", volume_ml, seed)
            phantom = scan_head(drawn, [lesion], protocol, seed)
            with TemporaryDirectory() as folder:
                written = save_phantom(phantom, Path(folder) / "phantom")
                series = select(scan(written).studies[0]).candidates[0]
                grid = stack(series).grid
            areas = phantom.truth.areas("intraparenchymal")
            read_ml = float(areas @ grid.slice_voxel_ml)
            cells_ml = phantom.volume.grid.slice_voxel_ml
            half = (
                np.count_nonzero(phantom.share["intraparenchymal"] >= 0.5, axis=(1, 2)) @ cells_ml
            )
            print(
                f"{name:<20}{volume_ml:>9.1f}{read_ml:>9.2f}"
                f"{read_ml / volume_ml - 1:>+8.2%}{half / volume_ml - 1:>+13.1%}"
            )
